#include "setup/fleet_config.h"

#include <fmt/format.h>

#include <algorithm>

namespace keyturn::setup {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

bool has_only(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           extra.find(c) != extra.npos;
  });
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 7 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string check_host(std::string_view text) {
  return has_only(text, ".-_:%") ? "" : fmt::format("\"{}\" is not a host name or an IP address", text);
}

std::string check_instance(std::string_view text) {
  return text.size() <= 16 && has_only(text, "_$#") ? ""
                                                    : fmt::format("\"{}\" can't be an instance's name", text);
}

std::string check_way(std::string_view text) {
  return text == "ssm" || text == "direct" ? "" : fmt::format("\"{}\" is no way to a fleet", text);
}

// i- or mi-, and hexadecimal digits.
std::string check_node_id(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::string_view kind = text.substr(0, dash == text.npos ? 0 : dash);
  const std::string_view digits = dash == text.npos ? std::string_view{} : text.substr(dash + 1);
  const bool is_good = (kind == "i" || kind == "mi") && digits.size() >= 8 && digits.size() <= 17 &&
                       digits.find_first_not_of("0123456789abcdef") == digits.npos;
  return is_good ? "" : fmt::format("\"{}\" is not the id of a managed node", text);
}

std::string check_document(std::string_view text) {
  return text.size() <= 512 && has_only(text, "_-.:/")
             ? ""
             : fmt::format("\"{}\" can't be a document's name", text);
}

// Numbers and shares as SendCommand takes them.
std::string check_share(std::string_view text, std::string_view least) {
  const bool is_share = text.ends_with('%');
  const std::string_view digits = is_share ? text.substr(0, text.size() - 1) : text;
  const bool is_plain = is_number(digits) && (digits.size() == 1 || digits.front() != '0');
  const bool is_small = digits.size() < 3 || digits == "100";
  return is_plain && (!is_share || is_small) && digits >= least
             ? ""
             : fmt::format("\"{}\" is neither a number of hosts nor a share of them", text);
}
std::string check_concurrency(std::string_view text) { return check_share(text, "1"); }
std::string check_errors(std::string_view text) { return check_share(text, "0"); }

std::string default_target_name(const TargetSettings& target) {
  if (!target.instance.empty()) return target.host + "\\" + target.instance;
  return target.port == 0 ? target.host : fmt::format("{}:{}", target.host, target.port);
}

TargetSettings read_target(const toml::table& table, ConfigProblems& problems) {
  ConfigTable reader(table, "rotation.target", problems);
  TargetSettings target;
  reader.read("host", target.host, "a host name or an IP address", check_host);
  if (!reader.has("host")) reader.problem("host", "it is missing", "a host name or an IP address");
  int port = 0;
  reader.read("port", port, 1, 65535);
  target.port = std::uint16_t(port);
  reader.read("instance", target.instance, "the name of an instance, at most 16 characters", check_instance);
  target.name = default_target_name(target);
  reader.read("name", target.name, "a text");
  reader.finish({"password", "user"});
  return target;
}

void read_targets(ConfigTable& rotation, FleetSettings& fleet, ConfigProblems& problems) {
  std::set<std::string> names;
  for (const toml::table* table : rotation.tables("target")) {
    TargetSettings target = read_target(*table, problems);
    if (!names.insert(target.name).second)
      problems.add(table->source(), "rotation.target.name", fmt::format("\"{}\" is there twice", target.name),
                   "a name of its own for each target of a rotation");
    fleet.targets.push_back(std::move(target));
  }
}

void read_tags(const toml::table& tags, ConfigTable& reader, FleetSettings& fleet, ConfigProblems& problems) {
  ConfigTable tag_reader(tags, "rotation.fleet.ec2_tags", problems);
  fleet.ec2_tags.clear();
  for (const auto& [key, node] : tags)
    tag_reader.read(key.str(), fleet.ec2_tags[std::string(key.str())], "the tag's value, such as \"2022\"");
  if (fleet.ec2_tags.empty())
    reader.problem("ec2_tags", "it names no tag", "one or more tags, such as { SQL = \"2022\" }");
}

void read_way(ConfigTable& reader, FleetSettings& fleet) {
  std::string via = fleet.targets.empty() ? "ssm" : "direct";
  reader.read("via", via, "\"ssm\" or \"direct\"", check_way);
  fleet.via = via == "ssm" ? FleetWay::ssm : FleetWay::direct;
  if (fleet.via == FleetWay::ssm && !fleet.targets.empty())
    reader.problem("via",
                   "over Systems Manager each host finds its own instances, and targets are listed too",
                   "\"direct\" where there are [[rotation.target]]");
  if (fleet.via == FleetWay::ssm) return;
  for (const char* key :
       {"document", "instance_ids", "max_concurrency", "max_errors", "delivery_timeout", "execution_timeout"})
    if (reader.has(key))
      reader.problem(key, "it is for via = \"ssm\" alone", "this setting only with via = \"ssm\"");
}

}  // namespace

void read_fleet(ConfigTable& rotation, FleetSettings& fleet, ConfigProblems& problems) {
  read_targets(rotation, fleet, problems);
  const toml::table* table = rotation.table("fleet");
  const toml::table nothing;
  ConfigTable reader(table == nullptr ? nothing : *table, "rotation.fleet", problems);
  read_way(reader, fleet);
  reader.exclusive("ec2_tags", "instance_ids");
  reader.read("instance_ids", fleet.instance_ids, "a list of ids, such as [\"i-0123456789abcdef0\"]",
              check_node_id);
  if (fleet.targets.empty() && fleet.instance_ids.empty()) fleet.ec2_tags = {{"SQL", "2022"}};
  if (const toml::table* tags = reader.table("ec2_tags")) read_tags(*tags, reader, fleet, problems);
  reader.read("document", fleet.document, "the name or the ARN of a Command document", check_document);
  reader.read("max_concurrency", fleet.max_concurrency,
              "a number of hosts such as \"50\", or \"1%\" to \"100%\"", check_concurrency);
  reader.read("max_errors", fleet.max_errors, "a number of hosts such as \"0\", or \"0%\" to \"100%\"",
              check_errors);
  reader.read("delivery_timeout", fleet.delivery_timeout, seconds{30}, hours{1});
  reader.read("execution_timeout", fleet.execution_timeout, seconds{5}, hours{1});
  reader.finish();
}

}  // namespace keyturn::setup
