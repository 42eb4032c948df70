#include "sim/automation_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace keyturn::sim {
namespace {

using nlohmann::json;

constexpr int kMostIterations = 100;

// "2026-01-02_03.04.05", as {{ global:DATE_TIME }} is written.
std::string document_time(TimePoint now) {
  std::string text = format_iso8601(std::chrono::floor<std::chrono::seconds>(now));
  text.pop_back();
  std::replace(text.begin(), text.end(), 'T', '_');
  std::replace(text.begin(), text.end(), ':', '.');
  return text;
}

json typed(const std::vector<std::string>& values, const std::string& type) {
  const auto converted = convert_value(json(values), type);
  return converted ? *converted : json(values.empty() ? "" : values.front());
}

}  // namespace

AutomationRun::AutomationRun(AutomationParts parts, AutomationDocument document,
                             AutomationExecution execution, Actor actor)
    : parts_(parts),
      document_(std::move(document)),
      execution_(std::move(execution)),
      actor_(std::move(actor)),
      bindings_(std::make_unique<AutomationBindings>()) {
  execution_.status = AutomationStatus::in_progress;
  bind_parameters();
  Frame whole;
  whole.steps = &document_.steps;
  frames_.push_back(std::move(whole));
}

AutomationRun::~AutomationRun() = default;

void AutomationRun::bind_parameters() {
  for (const auto& [name, values] : execution_.parameters)
    (*bindings_)[name] = typed(values, document_.parameters.at(name).type);
  (*bindings_)["automation:EXECUTION_ID"] = execution_.id;
}

const AutomationStep* AutomationRun::step() const {
  const Frame& frame = frames_.back();
  return frame.index < frame.steps->size() ? &(*frame.steps)[frame.index] : nullptr;
}

void AutomationRun::advance() {
  while (!is_final(execution_.status)) {
    if (!action_) {
      if (stopping_)
        finish(AutomationStatus::cancelled, "The execution was stopped.");
      else if (step() == nullptr)
        end_of_list();
      else
        begin_step();
      continue;
    }
    const auto ending = look();
    if (!ending) return;
    end_step(*ending);
  }
}

std::optional<StepEnding> AutomationRun::look() const {
  if (auto ending = action_->poll()) return ending;
  const TimePoint now = parts_.clock.now();
  const bool over = (deadline_ && *deadline_ <= now) ||
                    std::any_of(frames_.begin(), frames_.end(),
                                [&](const Frame& frame) { return frame.deadline && *frame.deadline <= now; });
  if (!over) return std::nullopt;
  return StepEnding{AutomationStatus::timed_out, "Step timed out while step is running.", {}, {}};
}

void AutomationRun::begin_step() {
  const AutomationStep& of = *step();
  StepExecution made;
  made.id = parts_.random.uuid();
  made.name = of.name;
  made.action = of.action;
  made.status = AutomationStatus::in_progress;
  made.started_at = parts_.clock.now();
  made.of = of;
  made.of.steps.clear();
  if (const Frame& frame = frames_.back(); frame.loop != nullptr) {
    made.parent_id = execution_.steps[frame.record].id;
    made.parent_name = frame.loop->name;
    made.iteration = frame.iteration;
  }
  execution_.steps.push_back(std::move(made));
  record_ = execution_.steps.size() - 1;
  execution_.current_step = of.name;
  execution_.current_action = of.action;
  const std::string now = document_time(parts_.clock.now());
  (*bindings_)["global:DATE_TIME"] = now;
  (*bindings_)["global:DATE"] = now.substr(0, 10);
  if (of.action == "aws:loop")
    begin_loop();
  else
    begin_attempt();
}

