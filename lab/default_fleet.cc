#include <charconv>

#include "lab/lab_config.h"

namespace keyturn::lab {
namespace {

LabTarget target(const std::string& name, const std::string& instance = {}) {
  LabTarget made;
  made.name = name;
  made.instance = instance;
  return made;
}

LabTarget of_version(const std::string& name, const std::string& product_version,
                     const std::string& edition) {
  LabTarget made = target(name);
  made.product_version = product_version;
  made.edition = edition;
  return made;
}

}  // namespace

std::vector<LabTarget> default_targets(const LabConfig& config) {
  LabTarget payroll = target("sql02-payroll", "PAYROLL");
  LabTarget crm = target("sql02-crm", "CRM");
  payroll.machine = crm.machine = "SQL02";
  payroll.edition = crm.edition = "Standard Edition (64-bit)";
  LabTarget cluster = target("sqlcluster", "FCI1");
  cluster.cluster = true;
  LabTarget two_names = target("sql04");
  two_names.credentials = {config.bucket_url(), config.path_style_url()};
  LabTarget bare = target("sql05");
  bare.credentials.emplace();
  LabTarget forced = target("sql06");
  forced.encryption = Encryption::on;
  LabTarget linux_server = target("sqllinux");
  linux_server.platform = "linux";
  LabTarget late = target("sqllate");
  late.running = false;
  LabTarget old = of_version("sql19", "15.0.4430.1", "Standard Edition (64-bit)");
  LabTarget express = of_version("sqlexpress", "16.0.4085.2", "Express Edition (64-bit)");
  express.instance = "SQLEXPRESS";
  old.credentials.emplace();
  express.credentials.emplace();
  return {target("sql01"),
          payroll,
          crm,
          cluster,
          two_names,
          bare,
          forced,
          linux_server,
          late,
          of_version("sql25", "17.0.1000.7", "Enterprise Edition (64-bit)"),
          old,
          express};
}

void give_default_fleet_a_windows_host(LabConfig& config) {
  for (LabTarget& target : config.targets)
    if (config.is_default_fleet && target.machine == "SQL02") target.platform = "windows";
}

bool LabTarget::can_back_up_to_s3() const {
  int major = 0;
  std::from_chars(product_version.data(), product_version.data() + product_version.size(), major);
  return major >= 16 && edition.find("Express") == std::string::npos;
}

std::string LabConfig::bucket_url() const {
  return "s3://" + bucket + ".s3." + region + ".amazonaws.com/" + path;
}

std::string LabConfig::path_style_url() const {
  return "s3://s3." + region + ".amazonaws.com/" + bucket + "/" + path;
}

LabConfig default_lab_config() {
  LabConfig config;
  config.policy = {
      {"deadline", "\"8s\""},    {"orphan_min_age", "\"10s\""}, {"intent_window", "\"5s\""},
      {"grace", "\"12s\""},      {"longest_backup", "\"9s\""},  {"quarantine", "\"10s\""},
      {"propagation", "\"6s\""}, {"patience", "\"60s\""},
  };
  config.targets = default_targets(config);
  return config;
}

}  // namespace keyturn::lab
