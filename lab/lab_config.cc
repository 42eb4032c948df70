#include "lab/lab_config.h"

#include <toml++/toml.h>
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace keyturn::lab {
namespace {

// Reads one table; remembers the first problem, with the place where it stands.
class Reader {
 public:
  Reader(const toml::table& table, std::string where, const std::string& source)
      : table_(table), where_(std::move(where)), source_(source) {}

  void read(const char* name, std::string& into) {
    if (const auto* node = find(name)) set(*node, name, node->value_exact<std::string>(), into, "a text");
  }
  void read(const char* name, bool& into) {
    if (const auto* node = find(name)) set(*node, name, node->value_exact<bool>(), into, "true or false");
  }
  void read(const char* name, std::optional<bool>& into) {
    bool value = into.value_or(false);
    if (find(name) == nullptr) return;
    read(name, value);
    into = value;
  }
  void read(const char* name, Duration& into) {
    const auto* node = find(name);
    if (node == nullptr) return;
    const auto parsed = parse_duration(node->value_or(std::string{}));
    if (parsed)
      into = *parsed;
    else
      complain(*node, name, "a duration such as \"2s\" or \"500ms\"");
  }
  void read(const char* name, std::int64_t& into, std::int64_t least, std::int64_t most) {
    const auto* node = find(name);
    if (node == nullptr) return;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= least && *value <= most)
      into = *value;
    else
      complain(*node, name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  void read(const char* name, std::vector<std::string>& into) {
    const auto* node = find(name);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    std::vector<std::string> values;
    if (array != nullptr)
      for (const auto& element : *array)
        if (const auto text = element.value_exact<std::string>()) values.push_back(*text);
    if (array != nullptr && values.size() == array->size())
      into = values;
    else
      complain(*node, name, "a list of texts");
  }
  // Texts, or with `raw` any values in their TOML form.
  void read(const char* name, std::map<std::string, std::string>& into, bool raw = false) {
    const auto* node = find(name);
    if (node == nullptr) return;
    const auto* table = node->as_table();
    if (table == nullptr) return complain(*node, name, "a table");
    if (!raw) into.clear();
    for (const auto& [key, value] : *table) {
      std::ostringstream text;
      if (raw)
        text << toml::node_view(value);
      else if (const auto plain = value.value_exact<std::string>())
        text << *plain;
      else
        return complain(value, name, "a table of texts");
      into[std::string(key.str())] = text.str();
    }
  }
  const toml::table* table(const char* name) {
    const auto* node = find(name);
    if (node != nullptr && !node->is_table()) complain(*node, name, "a table");
    return node == nullptr ? nullptr : node->as_table();
  }
  const toml::array* array(const char* name) {
    const auto* node = find(name);
    if (node != nullptr && !node->is_array()) complain(*node, name, "a list of tables");
    return node == nullptr ? nullptr : node->as_array();
  }
  void complain(const toml::node& node, const std::string& name, const std::string& allowed) {
    if (!problem_.empty()) return;
    std::ostringstream text;
    text << source_ << ":" << node.source().begin.line << ": setting \"" << where_ << name << "\" must be "
         << allowed << ".";
    problem_ = text.str();
  }
  // After all reads: what is in the table and was not asked for is a mistake.
  Result<void> finish() {
    for (const auto& [key, node] : table_)
      if (problem_.empty() && known_.count(std::string(key.str())) == 0) {
        std::ostringstream text;
        text << source_ << ":" << key.source().begin.line << ": there is no setting \"" << where_ << key.str()
             << "\"; allowed:";
        for (const std::string& name : known_) text << " " << name;
        problem_ = text.str() + ".";
      }
    if (!problem_.empty()) return fail(ErrorKind::usage, problem_);
    return {};
  }

 private:
  const toml::node* find(const char* name) {
    known_.insert(name);
    return table_.get(name);
  }
  template <class T>
  void set(const toml::node& node, const char* name, const std::optional<T>& value, T& into,
           const char* allowed) {
    if (value)
      into = *value;
    else
      complain(node, name, allowed);
  }

  const toml::table& table_;
  const std::string where_;
  const std::string& source_;
  std::set<std::string> known_;
  std::string problem_;
};

Result<LabTarget> read_target(const toml::table& table, const std::string& source) {
  Reader reader(table, "target.", source);
  LabTarget target;
  std::string encryption = "off";
  std::int64_t port = 0;
  std::vector<std::string> credentials;
  std::vector<std::string> permissions(target.permissions.begin(), target.permissions.end());
  reader.read("name", target.name);
  reader.read("machine", target.machine);
  reader.read("instance", target.instance);
  reader.read("product_version", target.product_version);
  reader.read("edition", target.edition);
  reader.read("platform", target.platform);
  reader.read("cluster", target.cluster);
  reader.read("running", target.running);
  reader.read("port", port, 0, 65'535);
  reader.read("clock_ahead_s", target.clock_ahead_s, -86'400, 86'400);
  reader.read("encryption", encryption);
  reader.read("databases", target.databases);
  reader.read("credentials", credentials);
  reader.read("permissions", permissions);
  reader.read("tags", target.tags);
  reader.read("backups", target.backups);
  target.port = std::uint16_t(port);
  target.permissions = {permissions.begin(), permissions.end()};
  if (table.contains("credentials")) target.credentials = credentials;
  if (encryption == "on") target.encryption = Encryption::on;
  if (encryption == "not_supported") target.encryption = Encryption::not_supported;
  if (target.encryption == Encryption::off && encryption != "off")
    reader.complain(*table.get("encryption"), "encryption", "\"off\", \"on\" or \"not_supported\"");
  if (auto done = reader.finish(); !done) return tl::unexpected(done.error());
  if (auto good = check(target); !good) {
    std::ostringstream text;
    text << source << ":" << table.source().begin.line << ": " << good.error().message;
    return fail(ErrorKind::usage, text.str());
  }
  return target;
}

Result<void> read_sections(Reader& root, LabConfig& config, const std::string& source) {
  const toml::table nothing;
  const auto section = [&](const char* name) {
    const toml::table* table = root.table(name);
    return Reader(table == nullptr ? nothing : *table, std::string(name) + ".", source);
  };
  Reader aws = section("aws");
  std::int64_t untagged = config.untagged_instances;
  aws.read("region", config.region);
  aws.read("iam_user", config.iam_user);
  aws.read("bucket", config.bucket);
  aws.read("path", config.path);
  aws.read("placeholder_secret", config.placeholder_secret);
  aws.read("list_delay", config.iam.list_delay);
  aws.read("usable_delay", config.iam.usable_delay);
  aws.read("status_delay", config.iam.status_delay);
  aws.read("last_used_lag", config.iam.last_used_lag);
  aws.read("untagged_instances", untagged, 0, 10'000);
  aws.read("credentials_lifetime", config.credentials_lifetime);
  config.untagged_instances = int(untagged);
  Reader sql = section("sql");
  sql.read("user", config.sql_user);
  sql.read("password", config.sql_password);
  Reader backups = section("backups");
  backups.read("running", config.backups);
  backups.read("interval", config.backup_interval);
  backups.read("duration", config.backup_duration);
  Reader lambda = section("lambda");
  lambda.read("package", config.lambda_package);
  Reader schedule = section("schedule");
  schedule.read("running", config.schedules);
  schedule.read("speed", config.schedule_speed, 1, 10'000'000);
  root.read("policy", config.policy, /*raw=*/true);
  for (Reader* reader : {&aws, &sql, &backups, &lambda, &schedule})
    if (auto done = reader->finish(); !done) return done;
  return {};
}

}  // namespace

Result<void> check(const LabTarget& target) {
  const auto is_name = [](const std::string& text, std::string_view also) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
      return std::isalnum(c) != 0 || also.find(char(c)) != std::string_view::npos;
    });
  };
  if (!is_name(target.name, "-_."))
    return fail(ErrorKind::usage,
                "A target needs a name of letters, digits, '-', '_' and '.', 64 at the most.");
  const std::string who = "The target " + target.name + " ";
  if (!target.instance.empty() && !is_name(target.instance, "_$#"))
    return fail(ErrorKind::usage,
                who + "has an instance name that SQL Server would not take: " + target.instance + ".");
  if (target.product_version.empty() ||
      std::isdigit(static_cast<unsigned char>(target.product_version[0])) == 0)
    return fail(ErrorKind::usage, who + "needs a product_version such as \"16.0.4085.2\".");
  if (target.platform != "windows" && target.platform != "linux")
    return fail(ErrorKind::usage,
                who + "has the platform \"" + target.platform + "\"; it must be windows or linux.");
  return {};
}

bool same_instance(const std::string& one, const std::string& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

Result<LabConfig> parse_lab_config(const std::string& text, const std::string& source) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    std::ostringstream sentence;
    sentence << source << ":" << error.source().begin.line << ": " << error.description();
    return fail(ErrorKind::usage, sentence.str());
  }
  LabConfig config = default_lab_config();
  Reader root(table, "", source);
  if (auto done = read_sections(root, config, source); !done) return tl::unexpected(done.error());
  const toml::array* list = root.array("target");
  if (auto done = root.finish(); !done) return tl::unexpected(done.error());
  std::vector<LabTarget> targets;
  if (list != nullptr)
    for (const auto& node : *list) {
      const toml::table* entry = node.as_table();
      if (entry == nullptr)
        return fail(ErrorKind::usage, source + ": every target must be a [[target]] table.");
      auto target = read_target(*entry, source);
      if (!target) return tl::unexpected(target.error());
      targets.push_back(*std::move(target));
    }
  config.targets = list != nullptr ? targets : default_targets(config);
  config.is_default_fleet = list == nullptr;
  std::set<std::string> names;
  for (const LabTarget& target : config.targets)
    if (!names.insert(target.name).second)
      return fail(ErrorKind::usage, source + ": two targets are called " + target.name + ".");
  for (auto one = config.targets.begin(); one != config.targets.end(); ++one)
    for (auto other = config.targets.begin(); other != one; ++other)
      if (!one->instance.empty() && same_instance(one->instance, other->instance))
        return fail(ErrorKind::usage,
                    source + ": the targets " + other->name + " and " + one->name +
                        " have the same instance name, and one SQL Browser answers for all.");
  return config;
}

Result<LabConfig> load_lab_config(const std::string& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return fail(ErrorKind::usage, "The lab's configuration " + file + " can't be read.");
  return parse_lab_config(text.str(), file);
}

}  // namespace keyturn::lab