void AutomationRun::begin_attempt() {
  const AutomationStep& of = *step();
  ++record().attempts;
  const auto fail_at_once = [&](const std::string& why) {
    end_step({AutomationStatus::failed, why, {}, {}});
  };
  const auto inputs = resolve_references(json::parse(of.inputs), *bindings_);
  if (!inputs) return fail_at_once(inputs.error().message);
  for (const auto& [name, value] : inputs->items()) record().inputs[name] = value.dump();
  auto action = start_action(parts_, actor_, of, inputs->dump());
  if (!action) return fail_at_once(action.error().message);
  action_ = *std::move(action);
  deadline_ = parts_.clock.now() + longest(of);
}

void AutomationRun::begin_loop() {
  const AutomationStep& of = *step();
  const json inputs = json::parse(of.inputs);
  Frame frame;
  frame.steps = &of.steps;
  frame.loop = &of;
  frame.record = record_;
  frame.most = kMostIterations;
  if (of.timeout) frame.deadline = parts_.clock.now() + *of.timeout;
  record().attempts = 1;
  for (const auto& [name, value] : inputs.items()) record().inputs[name] = value.dump();
  const auto fail_at_once = [&](const std::string& why) {
    end_step({AutomationStatus::failed, why, {}, {}});
  };
  if (inputs.contains("MaxIterations")) {
    const auto resolved = resolve_references(inputs.at("MaxIterations"), *bindings_);
    const auto most = resolved ? convert_value(*resolved, "Integer") : resolved;
    if (!most) return fail_at_once("MaxIterations: " + most.error().message);
    frame.most = most->get<int>();
  }
  if (frame.most < 1 || frame.most > kMostIterations)
    return fail_at_once("MaxIterations must be from 1 to 100.");
  if (inputs.contains("Iterators")) {
    const auto resolved = resolve_references(inputs.at("Iterators"), *bindings_);
    if (!resolved) return fail_at_once(resolved.error().message);
    for (const json& value : resolved->is_array() ? *resolved : json::array({*resolved}))
      frame.iterators.push_back(value.dump());
    if (frame.iterators.empty()) return end_step({AutomationStatus::success, {}, "{}", {}});
  }
  frames_.push_back(std::move(frame));
  begin_iteration();
}

void AutomationRun::begin_iteration() {
  Frame& frame = frames_.back();
  frame.index = 0;
  if (!frame.iterators.empty())
    (*bindings_)[frame.loop->name + ".CurrentIteratorValue"] =
        json::parse(frame.iterators[std::size_t(frame.iteration) - 1]);
}

void AutomationRun::end_of_list() {
  Frame& frame = frames_.back();
  if (frame.loop == nullptr) {
    const bool good = critical_failure_.empty();
    return finish(good ? AutomationStatus::success : AutomationStatus::failed, critical_failure_);
  }
  bool again = frame.iteration < frame.most;
  if (!frame.iterators.empty()) {
    again = again && std::size_t(frame.iteration) < frame.iterators.size();
  } else {
    const auto condition =
        resolve_references(json::parse(frame.loop->inputs).at("LoopCondition"), *bindings_);
    const auto holds =
        condition ? condition_holds(*condition) : Reply<bool>(tl::unexpected(condition.error()));
    if (!holds) return leave_loop(AutomationStatus::failed, "LoopCondition: " + holds.error().message);
    again = again && *holds;
  }
  if (!again) return leave_loop(AutomationStatus::success, {});
  ++frame.iteration;
  begin_iteration();
}

// The loop's own step ends, as any step does, one level further out.
void AutomationRun::leave_loop(AutomationStatus status, const std::string& message) {
  record_ = frames_.back().record;
  frames_.pop_back();
  end_step({status, message, "{}", {}});
}

void AutomationRun::end_step(const StepEnding& ending) {
  const AutomationStep& of = *step();
  if (action_ && ending.status == AutomationStatus::timed_out) action_->cancel();
  action_.reset();
  StepExecution& done = record();
  if (!ending.response.empty()) keep_outputs(of, done, ending.response);
  const bool good = ending.status == AutomationStatus::success;
  if (!good && done.attempts < of.max_attempts && of.action != "aws:loop" && !stopping_)
    return begin_attempt();
  done.status = ending.status;
  done.failure_message = ending.message;
  done.response_code = good ? "0" : "1";
  done.ended_at = parts_.clock.now();
  if (good)
    go_on(of, ending.jump);
  else
    after_failure(of, ending);
}

