#include "cli/render_sql_login.h"

#include <fmt/format.h>

#include "render/sql_login.h"
#include "setup/aws_door.h"
#include "setup/secret_settings.h"
#include "sqlserver/login_password.h"

namespace keyturn::cli {
namespace {

// The account that the SSM agent runs as, and with it keyturn on a Windows host.
constexpr const char* kLocalSystem = "NT AUTHORITY\\SYSTEM";

sqlserver::PasswordSalt draw_salt() {
  SystemRandom random;
  const std::uint64_t word = random.next();
  sqlserver::PasswordSalt salt{};
  for (std::size_t i = 0; i < salt.size(); ++i) salt[i] = static_cast<std::uint8_t>(word >> (8 * i));
  return salt;
}

std::string account_of(const SqlLoginOptions& chosen, const setup::Config& config) {
  if (!chosen.account.empty()) return chosen.account;
  return config.sql.authentication == setup::SqlAuthentication::integrated ? kLocalSystem : "";
}

Result<sqlserver::SqlLogin> stored_login(const Options& options, const setup::Config& config,
                                         const setup::RotationSettings& rotation) {
  setup::AwsSettings settings = config.aws;
  if (!options.region.empty()) settings.region = options.region;
  if (!options.profile.empty()) settings.profile = options.profile;
  SystemClock clock;
  SystemRandom random;
  const auto door = setup::AwsDoor::open(settings, aws::process_environment(), clock, random, nullptr);
  if (!door) return fail(door.error());
  return setup::SecretSettings((*door)->aws()).sql_login(rotation);
}

}  // namespace

Result<std::string> render_sql_login(const Options& options, const SqlLoginOptions& chosen,
                                     const setup::Config& config, const setup::RotationSettings& rotation) {
  render::SqlLoginSettings settings;
  settings.proof_backup = chosen.proof_backup;
  settings.login = account_of(chosen, config);
  if (settings.login.empty()) {
    const auto stored = stored_login(options, config, rotation);
    if (!stored) return fail(stored.error());
    settings.login = stored->user;
    settings.password_hash = sqlserver::login_password_hash(stored->password, draw_salt());
    settings.sid = render::login_sid(rotation.sql_password_secret, stored->user);
  }
  return chosen.drop ? render::sql_login_drop_script(settings.login) : render::sql_login_script(settings);
}

}  // namespace keyturn::cli
