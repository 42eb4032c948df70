// A record of every call that the world answered.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace keyturn::sim {

struct CallRecord {
  TimePoint at;
  std::string service;    // "iam", "secretsmanager" …, "tds"
  std::string operation;  // "CreateAccessKey"; for tds "TARGET:login" …
  std::string outcome;    // "ok", an error code, or "fault:KIND"
  std::string by;         // access key id, or SQL login
};

// Thread-safe.
class CallLog {
 public:
  void add(CallRecord record) {
    const std::lock_guard lock(mutex_);
    records_.push_back(std::move(record));
  }
  [[nodiscard]] std::vector<CallRecord> snapshot() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<CallRecord> records_;
};

}  // namespace keyturn::sim
