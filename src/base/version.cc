#include "base/version.h"

namespace keyturn {

const char* program_version() { return KEYTURN_VERSION; }

}  // namespace keyturn
