// The actions that the simulated Automation carries out.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/automation_run.h"
#include "sim/base64_text.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;
using Started = Reply<std::unique_ptr<AutomationAction>>;

// aws:invokeLambdaFunction ends at 300 s, whatever the step's own timeoutSeconds says.
constexpr std::chrono::seconds kLongestInvocation{300};
constexpr std::chrono::hours kLongestOfOthers{48};

tl::unexpected<ServiceError> bad_input(const std::string& why) {
  return refuse("ValidationException", 400, why);
}

std::string text_in(const json& inputs, const char* name) {
  const auto found = inputs.find(name);
  return found == inputs.end() ? "" : as_text(*found);
}

std::vector<std::string> texts_in(const json& inputs, const char* name) {
  const auto found = inputs.find(name);
  return found == inputs.end() ? std::vector<std::string>{} : as_texts(*found);
}

class Done final : public AutomationAction {
 public:
  explicit Done(StepEnding ending) : ending_(std::move(ending)) {}
  std::optional<StepEnding> poll() override { return ending_; }

 private:
  const StepEnding ending_;
};

// --- aws:invokeLambdaFunction ---

class FunctionRun final : public AutomationAction {
 public:
  FunctionRun(Lambda& lambda, std::string request_id, bool tail)
      : lambda_(lambda), request_id_(std::move(request_id)), tail_(tail) {}

  std::optional<StepEnding> poll() override {
    const auto reply = lambda_.result(request_id_);
    if (!reply) return std::nullopt;
    json response{{"StatusCode", std::to_string(reply->status)}, {"Payload", reply->payload}};
    if (tail_) response["LogResult"] = base64_text(reply->log_tail);
    StepEnding ending;
    if (!reply->function_error.empty()) {
      response["FunctionError"] = reply->function_error;
      ending.status = AutomationStatus::failed;
      ending.message =
          "The function ended with FunctionError " + reply->function_error + ": " + reply->payload;
    }
    ending.response = response.dump(-1, ' ', false, json::error_handler_t::replace);
    return ending;
  }

 private:
  Lambda& lambda_;
  const std::string request_id_;
  const bool tail_;
};

Started invoke_function(const AutomationParts& parts, const Actor& actor, const json& inputs) {
  InvokeRequest request;
  request.function = text_in(inputs, "FunctionName");
  if (request.function.empty()) return bad_input("aws:invokeLambdaFunction needs FunctionName.");
  request.payload = text_in(inputs, inputs.contains("InputPayload") ? "InputPayload" : "Payload");
  request.client_context = text_in(inputs, "ClientContext");
  const std::string type = text_in(inputs, "InvocationType");
  if (type == "Event") request.type = InvocationType::event;
  if (type == "DryRun") request.type = InvocationType::dry_run;
  if (!type.empty() && type != "RequestResponse" && request.type == InvocationType::request_response)
    return bad_input("There is no InvocationType " + type + ".");
  if (auto may = actor.may("lambda:InvokeFunction", request.function); !may)
    return tl::unexpected(may.error());
  const auto begun = parts.lambda.begin(request);
  if (!begun) return tl::unexpected(begun.error());
  // Whoever sends an event or tries does not wait for what comes of it.
  if (request.type != InvocationType::request_response) {
    const char* status = request.type == InvocationType::event ? "202" : "204";
    return std::make_unique<Done>(
        StepEnding{AutomationStatus::success, {}, json{{"StatusCode", status}, {"Payload", ""}}.dump(), {}});
  }
  return std::make_unique<FunctionRun>(parts.lambda, *begun, text_in(inputs, "LogType") == "Tail");
}

// --- aws:runCommand ---

class CommandRun final : public AutomationAction {
 public:
  CommandRun(Ssm& ssm, std::string command_id) : ssm_(ssm), command_id_(std::move(command_id)) {}

  std::optional<StepEnding> poll() override {
    const auto listed = ssm_.list_commands(command_id_, {});
    if (!listed || listed->items.empty() || !is_final(listed->items.front().state)) return std::nullopt;
    const Command& command = listed->items.front();
    std::string output;
    int response_code = 0;
    for (const Invocation& invocation : ssm_.invocations(command_id_))
      for (const StepRecord& step : invocation.steps) {
        output += step.out;
        if (response_code == 0) response_code = step.response_code;
      }
    StepEnding ending;
    ending.response = json{
        {"CommandId", command_id_},
        {"Status", status_of(command.state)},
        {"ResponseCode", std::to_string(response_code)},
        {"Output",
         output}}.dump(-1, ' ', false, json::error_handler_t::replace);
    if (command.state != CommandState::success) {
      ending.status = AutomationStatus::failed;
      ending.message = "The command " + command_id_ + " ended as " + details_of(command.state) + ".";
    }
    return ending;
  }

  void cancel() override { (void)ssm_.cancel_command(command_id_); }

 private:
  Ssm& ssm_;
  const std::string command_id_;
};

