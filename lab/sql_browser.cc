#include "lab/sql_browser.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "sim/sql_error.h"

namespace keyturn::lab {
namespace {

constexpr char kBroadcast = 0x02;
constexpr char kList = 0x03;
constexpr char kOneInstance = 0x04;
constexpr char kReply = 0x05;

std::string describe(const BrowserEntry& entry) {
  std::string text = "ServerName;" + entry.server_name + ";InstanceName;" + entry.instance_name +
                     ";IsClustered;" + (entry.clustered ? "Yes" : "No") + ";Version;" + entry.version;
  if (entry.tcp_port != 0) text += ";tcp;" + std::to_string(entry.tcp_port);
  return text + ";;";
}

}  // namespace

std::string SqlBrowser::answer(std::string_view datagram) const {
  if (datagram.empty()) return {};
  std::string text;
  const std::lock_guard lock(mutex_);
  if (datagram[0] == kOneInstance) {
    const std::string_view wanted = datagram.substr(1, datagram.find('\0', 1) - 1);
    for (const BrowserEntry& entry : entries_)
      if (sim::same_name(entry.instance_name, wanted)) text = describe(entry);
  } else if (datagram[0] == kBroadcast || datagram[0] == kList) {
    for (const BrowserEntry& entry : entries_) text += describe(entry);
  }
  if (text.empty()) return {};
  std::string reply(1, kReply);
  reply += static_cast<char>(text.size() & 0xFF);
  reply += static_cast<char>((text.size() >> 8) & 0xFF);
  return reply + text;
}

Result<void> SqlBrowser::start(std::uint16_t port) {
  socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof address);
  if (socket_ < 0 || ::bind(socket_, &generic, sizeof address) != 0) {
    const std::string why = std::strerror(errno);
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    return fail(ErrorKind::unavailable,
                "SQL Browser can't listen on UDP 127.0.0.1:" + std::to_string(port) + ": " + why + ".");
  }
  socklen_t size = sizeof generic;
  ::getsockname(socket_, &generic, &size);
  std::memcpy(&address, &generic, sizeof address);
  port_ = ntohs(address.sin_port);
  stopping_ = false;
  thread_ = std::thread([this] { serve(); });
  return {};
}

void SqlBrowser::stop() {
  if (socket_ < 0) return;
  stopping_ = true;
  thread_.join();
  ::close(socket_);
  socket_ = -1;
}

void SqlBrowser::serve() {
  std::array<char, 1024> buffer{};
  while (!stopping_) {
    pollfd entry{socket_, POLLIN, 0};
    if (::poll(&entry, 1, 50) <= 0) continue;
    sockaddr generic{};
    socklen_t size = sizeof generic;
    const ssize_t got = ::recvfrom(socket_, buffer.data(), buffer.size(), 0, &generic, &size);
    if (got <= 0) continue;
    const std::string reply = answer({buffer.data(), static_cast<std::size_t>(got)});
    if (!reply.empty()) ::sendto(socket_, reply.data(), reply.size(), 0, &generic, size);
  }
}

void SqlBrowser::put(BrowserEntry entry) {
  remove(entry.instance_name);
  const std::lock_guard lock(mutex_);
  entries_.push_back(std::move(entry));
}

void SqlBrowser::remove(const std::string& instance_name) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const BrowserEntry& entry) {
    return sim::same_name(entry.instance_name, instance_name);
  });
}

}  // namespace keyturn::lab
