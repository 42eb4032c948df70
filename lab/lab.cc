#include "lab/lab.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lab/function_account.h"
#include "lab/keyturn_config.h"
#include "lab/keyturn_program.h"

namespace keyturn::lab {
namespace {

constexpr std::chrono::days kAgeOfTheFirstKey{30};
constexpr std::chrono::milliseconds kTick{25};
constexpr const char* kHostRole = "keyturn-host";
constexpr const char* kCommandDocument = "SQL-Credentials-UpdateCreds";
constexpr const char* kNetworkName = "localhost";  // of failover clusters: every machine is this one
const std::vector<std::string> kSecrets{"iamuser", "sqlcredential", "sqluser", "sqlpass", "bucketurl"};

sim::AccessPolicy backup_policy(const std::string& bucket) {
  const std::string arn = "arn:aws:s3:::" + bucket;
  return {{true, "s3:ListBucket", arn},
          {true, "s3:GetBucketLocation", arn},
          {true, "s3:PutObject", arn + "/*"},
          {true, "s3:GetObject", arn + "/*"},
          {true, "s3:AbortMultipartUpload", arn + "/*"},
          {true, "s3:DeleteObject", arn + "/*keyturn-proof/*"}};
}

// What the blog gives to its servers' instance profile.
sim::AccessPolicy host_policy() {
  sim::AccessPolicy policy;
  for (const std::string& secret : kSecrets)
    policy.push_back(
        {true, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:" + secret + "-??????"});
  return policy;
}

Result<std::filesystem::path> make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "keyturn-lab-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return fail(ErrorKind::unavailable, "The lab can't make a folder in " + name + ".",
                "Set TMPDIR to one it may write to.");
  return std::filesystem::path(name);
}

}  // namespace

Lab::Lab(LabConfig config, CertificateAuthority authority, std::filesystem::path folder,
         std::filesystem::path keyturn)
    : config_(std::move(config)),
      authority_(std::move(authority)),
      folder_(std::move(folder)),
      keyturn_(std::move(keyturn)),
      s3_transport_(net::system_transport({(folder_ / "ca.pem").string(), "sql-server"})) {}

Lab::~Lab() {
  ticker_.reset();
  if (agent_) agent_->stop_all();
  functions_.reset();
  if (rack_) rack_->stop_backups();  // while S3 still answers
  server_.reset();                   // it calls the control interface
  metadata_server_.reset();
  world_.faults().set_killer({});
  control_.reset();
  rack_.reset();
  wine_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<std::unique_ptr<Lab>> Lab::start(LabConfig config, LabOptions options) {
  auto authority = CertificateAuthority::create("keyturn lab CA");
  if (!authority) return tl::unexpected(authority.error());
  auto keyturn = find_keyturn(options.keyturn);
  if (!keyturn) return tl::unexpected(keyturn.error());
  const auto folder = make_folder();
  if (!folder) return tl::unexpected(folder.error());
  if (auto written = authority->write_certificate((*folder / "ca.pem").string()); !written)
    return tl::unexpected(written.error());
  std::unique_ptr<Lab> lab(new Lab(std::move(config), *std::move(authority), *folder, *std::move(keyturn)));
  if (auto opened = lab->open(options); !opened) return tl::unexpected(opened.error());
  return lab;
}

Result<void> Lab::open(LabOptions options) {
  if (auto opened = open_wine(options); !opened) return opened;
  if (config_.sql_password.empty()) config_.sql_password = "Lab-" + random_.uuid();
  fill_account();
  if (auto started = start_servers(options); !started) return started;
  fill_hosts();
  if (auto filled = fill_rack(); !filled) return filled;
  if (auto stored = store_documents(); !stored) return stored;
  if (auto filled = fill_functions(); !filled) return filled;
  ticker_ = std::make_unique<Ticker>(
      [this] {
        world_.advance();
        functions_->poll();
      },
      kTick);
  return {};
}

Result<void> Lab::open_wine(const LabOptions& options) {
  if (options.windows.keyturn.empty()) return {};
  auto programs = find_windows_programs(options.windows);
  if (!programs) return tl::unexpected(programs.error());
  windows_ = *std::move(programs);
  auto wine = Wine::open(options.wine);
  if (!wine) return tl::unexpected(wine.error());
  wine_ = *std::move(wine);
  give_default_fleet_a_windows_host(config_);
  return {};
}

Result<void> Lab::start_servers(LabOptions options) {
  std::optional<ServerCertificate> certificate;
  if (options.tls) {
    auto issued = authority_.issue({{}, false, false});
    if (!issued) return tl::unexpected(issued.error());
    certificate = *std::move(issued);
  }
  server_ = std::make_unique<HttpServer>(
      [this](IncomingRequest request, const StopFlag& stop) { return answer(std::move(request), stop); },
      certificate);
  const auto port = server_->start(options.port);
  if (!port) return tl::unexpected(port.error());
  endpoint_ = (options.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(*port);
  metadata_ = std::make_unique<MetadataService>(
      world_, MetadataService::Settings{kHostRole, config_.region, config_.credentials_lifetime});
  metadata_server_ = std::make_unique<HttpServer>(
      [this](const IncomingRequest& request, const StopFlag&) {
        return sim::Exchange{metadata_->handle(request), sim::Ending::reply};
      },
      std::nullopt);  // as on EC2: no TLS
  const auto metadata_port = metadata_server_->start(0);
  if (!metadata_port) return tl::unexpected(metadata_port.error());
  metadata_->set_endpoint("http://127.0.0.1:" + std::to_string(*metadata_port));
  return {};
}

// The account as the blog leaves it: five secrets, one IAM user with one key, a bucket.
void Lab::fill_account() {
  sim::Iam& iam = world_.iam();
  iam.configure(config_.iam);
  admin_ = iam.add_principal("lab-admin", {{true, "*", "*"}});
  iam.add_role("keyturn", {{true, "*", "*"}});
  iam.add_role(kHostRole, host_policy());
  iam.add_user(config_.iam_user, backup_policy(config_.bucket));
  std::string credential = "AAA:bbbbbb";
  if (!config_.placeholder_secret) {
    const sim::IamKey key = iam.add_key(config_.iam_user, clock_.now() - kAgeOfTheFirstKey);
    credential = current_key_ = key.access_key_id + ":" + key.secret;
  }
  world_.s3().add_bucket(config_.bucket, config_.region);
  world_.s3().set_min_part_bytes(0);  // the lab's backups are small
  const std::pair<const char*, std::string> secrets[] = {{"iamuser", config_.iam_user},
                                                         {"sqlcredential", credential},
                                                         {"sqluser", config_.sql_user},
                                                         {"sqlpass", config_.sql_password},
                                                         {"bucketurl", config_.bucket_url()}};
  for (const auto& [name, value] : secrets) (void)world_.secrets().create_secret(name, random_.uuid(), value);
  for (int i = 0; i < config_.untagged_instances; ++i)
    world_.ec2().add_instance({}, "10.0.0." + std::to_string(i + 10));
}

void Lab::fill_hosts() {
  hosts_ = std::make_unique<Hosts>(HostParts{world_, *metadata_, processes_, folder_ / "hosts", keyturn_,
                                             folder_ / "ca.pem", config_.region, way_to_aws(), wine_.get(),
                                             windows_});
  agent_ = std::make_shared<HostAgent>(*hosts_);
  world_.ssm().set_agent(agent_);
  world_.faults().set_killer([this](const sim::FaultVictim& victim) {
    std::string machine;
    for (const Rack::Entry* entry : rack_->entries())
      if (entry->settings.name == victim.target) machine = entry->machine;
    hosts_->kill(victim, machine);
  });
}

Result<void> Lab::fill_rack() {
  rack_ =
      std::make_unique<Rack>(RackParts{world_, config_, authority_, *s3_transport_, endpoint_, current_key_,
                                       [this](const std::string& machine) { return put_host(machine); }});
  control_ = std::make_unique<Control>(world_, *rack_, *hosts_, [this] { (void)write_keyturn_configs(); });
  if (auto started = rack_->start_browser(); !started) return started;
  for (const LabTarget& target : config_.targets)
    if (auto added = rack_->add(target); !added) return added;
  if (config_.backups) rack_->start_backups();
  return write_keyturn_configs();
}

Result<void> Lab::put_host(const std::string& machine) {
  const auto known = rack_->machine(machine);
  if (!known) return tl::unexpected(known.error());
  std::vector<HostInstance> instances;
  for (const Rack::Entry* entry : rack_->entries_of(machine))
    instances.push_back({entry->settings.instance, entry->target->port(), entry->settings.product_version,
                         entry->settings.edition, entry->target->running(), entry->changed_at,
                         entry->settings.cluster ? kNetworkName : ""});
  return hosts_->put(*known, instances);
}

// As it is shipped: what the lab's hosts run is what real ones do.
Result<void> Lab::store_documents() {
  const auto command = output_of_keyturn(keyturn_, {"render", "ssm-command"}, folder_);
  if (!command) return tl::unexpected(command.error());
  const auto made =
      world_.ssm().create_document(kCommandDocument, "Command", *command, "/AWS::EC2::Instance");
  if (!made)
    return fail(ErrorKind::invalid_reply, "The Command document is refused: " + made.error().message);
  return {};
}

std::map<std::string, std::string> Lab::way_to_aws() const {
  std::map<std::string, std::string> environment{{"AWS_ENDPOINT_URL", endpoint_}};
  if (endpoint_.starts_with("https:")) environment["AWS_CA_BUNDLE"] = (folder_ / "ca.pem").string();
  return environment;
}

Result<void> Lab::fill_functions() {
  std::filesystem::path package = config_.lambda_package;
  if (config_.lambda_package.empty()) {
    package = folder_ / "package";
    if (auto made = make_package(package, keyturn_); !made) return made;
  } else if (!std::filesystem::exists(package)) {
    return fail(ErrorKind::usage, "There is no package " + package.string() + " for the lab's functions.",
                "`make lambda` builds it.");
  }
  const std::string role = "arn:aws:iam::" + world_.iam().account() + ":role/" + kAutomationRole;
  const auto automation =
      output_of_keyturn(keyturn_, {"render", "ssm-automation", "--assume-role", role}, folder_);
  if (!automation) return tl::unexpected(automation.error());
  functions_ =
      std::make_unique<FunctionHost>(FunctionParts{world_, processes_, folder_ / "functions", way_to_aws()});
  world_.schedule_clock().set_speed(double(config_.schedule_speed));
  return set_up_functions(
      world_, {config_.iam_user, ssm_config(config_, *rack_), package, *automation, config_.schedules});
}

Result<void> Lab::write_keyturn_configs() const {
  const std::pair<const char*, std::string> files[] = {
      {"keyturn.toml", direct_config(config_, *rack_, (folder_ / "ca.pem").string())},
      {"keyturn-ssm.toml", ssm_config(config_, *rack_)}};
  for (const auto& [name, text] : files) {
    std::ofstream stream(folder_ / name, std::ios::trunc);
    stream << text;
    stream.close();
    if (!stream)
      return fail(ErrorKind::unavailable, "The lab can't write " + (folder_ / name).string() + ".");
  }
  return {};
}

sim::Exchange Lab::answer(IncomingRequest request, const StopFlag& stop) {
  if (!Control::is_for_it(request.target))
    return front_.handle(request.method, request.target, request.headers, std::move(request.body), &stop);
  // A request that comes before the fleet stands can only be a guess at the port.
  if (!control_) return {{503, {}, {}}, sim::Ending::reply};
  return {control_->handle(request.method, request.target, request.body), sim::Ending::reply};
}

std::string Lab::ready_line(const std::string& version) const {
  nlohmann::ordered_json environment{{"AWS_ENDPOINT_URL", endpoint_},
                                     {"AWS_ACCESS_KEY_ID", admin_.access_key_id},
                                     {"AWS_SECRET_ACCESS_KEY", admin_.secret},
                                     {"AWS_REGION", config_.region},
                                     {"AWS_DEFAULT_REGION", config_.region}};
  const std::string ca_file = (folder_ / "ca.pem").string();
  if (endpoint_.starts_with("https:")) environment["AWS_CA_BUNDLE"] = ca_file;
  nlohmann::ordered_json targets = nlohmann::ordered_json::array();
  for (const Rack::Entry* entry : rack_->entries())
    targets.push_back({{"name", entry->settings.name},
                       {"host", "127.0.0.1"},
                       {"port", entry->target->port()},
                       {"instance", entry->settings.instance},
                       {"product_version", entry->settings.product_version},
                       {"login", config_.sql_user},
                       {"password", config_.sql_password}});
  nlohmann::ordered_json hosts = nlohmann::ordered_json::array();
  for (const Host& host : hosts_->all())
    hosts.push_back({{"name", host.machine},
                     {"instance_id", host.instance_id},
                     {"platform", host.platform},
                     {"root", host.root.string()},
                     {"environment", host.environment}});
  return nlohmann::ordered_json{{"version", version},
                                {"aws_endpoint_url", endpoint_},
                                {"ca_bundle", ca_file},
                                {"env", environment},
                                {"keyturn_config", (folder_ / "keyturn.toml").string()},
                                {"keyturn_config_ssm", (folder_ / "keyturn-ssm.toml").string()},
                                {"hosts", hosts},
                                {"targets", targets}}
      .dump();
}

}  // namespace keyturn::lab
