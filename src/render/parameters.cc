#include "render/parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <regex>

namespace keyturn::render {

void Parameters::text(const char* name, const char* description, const std::string& value,
                      const char* pattern, const char* setting) {
  if (!std::regex_match(value, std::regex(pattern)))
    problem(fmt::format("{} \"{}\" can't be the value of a parameter: it must match {}", setting, value,
                        pattern));
  json_[name] = {
      {"type", "String"}, {"description", description}, {"default", value}, {"allowedPattern", pattern}};
}

void Parameters::list(const char* name, const char* description, const char* pattern) {
  json_[name] = {{"type", "StringList"},
                 {"description", description},
                 {"default", nlohmann::ordered_json::array()},
                 {"allowedPattern", pattern}};
}

void Parameters::choice(const char* name, const char* description, const std::vector<std::string>& values,
                        const char* pattern) {
  json_[name] = {{"type", "String"},
                 {"description", description},
                 {"default", values.front()},
                 {"allowedValues", values},
                 {"allowedPattern", pattern}};
}

Result<void> Parameters::check() const {
  if (problems_.empty()) return {};
  return fail(ErrorKind::usage, fmt::format("{}.", fmt::join(problems_, ".\n")), "Nothing was rendered.");
}

}  // namespace keyturn::render
