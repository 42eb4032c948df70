#include "host/windows/installed.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "host/names.h"

namespace keyturn::host {
namespace {

const std::string kRoot = R"(SOFTWARE\Microsoft\Microsoft SQL Server)";
const std::string kRoot32 = R"(SOFTWARE\WOW6432Node\Microsoft\Microsoft SQL Server)";
constexpr const char* kNames = R"(\Instance Names\)";
constexpr std::size_t kLongestName = 64;  // 16 characters of Unicode

bool can_be_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7F &&
           std::string_view(R"(\/,:;'"&@{}[])").find(c) == std::string_view::npos;
  });
}

bool can_be_id(std::string_view text) { return !text.empty() && text.find('\\') == text.npos; }

// "MSSQL16.PAYROLL", "MSSQL10_50.PAYROLL": the engine's own keys.
struct EngineKey {
  unsigned version = 0;
  std::string id;
  std::string name;
};

std::optional<EngineKey> engine_key(const std::string& id) {
  constexpr std::string_view kEngine = "mssql";
  const std::size_t dot = id.find('.');
  if (!lowered(id).starts_with(kEngine) || dot == id.npos || dot == kEngine.size()) return std::nullopt;
  EngineKey key{0, id, id.substr(dot + 1)};
  for (const char c : id.substr(kEngine.size(), dot - kEngine.size())) {
    if (c == '_') continue;
    if (c < '0' || c > '9' || key.version > 99'999) return std::nullopt;
    key.version = key.version * 10 + unsigned(c - '0');
  }
  if (id.find('_') < dot) key.version /= 100;  // 10_50 is 10.50
  if (!can_be_name(key.name)) return std::nullopt;
  return key;
}

// What is gathered of one instance, under its name in lower case.
struct Evidence {
  std::string name;
  std::string id;               // by Instance Names\SQL
  bool is_named = false;        // there
  bool is_listed = false;       // in InstalledInstances
  std::vector<EngineKey> keys;  // of its name
};

class Finder {
 public:
  Finder(const Registry& registry, const RegistryKey& root) : registry_(registry) {
    for (const auto& [name, value] : read_if_there(registry, kRoot + kNames + "SQL").values) {
      if (!can_be_name(name)) continue;
      Evidence& found = evidence(name);
      found.is_named = true;
      const auto* id = std::get_if<std::string>(&value);
      if (id != nullptr && can_be_id(*id)) found.id = *id;
    }
    for (const std::string& name : root.texts("InstalledInstances"))
      if (can_be_name(name)) evidence(name).is_listed = true;
    for (const std::string& subkey : root.subkeys)
      if (const auto key = engine_key(subkey)) evidence(key->name).keys.push_back(*key);
  }

  std::vector<Installed> installed() {
    std::vector<Installed> all;
    for (const auto& [_, found] : evidence_) all.push_back(conclusion(found));
    add_32bit(all);
    std::sort(all.begin(), all.end(), [](const Installed& a, const Installed& b) {
      const auto rank = [](const Installed& each) {
        return std::tuple(!same_name(each.name, kDefaultInstance), lowered(each.name));
      };
      return rank(a) < rank(b);
    });
    return all;
  }

 private:
  Evidence& evidence(const std::string& name) {
    Evidence& found = evidence_[lowered(name)];
    if (found.name.empty()) found.name = name;
    return found;
  }

  [[nodiscard]] bool exists(const std::string& key) const {
    const auto read = registry_.read(key);
    return read || read.error().kind != ErrorKind::not_found;
  }

  [[nodiscard]] std::string key_of(const Evidence& found) const {
    if (!found.id.empty() && exists(kRoot + '\\' + found.id)) return kRoot + '\\' + found.id;
    const auto newest =
        std::max_element(found.keys.begin(), found.keys.end(),
                         [](const EngineKey& a, const EngineKey& b) { return a.version < b.version; });
    return newest == found.keys.end() ? "" : kRoot + '\\' + newest->id;
  }

  [[nodiscard]] Installed conclusion(const Evidence& found) const {
    Installed one{found.name, key_of(found), false, found.is_named};
    // InstalledInstances has the names of other services' instances, too.
    if (!found.is_named && found.is_listed)
      one.is_certain = !one.key.empty() || !is_other_service(found.name);
    return one;
  }

  [[nodiscard]] bool is_other_service(const std::string& name) const {
    const RegistryKey names = read_if_there(registry_, kRoot + R"(\Instance Names)");
    return std::any_of(names.subkeys.begin(), names.subkeys.end(), [&](const std::string& kind) {
      return read_if_there(registry_, kRoot + kNames + kind).text(name).has_value();
    });
  }

  // 64-bit setups leave their names there, too.
  void add_32bit(std::vector<Installed>& all) const {
    for (const auto& [name, value] : read_if_there(registry_, kRoot32 + kNames + "SQL").values) {
      if (!can_be_name(name) || evidence_.contains(lowered(name))) continue;
      const auto* id = std::get_if<std::string>(&value);
      const bool has_id = id != nullptr && can_be_id(*id);
      all.push_back({name, has_id ? kRoot32 + '\\' + *id : "", true, false});
    }
  }

  const Registry& registry_;
  std::map<std::string, Evidence> evidence_;
};

}  // namespace

Result<std::vector<Installed>> find_installed(const Registry& registry) {
  const auto root = registry.read(kRoot);
  if (!root && root.error().kind != ErrorKind::not_found) return fail(root.error());
  return Finder(registry, root ? *root : RegistryKey{}).installed();
}

std::string service_of(const std::string& instance) {
  return same_name(instance, kDefaultInstance) ? kDefaultInstance : "MSSQL$" + instance;
}

}  // namespace keyturn::host
