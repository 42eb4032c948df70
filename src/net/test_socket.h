// For tests only: sockets on 127.0.0.1, as TestServer needs them. The only part of it that differs by system.
#pragma once

#include <cstddef>
#include <cstdint>

namespace keyturn::net {

using TestSocket = std::intptr_t;
inline constexpr TestSocket kNoSocket = -1;

TestSocket listen_on_loopback(int& port);    // on a free port; aborts where there is none
TestSocket accept_one(TestSocket listener);  // kNoSocket once listening has ended
void end_listening(TestSocket listener);     // and closes it
void end_both_ways(TestSocket socket);       // whoever reads or writes stops
void close_socket(TestSocket socket);
// Bytes, 0 at the end, negative on failure; never a signal.
long send_some(TestSocket socket, const char* bytes, std::size_t size);
long receive_some(TestSocket socket, char* bytes, std::size_t size);

}  // namespace keyturn::net
