#include "sim_fleet.h"

#include <algorithm>

namespace keyturn::simulation {
namespace {

using rotation::Stage;

sim::Reply<rotation::TargetState> read_state(const Target& target) {
  rotation::TargetState state = target.state();
  return state;
}

bool same_dates(const rotation::CredentialState& a, const rotation::CredentialState& b) {
  return a.exists == b.exists && a.modified_at == b.modified_at && a.marker_key == b.marker_key &&
         a.marker_modified_at == b.marker_modified_at;
}

}  // namespace

Result<std::vector<rotation::TargetState>> SimFleet::observe() {
  std::vector<rotation::TargetState> states;
  for (Target& target : targets_) {
    auto state = passage_.read("tds:" + target.name + ":query", [&] { return read_state(target); });
    if (state) {
      if (!guards_.running_backups_are_seen) state->backups.clear();
      states.push_back(std::move(*state));
      continue;
    }
    rotation::TargetState& away = states.emplace_back();
    away.name = target.name;
    away.reason = state.error().message;
  }
  return states;
}

std::vector<rotation::Fleet::Outcome> SimFleet::write(const Order& order) {
  std::vector<Outcome> outcomes;
  const auto pair = store_.read(order.version);
  for (const rotation::TargetName& name : order.targets) {
    const auto target = std::find_if(targets_.begin(), targets_.end(),
                                     [&](const Target& candidate) { return candidate.name == name; });
    if (pair)
      outcomes.push_back(visit(order, *pair, *target));
    else
      outcomes.push_back({name, std::nullopt, pair.error()});
  }
  return outcomes;
}

rotation::Fleet::Outcome SimFleet::visit(const Order& order, const rotation::KeyPair& pair, Target& target) {
  const auto as_read = passage_.read("tds:" + target.name + ":query", [&] { return read_state(target); });
  if (!as_read) return {target.name, std::nullopt, as_read.error()};
  if (as_read->standing != rotation::Standing::updatable)
    return {target.name, *as_read, Error{ErrorKind::unavailable, Effect::none, {}, as_read->reason, {}}};
  if (guards_.stage_is_checked_after_the_read)
    if (auto checked = check_stage(order); !checked) return {target.name, *as_read, checked.error()};
  if (auto written = commit(order, pair, target, *as_read); !written)
    return {target.name, std::nullopt, written.error()};
  if (order.prove_backup)
    if (auto proven = prove_backup(order, pair, target); !proven)
      return {target.name, target.state(), proven.error()};
  return {target.name, target.state(), std::nullopt};
}

Result<void> SimFleet::prove_backup(const Order& order, const rotation::KeyPair& pair, Target& target) {
  const auto backup = [&]() -> sim::Reply<bool> {
    if (!target.engine_backs_up) return false;
    target.backed_up_with.insert(pair.id);
    return true;
  };
  auto proven = passage_.effect("tds:" + target.name + ":proof", order.not_after, backup);
  if (!proven) return fail(proven.error());
  if (!*proven) return fail(ErrorKind::backup_refused, target.name + " can't back up");
  return {};
}

Result<void> SimFleet::check_stage(const Order& order) {
  const auto secret = store_.stages();
  if (!secret) return fail(secret.error());
  const rotation::SecretVersion* holder = secret->at(order.stage);
  const bool other_pending = order.stage == Stage::current && secret->at(Stage::pending) != nullptr;
  if (holder == nullptr || holder->id != order.version || other_pending)
    return fail(ErrorKind::conflict, "the secret's stages moved");
  return {};
}

Result<void> SimFleet::commit(const Order& order, const rotation::KeyPair& pair, Target& target,
                              const rotation::TargetState& as_read) {
  const TimePoint not_after =
      guards_.deadline_is_checked_in_the_transaction ? order.not_after : TimePoint::max();
  const auto transaction = [&]() -> sim::Reply<bool> {
    if (!target.reachable) return false;
    const rotation::TargetState now = target.state();
    if (guards_.dates_are_checked_in_the_transaction &&
        !same_dates(now.credentials[0], as_read.credentials[0]))
      return false;
    target.set(pair, passage_.world().clock().now());
    return true;
  };
  auto written = passage_.effect("tds:" + target.name + ":commit", not_after, transaction);
  if (!written) return fail(written.error());
  if (!*written) return fail(ErrorKind::conflict, target.name + " was changed meanwhile");
  return {};
}

}  // namespace keyturn::simulation
