#include "lambda/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

namespace keyturn::lambda {
namespace {

using Json = nlohmann::json;

// A step of an Automation waits 300 s for a function that makes and rolls out a key, and no longer.
constexpr Duration kPatienceOfAutomation = std::chrono::seconds{240};
constexpr int kMostSeconds = 86'400;

constexpr std::array kTasks{Task::rotate, Task::update, Task::reconcile, Task::status};
constexpr std::array kSteps{SecretStep::create, SecretStep::set, SecretStep::test, SecretStep::finish};
constexpr std::array kTaskMembers{"task", "rotation", "max_s", "strict", "brief", "compromised"};

tl::unexpected<Error> wrong(std::string what) {
  return fail(ErrorKind::usage, "The event can't be understood: " + std::move(what) + ".",
              "docs/lambda.md lists the events that keyturn takes.");
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<Task> task_named(std::string_view word) {
  for (const Task task : kTasks)
    if (word == to_string(task)) return task;
  return std::nullopt;
}

// The first member that is none of a task's.
std::string unknown_member(const Json& object) {
  for (const auto& [name, value] : object.items())
    if (std::none_of(kTaskMembers.begin(), kTaskMembers.end(),
                     [&](const char* known) { return name == known; }))
      return name;
  return {};
}

Result<Event> parse_task(const Json& object, const FunctionNames& names) {
  if (const std::string name = unknown_member(object); !name.empty())
    return wrong(fmt::format("a task has no member \"{}\"", name));
  TaskEvent event;
  event.task = default_task(names);
  for (const auto& [name, value] : object.items()) {
    const bool is_text = name == "task" || name == "rotation";
    if (is_text ? !value.is_string() : name == "max_s" ? !value.is_number_integer() : !value.is_boolean())
      return wrong(fmt::format("\"{}\" must be {}", name,
                               is_text           ? "a string"
                               : name == "max_s" ? "a whole number of seconds"
                                                 : "true or false"));
  }
  if (object.contains("task")) {
    const auto task = task_named(text_of(object, "task"));
    if (!task) return wrong("\"task\" must be rotate, update, reconcile or status");
    event.task = *task;
  }
  if (event.task == Task::rotate || event.task == Task::update) event.max_s = kPatienceOfAutomation;
  event.rotation = text_of(object, "rotation");
  event.strict = object.value("strict", false);
  event.brief = object.value("brief", false);
  event.compromised = object.value("compromised", false);
  if (event.compromised && event.task != Task::rotate)
    return wrong("only the task rotate can be \"compromised\"");
  if (const auto max_s = object.find("max_s"); max_s != object.end()) {
    const auto seconds = max_s->get<std::int64_t>();
    if (seconds < 1 || seconds > kMostSeconds)
      return wrong(fmt::format("\"max_s\" must be from 1 to {}", kMostSeconds));
    event.max_s = std::chrono::seconds{seconds};
  }
  return event;
}

Result<Event> parse_step(const Json& object) {
  SecretStepEvent event;
  event.secret_id = text_of(object, "SecretId");
  event.token = text_of(object, "ClientRequestToken");
  const std::string word = text_of(object, "Step");
  const auto step =
      std::find_if(kSteps.begin(), kSteps.end(), [&](SecretStep known) { return word == to_string(known); });
  if (step == kSteps.end())
    return wrong("\"Step\" must be createSecret, setSecret, testSecret or finishSecret");
  if (event.secret_id.empty()) return wrong("\"SecretId\" is missing");
  if (event.token.size() < 32 || event.token.size() > 64)
    return wrong("\"ClientRequestToken\" must have 32 to 64 characters");
  event.step = *step;
  return event;
}

StackRequest request_named(const std::string& word) {
  if (word == "Create" || word == "create") return StackRequest::make;
  if (word == "Update" || word == "update") return StackRequest::change;
  if (word == "Delete" || word == "delete") return StackRequest::remove;
  return StackRequest::unknown;
}

// Whatever else is odd about it: where the answer goes to is all that it takes to answer.
Result<Event> parse_resource_event(const Json& object) {
  const std::string url = text_of(object, "ResponseURL");
  if (!url.starts_with("https://") && !url.starts_with("http://")) return wrong("\"ResponseURL\" is no URL");
  return StackEvent{
      request_named(text_of(object, "RequestType")),
      StackEvent::Caller{SecretString(url), text_of(object, "StackId"), text_of(object, "RequestId"),
                         text_of(object, "LogicalResourceId"), text_of(object, "PhysicalResourceId")}};
}

// Terraform's aws_lambda_invocation with lifecycle_scope = "CRUD".
Result<Event> parse_terraform_event(const Json& object) {
  const Json& told = object["tf"];
  const StackRequest request =
      told.is_object() ? request_named(text_of(told, "action")) : StackRequest::unknown;
  if (request == StackRequest::unknown)
    return wrong("\"tf\" must have the \"action\" create, update or delete");
  return StackEvent{request, std::nullopt};
}

Result<Event> parse_bus_event(const Json& object, const FunctionNames& names) {
  const std::string type = text_of(object, "detail-type");
  if (type == "Scheduled Event") return parse_task(Json::object(), names);
  if (type != "EC2 Instance State-change Notification")
    return wrong(fmt::format("keyturn takes no \"{}\"", type.substr(0, 100)));
  const auto detail = object.find("detail");
  if (detail == object.end() || !detail->is_object()) return wrong("\"detail\" is missing");
  InstanceEvent event{text_of(*detail, "instance-id"), text_of(*detail, "state")};
  if (event.instance_id.empty() || event.state.empty())
    return wrong("\"detail\" lacks \"instance-id\" or \"state\"");
  return event;
}

}  // namespace

const char* to_string(Task task) {
  switch (task) {
    case Task::rotate:
      return "rotate";
    case Task::update:
      return "update";
    case Task::reconcile:
      return "reconcile";
    case Task::status:
      break;
  }
  return "status";
}

const char* to_string(SecretStep step) {
  switch (step) {
    case SecretStep::create:
      return "createSecret";
    case SecretStep::set:
      return "setSecret";
    case SecretStep::test:
      return "testSecret";
    case SecretStep::finish:
      break;
  }
  return "finishSecret";
}

Task default_task(const FunctionNames& names) {
  if (const auto task = task_named(names.handler)) return *task;
  const std::string name = lower(names.function);
  if (name.find("rotate") != std::string::npos) return Task::rotate;
  if (name.find("update") != std::string::npos) return Task::update;
  return Task::reconcile;
}

Result<Event> parse_event(const std::string& payload, const FunctionNames& names) {
  const Json object = Json::parse(payload.empty() ? "null" : payload, nullptr, /*allow_exceptions=*/false);
  if (object.is_null()) return parse_task(Json::object(), names);
  if (!object.is_object()) return wrong("it is not a JSON object");
  if (object.contains("Step")) return parse_step(object);
  if (object.contains("ResponseURL")) return parse_resource_event(object);
  if (object.contains("tf")) return parse_terraform_event(object);
  if (object.contains("detail-type")) return parse_bus_event(object, names);
  return parse_task(object, names);
}

}  // namespace keyturn::lambda
