#include "aws/environment.h"
#include "base/wide_windows.h"

namespace keyturn::aws {

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    auto value = environment_variable(name);
    return value && !value->empty() ? value : std::nullopt;
  };
}

}  // namespace keyturn::aws
