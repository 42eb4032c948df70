// The JSON documents of docs/json.md. Every member is always there; what is unknown is null.
#include <nlohmann/json.hpp>

#include "report/report.h"
#include "report/world.h"

namespace keyturn::report {
namespace {

using Json = nlohmann::ordered_json;
using rotation::Outcome;

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json time_or_null(const std::optional<TimePoint>& time) {
  return time ? Json(format_iso8601(*time)) : Json();
}
Json key_or_null(const std::optional<rotation::KeyId>& key) { return key ? Json(*key) : Json(); }

template <class T, class Each>
Json list_of(const std::vector<T>& items, Each each) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(each(item));
  return list;
}

Json error_of(const Error& error) {
  return {{"kind", to_string(error.kind)},
          {"effect", to_string(error.effect)},
          {"code", text_or_null(error.code)},
          {"message", error.message},
          {"hint", text_or_null(error.hint)}};
}

Json key_of(const rotation::AccessKey& key) {
  Json last_used;
  if (key.last_used)
    last_used = {{"at", format_iso8601(key.last_used->at)},
                 {"service", key.last_used->service},
                 {"region", key.last_used->region}};
  return {{"access_key_id", key.id},
          {"status", rotation::to_string(key.status)},
          {"created_at", format_iso8601(key.created_at)},
          {"last_used", last_used}};
}

Json version_of(const rotation::SecretVersion& version) {
  Json stages = Json::array();
  for (const rotation::Stage stage : version.stages) stages.push_back(rotation::to_string(stage));
  return {{"version_id", version.id},
          {"stages", stages},
          {"created_at", format_iso8601(version.created_at)},
          {"access_key_id", key_or_null(version.key_id)}};
}

Json intent_of(const rotation::Intent& intent) {
  return {{"run_id", intent.run_id},
          {"at", format_iso8601(intent.at)},
          {"existing_access_key_ids", intent.existing}};
}

Json secret_of(const rotation::SecretState& secret) {
  return {{"name", secret.name},
          {"stage_changed_at", format_iso8601(secret.stage_changed_at)},
          {"versions", list_of(secret.versions, version_of)},
          {"open_intents", list_of(secret.intents, intent_of)}};
}

Json credential_of(const rotation::CredentialState& credential) {
  const bool marked = credential.marker_key.has_value();
  return {{"name", credential.name},
          {"exists", credential.exists},
          {"modified_at", credential.exists ? Json(format_iso8601(credential.modified_at)) : Json()},
          {"marker_access_key_id", key_or_null(credential.marker_key)},
          {"marker_modified_at", marked ? Json(format_iso8601(credential.marker_modified_at)) : Json()},
          {"confirmed", marked && credential.confirmed_on(*credential.marker_key)}};
}

Json target_of(const rotation::TargetState& target) {
  return {{"name", target.name},
          {"standing", rotation::to_string(target.standing)},
          {"reason", text_or_null(target.reason)},
          {"since", time_or_null(target.since)},
          {"product_version", text_or_null(target.product_version)},
          {"edition", text_or_null(target.edition)},
          {"confirmed_access_key_id", key_or_null(confirmed_key(target))},
          {"login_version_id", text_or_null(target.login_version)},
          {"credentials", list_of(target.credentials, credential_of)},
          {"running_backups", list_of(target.backups,
                                      [](const rotation::RunningBackup& backup) {
                                        return Json{{"started_at", format_iso8601(backup.started_at)}};
                                      })},
          {"warnings", target.warnings}};
}

Json world_of(const rotation::Observation& world) {
  return {{"observed_at", format_iso8601(world.began_at)},
          {"iam_user", text_or_null(world.user)},
          {"keys", list_of(world.keys, key_of)},
          {"secret", secret_of(world.secret)},
          {"targets", list_of(world.targets, target_of)}};
}

Json world_or_null(const std::optional<rotation::Observation>& world) {
  return world ? world_of(*world) : Json();
}

Json step_of(const rotation::Step& step) {
  return {{"at", format_iso8601(step.at)},
          {"ended_at", format_iso8601(step.ended_at)},
          {"row", step.row},
          {"action", step.action},
          {"reason", step.reason},
          {"version_id", text_or_null(step.version)},
          {"access_key_id", text_or_null(step.key)},
          {"targets", list_of(step.targets,
                              [](const rotation::StepTarget& target) {
                                return Json{{"name", target.name}, {"error", text_or_null(target.error)}};
                              })},
          {"error", step.error ? error_of(*step.error) : Json()}};
}

Json planned_step_of(const rotation::PlannedStep& step) {
  return {{"row", step.row},
          {"action", step.action},
          {"reason", step.reason},
          {"access_key_id", text_or_null(step.key)},
          {"targets", step.targets}};
}

Json blocker_of(const rotation::Blocker& blocker) {
  return {{"row", blocker.row},
          {"access_key_id", text_or_null(blocker.key)},
          {"message", blocker.message},
          {"hint", text_or_null(blocker.hint)}};
}

Json laggard_of(const rotation::Laggard& laggard) {
  return {{"target", laggard.target},
          {"reason", laggard.reason},
          {"since", time_or_null(laggard.since)},
          {"written_off", laggard.written_off}};
}

// What is left to say at the end, alike for a run and a plan.
template <class T>
void add_outlook(Json& json, const T& result) {
  json["blockers"] = list_of(result.blockers, blocker_of);
  json["laggards"] = list_of(result.laggards, laggard_of);
  json["pending_work"] = result.pending_work;
}

Json run_of(const rotation::RunResult& result) {
  Json json{{"outcome", rotation::to_string(result.outcome)},
            {"reason", result.reason},
            {"hint", text_or_null(result.hint)},
            {"error", nullptr},
            {"run_id", result.run_id},
            {"started_at", format_iso8601(result.started_at)},
            {"ended_at", format_iso8601(result.ended_at)},
            {"steps", list_of(result.steps, step_of)},
            {"before", world_or_null(result.before)},
            {"after", world_or_null(result.after)}};
  add_outlook(json, result);
  return json;
}

Json plan_of(const rotation::Plan& plan) {
  Json json{{"outcome", rotation::to_string(plan.outcome)},
            {"reason", plan.reason},
            {"error", nullptr},
            {"steps", list_of(plan.steps, planned_step_of)},
            {"observed", world_of(plan.observation)}};
  add_outlook(json, plan);
  return json;
}

Json password_version_of(const rotation::SecretVersion& version) {
  Json json = version_of(version);
  json.erase("access_key_id");
  return json;
}

Json login_of(const login::Report& report) {
  return {
      {"outcome", rotation::to_string(report.outcome)},
      {"reason", report.reason},
      {"hint", text_or_null(report.hint)},
      {"steps", list_of(report.steps, step_of)},
      {"next_step", report.next ? planned_step_of(*report.next) : Json()},
      {"secret",
       {{"name", report.secret.name}, {"versions", list_of(report.secret.versions, password_version_of)}}},
      {"targets", list_of(report.targets,
                          [](const login::Holding& holding) {
                            return Json{{"name", holding.target}, {"version_id", holding.version}};
                          })},
      {"laggards", list_of(report.laggards, laggard_of)},
      {"pending_work", report.pending_work}};
}

Json failed_entry(const Error& error) {
  return {{"outcome", rotation::to_string(outcome_of(error))},
          {"reason", error.message},
          {"error", error_of(error)}};
}

Json document(const char* kind, const Heading& heading, Outcome outcome) {
  return {{"version", kDocumentVersion},
          {"kind", kind},
          {"keyturn_version", heading.keyturn_version},
          {"command", heading.command},
          {"outcome", rotation::to_string(outcome)},
          {"exit_status", int(outcome)}};
}

template <class T, class Each>
void add_rotations(Json& json, const std::vector<Entry<T>>& entries, Each each) {
  json["rotations"] = list_of(entries, [&](const Entry<T>& entry) {
    Json rotation{{"name", entry.rotation}};
    rotation.update(entry.result ? each(*entry.result) : failed_entry(entry.result.error()));
    if (entry.result) rotation["login"] = entry.login ? login_of(*entry.login) : Json();
    return rotation;
  });
}

// Bytes that are not UTF-8 (a server's own words) become U+FFFD rather than an exception.
std::string written(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string run_json(const Heading& heading, const RunEntries& entries) {
  Json json = document("run", heading, outcome_of(entries));
  add_rotations(json, entries, run_of);
  return written(json);
}

std::string plan_json(const Heading& heading, rotation::Command command, const PlanEntries& entries) {
  Json json = document("plan", heading, outcome_of(entries));
  json["planned_command"] = to_string(command);
  add_rotations(json, entries, plan_of);
  return written(json);
}

std::string status_json(const Heading& heading, const PlanEntries& entries) {
  Json json = document("status", heading, outcome_of(entries));
  add_rotations(json, entries, plan_of);
  return written(json);
}

std::string error_json(const Heading& heading, const SetupErrors& errors) {
  Json json = document("error", heading, outcome_of(errors));
  json["errors"] = list_of(errors, [](const SetupError& error) {
    Json entry{{"rotation", text_or_null(error.rotation)}};
    entry.update(error_of(error.error));
    return entry;
  });
  return written(json);
}

}  // namespace keyturn::report
