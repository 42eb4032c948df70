#include "sqlserver/sql_browser.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <memory>

#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
namespace {

constexpr char kAskAll = 0x03;
constexpr char kAskInstance = 0x04;
constexpr char kAnswer = 0x05;
constexpr Duration kRetryAfter{1000};

class UdpSocket {
 public:
  explicit UdpSocket(int handle) : handle_(handle) {}
  UdpSocket(UdpSocket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  UdpSocket& operator=(UdpSocket&&) = delete;
  ~UdpSocket() {
    if (handle_ >= 0) ::close(handle_);
  }
  [[nodiscard]] int get() const { return handle_; }

 private:
  int handle_;
};

// Not connected where it need not be: the node of a cluster may answer from another address than was asked.
// The kernel then reports no closed port either, so a plain send and a wait is all there is.
struct Destination {
  UdpSocket socket;
  sockaddr_storage address{};
  socklen_t size = 0;
};

Result<Destination> resolve(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
      code != 0) {
    return fail(ErrorKind::unavailable,
                "The host name " + host + " can't be resolved: " + ::gai_strerror(code) + ".",
                "Is it spelt right, and known to the DNS that this machine uses?");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Destination destination{
      UdpSocket(::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)), {}, found->ai_addrlen};
  if (destination.socket.get() < 0) return fail(ErrorKind::unavailable, "No UDP socket can be made.");
  std::copy_n(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen,
              reinterpret_cast<char*>(&destination.address));
  return destination;
}

// The first answer that can be understood, or nothing when `timeout` has passed.
Result<std::vector<BrowsedInstance>> ask(const std::string& host, std::uint16_t port,
                                         const std::string& question, Duration timeout) {
  auto destination = resolve(host, port);
  if (!destination) return fail(std::move(destination).error());
  const int socket = destination->socket.get();
  const auto give_up_at = std::chrono::steady_clock::now() + timeout;
  std::array<char, 65536> datagram{};
  while (std::chrono::steady_clock::now() < give_up_at) {
    if (::sendto(socket, question.data(), question.size(), 0,
                 reinterpret_cast<const sockaddr*>(&destination->address), destination->size) < 0) {
      break;
    }
    const auto left = std::chrono::ceil<Duration>(give_up_at - std::chrono::steady_clock::now());
    pollfd waiting{socket, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::clamp(left, Duration{0}, kRetryAfter).count())) <= 0)
      continue;
    const ssize_t size = ::recv(socket, datagram.data(), datagram.size(), 0);
    if (size < 0) break;
    if (auto instances = parse_browser_reply({datagram.data(), static_cast<std::size_t>(size)}))
      return instances;
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
