// The function's log: one JSON object a line on stdout, from where Lambda takes it to CloudWatch. No secret
// ever gets here: what is logged are steps, targets and errors, and none of those holds one.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace keyturn::lambda {

enum class LogLevel { debug, info, warn, error };

// Lambda's own words (AWS_LAMBDA_LOG_LEVEL): TRACE, DEBUG, INFO, WARN, ERROR, FATAL; what is none of them:
// info.
LogLevel log_level_of(std::string_view word);

using LineWriter = std::function<void(std::string_view)>;  // gets whole lines, one at a time
using LogFields = std::vector<std::pair<const char*, std::string>>;

// Thread-safe.
class Log {
 public:
  Log(LineWriter writer, LogLevel least, const Clock& clock)
      : writer_(std::move(writer)), least_(least), clock_(clock) {}

  // {"time", "level", "message", "request_id", "rotation", …fields}; empty ones are left out.
  void write(LogLevel level, std::string_view message, const LogFields& fields = {});
  // As it is: for metrics.
  void line(std::string_view json);

  // What the lines to come are about.
  void set_request(const std::string& request_id);
  void set_rotation(const std::string& name);

 private:
  const LineWriter writer_;
  const LogLevel least_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string request_id_;
  std::string rotation_;
};

}  // namespace keyturn::lambda
