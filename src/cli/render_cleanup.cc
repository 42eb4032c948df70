#include "cli/render_cleanup.h"

#include "base/path.h"
#include "cli/render_region.h"
#include "render/cleanup.h"

namespace keyturn::cli {
namespace {

using render::Installed;

Installed installed_how(const std::string& word, const setup::RotationSettings& rotation) {
  if (word == "terraform") return Installed::terraform;
  if (word == "hand") return Installed::hand;
  const bool is_direct = rotation.fleet.via == setup::FleetWay::direct;
  return word.empty() && is_direct ? Installed::hand : Installed::stack;
}

}  // namespace

Result<std::string> render_cleanup(const Options& options, const CleanupOptions& chosen,
                                   const render::SsmAutomationSettings& automation,
                                   const setup::Config& config, const setup::RotationSettings& rotation) {
  const auto region = known_region(options, config);
  if (!region) return fail(region.error());
  render::CleanupSettings settings;
  settings.rotation = rotation;
  settings.several_rotations = config.rotations.size() > 1;
  if (options.config) settings.config_file = utf8_of(*options.config);
  settings.region = *region;
  settings.backup_user = chosen.backup_user.empty() ? rotation.iam_user : chosen.backup_user;
  settings.installed = installed_how(chosen.installed, rotation);
  settings.stack = chosen.stack;
  settings.rotate_function = automation.rotate_function;
  settings.update_function = automation.update_function;
  settings.integrated = config.sql.authentication == setup::SqlAuthentication::integrated;
  return render::cleanup_steps(settings);
}

}  // namespace keyturn::cli
