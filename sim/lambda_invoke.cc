// Invocations: from the caller into an environment, and what becomes of them.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "sim/lambda_state.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;

Reply<void> check_payload(const InvokeRequest& request) {
  const std::size_t limit = request.type == InvocationType::event ? kMaxEventPayload : kMaxSyncPayload;
  if (request.payload.size() > limit)
    return refuse(
        "RequestTooLargeException", 413,
        "Request must be smaller than " + std::to_string(limit) + " bytes for the InvokeFunction operation");
  if (!request.payload.empty() && !json::accept(request.payload))
    return refuse("InvalidRequestContentException", 400,
                  "Could not parse request body into json: the payload is not valid JSON.");
  return {};
}

std::string in_seconds(Duration duration) {
  const auto hundredths = duration.count() / 10;
  const std::string rest = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (rest.size() < 2 ? "0" : "") + rest;
}

}  // namespace

std::string lambda_error(const std::string& type, const std::string& message) {
  return json{{"errorType", type}, {"errorMessage", message}}.dump(-1, ' ', false,
                                                                   json::error_handler_t::replace);
}

Reply<std::string> Lambda::begin(const InvokeRequest& request) {
  const Turn turn(*this);
  const auto found = state_->find(request.function);
  if (!found) return tl::unexpected(found.error());
  if (auto good = check_payload(request); !good) return tl::unexpected(good.error());
  if (state_->closed) return refuse("ServiceException", 500, "The service is shutting down.");
  const Function& function = **found;
  const auto under_way = [&] {
    const auto same = [&](const auto& entry) { return entry.second.function == function.name; };
    const auto busy = std::count_if(
        state_->environments.begin(), state_->environments.end(),
        [&](const auto& entry) { return same(entry) && entry.second.phase == State::Phase::busy; });
    const auto waiting = std::count_if(state_->waiting.begin(), state_->waiting.end(),
                                       [&](const auto& one) { return one->function == function.name; });
    return busy + waiting;
  };
  if (request.type == InvocationType::request_response && function.reserved_concurrency &&
      under_way() >= *function.reserved_concurrency)
    return refuse("TooManyRequestsException", 429, "Rate Exceeded.");

  auto invocation = std::make_shared<State::Invocation>();
  invocation->request = request;
  if (request.payload.empty()) invocation->request.payload = "null";
  invocation->id = state_->random.uuid();
  invocation->function = function.name;
  const std::string hex = sha256_hex(invocation->id);
  invocation->trace_id =
      "Root=1-" + hex.substr(0, 8) + "-" + hex.substr(8, 24) + ";Parent=" + hex.substr(32, 16) + ";Sampled=0";
  state_->invocations.emplace(invocation->id, invocation);
  if (request.type == InvocationType::dry_run)
    invocation->reply = InvokeReply{204, {}, {}, {}, invocation->id};
  else
    state_->waiting.push_back(invocation);
  state_->advance();
  return invocation->id;
}

Reply<InvokeReply> Lambda::invoke(const InvokeRequest& request) {
  const auto id = begin(request);
  if (!id) return tl::unexpected(id.error());
  if (request.type == InvocationType::event) return InvokeReply{202, {}, {}, {}, *id};
  while (true) {
    Turn turn(*this);
    state_->advance();
    if (const auto& reply = state_->invocations.at(*id)->reply) return *reply;
    if (state_->closed) return refuse("ServiceException", 500, "The service is shutting down.");
    turn.wait();
  }
}

std::optional<InvokeReply> Lambda::result(const std::string& request_id) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->invocations.find(request_id);
  return found == state_->invocations.end() ? std::nullopt : found->second->reply;
}

std::shared_ptr<Lambda::State::Invocation> Lambda::State::take_waiting(const std::string& function) {
  const auto found = std::find_if(waiting.begin(), waiting.end(), [&](const auto& invocation) {
    return invocation->function == function && invocation->not_before <= clock.now();
  });
  if (found == waiting.end()) return nullptr;
  auto invocation = *found;
  waiting.erase(found);
  return invocation;
}

void Lambda::State::hand_over(const std::string& environment_id, Environment& environment,
                              std::shared_ptr<Invocation> invocation) {
  const Function& function = functions.at(environment.function);
  invocation->deadline = clock.now() + function.settings.timeout;
  invocation->record = records.size();
  invocation->log.clear();
  records.push_back({invocation->id,
                     function.name,
                     invocation->request.type,
                     invocation->attempt,
                     !environment.used,
                     environment_id,
                     clock.now(),
                     {},
                     {},
                     {}});
  log(function.name, invocation.get(), "START RequestId: " + invocation->id + " Version: $LATEST\n");
  environment.used = true;
  environment.phase = Phase::busy;
  environment.invocation = std::move(invocation);
}

