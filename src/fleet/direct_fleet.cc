#include "fleet/direct_fleet.h"

#include <algorithm>

#include "fleet/parallel.h"
#include "sqlserver/tsql.h"

namespace keyturn::fleet {

using rotation::Stage;
using rotation::Standing;
using rotation::TargetName;
using rotation::TargetState;

DirectFleet::DirectFleet(DirectFleetSettings settings, ListTargets list, sqlserver::SqlConnector& connector,
                         sqlserver::SqlLogin login, rotation::SecretStore& store, Clock& clock,
                         const StopFlag* stop, ProgressSink progress, login::PasswordSource* passwords,
                         ProofStore* proofs)
    : settings_(std::move(settings)),
      list_(std::move(list)),
      login_(connector, std::move(login), passwords, clock),
      proofs_(proofs),
      store_(store),
      clock_(clock),
      stop_(stop),
      progress_(std::move(progress)) {}

Result<void> DirectFleet::refresh() {
  auto listed = list_();
  if (!listed) return fail(std::move(listed).error());
  targets_ = *std::move(listed);
  return {};
}

Result<std::vector<TargetState>> DirectFleet::observe() {
  if (auto refreshed = refresh(); !refreshed) return fail(std::move(refreshed).error());
  login_.begin_look();
  std::vector<Look> looks(targets_.size());
  for_each_bounded(targets_.size(), static_cast<std::size_t>(settings_.concurrency),
                   [&](std::size_t i) { looks[i] = look_at(targets_[i]); });
  std::vector<TargetState> states;
  for (Look& look : looks) {
    if (look.was_silent)
      silent_.insert_or_assign(look.state.name, Silence{look.state, clock_.now() + silence()});
    states.push_back(std::move(look.state));
  }
  return states;
}

Duration DirectFleet::silence() const {
  return 5 * (settings_.login_timeout + settings_.visit.query_timeout);
}

DirectFleet::Look DirectFleet::look_at(const InventoryTarget& target) {
  const auto known = silent_.find(target.name);
  if (known != silent_.end() && clock_.now() < known->second.until) return {known->second.state, false};
  auto state = read(target);
  report(target.name, VisitPhase::done, false, state ? "" : state.error().message);
  if (state) return {*std::move(state), false};
  TargetState unreachable;
  unreachable.name = target.name;
  unreachable.standing = Standing::unreachable;
  unreachable.reason = state.error().sentence();
  unreachable.since = target.unreachable_since;
  return {std::move(unreachable), state.error().kind == ErrorKind::timed_out};
}

Result<TargetState> DirectFleet::read(const InventoryTarget& target) {
  if (auto may = check_may_start(target.name); !may) return fail(std::move(may).error());
  auto entry = connect(target, false);
  if (!entry) return fail(std::move(entry).error());
  report(target.name, VisitPhase::reading, false);
  auto state = sqlserver::CredentialVisit(*entry->session, clock_, settings_.visit, target.name).read();
  if (state) state->login_version = entry->version;
  return state;
}

std::vector<rotation::Fleet::Outcome> DirectFleet::write(const Order& order) {
  std::vector<Outcome> outcomes(order.targets.size());
  const auto fail_all = [&](const Error& error) {
    for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i] = {order.targets[i], std::nullopt, error};
    return outcomes;
  };
  if (targets_.empty()) {
    if (auto refreshed = refresh(); !refreshed) return fail_all(refreshed.error());
  }
  login_.begin_look();
  const auto key = store_.read(order.version);
  if (!key) return fail_all(key.error());
  if (const auto sound = sqlserver::check_key(*key); !sound) return fail_all(sound.error());
  for_each_bounded(outcomes.size(), static_cast<std::size_t>(settings_.concurrency),
                   [&](std::size_t i) { outcomes[i] = write_one(order.targets[i], order, *key); });
  return outcomes;
}

rotation::Fleet::Outcome DirectFleet::write_one(const TargetName& name, const Order& order,
                                                const rotation::KeyPair& key) {
  const InventoryTarget* target = find(name);
  Outcome outcome{name, std::nullopt,
                  Error{ErrorKind::not_found, Effect::none, "",
                        "There is no target " + name + " in the inventory any more.", ""}};
  if (target != nullptr) outcome = write_to(*target, order, key);
  report(name, VisitPhase::done, true, outcome.error ? outcome.error->message : "");
  return outcome;
}

const InventoryTarget* DirectFleet::find(const TargetName& name) const {
  const auto found = std::find_if(targets_.begin(), targets_.end(),
                                  [&](const InventoryTarget& known) { return known.name == name; });
  return found == targets_.end() ? nullptr : &*found;
}