void AutomationRun::keep_outputs(const AutomationStep& of, StepExecution& in, const std::string& response) {
  const json root = json::parse(response);
  const auto keep = [&](const std::string& name, const json& value) {
    (*bindings_)[of.name + "." + name] = value;
    in.outputs[name] = as_texts(value);
  };
  for (const auto& [name, value] : root.items()) keep(name, value);
  // A function's payload is a text among the outputs; selectors look into it, by its name or, as the guide's
  // own example of aws:loop has it, without.
  json seen = root;
  if (const auto payload = root.find("Payload"); payload != root.end() && payload->is_string()) {
    json parsed = json::parse(payload->get<std::string>(), nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_discarded()) seen["Payload"] = std::move(parsed);
  }
  for (const StepOutput& output : of.outputs) {
    auto value = select_value(seen, output.selector);
    if (value && value->is_null() && seen.contains("Payload"))
      value = select_value(seen["Payload"], output.selector);
    const auto converted = value && !value->is_null() ? convert_value(*value, output.type) : value;
    if (converted && !converted->is_null()) keep(output.name, *converted);
  }
}

void AutomationRun::after_failure(const AutomationStep& of, const StepEnding& ending) {
  const std::string message = "Step " + of.name + " failed: " + ending.message;
  if (of.is_critical && critical_failure_.empty()) critical_failure_ = message;
  if (of.on_failure == "Abort") return finish(ending.status, message);
  go_on(of, of.on_failure == "Continue" ? "" : of.on_failure.substr(5));
}

void AutomationRun::go_on(const AutomationStep& from, const std::string& jump) {
  if (from.is_end && jump.empty())
    frames_.back().index = frames_.back().steps->size();
  else if (!jump.empty() || !from.next_step.empty())
    jump_to(jump.empty() ? from.next_step : jump);
  else
    ++frames_.back().index;
}

// Within the list, or out of the loops to where the step is.
void AutomationRun::jump_to(const std::string& name) {
  while (true) {
    Frame& frame = frames_.back();
    const auto found = std::find_if(frame.steps->begin(), frame.steps->end(),
                                    [&](const AutomationStep& each) { return each.name == name; });
    if (found != frame.steps->end()) {
      frame.index = std::size_t(found - frame.steps->begin());
      return;
    }
    if (frame.loop == nullptr)
      return finish(AutomationStatus::failed,
                    "The step " + name + " can't be reached from outside its loop.");
    StepExecution& loop = execution_.steps[frame.record];
    loop.status = AutomationStatus::exited;
    loop.ended_at = parts_.clock.now();
    frames_.pop_back();
  }
}

void AutomationRun::finish(AutomationStatus status, const std::string& message) {
  if (action_) action_->cancel();
  action_.reset();
  for (StepExecution& each : execution_.steps)  // loops around the step that ended it
    if (!is_final(each.status)) {
      each.status = status;
      each.failure_message = message;
      each.ended_at = parts_.clock.now();
    }
  execution_.status = status;
  execution_.failure_message = status == AutomationStatus::success ? "" : message;
  execution_.ended_at = parts_.clock.now();
  execution_.current_step.clear();
  execution_.current_action.clear();
  for (const std::string& name : document_.outputs)
    if (const auto bound = bindings_->find(name); bound != bindings_->end())
      execution_.outputs[name] = as_texts(bound->second);
}

void AutomationRun::fail(const std::string& message) { finish(AutomationStatus::failed, message); }

void AutomationRun::stop(bool complete) {
  stopping_ = true;
  if (!complete && !is_final(execution_.status))
    finish(AutomationStatus::cancelled, "The execution was stopped.");
}

}  // namespace keyturn::sim
