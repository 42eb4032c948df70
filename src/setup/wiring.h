// From the configuration to a working engine: transport, AWS services, SQL connections, fleet, ports.
#pragma once

#include <memory>
#include <string>

#include "aws/aws_context.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "fleet/direct_fleet.h"
#include "fleet/ssm_fleet.h"
#include "login/rotator.h"
#include "rotation/engine.h"
#include "setup/aws_door.h"
#include "setup/config.h"
#include "setup/s3_proof_store.h"
#include "setup/watcher.h"
#include "sqlserver/odbc_connector.h"

namespace keyturn::setup {

// The targets of one rotation, and the secret that they are given keys from. Not thread-safe.
class WiredFleet {
 public:
  rotation::Fleet& fleet() { return *watched_fleet_; }
  rotation::SecretStore& store() { return *store_; }
  // Of the SQL login; null where keyturn does not rotate its password.
  login::PasswordChanger* changer() { return passwords_ ? changer_ : nullptr; }

 private:
  friend class Wiring;

  std::unique_ptr<rotation::SecretStore> store_;
  std::unique_ptr<aws::SecretsManagerPasswords> passwords_;
  std::unique_ptr<aws::Ec2> ec2_;
  std::unique_ptr<aws::Ssm> ssm_;
  std::unique_ptr<rotation::Fleet> fleet_;
  login::PasswordChanger* changer_ = nullptr;  // the same fleet
  std::unique_ptr<WatchedFleet> watched_fleet_;
};

// One rotation, ready to run. Not thread-safe.
class WiredRotation {
 public:
  rotation::Engine& engine() { return *engine_; }
  // Of the SQL login's password, for after the key's turn; null where keyturn does not rotate it.
  login::Rotator* login() { return login_.get(); }

 private:
  friend class Wiring;

  std::unique_ptr<rotation::KeyIssuer> issuer_;
  std::unique_ptr<rotation::KeyProver> prover_;
  std::unique_ptr<WiredFleet> fleet_;
  std::unique_ptr<rotation::Engine> engine_;
  std::unique_ptr<login::Rotator> login_;
};

// What is said where EC2 has no instance for a fleet.
Error no_instance(const FleetSettings& settings, const std::string& region);

// What all rotations of one process share.
class Wiring {
 public:
  struct Surroundings {
    Clock& clock;
    Random& random;
    const StopFlag& stop;
    Watcher& watcher;
  };

  // Finds the region and the CAs; asks no service but instance metadata. Everything given
  // must outlive it.
  static Result<std::unique_ptr<Wiring>> open(const Config& config, const aws::Environment& environment,
                                              Surroundings surroundings);

  // Reads the secrets that this rotation's settings come from, checks that its secret and a target exist, and
  // builds its engine. Over Systems Manager neither an ODBC driver nor the SQL login's secrets are needed.
  Result<std::unique_ptr<WiredRotation>> wire(const RotationSettings& settings);
  // The way to the targets alone: asks nothing of IAM and the credential secret.
  Result<std::unique_ptr<WiredFleet>> wire_fleet(const RotationSettings& settings);

  [[nodiscard]] const aws::AwsContext& aws() const { return aws_; }
  [[nodiscard]] net::HttpTransport& transport() const { return door_->transport(); }

 private:
  Wiring(const Config& config, Surroundings surroundings, std::unique_ptr<AwsDoor> door);

  Result<fleet::ListMachines> machines(const RotationSettings& settings, WiredFleet& wired) const;
  Result<fleet::ListTargets> inventory(const RotationSettings& settings, WiredFleet& wired) const;
  Result<void> wire_direct(const RotationSettings& settings, WiredFleet& wired);
  Result<void> wire_ssm(const RotationSettings& settings, WiredFleet& wired) const;
  void wire_login(const RotationSettings& settings, WiredRotation& wired) const;

  const Config& config_;
  const Surroundings surroundings_;
  const std::unique_ptr<AwsDoor> door_;
  const aws::AwsContext& aws_;  // behind the door
  S3ProofStore proofs_;
  std::unique_ptr<sqlserver::OdbcConnector>
      connector_;  // opened where a rotation goes to its targets directly
};

}  // namespace keyturn::setup
