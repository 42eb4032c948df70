#include "lab/keyturn_config.h"

#include <toml++/toml.h>
#include <algorithm>
#include <sstream>

namespace keyturn::lab {
namespace {

toml::array targets_of(const Rack& rack) {
  toml::array targets;
  for (const Rack::Entry* entry : rack.entries()) {
    toml::table target{{"name", entry->settings.name}, {"host", "127.0.0.1"}};
    if (entry->settings.instance.empty())
      target.insert("port", entry->target->port());
    else
      target.insert("instance", entry->settings.instance);
    targets.push_back(std::move(target));
  }
  return targets;
}

// Credential names other than the bucket URL that some target has, such as the path-style form.
toml::array patterns_of(const LabConfig& config, const Rack& rack) {
  std::set<std::string> names;
  for (const Rack::Entry* entry : rack.entries())
    for (const std::string& name : entry->settings.credentials.value_or(std::vector<std::string>{}))
      if (name != config.bucket_url()) names.insert(name);
  toml::array patterns;
  for (const std::string& name : names) patterns.push_back(name);
  return patterns;
}

toml::table rotation_of(const LabConfig& config, const Rack& rack) {
  toml::table rotation{{"name", "lab"}};
  if (toml::array patterns = patterns_of(config, rack); !patterns.empty())
    rotation.insert("credential_patterns", std::move(patterns));
  std::string policy;
  for (const auto& [name, value] : config.policy)
    policy.append(name).append(" = ").append(value).append("\n");
  rotation.insert("policy", toml::parse(policy));
  return rotation;
}

std::string text_of(const toml::table& config) {
  std::ostringstream text;
  text << "# Written by keyturn-lab for the lab that it runs, with times so short that one can watch.\n"
       << config << "\n";
  return text.str();
}

}  // namespace

std::string direct_config(const LabConfig& config, const Rack& rack, const std::string& ca_file) {
  toml::table rotation = rotation_of(config, rack);
  rotation.insert("target", targets_of(rack));
  return text_of(toml::table{{"aws", toml::table{{"region", config.region}}},
                             {"sql", toml::table{{"ca_file", ca_file},
                                                 {"browser_port", rack.browser_port()},
                                                 {"login_timeout", "2s"},
                                                 {"query_timeout", "2s"}}},
                             {"rotation", toml::array{std::move(rotation)}}});
}

std::string ssm_config(const LabConfig& config, const Rack& rack) {
  toml::table rotation = rotation_of(config, rack);
  // A wave costs some seconds here.
  rotation["policy"].as_table()->insert("wave_percent", 100);
  rotation.insert("fleet", toml::table{{"via", "ssm"}, {"ec2_tags", toml::table{{"SQL", "2022"}}}});
  return text_of(toml::table{{"aws", toml::table{{"region", config.region}}},
                             {"rotation", toml::array{std::move(rotation)}}});
}

}  // namespace keyturn::lab
