#include "host/windows/server_settings.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "host/instance_settings.h"
#include "host/names.h"
#include "host/windows/addresses.h"
#include "host/windows/installed.h"

namespace keyturn::host {
namespace {

constexpr const char* kNetwork = R"(\MSSQLServer\SuperSocketNetLib)";
constexpr std::string_view kPipes = R"(\\.\pipe\)";
constexpr std::size_t kMostEndpoints = 64;

std::string without_odd_characters(std::string text) {
  constexpr std::size_t kMost = 128;
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
  return text.substr(0, kMost);
}

bool is_version(std::string_view text) {
  return !text.empty() && text.size() <= 32 && text.front() != '.' &&
         text.find_first_not_of("0123456789.") == text.npos;
}

void read_version(const Registry& registry, const std::string& key, ServerSettings& settings) {
  const RegistryKey setup = read_if_there(registry, key + R"(\Setup)");
  const RegistryKey current = read_if_there(registry, key + R"(\MSSQLServer\CurrentVersion)");
  for (const auto& version :
       {setup.text("PatchLevel"), setup.text("Version"), current.text("CurrentVersion")})
    if (version && settings.product_version.empty() && is_version(*version))
      settings.product_version = *version;
  settings.edition = without_odd_characters(setup.text("Edition").value_or(""));
  settings.is_cluster = setup.number("SQLCluster").value_or(0) == 1;
}

void read_cluster(const Registry& registry, const std::string& key, ServerSettings& settings) {
  settings.cluster_name = read_if_there(registry, key + R"(\Cluster)").text("ClusterName").value_or("");
  if (!can_be_host_name(settings.cluster_name)) settings.cluster_name.clear();
  settings.is_cluster = settings.is_cluster || !settings.cluster_name.empty();
}

// --- TCP ---

// "1433", "1433, 1533", "0", "".
void add_ports(const std::optional<std::string>& list, Endpoint endpoint, ServerSettings& settings) {
  std::string_view rest = list ? std::string_view(*list) : std::string_view();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(", ;"), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    unsigned port = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), port);
    const bool is_number = parsed.ec == std::errc{} && parsed.ptr == word.data() + word.size();
    if (!is_number || port > 65535) {
      if (!word.empty() && settings.odd_ports.empty())
        settings.odd_ports = without_odd_characters(std::string(word));
      continue;
    }
    endpoint.port = static_cast<std::uint16_t>(port);
    const bool is_known =
        std::find(settings.endpoints.begin(), settings.endpoints.end(), endpoint) != settings.endpoints.end();
    if (port != 0 && !is_known && settings.endpoints.size() < kMostEndpoints)
      settings.endpoints.push_back(endpoint);
  }
}

void add_endpoints(const RegistryKey& ip, const Endpoint& endpoint, ServerSettings& settings) {
  add_ports(ip.text("TcpPort"), endpoint, settings);
  add_ports(ip.text("TcpDynamicPorts"), endpoint, settings);
}

// Loopback before the network, IPv4 before IPv6, and what is not this host's last: the first that can be
// reached is the best one. Of a cluster loopback comes later: it listens on the cluster's address.
int rank_of(const Endpoint& endpoint, bool is_cluster) {
  const bool prefers = is_loopback(endpoint.address) != is_cluster;
  return (endpoint.is_active ? 0 : 4) + (prefers ? 0 : 2) + (is_ipv6(endpoint.address) ? 1 : 0);
}

// IP1, IP2, …: in the order of their numbers.
std::vector<std::string> single_addresses(const RegistryKey& tcp) {
  std::vector<std::string> keys;
  for (const std::string& subkey : tcp.subkeys)
    if (lowered(subkey).starts_with("ip") && !same_name(subkey, "IPAll")) keys.push_back(subkey);
  std::sort(keys.begin(), keys.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return keys;
}

void read_tcp(const Registry& registry, const std::string& key, ServerSettings& settings) {
  const RegistryKey tcp = read_if_there(registry, key);
  settings.has_tcp = tcp.number("Enabled").value_or(1) != 0;
  if (tcp.number("ListenOnAllIPs").value_or(1) != 0)
    return add_endpoints(read_if_there(registry, key + R"(\IPAll)"), {}, settings);
  for (const std::string& subkey : single_addresses(tcp)) {
    const RegistryKey ip = read_if_there(registry, key + '\\' + subkey);
    const std::string address = ip.text("IpAddress").value_or("");
    if (!is_ip_address(address) || is_any_address(address) || ip.number("Enabled").value_or(0) == 0) continue;
    add_endpoints(ip, {address, 0, ip.number("Active").value_or(1) != 0}, settings);
  }
  std::stable_sort(settings.endpoints.begin(), settings.endpoints.end(),
                   [&](const Endpoint& a, const Endpoint& b) {
                     return rank_of(a, settings.is_cluster) < rank_of(b, settings.is_cluster);
                   });
}

// --- the other protocols ---

bool can_be_pipe(const std::string& text) {
  return lowered(text).starts_with(kPipes) && text.size() > kPipes.size() && text.size() <= 256 &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < ' ' ||
                  std::string_view("{};=,").find(c) != std::string_view::npos;
         });
}

std::string pipe_of(const RegistryKey& pipes, const std::string& instance) {
  if (pipes.number("Enabled").value_or(0) == 0) return {};
  const std::string pipe = pipes.text("PipeName").value_or("");
  if (!pipe.empty()) return can_be_pipe(pipe) ? pipe : "";
  return std::string(kPipes) +
         (same_name(instance, kDefaultInstance) ? R"(sql\query)" : service_of(instance) + R"(\sql\query)");
}

}  // namespace

Result<ServerSettings> read_server_settings(const Registry& registry, const std::string& key,
                                            const std::string& instance) {
  if (const auto read = registry.read(key); !read) return fail(read.error());
  ServerSettings settings;
  read_version(registry, key, settings);
  read_cluster(registry, key, settings);
  read_tcp(registry, key + kNetwork + R"(\Tcp)", settings);
  settings.has_shared_memory =
      read_if_there(registry, key + kNetwork + R"(\Sm)").number("Enabled").value_or(1) != 0;
  settings.pipe = pipe_of(read_if_there(registry, key + kNetwork + R"(\Np)"), instance);
  return settings;
}

}  // namespace keyturn::host