void Lambda::State::complete(const std::shared_ptr<Invocation>& invocation, const std::string& payload,
                             const std::string& error_type) {
  InvocationRecord& record = records.at(invocation->record);
  record.ended_at = clock.now();
  record.error_type = error_type;
  record.payload = payload;
  log(invocation->function, invocation.get(),
      "END RequestId: " + invocation->id + "\nREPORT RequestId: " + invocation->id +
          "\tDuration: " + std::to_string((clock.now() - record.began_at).count()) + " ms\n");
  const bool is_event = invocation->request.type == InvocationType::event;
  const std::size_t retries_used = std::size_t(invocation->attempt) - 1;
  if (is_event && !error_type.empty() && retries_used < limits.event_retries.size()) {
    invocation->not_before = clock.now() + limits.event_retries[retries_used];
    ++invocation->attempt;
    waiting.push_back(invocation);
  } else {
    const std::size_t from = invocation->log.size() - std::min(invocation->log.size(), kLogTail);
    invocation->reply = InvokeReply{200, payload, error_type.empty() ? "" : "Unhandled",
                                    invocation->log.substr(from), invocation->id};
  }
  changed.notify_all();
}

void Lambda::State::fail_init(const std::string& function, const std::string& error_type,
                              const std::string& error) {
  const auto invocation = take_waiting(function);
  if (!invocation) return;
  invocation->record = records.size();
  records.push_back({invocation->id,
                     function,
                     invocation->request.type,
                     invocation->attempt,
                     true,
                     {},
                     clock.now(),
                     {},
                     {},
                     {}});
  complete(invocation, error, error_type);
}

void Lambda::State::log(const std::string& function, Invocation* invocation, std::string_view text) {
  std::string& kept = logs[function];
  kept += text;
  if (kept.size() > 2 * kKeptLog) kept.erase(0, kept.size() - kKeptLog);
  if (invocation != nullptr) invocation->log += text;
}

void Lambda::State::advance() {
  const TimePoint now = clock.now();
  std::vector<std::string> ended;  // and why, below
  for (auto& [id, environment] : environments) {
    const auto function = functions.find(environment.function);
    const bool outdated = function == functions.end() || function->second.revision != environment.revision;
    const bool overrun = environment.phase == Phase::busy && now >= environment.invocation->deadline;
    const bool slow = environment.phase == Phase::starting && now >= environment.init_deadline;
    if (overrun || slow || (outdated && environment.phase != Phase::busy)) ended.push_back(id);
  }
  for (const std::string& id : ended) {
    const Environment environment = environments.at(id);
    kill(id);
    const auto found = functions.find(environment.function);
    if (found == functions.end()) continue;
    const std::string timed_out =
        "Error: Task timed out after " + in_seconds(found->second.settings.timeout) + " seconds";
    if (environment.phase == Phase::busy)
      complete(environment.invocation,
               lambda_error("Sandbox.Timedout", "RequestId: " + environment.invocation->id + " " + timed_out),
               "Sandbox.Timedout");
    else if (environment.phase == Phase::starting && now >= environment.init_deadline) {
      if (environment.second_init)
        fail_init(environment.function, "Sandbox.Timedout", lambda_error("Sandbox.Timedout", timed_out));
      else
        start_environment(found->second, /*second_init=*/true);
    }
  }
  for (const auto& [name, function] : functions) dispatch(function);
}

void Lambda::State::dispatch(const Function& function) {
  const auto ready = std::count_if(waiting.begin(), waiting.end(), [&](const auto& invocation) {
    return invocation->function == function.name && invocation->not_before <= clock.now();
  });
  std::ptrdiff_t free = 0;
  std::ptrdiff_t all = 0;
  for (const auto& [id, environment] : environments) {
    if (environment.function != function.name) continue;
    ++all;
    if (environment.phase != Phase::busy) ++free;
  }
  const auto limit = std::ptrdiff_t(function.reserved_concurrency.value_or(limits.concurrency));
  while (host != nullptr && !closed && free < ready && all < limit &&
         environments.size() < std::size_t(limits.concurrency)) {
    start_environment(function, /*second_init=*/false);
    ++free;
    ++all;
  }
}

}  // namespace keyturn::sim
