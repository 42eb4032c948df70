#include "base/path.h"
#include "setup/config_places.h"

namespace keyturn::setup {

std::vector<std::filesystem::path> configuration_files(const aws::Environment& environment) {
  std::vector<std::filesystem::path> files;
  if (const auto xdg = environment("XDG_CONFIG_HOME"))
    files.push_back(path_of(*xdg) / "keyturn/keyturn.toml");
  else if (const auto home = environment("HOME"))
    files.push_back(path_of(*home) / ".config/keyturn/keyturn.toml");
  files.emplace_back("/etc/keyturn/keyturn.toml");
  return files;
}

}  // namespace keyturn::setup
