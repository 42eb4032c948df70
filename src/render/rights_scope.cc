#include "render/rights_scope.h"

#include <algorithm>

namespace keyturn::render {
namespace {

class ValueList {
 public:
  // Empty texts and what is there already are left out.
  void add(const std::string& name, const std::string& value) {
    std::vector<std::string>& all = values_[name];
    if (!value.empty() && std::find(all.begin(), all.end(), value) == all.end()) all.push_back(value);
  }
  // Of these the same value may be there twice.
  void add_pair(const std::string& name, const std::string& value) { values_[name].push_back(value); }
  [[nodiscard]] RightValues take() { return std::move(values_); }

 private:
  RightValues values_;
};

void add_place(ValueList& values, const AccountPlace& place) {
  values.add("account", place.account);
  values.add("region", place.region);
  values.add("partition", place.partition);
  values.add("dns_suffix", place.dns_suffix);
  values.add("user_path", place.user_path);
  values.add("kms_key", place.kms_key);
  values.add("functions", place.functions);
  values.add("package", place.package);
  values.add("windows_package", place.windows_package);
  for (const std::string& objects : place.object_places) {
    values.add("bucket", objects.substr(0, objects.find('/')));
    values.add("object_prefix", objects + "/");
  }
}

// A value that stands in the configuration is read from no secret.
void add_secrets(ValueList& values, const setup::Config& config, const setup::RotationSettings& rotation) {
  values.add("credential_secret", rotation.credential_secret);
  values.add("user", rotation.iam_user);
  if (rotation.iam_user.empty()) values.add("user_secret", rotation.iam_user_secret);
  if (rotation.bucket_urls.empty()) values.add("url_secret", rotation.bucket_url_secret);
  // Over Systems Manager Linux hosts keep the SQL login.
  const bool with_login = config.sql.authentication == setup::SqlAuthentication::sql ||
                          rotation.fleet.via == setup::FleetWay::ssm;
  if (with_login && rotation.sql_user.empty()) values.add("login_secret", rotation.sql_user_secret);
  if (with_login) values.add("password_secret", rotation.sql_password_secret);
}

void add_fleet(ValueList& values, const setup::FleetSettings& fleet) {
  values.add("document", fleet.document);
  for (const auto& [key, value] : fleet.ec2_tags) {
    values.add_pair("tag_key", key);
    values.add_pair("tag_value", value);
  }
  for (const std::string& id : fleet.instance_ids)
    values.add(id.starts_with("mi-") ? "managed_instance" : "instance", id);
}

}  // namespace

RightsScope scope_of(const setup::Config& config, const setup::RotationSettings& rotation,
                     const AccountPlace& place) {
  RightsScope scope;
  ValueList values;
  add_place(values, place);
  add_secrets(values, config, rotation);
  add_fleet(values, rotation.fleet);
  scope.values = values.take();

  const bool over_ssm = rotation.fleet.via == setup::FleetWay::ssm;
  scope.needs = {Need::always, Need::kms, Need::functions, Need::package,
                 over_ssm ? Need::ssm : Need::direct};
  if (!rotation.fleet.ec2_tags.empty()) scope.needs.insert(Need::instances);
  if (config.sql.rotate_login) scope.needs.insert(Need::rotate_login);
  if (rotation.policy.proof_backup != rotation::ProofBackup::off) scope.needs.insert(Need::proof_backup);
  if (place.vpc) scope.needs.insert(Need::vpc);
  if (place.restore) scope.needs.insert(Need::restore);
  return scope;
}

}  // namespace keyturn::render
