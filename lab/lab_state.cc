#include "lab/lab_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace keyturn::lab {
namespace {

using nlohmann::json;

json iam_json(const sim::Iam& iam) {
  json users = json::object();
  for (const sim::IamUser& user : iam.users()) {
    json& keys = users[user.name] = json::array();
    for (const sim::IamKey& key : iam.keys(user.name))
      keys.push_back({{"access_key_id", key.access_key_id},
                      {"status", to_string(key.status)},
                      {"created_at", format_iso8601(key.created_at)},
                      {"last_used_at", key.last_used ? json(format_iso8601(key.last_used->at)) : json()}});
  }
  return users;
}

// What stands before the colon, where that is the id of an access key.
json key_id_in(const std::string& value) {
  const std::size_t colon = value.find(':');
  return colon != std::string::npos && value.starts_with("AKIA") ? json(value.substr(0, colon)) : json();
}

json secrets_json(const sim::SecretsManager& secrets) {
  json all = json::object();
  for (const sim::Secret& secret : secrets.secrets()) {
    json& versions = all[secret.name] = json::array();
    for (const sim::SecretVersion& version : secret.versions)
      versions.push_back({{"version_id", version.id},
                          {"stages", version.stages},
                          {"access_key_id", key_id_in(version.value)},
                          {"created_at", format_iso8601(version.created_at)}});
  }
  return all;
}

json target_json(const Rack::Entry& entry) {
  json credentials = json::array();
  const sim::CredentialTable table = entry.target->server().credentials();
  for (const sim::CredentialRow& row : table.rows()) {
    const std::string id = row.access_key_id();
    credentials.push_back({{"name", row.name},
                           {"identity", row.identity},
                           {"access_key_id", id.empty() ? json() : json(id)},
                           {"modified_at", format_iso8601(row.modify_date)}});
  }
  const sim::BackupCounters counters = entry.backups->counters();
  return {{"name", entry.settings.name},
          {"running", entry.target->running()},
          {"port", entry.target->port()},
          {"credentials", credentials},
          {"backups",
           {{"succeeded", counters.succeeded},
            {"failed", counters.failed},
            {"last_error", counters.last_error}}}};
}

json calls_json(const sim::CallLog& log, std::size_t max_calls) {
  const auto records = log.snapshot();
  json calls = json::array();
  for (std::size_t i = records.size() - std::min(max_calls, records.size()); i < records.size(); ++i)
    calls.push_back({{"at", format_iso8601(records[i].at)},
                     {"service", records[i].service},
                     {"operation", records[i].operation},
                     {"outcome", records[i].outcome},
                     {"by", records[i].by}});
  return calls;
}

}  // namespace

json lab_state(sim::World& world, const Rack& rack, std::size_t max_calls) {
  json targets = json::array();
  for (const Rack::Entry* entry : rack.entries()) targets.push_back(target_json(*entry));
  return {{"iam", iam_json(world.iam())},
          {"secrets", secrets_json(world.secrets())},
          {"targets", targets},
          {"calls", calls_json(world.calls(), max_calls)}};
}

}  // namespace keyturn::lab
