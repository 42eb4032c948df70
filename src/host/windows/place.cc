#include "host/windows/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "host/names.h"
#include "host/windows/addresses.h"
#include "host/windows/installed.h"

namespace keyturn::host {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
constexpr std::uint16_t kUsualPort = 1433;

std::string text_of(const Endpoint& endpoint) {
  if (endpoint.address.empty()) return std::to_string(endpoint.port);
  if (is_ipv6(endpoint.address)) return fmt::format("[{}]:{}", endpoint.address, endpoint.port);
  return fmt::format("{}:{}", endpoint.address, endpoint.port);
}

// "1433 and 1533"
std::string list_of(const std::vector<Endpoint>& endpoints) {
  std::string list;
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    list += (i == 0 ? "" : i + 1 == endpoints.size() ? " and " : ", ") + text_of(endpoints[i]);
  return list;
}

std::optional<Endpoint> choose_endpoint(const std::vector<Endpoint>& endpoints, const Listens& listens,
                                        std::string& note) {
  const auto heard = std::find_if(endpoints.begin(), endpoints.end(), listens);
  const auto active =
      std::find_if(endpoints.begin(), endpoints.end(), [](const Endpoint& e) { return e.is_active; });
  const auto chosen = heard != endpoints.end() ? heard : active;
  if (chosen == endpoints.end()) return std::nullopt;
  if (endpoints.size() > 1)
    note = fmt::format("Of its ports {} this is the first{}.", list_of(endpoints),
                       heard != endpoints.end() ? " that it listens on" : "");
  return *chosen;
}

std::optional<Place> over_tcp(const std::string& instance, const ServerSettings& settings,
                              const Listens& listens) {
  if (!settings.has_tcp) return std::nullopt;
  Place place;
  auto endpoint = choose_endpoint(settings.endpoints, listens, place.note);
  const bool is_default = same_name(instance, kDefaultInstance);
  if (!endpoint && settings.endpoints.empty() && settings.odd_ports.empty() && is_default) {
    endpoint = Endpoint{"", kUsualPort, true};
    place.note = "The registry names no port, so that it is the usual one.";
  }
  const bool is_cluster = !settings.cluster_name.empty();
  if (!endpoint && !is_cluster) return std::nullopt;
  place.address.port = endpoint ? endpoint->port : std::uint16_t{0};  // SQL Browser tells
  place.address.host = !endpoint || endpoint->address.empty() ? kLoopback : endpoint->address;
  if (is_cluster) place.address.host = settings.cluster_name;
  return place;
}

// Shared memory does not lead to a cluster's instance.
std::string channel_of(const std::string& instance, const ServerSettings& settings) {
  if (settings.has_shared_memory && !settings.is_cluster)
    return same_name(instance, kDefaultInstance) ? "lpc:(local)" : R"(lpc:(local)\)" + instance;
  return settings.pipe.empty() ? "" : "np:" + settings.pipe;
}

std::string why_not_tcp(const ServerSettings& settings) {
  if (!settings.has_tcp) return "TCP is disabled";
  if (!settings.odd_ports.empty())
    return fmt::format("\"{}\" in the registry is no TCP port", settings.odd_ports);
  if (!settings.endpoints.empty()) return "none of the addresses that it is bound to is this host's";
  return "the registry names no TCP port";
}

}  // namespace

Place choose_place(const std::string& instance, const ServerSettings& settings, const Listens& listens) {
  auto place = over_tcp(instance, settings, listens).value_or(Place{});
  place.address.instance = instance;
  if (!place.address.host.empty()) {
    if (settings.is_cluster && place.address.host == kLoopback)
      place.problem =
          "It is an instance of a failover cluster, whose network name the registry does not tell. Name its "
          "address "
          "in [[host.instance]].";
    return place;
  }
  place.address.host = kLoopback;
  place.address.channel = channel_of(instance, settings);
  const std::string why = why_not_tcp(settings);
  if (!place.address.channel.empty())
    place.note = fmt::format("Not over TCP: {}.", why);
  else
    place.problem = fmt::format(
        "It can't be reached: {}, and it has neither shared memory nor a named pipe to be reached by. Enable "
        "one in "
        "SQL Server Configuration Manager, or name the port in [[host.instance]].",
        why);
  return place;
}

std::string pipe_of_channel(const std::string& channel, const std::string& instance) {
  constexpr std::string_view kPipe = "np:";
  if (channel.starts_with(kPipe)) return channel.substr(kPipe.size());
  return R"(\\.\pipe\SQLLocal\)" + (instance.empty() ? kDefaultInstance : instance);
}

}  // namespace keyturn::host
