#include <unistd.h>

#include <array>

#include "cli/host_paths.h"

namespace keyturn::cli {

HostPaths host_paths(const aws::Environment& environment) {
  const std::filesystem::path root = environment("KEYTURN_HOST_ROOT").value_or("/");
  return {root, root / "etc/keyturn/keyturn.toml", root / "var/log/keyturn"};
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

std::string usual_configurations() {
  return "$XDG_CONFIG_HOME/keyturn/keyturn.toml or /etc/keyturn/keyturn.toml";
}

Result<void> check_trusted(const std::filesystem::path& /*configuration*/) { return {}; }

}  // namespace keyturn::cli
