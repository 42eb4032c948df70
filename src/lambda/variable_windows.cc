#include <stdlib.h>

#include "lambda/variable.h"

namespace keyturn::lambda {

void set_variable(const std::string& name, const std::string& value) {
  _putenv_s(name.c_str(), value.c_str());
}

}  // namespace keyturn::lambda
