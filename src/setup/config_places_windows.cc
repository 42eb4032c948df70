#include "base/path.h"
#include "setup/config_places.h"

namespace keyturn::setup {

// Not ProgramData, where every user may make folders: the host's own commands look there, and whose the file
// is.
std::vector<std::filesystem::path> configuration_files(const aws::Environment& environment) {
  for (const char* variable : {"XDG_CONFIG_HOME", "APPDATA"})
    if (const auto folder = environment(variable)) return {path_of(*folder) / "keyturn" / "keyturn.toml"};
  return {};
}

}  // namespace keyturn::setup
