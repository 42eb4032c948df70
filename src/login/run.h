// One run of the loop. Internal to login/: Rotator is its face.
#pragma once

#include <map>
#include <string>

#include "login/rotator.h"

namespace keyturn::login {

class Run {
 public:
  Run(const Policy& policy, const Ports& ports, Clock& clock, const StopFlag* stop,
      rotation::EventSink& events, bool asked);

  Report go(const std::optional<rotation::Observation>& seen);

 private:
  struct Ending {
    rotation::Outcome outcome = rotation::Outcome::done;
    std::string reason;
    std::string hint;
  };

  Result<void> observe();
  std::optional<Ending> act(const Decision& decision);
  Result<void> carry_out(const Action& action, rotation::Step& step);
  std::optional<Ending> after_failure(const rotation::Step& step);
  void change(const Change& action, rotation::Step& step);
  void remember(const PasswordChanger::Outcome& outcome, const VersionId& wanted);
  [[nodiscard]] TimePoint not_after() const { return world_.began_at + policy_.deadline; }
  Report finish(Ending ending);

  const Policy& policy_;
  const Ports& ports_;
  Clock& clock_;
  const StopFlag* stop_;
  rotation::EventSink& events_;

  Memory memory_;
  World world_;
  bool look_again_ = true;               // at the targets, however fresh they are
  std::map<std::string, int> failures_;  // of one action on one version, to bound repetition
  Report report_;
};

// What a report says of the world at its end.
void tell_world(const World& world, const Decision& last, Report& report);

}  // namespace keyturn::login
