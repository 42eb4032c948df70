// DirectFleet as login::PasswordChanger: the login changes its own password, target by target.
#include <algorithm>

#include "fleet/direct_fleet.h"
#include "fleet/parallel.h"
#include "sqlserver/login_change.h"

namespace keyturn::fleet {

using login::Stage;
using rotation::TargetName;

std::vector<login::PasswordChanger::Outcome> DirectFleet::change(const PasswordOrder& order) {
  std::vector<login::PasswordChanger::Outcome> outcomes;
  for (const TargetName& target : order.targets) outcomes.push_back({target, std::nullopt});
  const auto fail_all = [&](const Error& error) {
    for (auto& outcome : outcomes) outcome.error = error;
    return outcomes;
  };
  if (targets_.empty()) {
    if (auto refreshed = refresh(); !refreshed) return fail_all(refreshed.error());
  }
  login_.begin_look();
  const auto wanted = ordered_password(order);
  if (!wanted) return fail_all(wanted.error());
  for_each_bounded(outcomes.size(), static_cast<std::size_t>(settings_.concurrency), [&](std::size_t i) {
    if (auto done = change_one(outcomes[i].target, order, *wanted); !done) outcomes[i].error = done.error();
  });
  return outcomes;
}

// Passwords are only rolled forward: to AWSPENDING, or to AWSCURRENT while nothing is pending. What a target
// holds is then an older one, whatever happens until the change lands, since the old password is its
// condition.
Result<login::Password> DirectFleet::ordered_password(const PasswordOrder& order) {
  const auto all = login_.passwords();
  if (!all) return fail(all.error());
  const bool has_pending =
      std::any_of(all->begin(), all->end(), [](const auto& each) { return each.stage == Stage::pending; });
  for (const TargetLogin::Labelled& each : *all) {
    if (each.password.version != order.version || each.stage != order.stage) continue;
    if (order.stage == Stage::current && has_pending) break;
    if (auto sound = sqlserver::check_password(each.password.text); !sound) return fail(sound.error());
    return each.password;
  }
  return fail(ErrorKind::conflict,
              "The stages of the password's secret moved meanwhile: version " + order.version +
                  " is not the one to change to any more.",
              "Another run is at work; run again when it has ended.");
}

Result<void> DirectFleet::change_one(const TargetName& name, const PasswordOrder& order,
                                     const login::Password& wanted) {
  const InventoryTarget* target = find(name);
  auto done = target == nullptr ? Result<void>(fail(ErrorKind::not_found, "There is no target " + name +
                                                                              " in the inventory any more."))
                                : change_on(*target, order, wanted);
  report(name, VisitPhase::done, true, done ? "" : done.error().message);
  return done;
}

Result<void> DirectFleet::change_on(const InventoryTarget& target, const PasswordOrder& order,
                                    const login::Password& wanted) {
  if (auto may = check_may_start(target.name); !may) return may;
  if (auto in_time = check_deadline(target.name, order.not_after); !in_time) return in_time;
  auto entry = connect(target, true);
  if (!entry) return fail(entry.error());
  if (entry->version == wanted.version) return {};
  const auto all = login_.passwords();
  if (!all) return fail(all.error());
  const auto held = std::find_if(all->begin(), all->end(), [&](const TargetLogin::Labelled& each) {
    return each.password.version == entry->version;
  });
  if (held == all->end())
    return fail(ErrorKind::conflict, "The labels of the password's secret moved under the change.",
                "Run again.");
  report(target.name, VisitPhase::writing, true);
  const sqlserver::PasswordChange change{login_.user(), held->password.text, wanted.text, order.not_after};
  auto done =
      sqlserver::change_password(*entry->session, change, clock_, settings_.visit.query_timeout, target.name);
  if (!done) return done;
  auto confirmed = login_.confirm(target.name, target.address, wanted, settings_.login_timeout);
  if (!confirmed) {
    confirmed.error().effect = Effect::unknown;  // it was changed, or else is not what it seemed
    confirmed.error().message =
        "The new password was set, but a new connection could not confirm it. " + confirmed.error().message;
  }
  return confirmed;
}

}  // namespace keyturn::fleet
