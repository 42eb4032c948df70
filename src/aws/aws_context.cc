#include "aws/aws_context.h"

#include <fmt/format.h>

#include "aws/credential_chain.h"
#include "aws/endpoints.h"
#include "aws/iam_key_issuer.h"
#include "aws/metadata_credentials.h"
#include "aws/s3_key_prover.h"
#include "aws/secrets_manager_store.h"

namespace keyturn::aws {
namespace {

Result<Settings> read_settings(const Environment& environment, const AwsOptions& options) {
  const auto files = load_profile_files(environment);
  if (!files) return fail(files.error());
  return load_settings(environment, *files, options);
}

template <class Service>
Result<Service> made(Result<Client> client) {
  if (!client) return fail(client.error());
  return Service(std::move(*client));
}

}  // namespace

Result<std::string> ca_bundle(const Environment& environment, const AwsOptions& options) {
  const auto settings = read_settings(environment, options);
  if (!settings) return fail(settings.error());
  return settings->ca_bundle;
}

Result<AwsContext> AwsContext::create(const ClientContext& given, const Environment& environment,
                                      const AwsOptions& options) {
  auto settings = read_settings(environment, options);
  if (!settings) return fail(settings.error());
  ClientContext context = given;
  context.max_attempts = settings->max_attempts;
  if (settings->region.empty()) settings->region = instance_region(environment, context).value_or("");
  if (const auto reachable = resolve_endpoint(*settings, "sts"); !reachable) return fail(reachable.error());
  const auto chain = std::make_shared<CredentialChain>(environment, *settings, context);
  auto credentials = std::make_shared<CachedCredentials>([chain] { return chain->fetch(); }, context.clock);
  return AwsContext(context, std::move(*settings), std::move(credentials));
}

Result<Client> AwsContext::client(const ServiceTraits& traits) const {
  auto endpoint = resolve_endpoint(settings_, traits.prefix);
  if (!endpoint) return fail(endpoint.error());
  return Client(context_, credentials_, std::move(*endpoint), traits);
}

Result<Iam> AwsContext::iam() const { return made<Iam>(client(Iam::traits())); }
Result<Sts> AwsContext::sts() const { return made<Sts>(client(Sts::traits())); }
Result<Ec2> AwsContext::ec2() const { return made<Ec2>(client(Ec2::traits())); }
Result<Ssm> AwsContext::ssm() const { return made<Ssm>(client(Ssm::traits())); }
Result<Kms> AwsContext::kms() const { return made<Kms>(client(Kms::traits())); }
Result<SecretsManager> AwsContext::secrets_manager() const {
  return made<SecretsManager>(client(SecretsManager::traits()));
}

S3 AwsContext::s3(const S3Url& url) const {
  const S3Place place = resolve_s3(settings_, url);
  return {Client(context_, credentials_, place.endpoint, S3::traits()), url.bucket, place.style};
}

AwsContext AwsContext::as(const rotation::KeyPair& pair) const {
  return {context_, settings_,
          std::make_shared<StaticCredentials>(Credentials{pair.id, pair.secret, {}, {}})};
}

Result<std::unique_ptr<rotation::KeyIssuer>> AwsContext::key_issuer(const std::string& user) const {
  auto service = iam();
  if (!service) return fail(service.error());
  return std::make_unique<IamKeyIssuer>(std::move(*service), user);
}

Result<std::unique_ptr<rotation::SecretStore>> AwsContext::secret_store(const std::string& secret) const {
  auto service = secrets_manager();
  if (!service) return fail(service.error());
  return std::make_unique<SecretsManagerStore>(std::move(*service), secret);
}

Result<std::unique_ptr<SecretsManagerPasswords>> AwsContext::passwords(const std::string& secret) const {
  auto service = secrets_manager();
  if (!service) return fail(service.error());
  return std::make_unique<SecretsManagerPasswords>(std::move(*service), secret);
}

std::unique_ptr<rotation::KeyProver> AwsContext::key_prover(const std::vector<S3Url>& urls,
                                                            const std::string& user) const {
  return std::make_unique<S3KeyProver>(context_, settings_, credentials_, urls, user);
}

Result<SecretString> AwsContext::read_secret(const std::string& secret) const {
  const auto service = secrets_manager();
  if (!service) return fail(service.error());
  const auto value = service->get_value(secret, "", "AWSCURRENT");
  if (!value) {
    Error error = value.error();
    if (error.kind == ErrorKind::not_found)
      error.hint =
          fmt::format("Create the secret {} as plain text, or set the value in the configuration.", secret);
    return fail(std::move(error));
  }
  SecretString text = without_line_end(value->text);
  if (text.empty())
    return fail(ErrorKind::usage, fmt::format("The secret {} is empty.", secret),
                "Store its value as plain text.");
  return text;
}

}  // namespace keyturn::aws
