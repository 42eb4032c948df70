// The rotation of the SQL login's password: observe, decide, act, until nothing is left to do. As the key's
// (rotation/engine.h), it keeps no journal.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "login/decide.h"
#include "rotation/engine.h"
#include "rotation/ports.h"

namespace keyturn::login {

struct Ports {
  rotation::Fleet& fleet;  // only observed
  PasswordChanger& changer;
  PasswordStore& store;
  std::function<SecretString()> new_password;
};

struct Holding {
  TargetName target;
  VersionId version;
};

// What a run did, or a plan would do, and how things stand. Plain data without any password.
struct Report {
  rotation::Outcome outcome = rotation::Outcome::done;
  std::string reason;
  std::string hint;
  std::vector<rotation::Step> steps;          // done; `version` is the password's, `key` is empty
  std::optional<rotation::PlannedStep> next;  // of a plan: what a run would begin with
  rotation::SecretState secret;               // as last seen
  std::vector<Holding> targets;               // those that are logged in to by a password
  std::vector<rotation::Laggard> laggards;
  std::vector<std::string> pending_work;
};

// Of one secret. Not thread-safe. All references must outlive it; `stop` may be null.
class Rotator {
 public:
  Rotator(Policy policy, Ports ports, Clock& clock, const StopFlag* stop, rotation::EventSink& events);

  // `asked`: a new password is wanted now. `seen`: the targets as a run just now left them, if there was one:
  // they are not read again while they are fresh. Never throws; every failure is in the report.
  Report run(bool asked, const std::optional<rotation::Observation>& seen);

  // Changes nothing.
  Report plan(bool asked, const rotation::Observation& seen);

 private:
  Policy policy_;
  Ports ports_;
  Clock& clock_;
  const StopFlag* stop_;
  rotation::EventSink& events_;
};

}  // namespace keyturn::login
