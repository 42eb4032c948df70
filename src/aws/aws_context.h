// The one door to AWS for the programs: settings and credentials resolved once, services and ports made from
// them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aws/client.h"
#include "aws/ec2.h"
#include "aws/environment.h"
#include "aws/iam.h"
#include "aws/kms.h"
#include "aws/s3.h"
#include "aws/s3_url.h"
#include "aws/secrets_manager.h"
#include "aws/secrets_manager_passwords.h"
#include "aws/settings.h"
#include "aws/ssm.h"
#include "aws/sts.h"
#include "rotation/ports.h"

namespace keyturn::aws {

// The PEM bundle that a transport must trust: AWS_CA_BUNDLE, the profile's ca_bundle, SSL_CERT_FILE; empty:
// the system's. For before a context exists, since that needs a transport.
Result<std::string> ca_bundle(const Environment& environment, const AwsOptions& options);

// Thread-safe; whatever it makes shares its credentials and may outlive it, but not the transport, clock and
// random.
class AwsContext {
 public:
  // Reads the configuration files. Where no region is set anywhere, asks instance metadata. No credentials
  // are looked for before the first call. ErrorKind::usage where there is no region or a setting makes no
  // sense.
  static Result<AwsContext> create(const ClientContext& context, const Environment& environment,
                                   const AwsOptions& options);

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] CredentialSource& credentials() const { return *credentials_; }

  // Errors: ErrorKind::usage where the partition has no such endpoint.
  [[nodiscard]] Result<Iam> iam() const;
  [[nodiscard]] Result<Sts> sts() const;
  [[nodiscard]] Result<SecretsManager> secrets_manager() const;
  [[nodiscard]] Result<Ec2> ec2() const;
  [[nodiscard]] Result<Ssm> ssm() const;
  [[nodiscard]] Result<Kms> kms() const;
  [[nodiscard]] S3 s3(const S3Url& url) const;  // with the context's own credentials

  // The same with another access key.
  [[nodiscard]] AwsContext as(const rotation::KeyPair& pair) const;

  // The ports of a rotation.
  [[nodiscard]] Result<std::unique_ptr<rotation::KeyIssuer>> key_issuer(const std::string& user) const;
  [[nodiscard]] Result<std::unique_ptr<rotation::SecretStore>> secret_store(const std::string& secret) const;
  // `user`: whose key a proof must find; empty: not checked.
  [[nodiscard]] std::unique_ptr<rotation::KeyProver> key_prover(const std::vector<S3Url>& urls,
                                                                const std::string& user) const;

  // The versions of a login's password.
  [[nodiscard]] Result<std::unique_ptr<SecretsManagerPasswords>> passwords(const std::string& secret) const;

  // The value of a plain text secret (a user's name, a bucket URL): trimmed. ErrorKind::not_found,
  // ErrorKind::usage if empty.
  [[nodiscard]] Result<SecretString> read_secret(const std::string& secret) const;

 private:
  AwsContext(const ClientContext& context, Settings settings, std::shared_ptr<CredentialSource> credentials)
      : context_(context), settings_(std::move(settings)), credentials_(std::move(credentials)) {}
  [[nodiscard]] Result<Client> client(const ServiceTraits& traits) const;

  ClientContext context_;
  Settings settings_;
  std::shared_ptr<CredentialSource> credentials_;
};

}  // namespace keyturn::aws
