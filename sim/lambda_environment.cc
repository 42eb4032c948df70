// Execution environments: their start and end, and the states that the Runtime API allows.
#include <utility>

#include "sim/lambda_state.h"

namespace keyturn::sim {
Lambda::State::Environment* Lambda::State::environment(const std::string& id) {
  const auto found = environments.find(id);
  return found == environments.end() ? nullptr : &found->second;
}

void Lambda::State::start_environment(const Function& function, bool second_init) {
  EnvironmentOrder order;
  order.id = random.uuid();
  order.function = function.name;
  order.role = function.settings.role;
  order.code = function.code;
  order.variables = {{"AWS_LAMBDA_FUNCTION_NAME", function.name},
                     {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
                     {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.settings.memory_mb)},
                     {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + function.name},
                     {"AWS_LAMBDA_LOG_STREAM_NAME", "[$LATEST]" + order.id},
                     {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
                     {"AWS_REGION", region},
                     {"AWS_DEFAULT_REGION", region},
                     {"_HANDLER", function.settings.handler},
                     {"TZ", ":UTC"}};
  for (const auto& [name, value] : function.settings.environment)
    order.variables.insert_or_assign(name, value);
  Environment environment;
  environment.function = function.name;
  environment.revision = function.revision;
  environment.second_init = second_init;
  environment.init_deadline = clock.now() + (second_init ? function.settings.timeout : limits.init);
  environments.emplace(order.id, std::move(environment));
  owners.emplace(order.id, function.name);
  to_start.push_back(std::move(order));
}

void Lambda::State::kill(const std::string& environment_id) {
  std::erase_if(to_start, [&](const EnvironmentOrder& order) { return order.id == environment_id; });
  environments.erase(environment_id);
  to_kill.push_back(environment_id);
  changed.notify_all();
}

Lambda::NextReply Lambda::next(const std::string& environment_id, const StopFlag* stop) {
  bool asked = false;
  while (true) {
    Turn turn(*this);
    state_->advance();
    State::Environment* environment = state_->environment(environment_id);
    if (environment == nullptr || state_->closed || (stop != nullptr && stop->requested()))
      return {RuntimeAnswer::no_such_environment, {}};
    if (environment->phase == State::Phase::busy && !asked) return {RuntimeAnswer::bad_state, {}};
    asked = true;
    environment->phase = State::Phase::idle;
    if (auto invocation = state_->take_waiting(environment->function)) {
      const std::string arn = state_->functions.at(environment->function).arn;
      state_->hand_over(environment_id, *environment, invocation);
      return {RuntimeAnswer::accepted,
              NextInvocation{invocation->id, invocation->request.payload, invocation->deadline, arn,
                             invocation->trace_id, invocation->request.client_context}};
    }
    turn.wait();
  }
}

// The environment is done with the invocation, and idle again.
tl::expected<std::shared_ptr<Lambda::State::Invocation>, Lambda::RuntimeAnswer> Lambda::State::give_back(
    const std::string& environment_id, const std::string& request_id) {
  Environment* worker = environment(environment_id);
  if (worker == nullptr) return tl::unexpected(RuntimeAnswer::no_such_environment);
  if (worker->phase != Phase::busy) return tl::unexpected(RuntimeAnswer::bad_state);
  if (worker->invocation->id != request_id) return tl::unexpected(RuntimeAnswer::bad_request_id);
  worker->phase = Phase::idle;
  return std::exchange(worker->invocation, nullptr);
}

Lambda::RuntimeAnswer Lambda::respond(const std::string& environment_id, const std::string& request_id,
                                      const std::string& payload) {
  const Turn turn(*this);
  const auto given_back = state_->give_back(environment_id, request_id);
  if (!given_back) return given_back.error();
  const auto& invocation = *given_back;
  if (payload.size() > kMaxResponse) {
    state_->complete(invocation,
                     lambda_error("Function.ResponseSizeTooLarge",
                                  "Response payload size exceeded maximum allowed payload size (" +
                                      std::to_string(kMaxResponse) + " bytes)."),
                     "Function.ResponseSizeTooLarge");
    return RuntimeAnswer::too_large;
  }
  state_->complete(invocation, payload, {});
  return RuntimeAnswer::accepted;
}

Lambda::RuntimeAnswer Lambda::report_error(const std::string& environment_id, const std::string& request_id,
                                           const std::string& error_type, const std::string& error) {
  const Turn turn(*this);
  const auto given_back = state_->give_back(environment_id, request_id);
  if (!given_back) return given_back.error();
  const auto& invocation = *given_back;
  state_->complete(invocation, error, error_type);
  return RuntimeAnswer::accepted;
}

Lambda::RuntimeAnswer Lambda::report_init_error(const std::string& environment_id,
                                                const std::string& error_type, const std::string& error) {
  const Turn turn(*this);
  State::Environment* environment = state_->environment(environment_id);
  if (environment == nullptr) return RuntimeAnswer::no_such_environment;
  if (environment->phase != State::Phase::starting) return RuntimeAnswer::bad_state;
  const std::string function = environment->function;
  state_->forget(environment_id);  // it ends by itself now
  state_->fail_init(function, error_type, error);
  return RuntimeAnswer::accepted;
}

void Lambda::environment_ended(const std::string& environment_id, const std::string& how) {
  const Turn turn(*this);
  const State::Environment* known = state_->environment(environment_id);
  if (known == nullptr) return;  // killed, or its initialisation failed
  const State::Environment environment = *known;
  state_->forget(environment_id);
  const std::string text = "Error: Runtime exited with error: " + how;
  if (environment.phase == State::Phase::busy)
    state_->complete(
        environment.invocation,
        lambda_error("Runtime.ExitError", "RequestId: " + environment.invocation->id + " " + text),
        "Runtime.ExitError");
  else if (environment.phase == State::Phase::starting)
    state_->fail_init(environment.function, "Runtime.ExitError", lambda_error("Runtime.ExitError", text));
  state_->advance();
}

void Lambda::add_log(const std::string& environment_id, std::string_view text) {
  const Turn turn(*this);
  const auto owner = state_->owners.find(environment_id);
  if (owner == state_->owners.end()) return;
  const State::Environment* environment = state_->environment(environment_id);
  state_->log(owner->second, environment == nullptr ? nullptr : environment->invocation.get(), text);
}

void Lambda::advance() {
  const Turn turn(*this);
  state_->advance();
}

void Lambda::recycle(const std::string& function) {
  const Turn turn(*this);
  std::vector<std::string> ids;
  for (const auto& [id, environment] : state_->environments)
    if (function.empty() || environment.function == function) ids.push_back(id);
  for (const std::string& id : ids) {
    const State::Environment environment = *state_->environment(id);
    state_->kill(id);
    if (environment.phase == State::Phase::busy)
      state_->complete(environment.invocation,
                       lambda_error("Runtime.ExitError", "RequestId: " + environment.invocation->id +
                                                             " Error: Runtime exited with error: killed"),
                       "Runtime.ExitError");
  }
  state_->advance();
}

void Lambda::shut_down() {
  const Turn turn(*this);
  state_->closed = true;
  while (!state_->environments.empty()) {
    const std::string id = state_->environments.begin()->first;  // kill() takes its entry away
    state_->kill(id);
  }
  state_->changed.notify_all();
}

}  // namespace keyturn::sim
