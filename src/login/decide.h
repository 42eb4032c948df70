// The decision table of the login's password (docs/login.md): pure, total, no I/O, no clock.
//
// A password is only ever rolled forward. Which one a target holds is the version that lets keyturn in
// (TargetState::login_version), and a new one is made only when every target was seen on AWSCURRENT: so no
// target is more than one version behind, and AWSPREVIOUS always lets keyturn in where AWSCURRENT does not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "login/ports.h"
#include "rotation/decision.h"

namespace keyturn::login {

struct Policy {
  Duration max_age = std::chrono::days{30};      // of the current version; older: a new password is due
  Duration deadline = std::chrono::minutes{15};  // no effect is begun later after its observation began
  std::vector<TargetName> canaries;              // as rotation::Policy's
  int wave_percent = 25;
  int max_errors_percent = 10;
};

// A password that was changed so recently is not changed again, whoever asks: calls that go on with one
// `rotate` ask again each time, and Windows's policy refuses passwords that change too often.
inline constexpr Duration kRest = std::chrono::hours{1};
// A run tries one target that often.
inline constexpr int kAttempts = 2;

struct World {
  TimePoint began_at;  // before the first read: `now` for every age in it
  std::vector<rotation::TargetState> targets;
  rotation::SecretState secret;  // the password's
};

struct Failure {
  int attempts = 0;
  std::string reason;  // of the last one
};

// What this run has learnt or tried itself.
struct Memory {
  bool asked = false;    // `keyturn rotate`
  bool rotated = false;  // this run finished a change: what was asked for is done
  std::map<TargetName, Failure> failed;
};

struct DropLabel {
  VersionId version;
};
struct Change {
  VersionId version;
  Stage stage = Stage::pending;
  std::vector<TargetName> targets;
};
struct Promote {
  VersionId from;
  VersionId to;
};
struct Put {
  VersionId token;
};
struct Stop {
  rotation::Outcome outcome = rotation::Outcome::done;
};
using Action = std::variant<DropLabel, Change, Promote, Put, Stop>;
std::string name_of(const Action& action);  // "change_password" …: stable, used in JSON

struct Decision {
  int row = 6;  // of the table in docs/login.md
  Action action;
  std::string reason;                       // a sentence
  std::vector<rotation::Laggard> laggards;  // known not to be on the password that they should be on
  std::vector<std::string> pending_work;    // what waits, and for whom
};

Decision decide(const Policy& policy, const World& world, const Memory& memory);

}  // namespace keyturn::login
