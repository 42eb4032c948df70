// What a run sees of the world before it decides: plain data, no I/O. All dates are on the controller's
// clock: whoever reads a date off another clock converts it by that clock's own "now" (see TargetState).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/secret_string.h"
#include "base/time.h"

namespace keyturn::rotation {

using KeyId = std::string;       // "AKIA…"
using VersionId = std::string;   // of a secret version: a UUID
using TargetName = std::string;  // unique in a fleet: "host\INSTANCE" or as the configuration names it

struct KeyPair {
  KeyId id;
  SecretString secret;
};

enum class KeyStatus { active, inactive };

struct LastUsed {
  TimePoint at;
  std::string service;
  std::string region;
};

struct AccessKey {
  KeyId id;
  KeyStatus status = KeyStatus::active;
  TimePoint created_at;
  std::optional<LastUsed> last_used;  // lags by up to hours in IAM
};

enum class Stage { current, pending, previous };  // AWSCURRENT, AWSPENDING, AWSPREVIOUS
const char* to_string(Stage stage);
const char* to_string(KeyStatus status);

struct SecretVersion {
  VersionId id;
  std::set<Stage> stages;
  TimePoint created_at;
  std::optional<KeyId> key_id;  // nothing: the value holds no access key (the blog's placeholder, say)
};

// Written to the secret as a tag before CreateAccessKey: the key that may come of it is explained by it.
struct Intent {
  std::string run_id;
  TimePoint at;
  std::vector<KeyId> existing;  // the key ids that the user had then
};

struct SecretState {
  std::string name;
  TimePoint stage_changed_at;
  std::vector<SecretVersion> versions;  // labelled and unlabelled
  std::vector<Intent> intents;          // open ones

  [[nodiscard]] const SecretVersion* at(Stage stage) const;
  [[nodiscard]] const SecretVersion* naming(const KeyId& key) const;  // any version, labelled ones first
};

// One credential name of one target. Dates were converted from the server's clock.
struct CredentialState {
  std::string name;  // "s3://…"
  bool exists = false;
  TimePoint modified_at;
  std::optional<KeyId> marker_key;  // the identity of the credential "keyturn:<name>"
  TimePoint marker_modified_at;

  // The marker names the key, and nobody altered the credential after the marker.
  [[nodiscard]] bool confirmed_on(const KeyId& key) const;
};

struct RunningBackup {
  TimePoint started_at;
};

enum class Standing {
  updatable,    // was read, and can be written
  read_only,    // was read, but can't be written (permission, say)
  unreachable,  // could not be read
  skipped,      // not a target for S3 credentials: too old, Express, stopped passive node …
};
const char* to_string(Standing standing);

struct TargetState {
  TargetName name;
  Standing standing = Standing::unreachable;
  std::string reason;  // a sentence, for all but `updatable`
  std::optional<TimePoint>
      since;                    // since when it is unreachable, where that is known (a stopped EC2 instance)
  std::string product_version;  // "16.0.4085.2"; empty if unknown
  std::string edition;
  std::vector<CredentialState> credentials;  // every managed name, existing or not
  std::vector<KeyId> other_markers;    // keys that markers of names name which are not managed (any more)
  std::vector<RunningBackup> backups;  // running now, as far as the login may see them
  // The version of the password's secret that let keyturn in; empty where there is no such choice.
  VersionId login_version;
  std::vector<std::string> warnings;  // a more specific credential that shadows a managed one …

  [[nodiscard]] bool readable() const {
    return standing == Standing::updatable || standing == Standing::read_only;
  }
  [[nodiscard]] bool confirmed_on(const KeyId& key) const;  // every credential is; false if there is none
  [[nodiscard]] bool marked_with(const KeyId& key) const;   // some marker names the key
  [[nodiscard]] std::optional<TimePoint> last_marked_at() const;
};

struct Observation {
  TimePoint began_at;                // before the first read: `now` for every age in it
  std::vector<TargetState> targets;  // read before keys and stages
  std::string user;                  // whose keys
  std::vector<AccessKey> keys;
  SecretState secret;

  [[nodiscard]] const AccessKey* key(const KeyId& id) const;
};

}  // namespace keyturn::rotation
