// A variable of this process's environment, for what is called later.
#pragma once

#include <string>

namespace keyturn::lambda {

// Not thread-safe with whatever reads the environment.
void set_variable(const std::string& name, const std::string& value);

}  // namespace keyturn::lambda
