#include "actor.h"

namespace keyturn::simulation {

Actor::Actor(Scenario& scenario, rotation::Command command) {
  thread_ = std::thread([this, &scenario, command] {
    go_.acquire();
    result_ = scenario.run(command, *this);
    ended_ = true;
    stands_.release();
  });
  hand_over();
}

Actor::~Actor() {
  finish();
  thread_.join();
}

void Actor::hand_over() {
  go_.release();
  stands_.acquire();
}

Verdict Actor::pass(const Call& call) {
  before_ = call;
  stands_.release();
  go_.acquire();
  return dies_ ? Verdict::crash_before : Verdict::proceed;
}

bool Actor::step() {
  if (!ended_) hand_over();
  return !ended_;
}

void Actor::steps(int count) {
  for (int i = 0; i < count && !ended_; ++i) step();
}

bool Actor::run_until(const std::string& operation) {
  while (!ended_ && before_.operation != operation) step();
  return !ended_;
}

void Actor::finish() {
  while (!ended_) step();
}

void Actor::crash() {
  dies_ = true;
  finish();
}

}  // namespace keyturn::simulation
