// Where a test takes over: every call of a run passes a gate, before it takes effect and after.
#pragma once

#include <string>

namespace keyturn::simulation {

struct Call {
  std::string operation;   // "iam:CreateAccessKey", "tds:a:commit" …
  bool is_effect = false;  // changes the world
};

enum class Verdict {
  proceed,
  crash_before,  // the process dies; the call never happened
  crash_after,   // the process dies; the call was carried out
  reply_lost,    // carried out, but the caller never hears
  throttle,      // not carried out, and said so
  refuse,        // likewise: access denied
};

// The process of a run dies. Thrown through the engine, which must not stand in its way.
struct Crash {};

class Gate {
 public:
  virtual ~Gate() = default;
  // Called before the call is carried out. May let other runs go first, or move time.
  virtual Verdict pass(const Call& call) = 0;
};

// Lets everything through.
class OpenGate final : public Gate {
 public:
  Verdict pass(const Call& /*call*/) override { return Verdict::proceed; }
};

// Meets the n-th effect (from 0) with one verdict, once.
class FaultAt final : public Gate {
 public:
  FaultAt(int effect, Verdict verdict) : left_(effect), verdict_(verdict) {}

  Verdict pass(const Call& call) override {
    if (!call.is_effect || left_-- != 0) return Verdict::proceed;
    hit_ = call.operation;
    return verdict_;
  }
  [[nodiscard]] const std::string& hit() const { return hit_; }  // empty: the run had fewer effects

 private:
  int left_;
  Verdict verdict_;
  std::string hit_;
};

// Meets the first calls of one operation with one verdict.
class FaultOn final : public Gate {
 public:
  FaultOn(std::string operation, Verdict verdict, int times = 1)
      : operation_(std::move(operation)), verdict_(verdict), left_(times) {}

  Verdict pass(const Call& call) override {
    if (call.operation != operation_ || left_ == 0) return Verdict::proceed;
    --left_;
    hit_ = true;
    return verdict_;
  }
  [[nodiscard]] bool hit() const { return hit_; }

 private:
  std::string operation_;
  Verdict verdict_;
  int left_;
  bool hit_ = false;
};

}  // namespace keyturn::simulation
