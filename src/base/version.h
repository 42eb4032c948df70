// Which keyturn this is.
#pragma once

namespace keyturn {

const char* program_version();  // "1.2.3"

}  // namespace keyturn
