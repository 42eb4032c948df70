#include "lab/lab.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lab/keyturn_config.h"

namespace keyturn::lab {
namespace {

constexpr std::chrono::days kAgeOfTheFirstKey{30};

sim::AccessPolicy backup_policy(const std::string& bucket) {
  return {{true, "s3:ListBucket", bucket},
          {true, "s3:GetBucketLocation", bucket},
          {true, "s3:PutObject", bucket + "/*"},
          {true, "s3:GetObject", bucket + "/*"},
          {true, "s3:AbortMultipartUpload", bucket + "/*"}};
}

Result<std::filesystem::path> make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "keyturn-lab-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return fail(ErrorKind::unavailable, "The lab can't make a folder in " + name + ".",
                "Set TMPDIR to one it may write to.");
  return std::filesystem::path(name);
}

}  // namespace

Lab::Lab(LabConfig config, CertificateAuthority authority, std::filesystem::path folder)
    : config_(std::move(config)),
      authority_(std::move(authority)),
      folder_(std::move(folder)),
      s3_transport_({(folder_ / "ca.pem").string(), "sql-server"}) {}

Lab::~Lab() {
  if (rack_) rack_->stop_backups();  // while S3 still answers
  server_.reset();                   // it calls the control interface
  control_.reset();
  rack_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<std::unique_ptr<Lab>> Lab::start(LabConfig config, LabOptions options) {
  auto authority = CertificateAuthority::create("keyturn lab CA");
  if (!authority) return tl::unexpected(authority.error());
  const auto folder = make_folder();
  if (!folder) return tl::unexpected(folder.error());
  if (auto written = authority->write_certificate((*folder / "ca.pem").string()); !written)
    return tl::unexpected(written.error());
  std::unique_ptr<Lab> lab(new Lab(std::move(config), *std::move(authority), *folder));
  if (auto opened = lab->open(options); !opened) return tl::unexpected(opened.error());
  return lab;
}

Result<void> Lab::open(LabOptions options) {
  if (config_.sql_password.empty()) config_.sql_password = "Lab-" + random_.uuid();
  fill_account();
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
  return fill_rack();
}

// The account as the blog leaves it: five secrets, one IAM user with one key, a bucket.
void Lab::fill_account() {
  sim::Iam& iam = world_.iam();
  iam.configure(config_.iam);
  admin_ = iam.add_principal("lab-admin", {{true, "*", "*"}});
  iam.add_role("keyturn", {{true, "*", "*"}});
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

Result<void> Lab::fill_rack() {
  rack_ =
      std::make_unique<Rack>(RackParts{world_, config_, authority_, s3_transport_, endpoint_, current_key_});
  control_ = std::make_unique<Control>(world_, *rack_, [this] { (void)write_keyturn_config(); });
  if (auto started = rack_->start_browser(); !started) return started;
  for (const LabTarget& target : config_.targets)
    if (auto added = rack_->add(target); !added) return added;
  if (config_.backups) rack_->start_backups();
  return write_keyturn_config();
}

Result<void> Lab::write_keyturn_config() const {
  const std::filesystem::path file = folder_ / "keyturn.toml";
  std::ofstream stream(file, std::ios::trunc);
  stream << keyturn_config(config_, *rack_, (folder_ / "ca.pem").string());
  stream.flush();
  if (!stream) return fail(ErrorKind::unavailable, "The lab can't write " + file.string() + ".");
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
  return nlohmann::ordered_json{{"version", version},
                                {"aws_endpoint_url", endpoint_},
                                {"ca_bundle", ca_file},
                                {"env", environment},
                                {"keyturn_config", (folder_ / "keyturn.toml").string()},
                                {"targets", targets}}
      .dump();
}

}  // namespace keyturn::lab
