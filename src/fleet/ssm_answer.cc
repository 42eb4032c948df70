#include "fleet/ssm_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sqlserver/sql_browser.h"

namespace keyturn::fleet {
namespace {

using report::HostReport;
using rotation::Standing;
using rotation::TargetState;

constexpr std::string_view kTruncated = "--output truncated--";
constexpr std::string_view kErrorsFollow = "\n----------ERROR-------\n";
constexpr std::string_view kSkipped = "Step execution skipped";
constexpr std::size_t kListedOutput = 2500;
constexpr std::size_t kQuoted = 300;  // characters of a host's own words in a sentence

std::string_view first_line(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  text.remove_prefix(start);
  return text.substr(0, text.find_first_of("\r\n"));
}

bool is_cut(const std::string& output) {
  return output.size() >= kListedOutput || output.find(kTruncated) != std::string::npos;
}

// The end of what it said, on one line.
std::string last_words(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const bool is_long = text.size() > kQuoted;
  if (is_long) text = text.substr(text.size() - kQuoted);
  std::string words = is_long ? "…" : "";
  // A cut inside a character of several bytes, or a blank run, must not show.
  std::size_t from = 0;
  while (is_long && from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U) ++from;
  for (const char c : text.substr(from)) words += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return words;
}

std::string_view errors_in(std::string_view listed) {
  const std::size_t at = listed.find(kErrorsFollow);
  return at == std::string_view::npos ? std::string_view{} : listed.substr(at + kErrorsFollow.size());
}

Error failure(ErrorKind kind, Effect effect, const std::string& details, std::string message,
              std::string hint = {}) {
  return {kind, effect, details, std::move(message), std::move(hint)};
}

Error invalid(const std::string& host, Effect effect, std::string_view why) {
  return failure(ErrorKind::invalid_reply, effect, "",
                 fmt::format("The report of {} can't be used: {}", host, why),
                 "Is the same version of keyturn installed there, and the document up to date?");
}

// A host speaks for itself alone: its instances get its name, and odd names are refused.
std::string check_names(const HostReport& report) {
  std::set<std::string> names;
  for (const report::HostInstance& instance : report.instances) {
    const std::string& name = instance.state.name;
    const bool is_odd =
        name.empty() || name.size() > 128 || std::any_of(name.begin(), name.end(), [](char c) {
          return static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == '\x7f';
        });
    if (is_odd) return "an instance in it has a name that can't be one.";
    const bool is_default = sqlserver::is_default_instance(name);
    if (!names.insert(is_default ? std::string("MSSQLSERVER") : name).second)
      return "it names the instance " + name + " twice.";
  }
  return {};
}

bool has_date_after(const TargetState& state, TimePoint latest) {
  return (state.since && *state.since > latest) ||
         std::any_of(state.credentials.begin(), state.credentials.end(),
                     [&](const rotation::CredentialState& credential) {
                       return credential.modified_at > latest || credential.marker_modified_at > latest;
                     }) ||
         std::any_of(state.backups.begin(), state.backups.end(),
                     [&](const rotation::RunningBackup& backup) { return backup.started_at > latest; });
}

std::string check_dates(const HostReport& report, TimePoint latest) {
  for (const report::HostInstance& instance : report.instances)
    if (has_date_after(instance.state, latest))
      return fmt::format("a date of {} lies in the future. Is the clock of that server right?",
                         instance.state.name);
  return {};
}

std::string check_expected(const HostReport& report, const ExpectedReport& expected) {
  if (report.command != expected.command)
    return fmt::format("it is of the command \"{}\", not \"{}\".", last_words(report.command),
                       expected.command);
  if (report.version != expected.version) return "it is of another version of the secret than was asked for.";
  const std::string bad_name = check_names(report);
  return bad_name.empty() ? check_dates(report, expected.latest) : bad_name;
}

struct Ending {
  const char* details;
  ErrorKind kind;
  Effect effect;
  const char* sentence;  // {} is the host
  const char* hint;
};
constexpr Ending kEndings[] = {
    {"DeliveryTimedOut", ErrorKind::timed_out, Effect::none,
     "{} did not pick the command up in time: its SSM agent does not answer.",
     "Is the SSM agent running there, and can it reach Systems Manager?"},
    {"ExecutionTimedOut", ErrorKind::timed_out, Effect::unknown,
     "The command on {} did not end in time and was stopped.",
     "Raise rotation.fleet.execution_timeout, or look at the "
     "host: a SQL Server that hangs holds it up."},
    {"Undeliverable", ErrorKind::unavailable, Effect::none,
     "Systems Manager could not deliver the command to {}: the host is gone, or its agent does not answer.",
     ""},
    {"Terminated", ErrorKind::cancelled, Effect::none,
     "It was not {}'s turn any more: the command was ended after too many other hosts had failed.",
     "See to the others first, or raise rotation.fleet.max_errors."},
    {"AccessDenied", ErrorKind::denied, Effect::none,
     "Systems Manager was not allowed to run the command on {}.",
     "Allow ssm:SendCommand on the host as well as on the document."},
    {"InvalidPlatform", ErrorKind::unsupported, Effect::none,
     "The document of the command does not run on the platform of {}.", ""},
    {"Cancelled", ErrorKind::cancelled, Effect::unknown,
     "The command on {} was cancelled before it had ended.", "Run again to go on."},
};

// What SSM says of an invocation without a report.
Error ending_of(const std::string& host, const aws::SsmInvocation& invocation) {
  for (const Ending& ending : kEndings)
    if (invocation.details == ending.details)
      return failure(ending.kind, ending.effect, invocation.details,
                     fmt::format(fmt::runtime(ending.sentence), host), ending.hint);
  if (!invocation.is_over())
    return failure(ErrorKind::timed_out, Effect::unknown, invocation.details,
                   fmt::format("{} had not answered when the time for it was over.", host),
                   "Run again to go on.");
  return failure(
      ErrorKind::unavailable, Effect::unknown, invocation.details,
      fmt::format("The command ended on {} without a report: {}.", host, last_words(invocation.details)));
}

Error nothing_ran(const std::string& host) {
  return failure(
      ErrorKind::unsupported, Effect::none, "",
      fmt::format("Systems Manager reports success for {}, but no step of the document ran there: it has "
                  "none for that host's platform.",
                  host),
      "Render the document again and update it: `keyturn render ssm-command`.");
}

Error failed(const std::string& host, int response_code, std::string_view errors) {
  const std::string words = last_words(errors);
  return failure(ErrorKind::unavailable, Effect::unknown, "Failed",
                 fmt::format("The command failed on {} with exit status {}{}{}", host, response_code,
                             words.empty() ? "." : ": ", words));
}

}  // namespace

HostAnswer read_answer(const std::string& host, const aws::SsmInvocation& invocation,
                       const ExpectedReport& expected, const WholeOutput& whole) {
  const auto printed = [](const aws::SsmStep& step) {
    return !first_line(step.output).empty() && !step.output.starts_with(kSkipped);
  };
  const auto step = std::find_if(invocation.steps.begin(), invocation.steps.end(), printed);
  const bool ended_by_itself = invocation.details == "Success" || invocation.details == "Failed";
  if (step == invocation.steps.end()) {
    if (!ended_by_itself) return {std::nullopt, ending_of(host, invocation)};
    const auto bad = std::find_if(invocation.steps.begin(), invocation.steps.end(),
                                  [](const aws::SsmStep& s) { return s.response_code != 0; });
    if (bad == invocation.steps.end() && invocation.details == "Success")
      return {std::nullopt, nothing_ran(host)};
    return {std::nullopt, failed(host, bad == invocation.steps.end() ? -1 : bad->response_code, "")};
  }
  std::string output = step->output, errors(errors_in(step->output));
  auto report = report::parse_host_report(first_line(output));
  if (!report && is_cut(output)) {
    auto all = whole(step->name);
    if (!all) return {std::nullopt, all.error()};
    output = std::move(all->out);
    errors = std::move(all->err);
    report = report::parse_host_report(first_line(output));
  }
  if (report) {
    const std::string why = check_expected(*report, expected);
    if (why.empty()) return {*std::move(report), {}};
    return {std::nullopt, invalid(host, Effect::unknown, why)};
  }
  if (!ended_by_itself) return {std::nullopt, ending_of(host, invocation)};
  if (invocation.details == "Failed")
    return {std::nullopt, failed(host, step->response_code, errors.empty() ? output : errors)};
  return {std::nullopt, invalid(host, Effect::unknown, report.error().message)};
}

rotation::TargetName target_name(const std::string& host, const std::string& instance) {
  return sqlserver::is_default_instance(instance) ? host : host + "\\" + instance;
}

TargetState unreachable(const rotation::TargetName& name, const std::string& reason,
                        std::optional<TimePoint> since) {
  TargetState state;
  state.name = name;
  state.standing = Standing::unreachable;
  state.reason = reason;
  state.since = since;
  return state;
}

std::vector<TargetState> states_of(const std::string& host, const HostReport& report) {
  std::vector<TargetState> states;
  for (const report::HostInstance& instance : report.instances) {
    states.push_back(instance.state);
    states.back().name = target_name(host, instance.state.name);
  }
  if (report.left_out > 0)
    states.push_back(unreachable(
        fmt::format("{}\\({} more)", host, report.left_out),
        fmt::format("{} instances of {} did not fit into its report.", report.left_out, host), std::nullopt));
  if (!states.empty()) return states;
  const bool is_well = report.outcome == rotation::Outcome::done;
  states.push_back(unreachable(
      host, report.reason.empty() ? "No SQL Server instance was found on " + host + "." : report.reason, {}));
  if (is_well) states.back().standing = Standing::skipped;
  return states;
}

}  // namespace keyturn::fleet
