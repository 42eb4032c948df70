// What the systems' transports share.
#pragma once

#include <string>

#include "base/error.h"

namespace keyturn::net {

inline constexpr std::size_t kMaxBody = 16U << 20U;
inline constexpr std::size_t kFirstReserve = 64U
                                             << 10U;  // a reply with a secret is not moved about in memory

// "host:port" of a URL, for sentences.
std::string host_of(const std::string& url);
// By name or address, with a port or without: nothing that leaves this machine.
bool is_loopback(const std::string& host);

// Why no byte of a request was sent, and why no whole reply came. `detail` is the library's own sentence.
enum class Obstacle { certificate, name, time, connection };
Error never_reached(Obstacle obstacle, const std::string& host, const std::string& detail);
enum class Gap { too_large, time, connection };
Error reply_missing(Gap gap, const std::string& host, const std::string& detail);

}  // namespace keyturn::net
