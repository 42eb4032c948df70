#include "report/host_report.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "report/report.h"

namespace keyturn::report {
namespace {

using Json = nlohmann::ordered_json;
using rotation::CredentialState;
using rotation::Outcome;
using rotation::Standing;
using rotation::TargetState;

constexpr const char* kKind = "host";
constexpr std::size_t kLongestId = 64;
constexpr std::int64_t kLastMillisecond = 253'402'300'799'999;  // of the year 9999

// How much of a report is written. The later ones are tried where the earlier ones are too long.
struct Detail {
  std::size_t text = std::numeric_limits<std::size_t>::max();  // the longest sentence, in bytes
  bool confirmed = true;  // every credential of a confirmed instance; else those alike as one
  bool others = true;     // likewise of the other instances
  bool extras = true;     // versions, editions, warnings, and every running backup
};
constexpr std::array kDetails{Detail{},
                              Detail{1'000, true, true, true},
                              Detail{300, true, true, true},
                              Detail{300, false, true, true},
                              Detail{160, false, false, true},
                              Detail{160, false, false, false},
                              Detail{40, false, false, false}};

// Not cut within a character.
std::string shortened(const std::string& text, std::size_t longest) {
  if (text.size() <= longest) return text;
  std::size_t end = longest - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

std::int64_t milliseconds_of(TimePoint time) { return time.time_since_epoch().count(); }

void add_text(Json& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}

bool is_confirmed(const TargetState& state) {
  return !state.credentials.empty() && state.credentials.front().marker_key &&
         state.confirmed_on(*state.credentials.front().marker_key);
}

bool has_failed(const HostInstance& instance) {
  return !instance.error.empty() ||
         (!is_confirmed(instance.state) && instance.state.standing != Standing::skipped);
}

// Credentials alike (same marker, both confirmed or both not) tell the same of which key an instance is on:
// one stands for all of them, with the latest date of a marker.
std::vector<CredentialState> merged(const std::vector<CredentialState>& credentials) {
  std::vector<CredentialState> kept;
  for (const CredentialState& credential : credentials) {
    const auto is_confirmed_itself = [](const CredentialState& each) {
      return each.marker_key && each.confirmed_on(*each.marker_key);
    };
    const auto same = std::find_if(kept.begin(), kept.end(), [&](const CredentialState& each) {
      return each.exists == credential.exists && each.marker_key == credential.marker_key &&
             is_confirmed_itself(each) == is_confirmed_itself(credential);
    });
    if (same == kept.end()) {
      kept.push_back(credential);
    } else if (credential.marker_modified_at > same->marker_modified_at) {
      *same = credential;
    }
  }
  return kept;
}

Json credential_json(const CredentialState& credential) {
  Json json{{"name", credential.name}};
  if (credential.exists) json["modified"] = milliseconds_of(credential.modified_at);
  if (credential.marker_key) {
    json["marker"] = *credential.marker_key;
    json["marked"] = milliseconds_of(credential.marker_modified_at);
  }
  return json;
}

void add_credentials(Json& json, const TargetState& state, bool all) {
  const std::vector<CredentialState> kept = all ? state.credentials : merged(state.credentials);
  for (const CredentialState& credential : kept) json["credentials"].push_back(credential_json(credential));
  if (kept.size() < state.credentials.size()) json["merged"] = state.credentials.size() - kept.size();
}

void add_backups(Json& json, const std::vector<rotation::RunningBackup>& backups, bool all) {
  if (backups.empty()) return;
  if (all) {
    for (const auto& backup : backups) json["backups"].push_back(milliseconds_of(backup.started_at));
    return;
  }
  // The one that began first is what an old key has to wait for.
  const auto first = std::min_element(backups.begin(), backups.end(), [](const auto& a, const auto& b) {
    return a.started_at < b.started_at;
  });
  json["backups"].push_back(milliseconds_of(first->started_at));
}

Json instance_json(const HostInstance& instance, const Detail& detail) {
  const TargetState& state = instance.state;
  Json json{{"name", state.name}, {"standing", rotation::to_string(state.standing)}};
  add_text(json, "cluster", instance.cluster);
  if (instance.is_passive) json["passive"] = true;
  add_text(json, "error", shortened(instance.error, detail.text));
  if (instance.backup_refused) json["backup_refused"] = true;
  add_text(json, "reason", shortened(state.reason, detail.text));
  if (state.since) json["since"] = milliseconds_of(*state.since);
  add_text(json, "login_version", shortened(state.login_version, kLongestId));
  if (detail.extras) {
    add_text(json, "product_version", shortened(state.product_version, detail.text));
    add_text(json, "edition", shortened(state.edition, detail.text));
    for (const std::string& warning : state.warnings)
      json["warnings"].push_back(shortened(warning, detail.text));
  }
  add_credentials(json, state, is_confirmed(state) ? detail.confirmed : detail.others);
  for (const rotation::KeyId& key : state.other_markers) json["other_markers"].push_back(key);
  add_backups(json, state.backups, detail.extras);
  return json;
}

Json head_json(const HostReport& report, const Detail& detail) {
  Json json{{"version", kDocumentVersion},
            {"kind", kKind},
            {"keyturn_version", shortened(report.program_version, kLongestId)},
            {"host", shortened(report.host, std::min(detail.text, std::size_t{255}))},
            {"command", shortened(report.command, 16)},
            {"outcome", rotation::to_string(report.outcome)},
            {"exit_status", int(report.outcome)},
            {"at", milliseconds_of(report.at)}};
  add_text(json, "reason", shortened(report.reason, detail.text));
  add_text(json, "version_id", shortened(report.version, kLongestId));
  return json;
}

// ASCII, so that a byte is a character wherever it is counted.
std::string written(const Json& json) { return json.dump(-1, ' ', true, Json::error_handler_t::replace); }

// The instances with these numbers, in their own order.
std::string document(const HostReport& report, const Detail& detail, std::vector<std::size_t> kept) {
  std::sort(kept.begin(), kept.end());
  Json json = head_json(report, detail);
  Json instances = Json::array();
  for (const std::size_t index : kept) instances.push_back(instance_json(report.instances[index], detail));
  json["instances"] = std::move(instances);
  if (const std::size_t left_out = report.left_out + report.instances.size() - kept.size(); left_out > 0)
    json["left_out"] = left_out;
  return written(json);
}

// Failures first, since a person must read those.
std::vector<std::size_t> by_use(const std::vector<HostInstance>& instances) {
  std::vector<std::size_t> order(instances.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return has_failed(instances[i]); });
  return order;
}

// As many instances as fit, in the order of their use.
std::string cut_document(const HostReport& report, std::size_t limit) {
  const Detail& detail = kDetails.back();
  std::vector<std::size_t> kept;
  std::size_t length = document(report, detail, {}).size() + std::to_string(report.instances.size()).size();
  for (const std::size_t index : by_use(report.instances)) {
    length += written(instance_json(report.instances[index], detail)).size() + 1;
    if (length > limit) break;
    kept.push_back(index);
  }
  return document(report, detail, std::move(kept));
}

// --- reading ---

struct NotAReport {};  // thrown and caught in this file only

const Json* member(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() ? nullptr : &*found;
}

std::string text_of(const Json& json) {
  if (!json.is_string()) throw NotAReport();
  return json.get<std::string>();
}

std::string text_in(const Json& json, const char* name) {
  const Json* found = member(json, name);
  return found == nullptr ? std::string() : text_of(*found);
}

std::string needed_text(const Json& json, const char* name) {
  std::string text = text_in(json, name);
  if (text.empty()) throw NotAReport();
  return text;
}

bool flag_in(const Json& json, const char* name) {
  const Json* found = member(json, name);
  if (found == nullptr) return false;
  if (!found->is_boolean()) throw NotAReport();
  return found->get<bool>();
}

TimePoint time_of(const Json& json) {
  if (!json.is_number_integer()) throw NotAReport();
  if (json < 0 || json > kLastMillisecond) throw NotAReport();
  return TimePoint{Duration{json.get<std::int64_t>()}};
}

std::size_t count_in(const Json& json, const char* name) {
  const Json* found = member(json, name);
  if (found == nullptr) return 0;
  if (!found->is_number_unsigned()) throw NotAReport();
  return found->get<std::size_t>();
}

template <class Each>
void each_in(const Json& json, const char* name, Each each) {
  const Json* list = member(json, name);
  if (list == nullptr) return;
  if (!list->is_array()) throw NotAReport();
  for (const Json& item : *list) each(item);
}

template <class Word>
Word word_of(const std::string& text, std::initializer_list<Word> words) {
  for (const Word word : words)
    if (text == rotation::to_string(word)) return word;
  throw NotAReport();
}

CredentialState credential_of(const Json& json) {
  if (!json.is_object()) throw NotAReport();
  CredentialState credential;
  credential.name = needed_text(json, "name");
  if (const Json* modified = member(json, "modified")) {
    credential.exists = true;
    credential.modified_at = time_of(*modified);
  }
  if (const Json* marker = member(json, "marker")) {
    const Json* marked = member(json, "marked");
    if (marked == nullptr) throw NotAReport();
    credential.marker_key = text_of(*marker);
    credential.marker_modified_at = time_of(*marked);
  }
  return credential;
}

HostInstance instance_of(const Json& json) {
  if (!json.is_object()) throw NotAReport();
  HostInstance instance;
  TargetState& state = instance.state;
  state.name = needed_text(json, "name");
  state.standing = word_of(text_in(json, "standing"), {Standing::updatable, Standing::read_only,
                                                       Standing::unreachable, Standing::skipped});
  instance.cluster = text_in(json, "cluster");
  instance.is_passive = flag_in(json, "passive");
  instance.error = text_in(json, "error");
  instance.backup_refused = flag_in(json, "backup_refused");
  state.reason = text_in(json, "reason");
  if (const Json* since = member(json, "since")) state.since = time_of(*since);
  state.login_version = text_in(json, "login_version");
  state.product_version = text_in(json, "product_version");
  state.edition = text_in(json, "edition");
  each_in(json, "warnings", [&](const Json& item) { state.warnings.push_back(text_of(item)); });
  each_in(json, "credentials", [&](const Json& item) { state.credentials.push_back(credential_of(item)); });
  each_in(json, "other_markers", [&](const Json& item) { state.other_markers.push_back(text_of(item)); });
  each_in(json, "backups", [&](const Json& item) { state.backups.push_back({time_of(item)}); });
  return instance;
}

HostReport report_of(const Json& json) {
  HostReport report;
  report.program_version = needed_text(json, "keyturn_version");
  report.host = text_in(json, "host");
  report.command = needed_text(json, "command");
  report.outcome =
      word_of(text_in(json, "outcome"), {Outcome::done, Outcome::failed, Outcome::bad_usage,
                                         Outcome::incomplete, Outcome::blocked, Outcome::another_run});
  report.reason = text_in(json, "reason");
  report.version = text_in(json, "version_id");
  const Json* at = member(json, "at");
  if (at == nullptr || member(json, "instances") == nullptr) throw NotAReport();
  report.at = time_of(*at);
  each_in(json, "instances", [&](const Json& item) { report.instances.push_back(instance_of(item)); });
  report.left_out = count_in(json, "left_out");
  return report;
}

}  // namespace

std::string host_report_json(const HostReport& report, std::size_t limit) {
  std::vector<std::size_t> all(report.instances.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  for (const Detail& detail : kDetails)
    if (std::string text = document(report, detail, all); text.size() <= limit) return text;
  return cut_document(report, limit);
}

Result<HostReport> parse_host_report(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("kind", Json()) != kKind)
    return fail(ErrorKind::invalid_reply,
                "The answer is not a report of keyturn on a host, or not a whole one.",
                "Look at the command's output in Systems Manager.");
  if (const Json* version = member(json, "version"); version == nullptr || *version != kDocumentVersion)
    return fail(ErrorKind::invalid_reply, "The keyturn on the host writes another form of report.",
                "Install the same version of keyturn on the host as here.");
  try {
    return report_of(json);
  } catch (const NotAReport&) {
    return fail(ErrorKind::invalid_reply, "The report of keyturn on the host can't be understood.",
                "Install the same version of keyturn on the host as here.");
  }
}

}  // namespace keyturn::report
