#include "setup/wiring.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

#include "base/path.h"
#include "fleet/ec2_machines.h"
#include "setup/secret_settings.h"
#include "sqlserver/login_password.h"

namespace keyturn::setup {
namespace {

sqlserver::OdbcSettings odbc_settings(const SqlSettings& sql) {
  return {sql.driver, utf8_of(sql.ca_file), sql.trust_server_certificate, sql.browser_port};
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

fleet::ProgressSink progress_to(Watcher& watcher) {
  return [&watcher](const fleet::Progress& visit) { watcher.visited(visit); };
}

// What the hosts are told. The document's own defaults may be another rotation's.
fleet::SsmFleetSettings ssm_fleet_settings(const RotationSettings& rotation, const SqlSettings& sql) {
  const FleetSettings& given = rotation.fleet;
  fleet::SsmFleetSettings fleet;
  fleet.document = given.document;
  fleet.tags = given.ec2_tags;
  fleet.instance_ids = given.instance_ids;
  fleet.parameters = {{"CredentialSecret", {rotation.credential_secret}},
                      {"SqlUserSecret", {rotation.sql_user_secret}},
                      {"SqlPasswordSecret", {rotation.sql_password_secret}},
                      {"SqlAuthentication", {to_string(sql.authentication)}}};
  // Told only where it is so: a document of an earlier keyturn has no such parameter.
  if (sql.rotate_login) fleet.parameters["RotateLogin"] = {"true"};
  if (rotation.bucket_urls.empty())
    fleet.parameters["BucketUrlSecret"] = {rotation.bucket_url_secret};
  else
    fleet.parameters["BucketUrls"] = rotation.bucket_urls;
  if (!rotation.credential_patterns.empty())
    fleet.parameters["CredentialPatterns"] = rotation.credential_patterns;
  fleet.max_concurrency = given.max_concurrency;
  fleet.max_errors = given.max_errors;
  fleet.delivery_timeout = given.delivery_timeout;
  fleet.execution_timeout = given.execution_timeout;
  // A run looks again at targets that it saw more than half its deadline ago; and a function that stops after
  // four minutes must get further than looking, however long one host hangs.
  fleet.look_limit = std::min<Duration>(rotation.policy.deadline * 2 / 5, std::chrono::minutes{2});
  return fleet;
}

}  // namespace

Error no_instance(const FleetSettings& settings, const std::string& region) {
  return {
      ErrorKind::usage, Effect::none, "",
      fmt::format("No SQL Server was found: no EC2 instance in {} has the tag{} {}.", region,
                  settings.ec2_tags.size() == 1 ? "" : "s", tags_text(settings.ec2_tags)),
      "Tag the instances, set rotation.fleet.ec2_tags, list the servers as [[rotation.target]], or choose "
      "another region with --region."};
}

Wiring::Wiring(const Config& config, Surroundings surroundings, std::unique_ptr<AwsDoor> door)
    : config_(config),
      surroundings_(surroundings),
      door_(std::move(door)),
      aws_(door_->aws()),
      proofs_(aws_) {}

Result<std::unique_ptr<Wiring>> Wiring::open(const Config& config, const aws::Environment& environment,
                                             Surroundings surroundings) {
  auto door =
      AwsDoor::open(config.aws, environment, surroundings.clock, surroundings.random, &surroundings.stop);
  if (!door) return fail(door.error());
  return std::unique_ptr<Wiring>(new Wiring(config, surroundings, std::move(*door)));
}

Result<fleet::ListMachines> Wiring::machines(const RotationSettings& settings, WiredFleet& wired) const {
  if (settings.fleet.ec2_tags.empty()) return fleet::ListMachines{};
  auto ec2 = aws_.ec2();
  if (!ec2) return fail(ec2.error());
  wired.ec2_ = std::make_unique<aws::Ec2>(std::move(*ec2));
  return fleet::ec2_machines(*wired.ec2_, settings.fleet.ec2_tags);
}

Result<fleet::ListTargets> Wiring::inventory(const RotationSettings& settings, WiredFleet& wired) const {
  const auto found = machines(settings, wired);
  if (!found) return fail(found.error());
  fleet::ListTargets list =
      [listed = listed_targets(settings.fleet), machines = *found, fleet = settings.fleet,
       region = aws_.settings().region]() -> Result<std::vector<fleet::InventoryTarget>> {
    auto targets = fleet::list_targets(listed, machines);
    if (!targets && targets.error().kind == ErrorKind::not_found) return fail(no_instance(fleet, region));
    return targets;
  };
  if (const auto targets = list(); !targets) return fail(targets.error());
  return list;
}

Result<void> Wiring::wire_direct(const RotationSettings& settings, WiredFleet& wired) {
  if (!connector_) {
    auto connector = sqlserver::OdbcConnector::open(odbc_settings(config_.sql));
    if (!connector) return fail(connector.error());
    connector_ = *std::move(connector);
  }
  const auto resolved = SecretSettings(aws_).resolve(settings, config_.sql.authentication);
  if (!resolved) return fail(resolved.error());
  auto list = inventory(settings, wired);
  if (!list) return fail(list.error());
  fleet::DirectFleetSettings fleet;
  for (const aws::S3Url& url : resolved->bucket_urls) fleet.visit.managed.urls.push_back(url.text);
  fleet.visit.managed.patterns = settings.credential_patterns;
  fleet.visit.login = resolved->login.user;
  fleet.visit.query_timeout = config_.sql.query_timeout;
  fleet.login_timeout = config_.sql.login_timeout;
  fleet.concurrency = config_.sql.concurrency;
  auto reached = std::make_unique<fleet::DirectFleet>(
      std::move(fleet), std::move(*list), *connector_, resolved->login, *wired.store_, surroundings_.clock,
      &surroundings_.stop, progress_to(surroundings_.watcher), wired.passwords_.get(), &proofs_);
  wired.changer_ = reached.get();
  wired.fleet_ = std::move(reached);
  return {};
}

Result<void> Wiring::wire_ssm(const RotationSettings& settings, WiredFleet& wired) const {
  if (!settings.sql_user.empty())
    return fail(
        ErrorKind::usage,
        fmt::format("The rotation \"{}\" names a sql_user, but over Systems Manager the hosts read it from a "
                    "secret.",
                    settings.name),
        "Store the login's name in a secret, name that as sql_user_secret, and leave sql_user out; or set "
        "[rotation.fleet] via = \"direct\".");
  auto found = machines(settings, wired);
  if (!found) return fail(found.error());
  auto ssm = aws_.ssm();
  if (!ssm) return fail(ssm.error());
  wired.ssm_ = std::make_unique<aws::Ssm>(std::move(*ssm));
  fleet::SsmFleetSettings fleet = ssm_fleet_settings(settings, config_.sql);
  fleet.region = aws_.settings().region;
  auto reached = std::make_unique<fleet::SsmFleet>(std::move(fleet), std::move(*found), *wired.ssm_,
                                                   surroundings_.clock, surroundings_.random,
                                                   &surroundings_.stop, progress_to(surroundings_.watcher));
  if (auto hosts = reached->find_hosts(); !hosts) return hosts;
  wired.changer_ = reached.get();
  wired.fleet_ = std::move(reached);
  return {};
}

Result<std::unique_ptr<WiredFleet>> Wiring::wire_fleet(const RotationSettings& settings) {
  auto wired = std::make_unique<WiredFleet>();
  auto store = aws_.secret_store(settings.credential_secret);
  if (!store) return fail(store.error());
  wired->store_ = std::move(*store);
  if (config_.sql.rotate_login) {
    auto passwords = aws_.passwords(settings.sql_password_secret);
    if (!passwords) return fail(passwords.error());
    wired->passwords_ = std::move(*passwords);
  }
  const auto reached =
      settings.fleet.via == FleetWay::ssm ? wire_ssm(settings, *wired) : wire_direct(settings, *wired);
  if (!reached) return fail(reached.error());
  wired->watched_fleet_ = std::make_unique<WatchedFleet>(*wired->fleet_, surroundings_.watcher);
  return wired;
}

void Wiring::wire_login(const RotationSettings& settings, WiredRotation& wired) const {
  login::PasswordChanger* changer = wired.fleet_->changer();
  if (changer == nullptr) return;
  const rotation::Policy& key = settings.policy;
  login::Policy policy;
  policy.max_age = config_.sql.login_max_age;
  policy.deadline = key.deadline;
  policy.canaries = key.canaries;
  policy.wave_percent = key.wave_percent;
  policy.max_errors_percent = key.max_errors_percent;
  Random& random = surroundings_.random;
  wired.login_ = std::make_unique<login::Rotator>(
      std::move(policy),
      login::Ports{wired.fleet_->fleet(), *changer, *wired.fleet_->passwords_,
                   [&random] { return sqlserver::generate_login_password(random); }},
      surroundings_.clock, &surroundings_.stop, surroundings_.watcher);
}

Result<std::unique_ptr<WiredRotation>> Wiring::wire(const RotationSettings& settings) {
  const SecretSettings secrets(aws_);
  const auto user = secrets.iam_user(settings);
  if (!user) return fail(user.error());
  const auto urls = secrets.bucket_urls(settings);
  if (!urls) return fail(urls.error());
  if (const auto secret = secrets.describe(credential_secret(settings)); !secret) return fail(secret.error());

  auto wired = std::make_unique<WiredRotation>();
  auto issuer = aws_.key_issuer(*user);
  if (!issuer) return fail(issuer.error());
  wired->issuer_ = std::move(*issuer);
  wired->prover_ = aws_.key_prover(*urls, *user);
  auto fleet = wire_fleet(settings);
  if (!fleet) return fail(fleet.error());
  wired->fleet_ = std::move(*fleet);
  wired->engine_ = std::make_unique<rotation::Engine>(
      settings.policy,
      rotation::Ports{*wired->issuer_, wired->fleet_->store(), *wired->prover_, wired->fleet_->fleet()},
      surroundings_.clock, surroundings_.random, &surroundings_.stop, surroundings_.watcher);
  wire_login(settings, *wired);
  return wired;
}

}  // namespace keyturn::setup
