#include "sqlserver/sql_browser.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "sqlserver/tsql.h"
#include "sqlserver/udp.h"

namespace keyturn::sqlserver {
namespace {

constexpr char kAskAll = 0x03;
constexpr char kAskInstance = 0x04;
constexpr char kAnswer = 0x05;
constexpr Duration kRetryAfter{1000};

// The first answer that can be understood, or nothing when `timeout` has passed.
Result<std::vector<BrowsedInstance>> ask(const std::string& host, std::uint16_t port,
                                         const std::string& question, Duration timeout) {
  auto peer = UdpPeer::resolve(host, port);
  if (!peer) return fail(std::move(peer).error());
  const auto give_up_at = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < give_up_at && peer->send(question)) {
    const auto left = std::chrono::ceil<Duration>(give_up_at - std::chrono::steady_clock::now());
    const auto datagram = peer->receive(std::clamp(left, Duration{0}, kRetryAfter));
    if (!datagram) continue;
    if (auto instances = parse_browser_reply(*datagram)) return instances;
  }
  return fail(ErrorKind::timed_out,
              "SQL Browser on " + host + " (UDP " + std::to_string(port) + ") did not answer.",
              "Is the SQL Server Browser service running there and UDP " + std::to_string(port) +
                  " open? Giving the target's port makes it unnecessary.");
}

void set_field(BrowsedInstance& instance, std::string_view key, std::string_view value) {
  if (key == "ServerName") {
    instance.server = value;
  } else if (key == "InstanceName") {
    instance.instance = value;
  } else if (key == "Version") {
    instance.version = value;
  } else if (key == "IsClustered") {
    instance.is_clustered = value == "Yes";
  } else if (key == "tcp") {
    std::from_chars(value.data(), value.data() + value.size(), instance.port);
  }
}

// Takes the text up to the next ';'.
std::string_view next_token(std::string_view& text) {
  const std::size_t end = std::min(text.find(';'), text.size());
  const std::string_view token = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return token;
}

std::string names_of(const std::vector<BrowsedInstance>& instances) {
  std::string names;
  for (const BrowsedInstance& instance : instances) names += (names.empty() ? "" : ", ") + instance.instance;
  return names.empty() ? "none" : names;
}

}  // namespace

bool is_default_instance(std::string_view instance) {
  return instance.empty() || same_name(instance, "MSSQLSERVER");
}

Result<std::vector<BrowsedInstance>> parse_browser_reply(std::string_view datagram) {
  constexpr std::size_t kHeader = 3;
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(datagram[i]));
  };
  if (datagram.size() < kHeader || datagram[0] != kAnswer ||
      (byte(1) | byte(2) << 8U) > datagram.size() - kHeader) {
    return fail(ErrorKind::invalid_reply, "The answer is not SQL Browser's.");
  }
  std::string_view text = datagram.substr(kHeader, byte(1) | byte(2) << 8U);
  std::vector<BrowsedInstance> instances;
  BrowsedInstance current;
  while (!text.empty()) {
    const std::string_view key = next_token(text);
    if (key.empty()) {  // ";;" ends an instance
      if (!current.instance.empty()) instances.push_back(std::exchange(current, {}));
      continue;
    }
    set_field(current, key, next_token(text));
  }
  if (!current.instance.empty()) instances.push_back(std::move(current));
  return instances;
}

Result<std::uint16_t> browse_instance_port(const std::string& host, std::uint16_t browser_port,
                                           const std::string& instance, Duration timeout) {
  auto answer = ask(host, browser_port, kAskInstance + instance + '\0', timeout);
  if (!answer) {
    if (answer.error().kind != ErrorKind::timed_out) return fail(std::move(answer).error());
    answer = browse_all(host, browser_port,
                        kRetryAfter);  // to tell an unknown instance from no SQL Browser at all
    if (!answer) return fail(std::move(answer).error());
  }
  const auto found = std::find_if(answer->begin(), answer->end(),
                                  [&](const BrowsedInstance& i) { return same_name(i.instance, instance); });
  if (found == answer->end()) {
    return fail(ErrorKind::not_found, "SQL Browser on " + host + " knows no instance " + instance + ".",
                "It knows " + names_of(*answer) + ".");
  }
  if (found->port == 0) {
    return fail(ErrorKind::unavailable,
                "The instance " + instance + " on " + host + " takes no TCP connections.",
                "Enable TCP/IP for it in SQL Server Configuration Manager.");
  }
  return found->port;
}

Result<std::vector<BrowsedInstance>> browse_all(const std::string& host, std::uint16_t browser_port,
                                                Duration timeout) {
  return ask(host, browser_port, std::string(1, kAskAll), timeout);
}

}  // namespace keyturn::sqlserver
