// A simulated SQL Server reduced to what the protocol is about: credentials with dates, and backups that run
// on them.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "rotation/observation.h"
#include "sim/sql_credentials.h"
#include "sim/world.h"

namespace keyturn::simulation {

inline constexpr const char* kUrl = "s3://backups.s3.us-east-1.amazonaws.com/sql";
inline constexpr const char* kMarker = "keyturn:s3://backups.s3.us-east-1.amazonaws.com/sql";

class Target {
 public:
  Target(std::string name_in, Duration backup_length)
      : name(std::move(name_in)), backup_length_(backup_length) {}

  // The pair that a backup beginning now would use: "id:secret", or nothing.
  [[nodiscard]] std::optional<std::string> held() const;
  // ALTER or CREATE of the credential, as a person or the blog's scripts do it: no marker.
  void set_by_hand(const rotation::KeyPair& pair, TimePoint now);
  // The same with the marker, in one transaction.
  void set(const rotation::KeyPair& pair, TimePoint now);

  // Begins, goes on with and ends backups, one after the other. False: one failed.
  bool run_backups(sim::World& world);
  void stop_backups() { backup_.reset(); }
  [[nodiscard]] rotation::TargetState state() const;

  std::string name;
  bool reachable = true;
  bool permission = true;
  bool engine_backs_up = true;           // false: a proof backup fails, whatever the key
  std::set<std::string> backed_up_with;  // the keys whose proof backup passed
  sim::CredentialTable credentials;

 private:
  struct Backup {
    TimePoint started_at;
    std::string pair;
  };

  Duration backup_length_;
  std::optional<Backup> backup_;
};

std::string id_of(const std::string& pair);
std::string secret_of(const std::string& pair);

}  // namespace keyturn::simulation
