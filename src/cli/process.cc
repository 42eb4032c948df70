#include "cli/process.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace keyturn::cli {
namespace {

struct Forbidden {
  const char* name;
  const char* what;
};
constexpr std::array kForbidden{
    Forbidden{"TDSDUMP", "FreeTDS would write SQL passwords and access keys to a file"},
    Forbidden{"TDSDUMPCONFIG", "FreeTDS would write its connection settings to a file"},
    Forbidden{"TDSHOST", "FreeTDS would connect to that host, whichever target is meant"},
    Forbidden{"TDSPORT", "FreeTDS would connect to that port, whichever target is meant"},
    Forbidden{"TDSVER", "FreeTDS would speak another version of the protocol than keyturn relies on"},
    Forbidden{"SSLKEYLOGFILE", "whoever reads that file could decrypt every connection"},
};

}  // namespace

std::optional<Error> check_environment() {
  for (const Forbidden& forbidden : kForbidden)
    if (std::getenv(forbidden.name) != nullptr)  // FreeTDS takes even an empty one for a yes
      return Error{ErrorKind::usage, Effect::none, "",
                   fmt::format("{} is set: {}.", forbidden.name, forbidden.what),
                   fmt::format("Run {} and try again.", removal_of_variable(forbidden.name))};
  return std::nullopt;
}

}  // namespace keyturn::cli
