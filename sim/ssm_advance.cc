// Time passes: turns come, agents are asked, what is over ends.
#include "sim/ssm_run.h"

namespace keyturn::sim {
namespace {

// As the agent words the exit status behind a script's own errors.
void add_exit_status(StepRecord& step, int exit_code) {
  if (exit_code == 0) return;
  if (!step.err.empty() && step.err.back() != '\n') step.err += '\n';
  step.err += "failed to run commands: exit status " + std::to_string(exit_code);
}

// The agent restarts the host and runs the script again; here the host stays up, and nothing runs twice.
bool asks_for_restart(const StepRecord& step, int exit_code) {
  return exit_code == (step.plugin == "aws:runPowerShellScript" ? 3010 : 194);
}

int killed_code(const StepRecord& step) { return step.plugin == "aws:runPowerShellScript" ? -1 : 137; }

bool counts_as_error(CommandState state) {
  return state != CommandState::success && state != CommandState::cancelled &&
         state != CommandState::delivery_timed_out && state != CommandState::undeliverable &&
         state != CommandState::terminated;
}

// The worst of its invocations is the command's state.
CommandState state_of(const std::vector<Invocation>& invocations) {
  CommandState worst = CommandState::success;
  const auto rank = [](CommandState state) {
    if (state == CommandState::success) return 0;
    if (state == CommandState::delivery_timed_out) return 1;
    if (state == CommandState::cancelled) return 2;
    return state == CommandState::execution_timed_out ? 3 : 4;
  };
  for (const Invocation& invocation : invocations)
    if (rank(invocation.state) > rank(worst)) worst = invocation.state;
  return rank(worst) == 4 ? CommandState::failed : worst;
}

}  // namespace

void Ssm::advance() {
  std::unique_lock lock(mutex_);
  if (advancing_) return;
  advancing_ = true;
  for (bool changed = !active_.empty(); changed;) {
    changed = false;
    const auto active = active_;  // commands may be sent while the agent is asked
    for (const auto& run : active) {
      const int completed_before = run->completed;
      for (const Task& task : plan(*run, clock_.now())) changed |= carry_out(*run, task, lock);
      changed |= run->completed != completed_before;
    }
    std::erase_if(active_, [](const auto& run) { return run->is_over; });
  }
  advancing_ = false;
}

// Did something happen that may make room for more?
bool Ssm::carry_out(Run& run, const Task& task, std::unique_lock<std::mutex>& lock) {
  const auto agent = agent_;
  const std::string& instance = run.invocations[task.index].instance_id;
  std::optional<AgentResult> result;
  if (agent) {
    lock.unlock();
    if (task.kind == Task::Kind::start)
      agent->start(task.job);
    else if (task.kind != Task::Kind::kill)
      result = agent->poll(run.command.id, instance);
    if (task.kind == Task::Kind::kill || (task.kind == Task::Kind::last_poll && !result))
      agent->kill(run.command.id, instance);
    lock.lock();
  }
  const TimePoint now = clock_.now();
  if (result) take_result(run, task.index, *result, now);
  if (task.kind == Task::Kind::last_poll && !result)
    kill_step(run, task.index, CommandState::execution_timed_out);
  return task.kind == Task::Kind::start || result.has_value();
}

std::vector<Ssm::Task> Ssm::plan(Run& run, TimePoint now) {
  if (run.max_errors < run.errors)
    for (; run.next < run.invocations.size(); ++run.next)
      if (!is_final(run.invocations[run.next].state))
        end_invocation(run, run.next, CommandState::terminated, now);
  while (std::ssize(run.live) < run.max_concurrency && run.next < run.invocations.size()) {
    const std::size_t index = run.next++;
    if (is_final(run.invocations[index].state)) continue;  // cancelled before its turn
    run.live.push_back(index);
    dispatch(run, index, now);
  }
  std::vector<Task> tasks;
  for (const std::size_t index : run.live) {
    if (is_final(run.invocations[index].state)) continue;
    if (run.invocations[index].state == CommandState::pending ||
        run.invocations[index].state == CommandState::delayed)
      wait_for_delivery(run, index, now, tasks);
    else
      watch(run, index, now, tasks);
  }
  std::erase_if(run.live, [&](std::size_t index) { return is_final(run.invocations[index].state); });
  if (run.live.empty() && run.next == run.invocations.size() && visible(run) == run.invocations.size()) {
    run.is_over = true;
    run.command.state = state_of(run.invocations);
  } else if (run.command.state == CommandState::pending) {
    run.command.state = CommandState::in_progress;
  }
  return tasks;
}

// Its turn has come: the steps are made up for the node's platform.
void Ssm::dispatch(Run& run, std::size_t index, TimePoint now) {
  Invocation& invocation = run.invocations[index];
  run.dispatched_at[index] = now;
  const auto node = nodes_.find(invocation.instance_id);
  for (const DocumentStep& step : run.document.steps) {
    invocation.steps.push_back({step.name, step.action, CommandState::pending, -1, "", "", {}, {}});
    if (node == nodes_.end() ||
        !applies(step, run.document, run.command.parameters, node->second.platform_type))
      end_step(invocation.steps.back(), CommandState::success, 0, now);
  }
}

void Ssm::wait_for_delivery(Run& run, std::size_t index, TimePoint now, std::vector<Task>& tasks) {
  Invocation& invocation = run.invocations[index];
  const auto found = nodes_.find(invocation.instance_id);
  const bool is_up =
      found != nodes_.end() && ping_of(found->second) == PingStatus::online && agent_ != nullptr;
  const Delivery delivery = is_up ? found->second.delivery : Delivery::never;
  const TimePoint due = *run.dispatched_at[index] + (is_up ? found->second.delay : Duration{0});
  if (delivery == Delivery::undeliverable)
    return end_invocation(run, index, CommandState::undeliverable, now);
  if (delivery == Delivery::access_denied)
    return end_invocation(run, index, CommandState::access_denied, now);
  if (delivery == Delivery::invalid_platform)
    return end_invocation(run, index, CommandState::invalid_platform, now);
  if (now >= *run.dispatched_at[index] + run.command.request.timeout)
    return end_invocation(run, index, CommandState::delivery_timed_out, now);
  if (delivery == Delivery::delayed) invocation.state = CommandState::delayed;
  if (delivery != Delivery::never && now >= due) start_step(run, index, now, tasks);
}

void Ssm::start_step(Run& run, std::size_t index, TimePoint now, std::vector<Task>& tasks) {
  Invocation& invocation = run.invocations[index];
  StepRecord* step = run.running_step(index);
  if (step == nullptr) {  // none is for this platform
    end_invocation(run, index, CommandState::success, now);
    return;
  }
  const auto& source = run.document.steps[std::size_t(step - invocation.steps.data())];
  invocation.state = step->state = CommandState::in_progress;
  step->started_at = now;
  AgentJob job{run.command.id, invocation.instance_id, step->name, step->plugin, "", Duration{0}};
  job.script = script_of(source, run.document, run.command.parameters);
  job.timeout = timeout_of(source, run.document, run.command.parameters);
  tasks.push_back({Task::Kind::start, index, std::move(job)});
}

void Ssm::watch(Run& run, std::size_t index, TimePoint now, std::vector<Task>& tasks) {
  Invocation& invocation = run.invocations[index];
  const StepRecord* step = run.running_step(index);
  if (invocation.state == CommandState::cancelling) {
    kill_step(run, index, CommandState::cancelled);
    tasks.push_back({Task::Kind::kill, index, {}});
    return;
  }
  if (!step->started_at) return start_step(run, index, now, tasks);
  const auto& source = run.document.steps[std::size_t(step - invocation.steps.data())];
  const bool is_late = now >= *step->started_at + timeout_of(source, run.document, run.command.parameters);
  tasks.push_back({is_late ? Task::Kind::last_poll : Task::Kind::poll, index, {}});
}

void Ssm::kill_step(Run& run, std::size_t index, CommandState state) {
  if (is_final(run.invocations[index].state)) return;  // cancelled while the agent was asked
  StepRecord* step = run.running_step(index);
  end_step(*step, state, killed_code(*step), clock_.now());
  end_invocation(run, index, state, clock_.now());
}

void Ssm::take_result(Run& run, std::size_t index, const AgentResult& result, TimePoint now) {
  Invocation& invocation = run.invocations[index];
  StepRecord* step = run.running_step(index);
  if (step == nullptr || is_final(invocation.state)) return;  // cancelled while the agent was asked
  step->out = result.out;
  step->err = result.err;
  add_exit_status(*step, result.exit_code);
  if (asks_for_restart(*step, result.exit_code)) step->err += "\nThe script asked for a restart of the host.";
  const bool is_good = result.exit_code == 0;
  end_step(*step, is_good ? CommandState::success : CommandState::failed, result.exit_code, now);
  const auto& source = run.document.steps[std::size_t(step - invocation.steps.data())];
  const bool is_over = run.running_step(index) == nullptr || (!is_good && source.exit_on_failure);
  if (!is_over) return;
  const bool all_good = std::all_of(invocation.steps.begin(), invocation.steps.end(),
                                    [](const StepRecord& s) { return s.state == CommandState::success; });
  end_invocation(run, index, all_good ? CommandState::success : CommandState::failed, now);
}

void Ssm::end_step(StepRecord& step, CommandState state, int response_code, TimePoint now) {
  step.state = state;
  step.response_code = response_code;
  if (!step.started_at) step.started_at = now;
  step.ended_at = now;
}

void Ssm::end_invocation(Run& run, std::size_t index, CommandState state, TimePoint now) {
  Invocation& invocation = run.invocations[index];
  invocation.state = state;
  for (StepRecord& step : invocation.steps)
    if (!is_final(step.state)) end_step(step, state, -1, now);
  ++run.completed;
  if (counts_as_error(state)) ++run.errors;
  if (state == CommandState::delivery_timed_out) ++run.delivery_timeouts;
}

}  // namespace keyturn::sim
