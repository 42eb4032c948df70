#include "login/decide.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"

namespace keyturn::login {
namespace {

using rotation::Outcome;
using rotation::SecretVersion;
using rotation::Standing;
using rotation::TargetState;
using Targets = std::vector<const TargetState*>;

struct Choice {
  int row = 0;
  Action action;
  std::string reason;
};

class Case {
 public:
  Case(const Policy& policy_in, const World& world_in, const Memory& memory_in)
      : policy(policy_in),
        world(world_in),
        memory(memory_in),
        current(world.secret.at(Stage::current)),
        pending(world.secret.at(Stage::pending)),
        previous(world.secret.at(Stage::previous)) {}

  const Policy& policy;
  const World& world;
  const Memory& memory;
  const SecretVersion* const current;
  const SecretVersion* const pending;
  const SecretVersion* const previous;

  // Those that keyturn logged in to by a password, skipped ones among them: a server that is too old for S3
  // must not be locked out either.
  [[nodiscard]] Targets entered() const {
    Targets found;
    for (const TargetState& target : world.targets)
      if (!target.login_version.empty()) found.push_back(&target);
    return found;
  }
  // Nobody knows what they hold.
  [[nodiscard]] Targets unseen() const {
    Targets found;
    for (const TargetState& target : world.targets)
      if (target.standing == Standing::unreachable && target.login_version.empty()) found.push_back(&target);
    return found;
  }
  [[nodiscard]] Targets not_on(const VersionId& version) const {
    Targets found = entered();
    std::erase_if(found, [&](const TargetState* target) { return target->login_version == version; });
    return found;
  }
  [[nodiscard]] const Failure* failure(const TargetState& target) const {
    const auto found = memory.failed.find(target.name);
    return found == memory.failed.end() ? nullptr : &found->second;
  }

  // Why a new password is due, or nothing.
  [[nodiscard]] std::optional<std::string> due() const {
    const Duration age = world.began_at - current->created_at;
    const bool rests = memory.rotated || (previous != nullptr && age < kRest);
    if (memory.asked && !rests) return "A new password was asked for";
    if (age > policy.max_age)
      return fmt::format("The password is {} old, more than login_max_age {}", format_duration(age),
                         format_duration(policy.max_age));
    return std::nullopt;
  }
};

std::vector<TargetName> names_of(const Targets& targets) {
  std::vector<TargetName> names;
  names.reserve(targets.size());
  for (const TargetState* target : targets) names.push_back(target->name);
  return names;
}

std::string some_of(const Targets& targets) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < targets.size() && i < kShown; ++i)
    text += (i == 0 ? "" : ", ") + targets[i]->name;
  return targets.size() > kShown ? text + fmt::format(" and {} more", targets.size() - kShown) : text;
}

// The next of those that lack `version`: a canary while nobody has it, then waves. Nothing where all were
// tried as often as they may be, or too many failed.
std::vector<TargetName> next_targets(const Case& it, const VersionId& version) {
  Targets open = it.not_on(version);
  const std::size_t all = it.entered().size();
  const auto failed = std::size_t(std::count_if(
      open.begin(), open.end(), [&](const TargetState* target) { return it.failure(*target) != nullptr; }));
  if (failed > (all * std::size_t(it.policy.max_errors_percent) + 99) / 100) return {};
  const bool is_first = open.size() == all;
  std::erase_if(open, [&](const TargetState* target) {
    return it.failure(*target) != nullptr && it.failure(*target)->attempts >= kAttempts;
  });
  std::stable_sort(open.begin(), open.end(), [&](const TargetState* a, const TargetState* b) {
    return (it.failure(*a) != nullptr) < (it.failure(*b) != nullptr);
  });
  if (open.empty()) return {};
  if (is_first) {
    for (const TargetName& canary : it.policy.canaries)
      for (const TargetState* target : open)
        if (target->name == canary && it.failure(*target) == nullptr) return {canary};
    return {open.front()->name};
  }
  std::vector<TargetName> names = names_of(open);
  const std::size_t wave = std::max<std::size_t>(all * std::size_t(it.policy.wave_percent) / 100, 1);
  names.resize(std::min(names.size(), wave));
  return names;
}

std::optional<Choice> no_version(const Case& it) {
  if (it.current != nullptr) return std::nullopt;
  return Choice{6, Stop{Outcome::failed},
                fmt::format("The secret {} has no AWSCURRENT version: there is no password in force.",
                            it.world.secret.name)};
}

std::optional<Choice> drop_promoted_label(const Case& it) {
  if (it.pending == nullptr || it.pending != it.current) return std::nullopt;
  return Choice{1, DropLabel{it.pending->id},
                "AWSCURRENT and AWSPENDING are on the same version: the change is done, the label is left "
                "over."};
}

