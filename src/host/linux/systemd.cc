#include "host/linux/systemd.h"

#include <map>

#include "host/linux/child.h"

namespace keyturn::host {
namespace {

constexpr Duration kPatience{10'000};

std::map<std::string, std::string, std::less<>> properties_of(std::string_view text) {
  std::map<std::string, std::string, std::less<>> properties;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t sign = line.find('=');
    if (sign != line.npos) properties.emplace(line.substr(0, sign), line.substr(sign + 1));
  }
  return properties;
}

ServiceState state_of(std::string_view load, std::string_view active) {
  if (load == "not-found") return ServiceState::not_installed;
  if (active == "active") return ServiceState::running;
  if (active == "activating" || active == "reloading") return ServiceState::starting;
  if (active == "failed") return ServiceState::failed;
  return ServiceState::stopped;  // inactive, deactivating, masked
}

// "Mon 2026-11-23 16:18:42 UTC"
std::optional<TimePoint> date_of(std::string_view text) {
  if (!text.ends_with(" UTC") || text.size() < 27) return std::nullopt;
  text = text.substr(text.size() - 23, 19);
  auto date = parse_iso8601(std::string(text.substr(0, 10)) + "T" + std::string(text.substr(11)) + "Z");
  return date ? std::optional(*date) : std::nullopt;
}

// "A=1 MSSQL_TCP_PORT=1444"
std::optional<std::string> port_of(std::string_view environment) {
  constexpr std::string_view kName = "MSSQL_TCP_PORT=";
  while (!environment.empty()) {
    const std::size_t end = std::min(environment.find(' '), environment.size());
    const std::string_view word = environment.substr(0, end);
    if (word.starts_with(kName) && word.size() > kName.size()) return std::string(word.substr(kName.size()));
    environment.remove_prefix(std::min(end + 1, environment.size()));
  }
  return std::nullopt;
}

}  // namespace

Result<Service> parse_service(std::string_view text) {
  const auto properties = properties_of(text);
  const auto value = [&](std::string_view name) {
    const auto found = properties.find(name);
    return found == properties.end() ? std::string() : found->second;
  };
  if (value("LoadState").empty() || value("ActiveState").empty())
    return fail(ErrorKind::invalid_reply, "What systemctl says of the service can't be understood.",
                "Does `systemctl show` work on this host?");
  Service service;
  service.state = state_of(value("LoadState"), value("ActiveState"));
  service.is_enabled = value("UnitFileState").starts_with("enabled");
  service.since = date_of(value("StateChangeTimestamp"));
  service.port = port_of(value("Environment"));
  return service;
}

Result<Service> ask_systemctl(const std::string& unit) {
  const auto answer = run_child(
      {"systemctl", "show", "--no-pager",
       "--property=LoadState,ActiveState,UnitFileState,StateChangeTimestamp,Environment", "--", unit},
      {"TZ=UTC", "LC_ALL=C"}, kPatience);
  if (!answer && answer.error().kind == ErrorKind::not_found) return Service{};
  if (!answer) return fail(answer.error());
  return parse_service(*answer);
}

}  // namespace keyturn::host