Started run_command(const AutomationParts& parts, const Actor& actor, const json& inputs) {
  SendRequest request;
  request.document = text_in(inputs, "DocumentName");
  if (request.document.empty()) return bad_input("aws:runCommand needs DocumentName.");
  request.document_version = text_in(inputs, "DocumentVersion");
  request.instance_ids = texts_in(inputs, "InstanceIds");
  for (const json& target : inputs.value("Targets", json::array())) {
    if (!target.is_object()) return bad_input("Targets must be objects of Key and Values.");
    request.targets.push_back({text_in(target, "Key"), texts_in(target, "Values")});
  }
  const json parameters = inputs.value("Parameters", json::object());
  if (!parameters.is_object()) return bad_input("Parameters must be an object.");
  for (const auto& [name, value] : parameters.items()) request.parameters[name] = as_texts(value);
  request.comment = text_in(inputs, "Comment");
  if (inputs.contains("MaxConcurrency")) request.max_concurrency = text_in(inputs, "MaxConcurrency");
  if (inputs.contains("MaxErrors")) request.max_errors = text_in(inputs, "MaxErrors");
  if (inputs.contains("TimeoutSeconds")) {
    const auto seconds = convert_value(inputs.at("TimeoutSeconds"), "Integer");
    if (!seconds) return tl::unexpected(seconds.error());
    request.timeout = std::chrono::seconds(seconds->get<std::int64_t>());
  }
  if (auto may = actor.may("ssm:SendCommand", request.document); !may) return tl::unexpected(may.error());
  const auto sent = parts.ssm.send_command(request);
  if (!sent) return tl::unexpected(sent.error());
  return std::make_unique<CommandRun>(parts.ssm, sent->id);
}

// --- aws:sleep, aws:branch ---

class Sleep final : public AutomationAction {
 public:
  Sleep(const Clock& clock, TimePoint until) : clock_(clock), until_(until) {}
  std::optional<StepEnding> poll() override {
    if (clock_.now() < until_) return std::nullopt;
    return StepEnding{AutomationStatus::success, {}, "{}", {}};
  }

 private:
  const Clock& clock_;
  const TimePoint until_;
};

// "PT10M", "P1DT2H", "PT1H30M5S".
std::optional<Duration> parse_iso_duration(const std::string& text) {
  if (text.size() < 3 || text[0] != 'P') return std::nullopt;
  Duration total{0};
  bool in_time = false;
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9' && digits.size() < 9) {
      digits += c;
      continue;
    }
    if (c == 'T' && !in_time && digits.empty()) {
      in_time = true;
      continue;
    }
    if (digits.empty()) return std::nullopt;
    const auto count = std::stol(digits);
    digits.clear();
    if (c == 'D' && !in_time)
      total += std::chrono::days(count);
    else if (c == 'H' && in_time)
      total += std::chrono::hours(count);
    else if (c == 'M' && in_time)
      total += std::chrono::minutes(count);
    else if (c == 'S' && in_time)
      total += std::chrono::seconds(count);
    else
      return std::nullopt;
  }
  return digits.empty() ? std::optional(total) : std::nullopt;
}

Started sleep(const AutomationParts& parts, const json& inputs) {
  if (inputs.contains("Timestamp")) {
    const auto until = parse_iso8601(text_in(inputs, "Timestamp"));
    if (!until) return bad_input("Timestamp must be a time such as 2026-01-02T03:04:05Z.");
    return std::make_unique<Sleep>(parts.clock, *until);
  }
  const auto duration = parse_iso_duration(text_in(inputs, "Duration"));
  if (!duration) return bad_input("Duration must be an ISO 8601 duration such as PT10M.");
  return std::make_unique<Sleep>(parts.clock, parts.clock.now() + *duration);
}

Started branch(const json& inputs) {
  const auto take = [](const std::string& name) -> Started {
    return std::make_unique<Done>(
        StepEnding{AutomationStatus::success, {}, json{{"NextStep", name}}.dump(), name});
  };
  for (const json& choice : inputs.at("Choices")) {
    const auto holds = condition_holds(choice);
    if (!holds) return tl::unexpected(holds.error());
    if (*holds) return take(text_in(choice, "NextStep"));
  }
  if (inputs.contains("Default")) return take(text_in(inputs, "Default"));
  return std::make_unique<Done>(StepEnding{AutomationStatus::success, {}, "{}", {}});
}

}  // namespace

Started start_action(const AutomationParts& parts, const Actor& actor, const AutomationStep& step,
                     const std::string& text) {
  const json inputs = json::parse(text);
  if (step.action == "aws:invokeLambdaFunction") return invoke_function(parts, actor, inputs);
  if (step.action == "aws:runCommand") return run_command(parts, actor, inputs);
  if (step.action == "aws:sleep") return sleep(parts, inputs);
  if (step.action == "aws:branch") return branch(inputs);
  return bad_input("The action " + step.action + " is not simulated here.");
}

Duration longest(const AutomationStep& step) {
  if (step.action == "aws:invokeLambdaFunction")
    return std::min<Duration>(step.timeout.value_or(kLongestInvocation), kLongestInvocation);
  return step.timeout.value_or(step.action == "aws:runCommand" ? std::chrono::hours{1} : kLongestOfOthers);
}

}  // namespace keyturn::sim
