#include "scenario.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keyturn::simulation {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 6 / 15}};

// A call takes a moment; SQL Server's dates tell moments of 3.3 ms apart.
constexpr Duration kMoment{10};

class Ticking final : public Gate {
 public:
  Ticking(Scenario& scenario, Gate& inner) : scenario_(scenario), inner_(inner) {}
  Verdict pass(const Call& call) override {
    scenario_.tick();
    return inner_.pass(call);
  }

 private:
  Scenario& scenario_;
  Gate& inner_;
};

// Why a run ended: for a test's failure message.
std::string describe(const rotation::RunResult& result) {
  std::string text = result.reason;
  for (const auto& blocker : result.blockers) text += "\n  blocked: " + blocker.message;
  for (const auto& laggard : result.laggards) text += "\n  laggard " + laggard.target + ": " + laggard.reason;
  for (const auto& work : result.pending_work) text += "\n  later: " + work;
  return text;
}

class NoEvents final : public rotation::EventSink {
 public:
  void step_began(const rotation::Step& /*step*/) override {}
  void step_ended(const rotation::Step& /*step*/) override {}
};

}  // namespace

rotation::Policy short_policy() {
  rotation::Policy policy;
  policy.deadline = 60s;
  policy.orphan_min_age = 90s;
  policy.intent_window = 10s;
  policy.propagation = 20s;
  policy.longest_backup = 60s;
  policy.grace = 120s;
  policy.quarantine = 90s;
  policy.patience = 1h;
  policy.max_age = 24h;
  return policy;
}

Scenario::Scenario(Setting setting_in)
    : clock(kStart), random(setting_in.seed), world(clock, random), setting(std::move(setting_in)) {
  world.iam().configure(setting.iam);
  world.iam().add_user(kUser, {});
  std::string value = "AAA:bbbbbb";
  rotation::KeyPair first;
  if (!setting.placeholder) {
    const sim::IamKey key = world.iam().add_key(kUser, kStart - 1h);
    first = {key.access_key_id, SecretString(key.secret)};
    first_key_ = key.access_key_id;
    value = key.access_key_id + ":" + key.secret;
  }
  EXPECT_TRUE(world.secrets().create_secret(kSecret, random.uuid(), value));
  for (int i = 0; i < setting.targets; ++i) {
    Target& added = targets.emplace_back(std::string(1, char('a' + i)), setting.backup_length);
    if (!setting.placeholder) added.set_by_hand(first, kStart - 1h);
  }
  tick();
  if (setting.settled) run(rotation::Command::reconcile);
}

std::optional<rotation::RunResult> Scenario::run(rotation::Command command, Gate& gate) {
  Ticking ticking(*this, gate);
  const Passage passage(world, ticking);
  SimKeyIssuer issuer(passage);
  SimSecretStore store(passage);
  SimKeyProver prover(passage, refused_keys);
  SimFleet fleet(passage, store, targets, setting.guards);
  CommandFleet command_fleet(passage, fleet, hosts);
  rotation::Fleet& chosen = setting.over_commands ? static_cast<rotation::Fleet&>(command_fleet) : fleet;
  NoEvents events;
  rotation::Engine engine(setting.policy, {issuer, store, prover, chosen}, clock, random, nullptr, events);
  try {
    auto result = engine.run(command, options);
    tick();
    return result;
  } catch (const Crash&) {
    tick();
    return std::nullopt;
  }
}

void Scenario::tick() {
  clock.advance(kMoment);
  for (Target& target : targets)
    if (!target.run_backups(world) && worked_.contains(target.name) && !backups_may_fail)
      violated("invariant 1: a backup on " + target.name + " failed");
  hosts.advance();
  check();
}

void Scenario::watch_hosts(Gate* gate) {
  host_gate_ = gate == nullptr ? nullptr : std::make_unique<Ticking>(*this, *gate);
  hosts.watch(host_gate_.get());
}

void Scenario::pass_time(Duration duration) {
  // Shorter than the longest backup that the policy allows for; backups only last until the next stride.
  constexpr Duration kStride = 30s;
  for (; duration > kStride; duration -= kStride) {
    clock.advance(kStride - kMoment);
    tick();
  }
  clock.advance(duration);
  tick();
}

