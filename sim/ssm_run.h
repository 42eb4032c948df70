// A command on its way, as Ssm keeps it. For sim/ssm*.cc alone.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "sim/ssm.h"

namespace keyturn::sim {

// One call to the agent, and for which invocation.
struct Ssm::Task {
  enum class Kind { start, poll, last_poll, kill } kind = Kind::poll;  // last_poll: its time is over
  std::size_t index = 0;
  AgentJob job;  // of `start`
};

struct Ssm::Run {
  Command command;
  CommandDocument document;
  std::vector<Invocation> invocations;
  std::map<std::string, std::size_t> index_of;  // by instance id
  // Of each invocation: when its turn came; its time for delivery counts from there.
  std::vector<std::optional<TimePoint>> dispatched_at;
  std::size_t next = 0;           // the first one whose turn has not come
  std::vector<std::size_t> live;  // whose turn has come, and which are not over
  int max_concurrency = 50;
  int max_errors = 0;
  bool by_tag = false;
  bool is_over = false;
  int completed = 0, errors = 0, delivery_timeouts = 0;

  [[nodiscard]] StepRecord* running_step(std::size_t index) {
    for (StepRecord& step : invocations[index].steps)
      if (!is_final(step.state)) return &step;
    return nullptr;
  }
};

}  // namespace keyturn::sim
