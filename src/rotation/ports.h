// What the rotation needs of the world. Declared here by the consumer, implemented by aws/, fleet/ and sim/.
//
// Every call that changes something takes `not_after`: no request of it may be sent later, retries included,
// and none is repeated while its effect is unknown. A result with Effect::unknown means that it may have been
// carried out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "rotation/observation.h"

namespace keyturn::rotation {

// The issuer of S3 keys: IAM, for one user.
class KeyIssuer {
 public:
  virtual ~KeyIssuer() = default;
  [[nodiscard]] virtual std::string user() const = 0;  // whose keys: for messages and commands to type
  virtual Result<std::vector<AccessKey>> list() = 0;   // with last-used data
  struct NewKey {
    KeyPair pair;
    TimePoint created_at;
  };
  virtual Result<NewKey> create(TimePoint not_after) = 0;
  virtual Result<void> set_status(const KeyId& key, KeyStatus status, TimePoint not_after) = 0;
  virtual Result<void> remove(const KeyId& key, TimePoint not_after) = 0;
};

// The versioned secret that holds the key: Secrets Manager, for one secret.
class SecretStore {
 public:
  virtual ~SecretStore() = default;
  // Every labelled version's key id; those of unlabelled versions only where one of `keys` is named by no
  // labelled one.
  virtual Result<SecretState> observe(const std::vector<KeyId>& keys) = 0;
  // The stages alone, by one cheap call: for the check just before a write to a target. Key ids are left out.
  virtual Result<SecretState> stages() = 0;
  virtual Result<KeyPair> read(const VersionId& version) = 0;

  // Stores the pair as a new version `token` with AWSPENDING. The same token and value again is no change, so
  // that this call may be repeated; another value for the token is ErrorKind::conflict.
  virtual Result<void> put_pending(const VersionId& token, const KeyPair& pair, TimePoint not_after) = 0;
  // Moves AWSCURRENT by compare-and-swap; ErrorKind::conflict if `from` does not have it any more.
  virtual Result<void> promote(const std::optional<VersionId>& from, const VersionId& to,
                               TimePoint not_after) = 0;
  // Takes AWSPENDING off `version`; ErrorKind::conflict if it is elsewhere.
  virtual Result<void> drop_pending(const VersionId& version, TimePoint not_after) = 0;
  virtual Result<void> write_intent(const Intent& intent, TimePoint not_after) = 0;
  virtual Result<void> close_intent(const std::string& run_id, TimePoint not_after) = 0;
};

// Proves that a key works where the backups go.
class KeyProver {
 public:
  virtual ~KeyProver() = default;
  // Before a key is made: do the buckets exist, in the region that their URLs say? ErrorKind::usage where
  // not.
  virtual Result<void> check_destination() = 0;

  enum class Verdict {
    proven,
    refused,
    ill
  };  // ill: AWS did not answer properly; nothing is known of the key
  struct Proof {
    Verdict verdict = Verdict::ill;
    std::string reason;  // a sentence, unless proven
  };
  // GetCallerIdentity, then S3 with the key. "Unknown key" answers are retried until `give_up_at`.
  virtual Proof prove(const KeyPair& pair, TimePoint give_up_at) = 0;
};

// The targets, over whatever way leads to them.
class Fleet {
 public:
  virtual ~Fleet() = default;
  // Every known target; one that fails is in the list with its reason. An error only where the list itself
  // can't be had.
  virtual Result<std::vector<TargetState>> observe() = 0;

  struct Order {
    VersionId version;  // whose key to write
    Stage stage =
        Stage::pending;  // written only while that version has this stage; `current`: and nothing is pending
    std::vector<TargetName> targets;
    TimePoint not_after;
    // Once written and read back, a target makes a small backup through the engine, and its object is
    // removed.
    bool prove_backup = false;
  };
  struct Outcome {
    TargetName target;
    std::optional<TargetState> after;  // as read back; nothing where it was not read
    // Nothing: written and read back. ErrorKind::backup_refused: that too, but the proof backup failed.
    std::optional<Error> error;
  };
  // One outcome a target; a target's failure never stops another's turn. Ends early only when `stop` is
  // requested.
  virtual std::vector<Outcome> write(const Order& order) = 0;
};

}  // namespace keyturn::rotation
