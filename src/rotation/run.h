// One run of the loop. Internal to rotation/: Engine is its face.
#pragma once

#include <map>
#include <string>

#include "rotation/engine.h"

namespace keyturn::rotation {

class Run {
 public:
  Run(const Policy& policy, const Ports& ports, Clock& clock, const StopFlag* stop, EventSink& events,
      std::string run_id, Command command, RunOptions options);

  RunResult go();

 private:
  struct Ending {
    Outcome outcome = Outcome::done;
    std::string reason;
    std::string hint;
  };

  // Fills world_. Targets are read again only if they are not `fresh_enough`, or if `afresh`.
  Result<void> observe(bool afresh);
  Result<void> read_keys_and_stages();
  [[nodiscard]] bool targets_fresh_enough() const;

  // Carries the decision out. An ending where the run is over.
  std::optional<Ending> act(const Decision& decision);
  std::optional<Ending> carry_out(const Decision& decision, Step& step);
  std::optional<Ending> after_failure(const Step& step);
  [[nodiscard]] TimePoint not_after() const { return world_.began_at + policy_.deadline; }

  std::optional<Error> prove(const VersionId& version, const KeyId& key);
  void write(const Fleet::Order& order, const KeyId& key, Step& step);
  void remember(const Fleet::Outcome& outcome, TargetState& target);
  void remember_proof(const Fleet::Outcome& outcome, const KeyId& key);
  void repeat_proof_warnings();
  std::optional<Error> create(Step& step);
  std::optional<Error> promote(const Promote& action);

  RunResult finish(Ending ending);

  const Policy& policy_;
  const Ports& ports_;
  Clock& clock_;
  const StopFlag* stop_;
  EventSink& events_;

  RunMemory memory_;
  Observation world_;
  bool targets_read_now_ = false;  // in the observation that the present decision rests on
  bool destination_checked_ = false;
  std::map<TargetName, std::vector<std::string>> proof_warnings_;
  KeyId created_;                        // the key that this run made
  std::map<std::string, int> failures_;  // of one action on one thing, to bound repetition
  Decision decision_;
  RunResult result_;
};

}  // namespace keyturn::rotation
