#include "aws/environment.h"

#include <algorithm>
#include <cctype>

namespace keyturn::aws {

Environment fixed_environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

bool is_true(const std::optional<std::string>& value) {
  constexpr std::string_view kTrue = "true";
  return value && std::equal(value->begin(), value->end(), kTrue.begin(), kTrue.end(),
                             [](unsigned char a, char b) { return std::tolower(a) == b; });
}

}  // namespace keyturn::aws
