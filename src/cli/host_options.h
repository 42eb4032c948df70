// What `keyturn apply` is asked to do on a host: its own options, checked, and the rotation that they mean.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "rotation/observation.h"
#include "setup/config.h"

namespace keyturn::cli {

// As typed. An empty text counts as not given: a command document fills in what it has.
struct HostOptions {
  bool check = false;
  bool login = false;  // the login's password, in the place of a key
  std::string version_id;
  std::string stage;
  std::string not_after;
  std::string credential_secret;
  std::string bucket_url_secret;
  std::string sql_user_secret;
  std::string sql_password_secret;
  std::string sql_authentication;
  std::string rotate_login;  // "true" or "false"
  std::string proof_backup;  // likewise
  std::vector<std::string> bucket_urls;
  std::vector<std::string> credential_patterns;
};

struct HostOrder {
  bool is_look = false;   // the rest is meant for a write only
  bool is_login = false;  // the version is one of the login's password
  rotation::VersionId version;
  rotation::Stage stage = rotation::Stage::pending;
  TimePoint not_after;
  bool prove_backup = false;
};

// ErrorKind::usage; nothing of what may be a secret in the wrong place is repeated.
Result<HostOrder> host_order(const HostOptions& options);

// The rotation that `options` mean, of those of the host's configuration, with what they say in the place of
// the file's settings.
Result<setup::RotationSettings> host_rotation(const setup::Config& config, const HostOptions& options,
                                              const std::string& rotation);

// What `options` say of how to log in, and whether keyturn rotates that login's password, goes before the
// file's setting. ErrorKind::usage where this system can't.
Result<void> take_authentication(const HostOptions& options, setup::SqlSettings& sql);

}  // namespace keyturn::cli
