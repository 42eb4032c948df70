// Which keyturn this is.
#pragma once

namespace keyturn {

const char* program_version();  // "1.2.3"

// What `keyturn --version` prints: the version, then which source it was built from and by which compiler, a
// line each, without a last line break. Says no time of building: the same source gives the same bytes. In a
// library of its own, keyturn_version_text, as it changes with every commit (version_text.cmake).
const char* version_text();

}  // namespace keyturn
