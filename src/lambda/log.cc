#include "lambda/log.h"

#include <nlohmann/json.hpp>

namespace keyturn::lambda {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "DEBUG";
    case LogLevel::info:
      return "INFO";
    case LogLevel::warn:
      return "WARN";
    case LogLevel::error:
      break;
  }
  return "ERROR";
}

}  // namespace

LogLevel log_level_of(std::string_view word) {
  if (word == "TRACE" || word == "DEBUG") return LogLevel::debug;
  if (word == "WARN") return LogLevel::warn;
  if (word == "ERROR" || word == "FATAL") return LogLevel::error;
  return LogLevel::info;
}

void Log::write(LogLevel level, std::string_view message, const LogFields& fields) {
  if (level < least_) return;
  const std::lock_guard lock(mutex_);
  Json object{{"time", format_iso8601(clock_.now())}, {"level", name_of(level)}, {"message", message}};
  if (!request_id_.empty()) object["request_id"] = request_id_;
  if (!rotation_.empty()) object["rotation"] = rotation_;
  for (const auto& [name, value] : fields)
    if (!value.empty()) object[name] = value;
  writer_(object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Log::line(std::string_view json) {
  const std::lock_guard lock(mutex_);
  writer_(std::string(json) + "\n");
}

void Log::set_request(const std::string& request_id) {
  const std::lock_guard lock(mutex_);
  request_id_ = request_id;
}

void Log::set_rotation(const std::string& name) {
  const std::lock_guard lock(mutex_);
  rotation_ = name;
}

}  // namespace keyturn::lambda
