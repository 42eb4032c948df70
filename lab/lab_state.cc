#include "lab/lab_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/account_state.h"

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

// The newest commands with what became of each host: outputs and parameters are for GetCommandInvocation.
json commands_json(const sim::Ssm& ssm) {
  constexpr std::size_t kMost = 20;
  const auto commands = ssm.commands();
  json list = json::array();
  for (std::size_t i = commands.size() - std::min(kMost, commands.size()); i < commands.size(); ++i) {
    const sim::Command& command = commands[i];
    json invocations = json::array();
    for (const sim::Invocation& invocation : ssm.invocations(command.id))
      invocations.push_back({{"instance_id", invocation.instance_id},
                             {"status", sim::status_of(invocation.state)},
                             {"details", sim::details_of(invocation.state)}});
    list.push_back({{"command_id", command.id},
                    {"document", command.request.document},
                    {"requested_at", format_iso8601(command.requested_at)},
                    {"status", sim::status_of(command.state)},
                    {"details", sim::details_of(command.state)},
                    {"invocations", invocations}});
  }
  return list;
}

json hosts_json(const Hosts& hosts) {
  json list = json::array();
  for (const Host& host : hosts.all()) list.push_back(host_json(host));
  return list;
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

json host_json(const Host& host) {
  return {{"name", host.machine},      {"instance_id", host.instance_id},
          {"platform", host.platform}, {"credentials", to_string(host.credentials)},
          {"running", host.running},   {"managed", host.managed},
          {"online", host.online()}};
}

json lab_state(sim::World& world, const Rack& rack, const Hosts& hosts, std::size_t max_calls) {
  json targets = json::array();
  for (const Rack::Entry* entry : rack.entries()) targets.push_back(target_json(*entry));
  json state = account_state(world);
  state.update(json{{"iam", iam_json(world.iam())},
                    {"secrets", secrets_json(world.secrets())},
                    {"targets", targets},
                    {"hosts", hosts_json(hosts)},
                    {"commands", commands_json(world.ssm())},
                    {"calls", calls_json(world.calls(), max_calls)}});
  return state;
}

}  // namespace keyturn::lab