void Scenario::check() {
  for (Target& target : targets) {
    const auto pair = target.held();
    const bool works = pair && world.iam().works(id_of(*pair), secret_of(*pair));
    if (works)
      worked_.insert(target.name);
    else if (worked_.contains(target.name) && !given_up.contains(target.name))
      violated("invariant 1: " + target.name + " holds a key that does not work");
  }
  if (world.iam().keys(kUser).size() > 2) violated("invariant 2: more than two keys");
  for (const std::string& id : foreign_) {
    const auto key = world.iam().key(id);
    if (!key || key->status != sim::KeyStatus::active) violated("invariant 2: a person's key was touched");
  }
  const auto current = value_at("AWSCURRENT");
  const bool live = current && world.iam().works(id_of(*current), secret_of(*current));
  if (live) current_was_live_ = true;
  if (!live && current_was_live_) violated("invariant 3: AWSCURRENT names no live key");
  if (live && !passed_its_proof(id_of(*current)))
    violated("AWSCURRENT names a key that no target has made a proof backup with");
}

bool Scenario::passed_its_proof(const std::string& key) const {
  if (setting.policy.proof_backup == rotation::ProofBackup::off || key == first_key_) return true;
  return std::any_of(targets.begin(), targets.end(),
                     [&](const Target& target) { return target.backed_up_with.contains(key); });
}

void Scenario::violated(const std::string& what) {
  if (std::find(violations_.begin(), violations_.end(), what) == violations_.end())
    violations_.push_back(what);
}

std::optional<std::string> Scenario::value_at(const std::string& stage) {
  const auto secret = world.secrets().secret(kSecret);
  const sim::SecretVersion* version = secret ? secret->at_stage(stage) : nullptr;
  return version == nullptr ? std::nullopt : std::optional(version->value);
}

bool Scenario::at_rest() {
  const auto secret = world.secrets().secret(kSecret);
  if (secret->at_stage("AWSPENDING") != nullptr || !secret->tags.empty()) return false;
  const std::string current = current_key();
  for (const std::string& id : key_ids())
    if (id != current && !foreign_.contains(id)) return false;
  return std::all_of(targets.begin(), targets.end(), [&](const Target& target) {
    return target.state().confirmed_on(current) || !target.reachable || !target.permission;
  });
}

int Scenario::converge(int limit) {
  std::string last;
  for (int runs = 1; runs <= limit; ++runs) {
    const auto result = run(rotation::Command::reconcile);
    if (result && at_rest()) return runs;
    if (result) last = describe(*result);
    pass_time(setting.policy.grace + setting.policy.quarantine);
  }
  ADD_FAILURE() << "not at rest after " << limit << " reconciles: " << last;
  return limit;
}

std::string Scenario::prepare_native_rotation() {
  const std::string token = random.uuid();
  EXPECT_TRUE(world.secrets().prepare_rotation(kSecret, token));
  return token;
}

Target& Scenario::target(const std::string& name) {
  return *std::find_if(targets.begin(), targets.end(),
                       [&](const Target& target) { return target.name == name; });
}

void Scenario::lose_credential(const std::string& name) {
  target(name).stop_backups();
  target(name).credentials = {};
  worked_.erase(name);
}

std::string Scenario::make_foreign_key() {
  const auto key = world.iam().create_access_key(kUser);
  if (!key) return {};
  foreign_.insert(key->access_key_id);
  return key->access_key_id;
}

std::string Scenario::current_key() { return id_of(value_at("AWSCURRENT").value_or("")); }
std::string Scenario::pending_key() { return id_of(value_at("AWSPENDING").value_or("")); }

std::vector<std::string> Scenario::key_ids() {
  std::vector<std::string> ids;
  for (const sim::IamKey& key : world.iam().keys(kUser)) ids.push_back(key.access_key_id);
  return ids;
}

bool Scenario::works_everywhere() {
  return std::all_of(targets.begin(), targets.end(), [&](const Target& target) {
    const auto pair = target.held();
    return pair && world.iam().works(id_of(*pair), secret_of(*pair));
  });
}

}  // namespace keyturn::simulation
