#include "sim/event_target.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/automation_values.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;

const std::string kUniversal = "arn:aws:scheduler:::aws-sdk:";

bool is_function(const std::string& arn) {
  return arn.starts_with("arn:aws:lambda:") && arn.find(":function:") != arn.npos;
}
bool is_topic(const std::string& arn) { return arn.starts_with("arn:aws:sns:"); }
bool is_automation(const std::string& arn) {
  return arn.starts_with("arn:aws:ssm:") && arn.find(":automation-definition/") != arn.npos;
}
bool is_api(const std::string& arn) {
  const std::string api = arn.starts_with(kUniversal) ? arn.substr(kUniversal.size()) : "";
  return api == "ssm:startAutomationExecution" || api == "lambda:invoke" || api == "sns:publish";
}

tl::unexpected<ServiceError> invalid(const std::string& why) {
  return refuse("ValidationException", 400, why);
}

// The function's own policy lets the service call it.
bool lets(const Function& function, const std::string& principal) {
  return std::any_of(function.permissions.begin(), function.permissions.end(),
                     [&](const FunctionPermission& each) { return each.principal == principal; });
}

}  // namespace

Reply<void> EventTargets::check(const EventTarget& target, EventSender sender) {
  const bool known = is_function(target.arn) || is_topic(target.arn) ||
                     (sender == EventSender::rule ? is_automation(target.arn) : is_api(target.arn));
  if (!known)
    return invalid(
        "The target " + target.arn +
        " is not simulated here: there are functions, topics, automations (of rules) and the API calls "
        "ssm:startAutomationExecution, lambda:invoke and sns:publish (of schedules).");
  if (target.role_arn.empty() && (sender == EventSender::schedule || is_automation(target.arn)))
    return invalid("The target " + target.arn + " needs a RoleArn.");
  if (!target.input.empty() && !json::accept(target.input)) return invalid("The target's Input is no JSON.");
  return {};
}

void EventTargets::deliver(const std::string& source, const EventTarget& target, EventSender sender,
                           const std::string& event) {
  const auto answer = carry_out(target, sender, target.input.empty() ? event : target.input);
  EventDelivery delivery{clock_.now(), source, target.arn, answer ? "ok" : answer.error().code,
                         answer ? *answer : answer.error().message};
  const std::lock_guard lock(mutex_);
  deliveries_.push_back(std::move(delivery));
}

Reply<std::string> EventTargets::carry_out(const EventTarget& target, EventSender sender,
                                           const std::string& payload) {
  const std::string& arn = target.arn;
  Actor actor;
  if (!target.role_arn.empty()) {
    auto assumed = assume(iam_, target.role_arn, sender == EventSender::rule ? "events" : "scheduler");
    if (!assumed) return tl::unexpected(assumed.error());
    actor = *std::move(assumed);
  }
  if (is_api(arn)) return call_api(arn.substr(kUniversal.size()), actor, payload);
  if (is_automation(arn)) {
    const std::string name = arn.substr(arn.find('/') + 1);
    const std::size_t colon = std::min(name.find(':'), name.size());
    const std::string version = name.substr(std::min(colon + 1, name.size()));
    return start_automation(name.substr(0, colon), version, target.input.empty() ? "{}" : payload, actor);
  }
  if (is_topic(arn)) {
    if (sender == EventSender::schedule)
      if (auto may = actor.may("sns:Publish", arn); !may) return tl::unexpected(may.error());
    return sns_.publish(arn, payload);
  }
  if (sender == EventSender::schedule) {
    const auto function = lambda_.get_function(arn);
    if (!function) return tl::unexpected(function.error());
    if (auto may = actor.may("lambda:InvokeFunction", function->name); !may)
      return tl::unexpected(may.error());
  } else if (const auto function = lambda_.get_function(arn);
             function && !lets(*function, "events.amazonaws.com")) {
    return refuse(
        "AccessDeniedException", 403,
        "The policy of the function " + function->name + " does not let events.amazonaws.com invoke it.");
  }
  return invoke(arn, payload);
}

Reply<std::string> EventTargets::call_api(const std::string& api, const Actor& actor,
                                          const std::string& input) {
  const json members = json::parse(input, nullptr, /*allow_exceptions=*/false);
  if (!members.is_object()) return invalid("The input of " + api + " must be an object.");
  const auto member = [&](const char* name) {
    const auto found = members.find(name);
    return found == members.end() ? std::string() : as_text(*found);
  };
  if (api == "ssm:startAutomationExecution")
    return start_automation(member("DocumentName"), member("DocumentVersion"),
                            members.value("Parameters", json::object()).dump(), actor);
  if (api == "lambda:invoke") {
    if (auto may = actor.may("lambda:InvokeFunction", member("FunctionName")); !may)
      return tl::unexpected(may.error());
    return invoke(member("FunctionName"), member("Payload"));
  }
  if (auto may = actor.may("sns:Publish", member("TopicArn")); !may) return tl::unexpected(may.error());
  return sns_.publish(member("TopicArn"), member("Message"), member("Subject"));
}

Reply<std::string> EventTargets::invoke(const std::string& function, const std::string& payload) {
  InvokeRequest request;
  request.function = function;
  request.payload = payload;
  request.type = InvocationType::event;
  return lambda_.begin(request);
}

Reply<std::string> EventTargets::start_automation(const std::string& document, const std::string& version,
                                                  const std::string& parameters, const Actor& actor) {
  if (auto may = actor.may("ssm:StartAutomationExecution", document); !may)
    return tl::unexpected(may.error());
  const json given = json::parse(parameters, nullptr, /*allow_exceptions=*/false);
  if (!given.is_object()) return invalid("The parameters of the automation must be an object.");
  Automation::StartRequest request{document, version, {}, {}};
  for (const auto& [name, values] : given.items()) request.parameters[name] = as_texts(values);
  return automation_.start(request, actor);
}

std::vector<EventDelivery> EventTargets::deliveries() const {
  const std::lock_guard lock(mutex_);
  return deliveries_;
}

}  // namespace keyturn::sim
