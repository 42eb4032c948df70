// The two batches that keyturn sends to a target, as text. Pure functions; what they return is read by
// credential_visit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret_string.h"
#include "rotation/observation.h"

namespace keyturn::sqlserver {

// Error numbers that the guarded write raises itself.
inline constexpr int kErrorPastDeadline = 50001;
inline constexpr int kErrorWorldMoved = 50002;
inline constexpr int kErrorNotSerialised = 50003;  // another keyturn holds the target's lock

// A credential object as the target shows it; `modified` is its modify_date as text in style 126, server
// local time.
struct SeenCredential {
  std::string name;
  std::string identity;
  std::string modified;
};

// One managed name: the credential and its marker as they were read, or nothing where missing.
struct GuardedName {
  std::string name;
  std::optional<SeenCredential> credential;
  std::optional<SeenCredential> marker;
};

// Round trip 1, and the end of round trip 2. Three result sets, every column nvarchar:
//  1 one row: product_version, engine_edition, edition, machine_name, server_name, instance_name, may_alter,
//    may_see_backups, local_now, utc_now
//  2 name, identity, modified: of every credential named s3://… or keyturn:…
//  3 started: of every running backup or restore that the login may see
std::string read_batch();

// Round trip 2: the guarded write of all names in one transaction, then read_batch(). Nothing is changed
// unless every credential is still as in `names` and the server's UTC clock has not passed `not_after_utc`
// (style 126). The key's characters must have passed check_key().
SecretString write_batch(const std::vector<GuardedName>& names, const rotation::KeyPair& key,
                         const std::string& not_after_utc);

}  // namespace keyturn::sqlserver