rotation::Fleet::Outcome DirectFleet::write_to(const InventoryTarget& target, const Order& order,
                                               const rotation::KeyPair& key) {
  const auto failed = [&](Error error) { return Outcome{target.name, std::nullopt, std::move(error)}; };
  if (auto may = check_may_start(target.name); !may) return failed(std::move(may).error());
  if (auto in_time = check_deadline(target.name, order.not_after); !in_time)
    return failed(std::move(in_time).error());
  auto entry = connect(target, true);
  if (!entry) return failed(std::move(entry).error());
  sqlserver::CredentialVisit visit(*entry->session, clock_, settings_.visit, target.name);
  auto after = read_then_write(visit, target, order, key);
  if (!after && sqlserver::CredentialVisit::worth_another_try(after.error()))
    after = read_then_write(visit, target, order, key);
  if (!after) return failed(std::move(after).error());
  after->login_version = entry->version;
  Outcome outcome{target.name, *std::move(after), std::nullopt};
  if (order.prove_backup)
    if (auto proven = prove_backup(*entry->session, order, key, *outcome.after); !proven)
      outcome.error = std::move(proven).error();
  return outcome;
}

Result<void> DirectFleet::prove_backup(sqlserver::SqlSession& session, const Order& order,
                                       const rotation::KeyPair& key, TargetState& state) {
  if (proofs_ == nullptr) return fail(ErrorKind::usage, "No proof backups can be made here.");
  report(state.name, VisitPhase::proving, true);
  return BackupProof(*proofs_, clock_, stop_)
      .make({session, settings_.visit.login, settings_.visit.query_timeout, order.not_after}, key, state);
}

// The order of the three is what keeps an old view of the world from landing: what the target holds, then
// whether this version is still the one to write, then the write under the condition that the target still
// holds that.
Result<TargetState> DirectFleet::read_then_write(sqlserver::CredentialVisit& visit,
                                                 const InventoryTarget& target, const Order& order,
                                                 const rotation::KeyPair& key) {
  report(target.name, VisitPhase::reading, true);
  auto before = visit.read();
  if (!before) return before;
  if (before->standing != Standing::updatable) {
    return fail(before->standing == Standing::skipped ? ErrorKind::unsupported : ErrorKind::denied,
                before->reason);
  }
  if (before->confirmed_on(key.id)) return before;
  if (auto stage = check_stage(order); !stage) return fail(std::move(stage).error());
  if (auto in_time = check_deadline(target.name, order.not_after); !in_time)
    return fail(std::move(in_time).error());
  report(target.name, VisitPhase::writing, true);
  return visit.write(key, order.not_after);
}

DirectFleet::Connected DirectFleet::connect(const InventoryTarget& target, bool is_write) {
  if (!target.unreachable_reason.empty()) return fail(ErrorKind::unavailable, target.unreachable_reason);
  report(target.name, VisitPhase::connecting, is_write);
  return login_.enter(target.name, target.address, settings_.login_timeout);
}

Result<void> DirectFleet::check_may_start(const TargetName& name) const {
  if (stop_ == nullptr || !stop_->requested()) return {};
  return fail(ErrorKind::cancelled, "It was not " + name + "'s turn yet when the stop was asked for.",
              "Run again to go on.");
}

Result<void> DirectFleet::check_deadline(const TargetName& name, TimePoint not_after) const {
  if (clock_.now() <= not_after) return {};
  return fail(ErrorKind::past_deadline, "The deadline of the run passed before " + name + " was written.",
              "Run again to go on.");
}

Result<void> DirectFleet::check_stage(const Order& order) {
  const std::lock_guard lock(store_mutex_);
  const auto stages = store_.stages();
  if (!stages) return fail(stages.error());
  const auto holds = [&](Stage stage) {
    const rotation::SecretVersion* version = stages->at(stage);
    return version != nullptr && version->id == order.version;
  };
  const bool still_right =
      holds(order.stage) && (order.stage != Stage::current || stages->at(Stage::pending) == nullptr);
  if (still_right) return {};
  return fail(
      ErrorKind::conflict,
      "The secret's stages moved meanwhile: version " + order.version + " is not the one to write any more.",
      "Another run is at work; run again when it has ended.");
}

void DirectFleet::report(const TargetName& target, VisitPhase phase, bool is_write, std::string failure) {
  if (!progress_) return;
  const std::lock_guard lock(progress_mutex_);
  progress_({target, phase, is_write, std::move(failure)});
}

}  // namespace keyturn::fleet
