#include "setup/host_wiring.h"

#include "base/path.h"
#include "base/version.h"
#include "setup/aws_door.h"

namespace keyturn::setup {
namespace {

// Within it AWS takes a request that is dated by a wrong clock.
constexpr Duration kSignatureTolerance = std::chrono::minutes{4};

Result<std::shared_ptr<sqlserver::SqlConnector>> opened(sqlserver::OdbcSettings settings) {
  auto connector = sqlserver::OdbcConnector::open(std::move(settings));
  if (!connector) return fail(connector.error());
  return std::shared_ptr<sqlserver::SqlConnector>(std::move(*connector));
}

}  // namespace

Result<std::unique_ptr<HostWiring>> HostWiring::open(const Config& config, const RotationSettings& rotation,
                                                     const aws::Environment& environment,
                                                     Surroundings surroundings) {
  std::unique_ptr<HostWiring> wiring(new HostWiring(config, rotation, surroundings));
  if (const auto connected = wiring->connect_aws(environment); !connected) return fail(connected.error());
  return wiring;
}

Result<void> HostWiring::connect_aws(const aws::Environment& environment) {
  const aws::AwsOptions options = aws_options(config_.aws);
  const auto ca_file = aws::ca_bundle(environment, options);
  if (!ca_file) return fail(ca_file.error());
  system_transport_ = net::system_transport({*ca_file, std::string("keyturn/") + program_version()});
  transport_ = std::make_unique<DatedTransport>(*system_transport_, clock_);
  auto aws = aws::AwsContext::create({*transport_, clock_, surroundings_.random, &surroundings_.stop},
                                     environment, options);
  if (!aws) return fail(aws.error());
  aws_ = std::make_unique<aws::AwsContext>(std::move(*aws));
  return {};
}

Result<std::shared_ptr<sqlserver::SqlConnector>> HostWiring::configured_connector() const {
  const SqlSettings& sql = config_.sql;
  return opened({sql.driver, utf8_of(sql.ca_file), sql.trust_server_certificate, sql.browser_port});
}

Result<std::shared_ptr<sqlserver::SqlConnector>> HostWiring::unnamed_connector(
    const std::filesystem::path& certificate) const {
  const SqlSettings& sql = config_.sql;
  const bool verified =
      !certificate.empty() && sqlserver::dialect_of(sql.driver) == sqlserver::Dialect::freetds;
  return opened({sql.driver, verified ? utf8_of(certificate) : "", !verified, sql.browser_port, false, true});
}

Result<void> HostWiring::read_settings() {
  const SecretSettings secrets(*aws_);
  const SqlAuthentication authentication = config_.sql.authentication;
  auto settings = secrets.resolve(rotation_, authentication);
  // A host whose clock is wrong is refused at first; the refusal tells AWS's time.
  const bool clock_was_wrong = std::chrono::abs(clock_.correction()) > kSignatureTolerance;
  if (!settings && settings.error().kind == ErrorKind::credentials && clock_was_wrong)
    settings = secrets.resolve(rotation_, authentication);
  if (!settings) return fail(settings.error());
  settings_ = std::move(*settings);
  return {};
}

Result<std::unique_ptr<fleet::DirectFleet>> HostWiring::fleet(std::vector<fleet::InventoryTarget> targets,
                                                              sqlserver::SqlConnector& connector,
                                                              fleet::ProgressSink progress) {
  auto store = aws_->secret_store(rotation_.credential_secret);
  if (!store) return fail(store.error());
  store_ = std::move(*store);
  if (config_.sql.rotate_login && !settings_.login.integrated) {
    auto passwords = aws_->passwords(rotation_.sql_password_secret);
    if (!passwords) return fail(passwords.error());
    passwords_ = std::move(*passwords);
  }
  proofs_ = std::make_unique<S3ProofStore>(*aws_);
  fleet::DirectFleetSettings settings;
  for (const aws::S3Url& url : settings_.bucket_urls) settings.visit.managed.urls.push_back(url.text);
  settings.visit.managed.patterns = rotation_.credential_patterns;
  settings.visit.login = settings_.login.user;
  settings.visit.query_timeout = config_.sql.query_timeout;
  settings.login_timeout = config_.sql.login_timeout;
  settings.concurrency = config_.sql.concurrency;
  const auto list = [targets = std::move(targets)]() -> Result<std::vector<fleet::InventoryTarget>> {
    return targets;
  };
  return std::make_unique<fleet::DirectFleet>(std::move(settings), list, connector, settings_.login, *store_,
                                              clock_, &surroundings_.stop, std::move(progress),
                                              passwords_.get(), proofs_.get());
}

}  // namespace keyturn::setup
