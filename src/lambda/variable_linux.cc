#include <cstdlib>

#include "lambda/variable.h"

namespace keyturn::lambda {

void set_variable(const std::string& name, const std::string& value) {
  setenv(name.c_str(), value.c_str(), /*overwrite=*/1);
}

}  // namespace keyturn::lambda
