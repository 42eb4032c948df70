// How long RapidCheck searches, unless the environment says otherwise.
#include <cstdlib>

namespace {

const bool kConfigured = setenv("RC_PARAMS", KEYTURN_RC_PARAMS, 0) == 0;

}  // namespace
