#include "report/host_report.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "report/samples_for_test.h"

namespace keyturn::report {
namespace {

using rotation::CredentialState;
using rotation::Standing;
using rotation::TargetState;

constexpr const char* kKey = "AKIAIOSFODNN7EXAMPLE";
constexpr const char* kOldKey = "AKIAOLDOLDOLDOLDOLD1";

HostInstance instance(const std::string& name, const rotation::KeyId& key) {
  HostInstance confirmed{confirmed_target(name, key), ""};
  confirmed.state.backups.clear();
  return confirmed;
}

HostReport sample_report(std::size_t instances) {
  HostReport report;
  report.program_version = "0.1.0";
  report.host = "ip-10-0-1-23.eu-central-1.compute.internal";
  report.command = "apply";
  report.reason = "Every instance holds AKIAIOSFODNN7EXAMPLE.";
  report.version = "11111111-2222-8333-8444-555555555555";
  report.at = at_second(60);
  for (std::size_t i = 0; i < instances; ++i)
    report.instances.push_back(instance("INSTANCE" + std::to_string(i), kKey));
  return report;
}

HostReport round_trip(const HostReport& report, std::size_t limit = kHostReportLimit) {
  const std::string text = host_report_json(report, limit);
  EXPECT_LE(text.size(), limit);
  auto parsed = parse_host_report(text);
  if (!parsed) ADD_FAILURE() << parsed.error().sentence() << "\n" << text;
  return parsed ? *parsed : HostReport{};
}

// All that is in a report, for comparison.
std::string everything(const TargetState& state) {
  std::ostringstream out;
  const auto at = [](TimePoint time) { return time.time_since_epoch().count(); };
  out << state.name << '|' << to_string(state.standing) << '|' << state.reason << '|'
      << (state.since ? at(*state.since) : -1) << '|' << state.product_version << '|' << state.edition << '|'
      << state.login_version;
  for (const auto& credential : state.credentials)
    out << "|c:" << credential.name << ',' << credential.exists << ',' << at(credential.modified_at) << ','
        << credential.marker_key.value_or("-") << ',' << at(credential.marker_modified_at);
  for (const auto& key : state.other_markers) out << "|m:" << key;
  for (const auto& backup : state.backups) out << "|b:" << at(backup.started_at);
  for (const auto& warning : state.warnings) out << "|w:" << warning;
  return out.str();
}

std::string everything(const HostReport& report) {
  std::ostringstream out;
  out << report.program_version << '|' << report.host << '|' << report.command << '|'
      << to_string(report.outcome) << '|' << report.reason << '|' << report.version << '|'
      << report.at.time_since_epoch().count() << '|' << report.left_out;
  for (const auto& each : report.instances)
    out << '\n'
        << everything(each.state) << "|e:" << each.error << each.backup_refused << '|' << each.cluster
        << each.is_passive;
  return out.str();
}

// What `decide` reads off a target.
void expect_same_for_a_decision(const TargetState& a, const TargetState& b) {
  EXPECT_EQ(a.standing, b.standing);
  EXPECT_EQ(a.since, b.since);
  for (const char* key : {kKey, kOldKey, "AKIANOBODYSKEYATALL1"}) {
    EXPECT_EQ(a.confirmed_on(key), b.confirmed_on(key)) << a.name << " " << key;
    EXPECT_EQ(a.marked_with(key), b.marked_with(key)) << a.name << " " << key;
  }
  EXPECT_EQ(a.last_marked_at(), b.last_marked_at());
  EXPECT_EQ(a.other_markers, b.other_markers);
  EXPECT_EQ(a.login_version, b.login_version);
  const auto first = [](const TargetState& state) {
    std::optional<TimePoint> earliest;
    for (const auto& backup : state.backups)
      earliest = std::min(earliest.value_or(backup.started_at), backup.started_at);
    return earliest;
  };
  EXPECT_EQ(first(a), first(b));
}

HostReport report_of_all_kinds() {
  HostReport report = sample_report(1);
  report.outcome = rotation::Outcome::incomplete;
  TargetState& state = report.instances[0].state;
  state.warnings = {"s3://b/hot shadows the managed credential \"s3://b\".", "Zweite Warnung: \xC3\xA4\n"};
  state.backups = {{at_second(5)}, {at_second(3)}};
  state.other_markers = {kOldKey};
  state.login_version = "22222222-2222-8333-8444-555555555555";
  HostInstance missing = instance("PAYROLL", kKey);
  missing.state.credentials = {{"s3://b/missing", false, {}, std::nullopt, {}},
                               {"s3://b/byhand", true, at_second(9), kOldKey, at_second(8)},
                               {"s3://b/unmarked", true, at_second(9), std::nullopt, {}}};
  missing.error = "The server refused: you lack ALTER ANY CREDENTIAL.";
  missing.state.standing = Standing::read_only;
  missing.state.reason = "No permission.";
  HostInstance down;
  down.state.name = "ARCHIVE";
  down.state.reason = "The service mssql-server is stopped.";
  down.state.since = at_second(-3600);
  HostInstance old;
  old.state.name = "OLD";
  old.state.standing = Standing::skipped;
  old.state.reason = "SQL Server 2019 can't back up to S3.";
  HostInstance passive;
  passive.state.name = "SALES";
  passive.state.standing = Standing::skipped;
  passive.state.reason = "This is a passive node.";
  passive.cluster = R"(SQLCLU01\SALES)";
  passive.is_passive = true;
  report.instances.insert(report.instances.end(), {missing, down, old, passive});
  return report;
}

TEST(HostReport, RoundTripKeepsEverything) {
  const HostReport report = report_of_all_kinds();
  EXPECT_EQ(everything(round_trip(report)), everything(report));
}

TEST(HostReport, IsAsTheExampleShows) {
  const std::string path = KEYTURN_SOURCE_DIR "/docs/schemas/examples/host.json";
  const std::string text = host_report_json(report_of_all_kinds()) + "\n";
  if (std::getenv("KEYTURN_WRITE_EXAMPLES") != nullptr) std::ofstream(path) << text;
  std::ostringstream expected;
  expected << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, expected.str());
}

TEST(HostReport, ANormalHostFitsIntoAListing) {
  for (std::size_t instances = 1; instances <= 3; ++instances) {
    const HostReport report = sample_report(instances);
    EXPECT_EQ(everything(round_trip(report, 2'500)), everything(report));
  }
}

TEST(HostReport, FiftyInstancesWithLongErrorsFit) {
  HostReport report = sample_report(50);
  for (HostInstance& each : report.instances) {
    each.error = std::string(3'000, 'e');
    each.state.credentials[0].marker_key = kOldKey;
    each.state.warnings = {std::string(3'000, 'w')};
  }
  const HostReport read = round_trip(report);
  ASSERT_EQ(read.instances.size(), 50U);
  EXPECT_EQ(read.left_out, 0U);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(read.instances[i].state.name, report.instances[i].state.name);
    EXPECT_GE(read.instances[i].error.size(), 100U);
    expect_same_for_a_decision(read.instances[i].state, report.instances[i].state);
  }
}

TEST(HostReport, CredentialsAlikeBecomeOneBeforeFailuresAreCut) {
  HostReport report = sample_report(40);
  for (HostInstance& each : report.instances)
    for (int i = 0; i < 20; ++i)
      each.state.credentials.push_back(
          {"s3://bucket/path/" + std::to_string(i), true, at_second(20), kKey, at_second(31 + i)});
  report.instances[7].error = std::string(290, 'x');
  const HostReport read = round_trip(report);
  ASSERT_EQ(read.instances.size(), 40U);
  EXPECT_EQ(read.instances[7].error, report.instances[7].error);
  for (std::size_t i = 0; i < 40; ++i)
    expect_same_for_a_decision(read.instances[i].state, report.instances[i].state);
}

TEST(HostReport, FailuresAreKeptBeforeConfirmedInstances) {
  HostReport report = sample_report(400);
  report.instances[399].error = "The login failed.";
  const HostReport read = round_trip(report);
  EXPECT_LT(read.instances.size(), 400U);
  EXPECT_EQ(read.instances.size() + read.left_out, 400U);
  EXPECT_EQ(read.instances.back().state.name, "INSTANCE399");
  EXPECT_EQ(read.instances.back().error, "The login failed.");
}

TEST(HostReport, IsAsciiWhateverServersSay) {
  HostReport report = sample_report(1);
  report.instances[0].error = "Fehler \xE2\x82\xAC \xF0\x9F\x94\x91 \xff\x01";
  const std::string text = host_report_json(report);
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
  EXPECT_EQ(parse_host_report(text)->instances[0].error,
            "Fehler \xE2\x82\xAC \xF0\x9F\x94\x91 \xEF\xBF\xBD\x01");
}

TEST(HostReport, TextTellsAPersonOnTheHost) {
  HostReport report = report_of_all_kinds();
  report.instances[1].error = "refused \033[31m";
  const std::string text = host_report_text(report, {});
  EXPECT_NE(text.find("incomplete"), std::string::npos);
  EXPECT_NE(text.find(kKey), std::string::npos);
  EXPECT_NE(text.find("The service mssql-server is stopped."), std::string::npos);
  EXPECT_NE(text.find("refused ?[31m"), std::string::npos);
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(HostReport, ACutOrForeignTextIsRefused) {
  const std::string text = host_report_json(report_of_all_kinds());
  for (std::size_t length = 0; length < text.size(); ++length)
    EXPECT_EQ(parse_host_report(text.substr(0, length)).error().kind, ErrorKind::invalid_reply);
  EXPECT_TRUE(parse_host_report(text + "\n"));
  EXPECT_FALSE(parse_host_report(text + "x"));
  EXPECT_FALSE(parse_host_report(text + text));
  EXPECT_FALSE(parse_host_report("[]"));
  EXPECT_FALSE(parse_host_report("{}"));
  EXPECT_FALSE(parse_host_report(R"({"kind":"host","version":2})"));
  EXPECT_FALSE(parse_host_report(R"({"kind":"host","version":1})"));
}

TEST(HostReport, AMemberOfAnotherTypeIsRefused) {
  const std::string text = host_report_json(report_of_all_kinds());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return parse_host_report(changed.replace(at, from.size(), to));
  };
  EXPECT_FALSE(with("\"at\":", "\"at\":-"));
  EXPECT_FALSE(with("\"at\":", "\"at\":9999999"));
  EXPECT_FALSE(with("\"updatable\"", "\"upside down\""));
  EXPECT_FALSE(with("\"incomplete\"", "3"));
  EXPECT_FALSE(with("\"name\":\"PAYROLL\"", "\"name\":7"));
  EXPECT_FALSE(with("\"backups\":[", "\"backups\":[\"x\","));
  EXPECT_FALSE(with("\"passive\":true", "\"passive\":1"));
  EXPECT_FALSE(with("\"passive\":true", "\"backup_refused\":1"));
  EXPECT_FALSE(with("\"cluster\":", "\"cluster\":7,\"was\":"));
  EXPECT_TRUE(with("\"at\":", "\"added_later\":{},\"at\":"));
}

// --- any report ---

std::string any_text(int longest) {
  const auto size = *rc::gen::inRange(0, longest);
  return *rc::gen::container<std::string>(
      std::size_t(size),
      rc::gen::weightedOneOf<char>({{9, rc::gen::inRange('a', 'z')}, {1, rc::gen::arbitrary<char>()}}));
}

TimePoint any_time() { return TimePoint{Duration{*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000)}}; }

std::string any_key() { return *rc::gen::element<std::string>(kKey, kOldKey, "AKIATHIRDTHIRDTHIRD1"); }

CredentialState any_credential() {
  CredentialState credential;
  credential.name = "s3://" + any_text(120);
  credential.exists = *rc::gen::arbitrary<bool>();
  if (credential.exists) credential.modified_at = any_time();
  if (*rc::gen::inRange(0, 4) > 0) {
    credential.marker_key = any_key();
    credential.marker_modified_at = any_time();
  }
  return credential;
}

HostInstance any_instance(int number) {
  HostInstance any;
  any.state.name = "I" + std::to_string(number);
  any.state.standing =
      *rc::gen::element(Standing::updatable, Standing::read_only, Standing::unreachable, Standing::skipped);
  any.state.reason = any_text(400);
  if (*rc::gen::arbitrary<bool>()) any.error = any_text(400);
  if (*rc::gen::arbitrary<bool>()) any.state.since = any_time();
  any.cluster = any_text(30);
  any.is_passive = *rc::gen::arbitrary<bool>();
  any.backup_refused = *rc::gen::arbitrary<bool>();
  const auto fill = [](int most, auto& list, auto make) {
    for (int i = *rc::gen::inRange(0, most); i > 0; --i) list.push_back(make());
  };
  fill(6, any.state.credentials, any_credential);
  fill(3, any.state.other_markers, any_key);
  fill(3, any.state.warnings, [] { return any_text(200); });
  fill(3, any.state.backups, [] { return rotation::RunningBackup{any_time()}; });
  return any;
}

HostReport any_report() {
  HostReport report;
  report.program_version = "1" + any_text(10);
  report.host = any_text(300);
  report.command = "apply";
  report.reason = any_text(2'000);
  report.version = any_text(64);
  report.at = any_time();
  for (int i = *rc::gen::inRange(0, 40); i > 0; --i) report.instances.push_back(any_instance(i));
  return report;
}

bool is_failure(const HostInstance& each) {
  if (!each.error.empty()) return true;
  const bool confirmed = each.state.confirmed_on(kKey) || each.state.confirmed_on(kOldKey) ||
                         each.state.confirmed_on("AKIATHIRDTHIRDTHIRD1");
  return !confirmed && each.state.standing != Standing::skipped;
}

RC_GTEST_PROP(HostReport, AnyReportFitsAnyLimitAndIsReadAgain, ()) {
  const HostReport report = any_report();
  const auto limit = std::size_t(*rc::gen::inRange(int(kLeastHostReportLimit), 26'000));
  const std::string text = host_report_json(report, limit);
  RC_ASSERT(text.size() <= limit);
  const auto read = parse_host_report(text);
  RC_ASSERT(bool(read));
  RC_ASSERT(read->instances.size() + read->left_out == report.instances.size());

  std::set<std::string> kept;
  for (const HostInstance& each : read->instances) kept.insert(each.state.name);
  bool failure_left_out = false, other_kept = false;
  for (const HostInstance& each : report.instances) {
    const bool is_kept = kept.contains(each.state.name);
    if (is_failure(each) && !is_kept) failure_left_out = true;
    if (!is_failure(each) && is_kept) other_kept = true;
  }
  RC_ASSERT(!(failure_left_out && other_kept));
  std::size_t next = 0;
  for (const HostInstance& each : read->instances) {
    while (report.instances[next].state.name != each.state.name) ++next;
    const HostInstance& original = report.instances[next];
    RC_ASSERT(each.error.empty() == original.error.empty());
    RC_ASSERT(each.cluster.empty() == original.cluster.empty() && each.is_passive == original.is_passive);
    RC_ASSERT(each.backup_refused == original.backup_refused);
    expect_same_for_a_decision(each.state, original.state);
  }
  RC_ASSERT(!testing::Test::HasFailure());
}

RC_GTEST_PROP(HostReport, AnyTextIsReadOrRefused, (const std::string& text)) {
  (void)parse_host_report(text);
  (void)parse_host_report(R"({"kind":"host","version":1,"instances":)" + text);
}

}  // namespace
}  // namespace keyturn::report