std::optional<Choice> change_to_pending(const Case& it) {
  if (it.pending == nullptr) return std::nullopt;
  const Targets open = it.not_on(it.pending->id);
  if (open.empty()) return std::nullopt;
  auto next = next_targets(it, it.pending->id);
  if (next.empty())
    return Choice{2, Stop{Outcome::incomplete},
                  fmt::format("{} could not be given the new password. It stays pending, a later run goes on "
                              "with it, and every target lets keyturn in as before.",
                              some_of(open))};
  std::string reason =
      fmt::format("The new password goes to {} of {} targets that lack it.", next.size(), open.size());
  return Choice{2, Change{it.pending->id, Stage::pending, std::move(next)}, std::move(reason)};
}

std::optional<Choice> promote_pending(const Case& it) {
  if (it.pending == nullptr) return std::nullopt;
  const std::size_t holding = it.entered().size();
  if (holding == 0)
    return Choice{3, Stop{Outcome::incomplete},
                  "No target could be reached to be given the new password; it stays pending."};
  return Choice{3, Promote{it.current->id, it.pending->id},
                fmt::format("All {} targets that could be reached are on the new password: it becomes "
                            "AWSCURRENT.",
                            holding)};
}

std::optional<Choice> change_to_current(const Case& it) {
  const Targets open = it.not_on(it.current->id);
  if (open.empty()) return std::nullopt;
  auto next = next_targets(it, it.current->id);
  if (next.empty())
    return Choice{4, Stop{Outcome::incomplete},
                  fmt::format("{} could not be brought to the password in force; AWSPREVIOUS still lets "
                              "keyturn in there, and no new password is made meanwhile.",
                              some_of(open))};
  std::string reason = fmt::format(
      "{} of {} targets that still have the password before are brought to the "
      "one in force.",
      next.size(), open.size());
  return Choice{4, Change{it.current->id, Stage::current, std::move(next)}, std::move(reason)};
}

// From the labels alone: whoever sees the same ones uses the same token, so that of two runs one is refused,
// even where the list of versions without a label is not the same for both.
VersionId token_of(const Case& it) {
  return uuid_of(
      fmt::format("keyturn login {} {}", it.current->id, it.previous == nullptr ? "" : it.previous->id));
}

// Secrets Manager may forget versions without a label: a target two passwords behind would be locked out.
std::optional<Choice> put_new(const Case& it) {
  const auto why = it.due();
  if (!why) return std::nullopt;
  if (it.entered().empty() && it.unseen().empty()) return std::nullopt;  // nobody logs in by a password
  if (const Targets unseen = it.unseen(); !unseen.empty())
    return Choice{5, Stop{it.memory.asked ? Outcome::incomplete : Outcome::done},
                  fmt::format("{}, but {} could not be asked which one it holds: no new one is made until "
                              "every target was seen on the one in force.",
                              *why, some_of(unseen))};
  return Choice{5, Put{token_of(it)}, *why + ", and every target was seen on the one in force."};
}

Choice done(const Case& it) {
  if (it.entered().empty())
    return {6, Stop{Outcome::done}, "No target that could be reached is logged in to by this password."};
  return {6, Stop{Outcome::done}, "Every target that could be reached is on the password in force."};
}

Choice choose(const Case& it) {
  if (auto choice = no_version(it)) return *choice;
  if (auto choice = drop_promoted_label(it)) return *choice;
  if (auto choice = change_to_pending(it)) return *choice;
  if (auto choice = promote_pending(it)) return *choice;
  if (auto choice = change_to_current(it)) return *choice;
  if (auto choice = put_new(it)) return *choice;
  return done(it);
}

void add_laggards(const Case& it, Decision& decision) {
  const SecretVersion* wanted = it.pending != nullptr ? it.pending : it.current;
  if (wanted == nullptr) return;
  for (const TargetState* target : it.not_on(wanted->id)) {
    const Failure* failed = it.failure(*target);
    decision.laggards.push_back({target->name,
                                 failed != nullptr ? failed->reason : "It still has the password before.",
                                 std::nullopt, false});
  }
}

void add_pending_work(const Case& it, Decision& decision) {
  const bool waits = it.current != nullptr && it.pending == nullptr && it.due().has_value();
  for (const TargetState* target : it.unseen())
    decision.pending_work.push_back(
        waits ? fmt::format("A new password is made once {} could be asked which one it holds; a server that "
                            "is gone for good must be taken out of the inventory.",
                            target->name)
              : fmt::format("{} is brought to the password in force when it can be reached.", target->name));
}

}  // namespace

std::string name_of(const Action& action) {
  static constexpr const char* kNames[] = {"drop_password_label", "change_password", "promote_password",
                                           "put_password", "stop"};
  return kNames[action.index()];
}

Decision decide(const Policy& policy, const World& world, const Memory& memory) {
  const Case it(policy, world, memory);
  Choice choice = choose(it);
  Decision decision{choice.row, std::move(choice.action), std::move(choice.reason), {}, {}};
  add_laggards(it, decision);
  add_pending_work(it, decision);
  return decision;
}

}  // namespace keyturn::login
