// Environment variables behind a seam, so that tests see only their own.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace keyturn::aws {

// The value of a variable; an empty one counts as unset, as in the AWS SDKs.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

Environment process_environment();
Environment fixed_environment(std::map<std::string, std::string> variables);

// "true" in any case.
bool is_true(const std::optional<std::string>& value);

}  // namespace keyturn::aws
