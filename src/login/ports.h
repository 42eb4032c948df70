// What the rotation of the SQL login's password needs of the world. Declared here by the consumer,
// implemented by aws/ and fleet/.
//
// Every call that changes something takes `not_after`, as in rotation/ports.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret_string.h"
#include "rotation/observation.h"

namespace keyturn::login {

using rotation::Stage;
using rotation::TargetName;
using rotation::VersionId;

struct Password {
  VersionId version;
  SecretString text;
};

// The passwords that let keyturn in: those of the labelled versions. Thread-safe.
class PasswordSource {
 public:
  virtual ~PasswordSource() = default;
  // Nothing: no version has that stage.
  virtual Result<std::optional<Password>> at(Stage stage) = 0;
};

// The versioned secret that holds the password: Secrets Manager, for one secret.
class PasswordStore {
 public:
  virtual ~PasswordStore() = default;
  // Labels and dates of all versions; no password is read, and no key id is filled in.
  virtual Result<rotation::SecretState> observe() = 0;
  // As those of rotation::SecretStore.
  virtual Result<void> put_pending(const VersionId& token, const SecretString& password,
                                   TimePoint not_after) = 0;
  virtual Result<void> promote(const VersionId& from, const VersionId& to, TimePoint not_after) = 0;
  virtual Result<void> drop_pending(const VersionId& version, TimePoint not_after) = 0;
};

// Changes the password on targets.
class PasswordChanger {
 public:
  virtual ~PasswordChanger() = default;

  struct Order {
    VersionId version;             // whose password to change to
    Stage stage = Stage::pending;  // only while it has this stage; `current`: and nothing is pending
    std::vector<TargetName> targets;
    TimePoint not_after;
  };
  struct Outcome {
    TargetName target;
    std::optional<Error> error;  // nothing: changed, and a new connection confirmed it
  };
  // One outcome a target of the order, and perhaps some of others that were changed with them; a target's
  // failure never stops another's turn. ErrorKind::denied: the server refuses this password.
  virtual std::vector<Outcome> change(const Order& order) = 0;
};

}  // namespace keyturn::login
