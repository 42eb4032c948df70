#include "command_fleet.h"

#include <algorithm>

namespace keyturn::simulation {
namespace {

constexpr Duration kPoll{1'000};

}  // namespace

int CommandHosts::send(const rotation::Fleet::Order& order) {
  ++last_command_;
  for (const std::string& target : order.targets) {
    rotation::Fleet::Order own = order;
    own.targets = {target};
    queue_.push_back({last_command_, target, std::move(own), world_.clock().now() + delay_});
  }
  return last_command_;
}

void CommandHosts::advance() {
  if (advancing_) return;
  advancing_ = true;
  for (std::size_t i = 0; i < queue_.size();) {
    if (queue_[i].starts_at > world_.clock().now()) {
      ++i;
      continue;
    }
    const Job job = queue_[i];
    queue_.erase(queue_.begin() + std::ptrdiff_t(i));
    carry_out(job);
  }
  advancing_ = false;
}

void CommandHosts::carry_out(const Job& job) {
  const Passage passage(world_, gate_ == nullptr ? open_ : *gate_);
  SimSecretStore store(passage);
  SimFleet local(passage, store, targets_, guards_);
  try {
    auto outcomes = local.write(job.order);
    reports_.insert_or_assign({job.command, job.target}, std::move(outcomes.front()));
  } catch (const Crash&) {  // the host's process died, and nobody hears of it
  }
}

const rotation::Fleet::Outcome* CommandHosts::report(int command, const std::string& target) const {
  const auto found = reports_.find({command, target});
  return found == reports_.end() ? nullptr : &found->second;
}

std::vector<rotation::Fleet::Outcome> CommandFleet::write(const Order& order) {
  const auto sent = passage_.effect("ssm:SendCommand", order.not_after,
                                    [&]() -> sim::Reply<int> { return hosts_.send(order); });
  std::vector<Outcome> outcomes;
  const auto all_reported = [&] {
    return std::all_of(order.targets.begin(), order.targets.end(),
                       [&](const std::string& target) { return hosts_.report(*sent, target) != nullptr; });
  };
  while (sent && !all_reported() && passage_.world().clock().now() < order.not_after) {
    passage_.world().clock().sleep_for(kPoll, nullptr);
    static_cast<void>(passage_.read("ssm:ListCommands", []() -> sim::Reply<void> { return {}; }));
  }
  for (const std::string& target : order.targets) {
    const Outcome* report = sent ? hosts_.report(*sent, target) : nullptr;
    if (report != nullptr)
      outcomes.push_back(*report);
    else if (!sent)
      outcomes.push_back({target, std::nullopt, sent.error()});
    else
      outcomes.push_back({target, std::nullopt,
                          Error{ErrorKind::timed_out, Effect::unknown, {}, target + " gave no report.", {}}});
  }
  return outcomes;
}

}  // namespace keyturn::simulation
