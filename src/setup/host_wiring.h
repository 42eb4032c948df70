// From the configuration to what runs on a host: the secrets read with the host's own role, and the fleet of
// its own instances.
#pragma once

#include <filesystem>
#include <memory>

#include "fleet/direct_fleet.h"
#include "net/system_transport.h"
#include "setup/config.h"
#include "setup/host_clock.h"
#include "setup/s3_proof_store.h"
#include "setup/secret_settings.h"
#include "sqlserver/odbc_connector.h"

namespace keyturn::setup {

// Needs secretsmanager:GetSecretValue on the secrets of the rotation, and nothing else of AWS. Not
// thread-safe.
class HostWiring {
 public:
  struct Surroundings {
    Clock& clock;  // the host's
    Random& random;
    const StopFlag& stop;
  };

  // Finds the region, the ODBC driver and the CAs; asks no service but instance metadata. Everything given
  // must outlive it.
  static Result<std::unique_ptr<HostWiring>> open(const Config& config, const RotationSettings& rotation,
                                                  const aws::Environment& environment,
                                                  Surroundings surroundings);

  // AWS's time, as far as it is known: from the first answer on.
  HostClock& clock() { return clock_; }

  // As [sql] says.
  Result<std::shared_ptr<sqlserver::SqlConnector>> configured_connector() const;
  // For servers on this host alone. Encrypted, and the server must show this certificate (PEM), whatever name
  // it is made out to; empty: any one. Microsoft's drivers can't be told a certificate: any one, and the old
  // "SQL Server" of Windows does not encrypt what stays on the host, since it could not but verify.
  Result<std::shared_ptr<sqlserver::SqlConnector>> unnamed_connector(
      const std::filesystem::path& certificate) const;

  // Reads the secrets that are needed on the way to the targets. To be called before fleet().
  Result<void> read_settings();
  // `progress` may be empty. The connector must outlive the fleet, and so must this.
  Result<std::unique_ptr<fleet::DirectFleet>> fleet(std::vector<fleet::InventoryTarget> targets,
                                                    sqlserver::SqlConnector& connector,
                                                    fleet::ProgressSink progress);

 private:
  HostWiring(const Config& config, const RotationSettings& rotation, Surroundings surroundings)
      : config_(config), rotation_(rotation), surroundings_(surroundings), clock_(surroundings.clock) {}
  Result<void> connect_aws(const aws::Environment& environment);

  const Config& config_;
  const RotationSettings& rotation_;
  const Surroundings surroundings_;
  HostClock clock_;
  std::unique_ptr<net::HttpTransport> system_transport_;
  std::unique_ptr<DatedTransport> transport_;
  std::unique_ptr<aws::AwsContext> aws_;
  ResolvedSettings settings_;
  std::unique_ptr<rotation::SecretStore> store_;
  std::unique_ptr<S3ProofStore> proofs_;
  std::unique_ptr<login::PasswordSource> passwords_;  // null: the login has one password
};

}  // namespace keyturn::setup
