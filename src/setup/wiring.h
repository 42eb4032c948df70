// From the configuration to a working engine: transport, AWS services, SQL connections, fleet, ports.
#pragma once

#include <memory>
#include <string>

#include "aws/aws_context.h"
#include "aws/s3_url.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "fleet/direct_fleet.h"
#include "net/curl_transport.h"
#include "rotation/engine.h"
#include "setup/config.h"
#include "setup/watcher.h"
#include "sqlserver/odbc_connector.h"

namespace keyturn::setup {

// What a rotation's settings come to once its secrets are read.
struct ResolvedSettings {
  std::string iam_user;
  std::vector<aws::S3Url> bucket_urls;
  sqlserver::SqlLogin login;
};

// One rotation, ready to run. Not thread-safe.
class WiredRotation {
 public:
  rotation::Engine& engine() { return *engine_; }

 private:
  friend class Wiring;

  std::unique_ptr<rotation::KeyIssuer> issuer_;
  std::unique_ptr<rotation::SecretStore> store_;
  std::unique_ptr<rotation::KeyProver> prover_;
  std::unique_ptr<aws::Ec2> ec2_;
  std::unique_ptr<fleet::DirectFleet> fleet_;
  std::unique_ptr<WatchedFleet> watched_fleet_;
  std::unique_ptr<rotation::Engine> engine_;
};

// What all rotations of one process share.
class Wiring {
 public:
  struct Surroundings {
    Clock& clock;
    Random& random;
    const StopFlag& stop;
    Watcher& watcher;
  };

  // Finds the region, the ODBC driver and the CAs; asks no service but instance metadata. Everything given
  // must outlive it.
  static Result<std::unique_ptr<Wiring>> open(const Config& config, const aws::Environment& environment,
                                              Surroundings surroundings);

  // Reads the secrets that this rotation's settings come from, checks that its secret and a target exist, and
  // builds its engine.
  Result<std::unique_ptr<WiredRotation>> wire(const RotationSettings& settings);

 private:
  Wiring(const Config& config, Surroundings surroundings, std::unique_ptr<net::CurlTransport> transport,
         aws::AwsContext aws, std::unique_ptr<sqlserver::OdbcConnector> connector);

  Result<ResolvedSettings> resolve(const RotationSettings& settings) const;
  [[nodiscard]] std::string store_hint(const std::string& name, std::string_view meaning,
                                       std::string_view example) const;
  Result<SecretString> read_secret(const std::string& name, std::string_view meaning,
                                   std::string_view example) const;
  Result<std::string> read_name(const std::string& name, std::string_view meaning,
                                std::string_view example) const;
  Result<void> check_credential_secret(const std::string& name) const;
  Result<fleet::ListTargets> inventory(const RotationSettings& settings, WiredRotation& wired) const;
  [[nodiscard]] std::string create_command(const std::string& secret, std::string_view example) const;

  const Config& config_;
  const Surroundings surroundings_;
  const std::unique_ptr<net::CurlTransport> transport_;
  const aws::AwsContext aws_;
  const std::unique_ptr<sqlserver::OdbcConnector> connector_;
};

}  // namespace keyturn::setup
