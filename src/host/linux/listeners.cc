#include "host/linux/listeners.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace keyturn::host {
namespace {

constexpr std::string_view kListening = "0A";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_not_of(" \t", at);
    if (begin == line.npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    at = end;
  }
  return words;
}

template <class Number>
std::optional<Number> number_of(std::string_view text, int base) {
  Number number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// The kernel prints each 32-bit word of the address as this machine keeps it.
std::optional<std::string> address_of(std::string_view hex) {
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; i < hex.size() / 8; ++i) {
    const auto word = number_of<std::uint32_t>(hex.substr(i * 8, 8), 16);
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const bool mapped = hex.size() == 32 && words[0] == 0 && words[1] == 0 && words[2] == htonl(0xFFFF);
  const bool four = hex.size() == 8 || mapped;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = mapped ? &words[3] : words.data();
  if (inet_ntop(four ? AF_INET : AF_INET6, bytes, text.data(), text.size()) == nullptr) return std::nullopt;
  return std::string(text.data());
}

std::optional<Listener> listener_of(std::string_view line) {
  const auto words = words_of(line);
  if (words.size() < 8 || words[3] != kListening) return std::nullopt;
  const std::size_t colon = words[1].find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = address_of(words[1].substr(0, colon));
  const auto port = number_of<std::uint16_t>(words[1].substr(colon + 1), 16);
  const auto user = number_of<unsigned>(words[7], 10);
  if (!address || !port || !user) return std::nullopt;
  return Listener{*address, *port, *user};
}

std::string text_of(const char* file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

std::vector<Listener> parse_listeners(std::string_view text) {
  std::vector<Listener> listeners;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (auto listener = listener_of(text.substr(0, end))) listeners.push_back(std::move(*listener));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return listeners;
}

Result<void> check_listeners(const std::vector<Listener>& listeners, const std::string& address,
                             std::uint16_t port, const std::set<unsigned>& users) {
  bool found = false;
  for (const Listener& listener : listeners) {
    const bool everywhere = listener.address == "0.0.0.0" || listener.address == "::";
    if (listener.port != port || (!everywhere && listener.address != address)) continue;
    if (!users.contains(listener.user))
      return fail(ErrorKind::denied,
                  fmt::format("Port {} of this host is not SQL Server's: a process of user {} listens there.",
                              port, listener.user),
                  "End that process; or set [sql] ca_file, so that the server's certificate is verified; or, "
                  "where this is "
                  "as it should be, [host] check_listener = false.");
    found = true;
  }
  if (found) return {};
  return fail(ErrorKind::unavailable, fmt::format("Nobody listens on {}:{} of this host.", address, port),
              "Is SQL Server up, and is this its port? mssql.conf or [[host.instance]] names it.");
}

std::vector<Listener> read_listeners() {
  return parse_listeners(text_of("/proc/net/tcp") + text_of("/proc/net/tcp6"));
}

std::set<unsigned> trusted_users() {
  std::set<unsigned> users{0, geteuid()};
  if (const passwd* mssql = getpwnam("mssql")) users.insert(mssql->pw_uid);
  return users;
}

}  // namespace keyturn::host
