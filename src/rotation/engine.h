// The loop: observe, decide, act, until nothing is left to do.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "rotation/decide.h"
#include "rotation/ports.h"
#include "rotation/run_result.h"

namespace keyturn::rotation {

struct Ports {
  KeyIssuer& issuer;
  SecretStore& store;
  KeyProver& prover;
  Fleet& fleet;
};

// Told of each step as it begins and ends. Called on the engine's thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void step_began(const Step& step) = 0;
  virtual void step_ended(const Step& step) = 0;
};

// One rotation of one secret. Not thread-safe; the ports may use threads of their own.
class Engine {
 public:
  // `stop` may be null. `policy` must have been validated.
  Engine(Policy policy, Ports ports, Clock& clock, Random& random, const StopFlag* stop, EventSink& events);

  // Runs until nothing is left to do, something stands in the way, or `stop` is requested. Never throws;
  // every failure is in the result.
  RunResult run(Command command, const RunOptions& options = {});

  // Observes once and predicts; changes nothing.
  Result<Plan> plan(Command command, const RunOptions& options = {});

 private:
  Policy policy_;
  Ports ports_;
  Clock& clock_;
  Random& random_;
  const StopFlag* stop_;
  EventSink& events_;
};

}  // namespace keyturn::rotation
