#include "setup/wiring.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

#include "base/version.h"
#include "fleet/ec2_machines.h"
#include "setup/secret_settings.h"

namespace keyturn::setup {
namespace {

sqlserver::OdbcSettings odbc_settings(const SqlSettings& sql) {
  return {sql.driver, sql.ca_file.string(), sql.trust_server_certificate, sql.browser_port};
}

aws::AwsOptions aws_options(const AwsSettings& settings) {
  aws::AwsOptions options;
  if (!settings.region.empty()) options.region = settings.region;
  if (!settings.profile.empty()) options.profile = settings.profile;
  return options;
}

std::vector<fleet::InventoryTarget> listed_targets(const FleetSettings& settings) {
  std::vector<fleet::InventoryTarget> targets;
  for (const TargetSettings& target : settings.targets) {
    fleet::InventoryTarget listed;
    listed.name = target.name;
    listed.address = {target.host, target.port, target.instance};
    targets.push_back(std::move(listed));
  }
  return targets;
}

std::string tags_text(const std::map<std::string, std::string>& tags) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : tags) texts.push_back(fmt::format("{}={}", key, value));
  return fmt::format("{}", fmt::join(texts, ", "));
}

Error no_target(const FleetSettings& settings, const std::string& region) {
  return {
      ErrorKind::usage, Effect::none, "",
      fmt::format("No SQL Server was found: no EC2 instance in {} has the tag{} {}.", region,
                  settings.ec2_tags.size() == 1 ? "" : "s", tags_text(settings.ec2_tags)),
      "Tag the instances, set rotation.fleet.ec2_tags, list the servers as [[rotation.target]], or choose "
      "another region with --region."};
}

}  // namespace

Wiring::Wiring(const Config& config, Surroundings surroundings, std::unique_ptr<net::CurlTransport> transport,
               aws::AwsContext aws, std::unique_ptr<sqlserver::OdbcConnector> connector)
    : config_(config),
      surroundings_(surroundings),
      transport_(std::move(transport)),
      aws_(std::move(aws)),
      connector_(std::move(connector)) {}

Result<std::unique_ptr<Wiring>> Wiring::open(const Config& config, const aws::Environment& environment,
                                             Surroundings surroundings) {
  const aws::AwsOptions options = aws_options(config.aws);
  const auto ca_file = aws::ca_bundle(environment, options);
  if (!ca_file) return fail(ca_file.error());
  auto connector = sqlserver::OdbcConnector::open(odbc_settings(config.sql));
  if (!connector) return fail(connector.error());
  auto transport = std::make_unique<net::CurlTransport>(
      net::CurlOptions{*ca_file, std::string("keyturn/") + program_version()});
  const aws::ClientContext context{*transport, surroundings.clock, surroundings.random, &surroundings.stop};
  auto aws = aws::AwsContext::create(context, environment, options);
  if (!aws) return fail(aws.error());
  return std::unique_ptr<Wiring>(
      new Wiring(config, surroundings, std::move(transport), std::move(*aws), std::move(*connector)));
}

Result<void> Wiring::check_credential_secret(const std::string& name) const {
  const auto service = aws_.secrets_manager();
  if (!service) return fail(service.error());
  const auto secret = service->describe(name);
  if (secret && !secret->deleted_at) return {};
  if (secret)
    return fail(ErrorKind::usage, fmt::format("The secret \"{}\" is scheduled for deletion.", name),
                fmt::format("Keep it: `aws secretsmanager restore-secret --region {} --secret-id {}`.",
                            aws_.settings().region, name));
  Error error = secret.error();
  if (error.kind == ErrorKind::not_found) {
    error.message = fmt::format("There is no secret \"{}\" in {}; it holds the access key that backups use.",
                                name, aws_.settings().region);
    error.hint = fmt::format("Make it: {}; `keyturn rotate` then puts the first key into it.",
                             create_secret_command(aws_.settings().region, name, "placeholder"));
  }
  return fail(std::move(error));
}

Result<fleet::ListTargets> Wiring::inventory(const RotationSettings& settings, WiredRotation& wired) const {
  fleet::ListMachines machines;
  if (!settings.fleet.ec2_tags.empty()) {
    auto ec2 = aws_.ec2();
    if (!ec2) return fail(ec2.error());
    wired.ec2_ = std::make_unique<aws::Ec2>(std::move(*ec2));
    machines = fleet::ec2_machines(*wired.ec2_, settings.fleet.ec2_tags);
  }
  fleet::ListTargets list = [listed = listed_targets(settings.fleet), machines, fleet = settings.fleet,
                             region =
                                 aws_.settings().region]() -> Result<std::vector<fleet::InventoryTarget>> {
    auto targets = fleet::list_targets(listed, machines);
    if (!targets && targets.error().kind == ErrorKind::not_found) return fail(no_target(fleet, region));
    return targets;
  };
  if (const auto targets = list(); !targets) return fail(targets.error());
  return list;
}

Result<std::unique_ptr<WiredRotation>> Wiring::wire(const RotationSettings& settings) {
  const SecretSettings secrets(aws_);
  const auto user = secrets.iam_user(settings);
  if (!user) return fail(user.error());
  const auto resolved = secrets.resolve(settings);
  if (!resolved) return fail(resolved.error());
  if (const auto secret = check_credential_secret(settings.credential_secret); !secret)
    return fail(secret.error());

  auto wired = std::make_unique<WiredRotation>();
  auto list = inventory(settings, *wired);
  if (!list) return fail(list.error());
  auto issuer = aws_.key_issuer(*user);
  if (!issuer) return fail(issuer.error());
  auto store = aws_.secret_store(settings.credential_secret);
  if (!store) return fail(store.error());
  wired->issuer_ = std::move(*issuer);
  wired->store_ = std::move(*store);
  wired->prover_ = aws_.key_prover(resolved->bucket_urls, *user);

  fleet::DirectFleetSettings fleet;
  for (const aws::S3Url& url : resolved->bucket_urls) fleet.visit.managed.urls.push_back(url.text);
  fleet.visit.managed.patterns = settings.credential_patterns;
  fleet.visit.login = resolved->login.user;
  fleet.visit.query_timeout = config_.sql.query_timeout;
  fleet.login_timeout = config_.sql.login_timeout;
  fleet.concurrency = config_.sql.concurrency;
  Watcher& watcher = surroundings_.watcher;
  wired->fleet_ = std::make_unique<fleet::DirectFleet>(
      std::move(fleet), std::move(*list), *connector_, resolved->login, *wired->store_, surroundings_.clock,
      &surroundings_.stop, [&watcher](const fleet::Progress& visit) { watcher.visited(visit); });
  wired->watched_fleet_ = std::make_unique<WatchedFleet>(*wired->fleet_, watcher);
  wired->engine_ = std::make_unique<rotation::Engine>(
      settings.policy,
      rotation::Ports{*wired->issuer_, *wired->store_, *wired->prover_, *wired->watched_fleet_},
      surroundings_.clock, surroundings_.random, &surroundings_.stop, watcher);
  return wired;
}

}  // namespace keyturn::setup
