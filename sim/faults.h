// Faults by operation and count. One board serves the AWS services ("iam:CreateAccessKey") and the SQL
// Servers
// ("tds:TARGET:login|query|commit").
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace keyturn::sim {

enum class FaultKind {
  refuse,       // not carried out: access denied
  throttle,     // not carried out: slow down
  error_5xx,    // not carried out: the service is ill
  delay,        // carried out after `delay`
  reply_lost,   // carried out, and the connection ends before the reply
  hang,         // not carried out; the connection stays open without an answer
  cut,          // carried out; the connection ends in the middle of the reply
  kill_before,  // not carried out; the process that called is killed
  kill_after,   // carried out, and the process that called is killed before the reply
};
const char* to_string(FaultKind kind);
std::optional<FaultKind> parse_fault_kind(std::string_view text);

struct Fault {
  std::string match;  // the operation; a trailing '*' matches any rest
  FaultKind kind = FaultKind::refuse;
  int skip = 0;   // so many matching calls pass first
  int count = 1;  // then so many are hit; negative: all
  Duration delay{0};
};

// Whose process is to be killed: of an AWS call, who signed it; of a SQL Server's, the target that was asked.
struct FaultVictim {
  std::string access_key_id;
  std::string target;
};

// Thread-safe.
class FaultBoard {
 public:
  void add(Fault fault);
  void clear();
  [[nodiscard]] std::vector<Fault> list() const;  // with what is left of skip and count
  // Counts one call of `operation` and says which fault hits it, if any. The first matching fault wins.
  std::optional<Fault> draw(std::string_view operation);

  // Who knows the processes; without one nobody dies, and only the reply is lost.
  using Killer = std::function<void(const FaultVictim&)>;
  void set_killer(Killer killer);
  void kill(const FaultVictim& victim) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Fault> faults_;
  Killer killer_;
};

}  // namespace keyturn::sim
