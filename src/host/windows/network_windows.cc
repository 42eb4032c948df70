#include "host/windows/network_windows.h"

#include <fmt/format.h>
#include <winsock2.h>
// winsock2.h goes before them
#include <iphlpapi.h>
#include <windows.h>
#include <ws2tcpip.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/wide_windows.h"

namespace keyturn::host {
namespace {

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, address, text.data(), text.size()) == nullptr ? std::string()
                                                                         : std::string(text.data());
}

std::string text_of(const sockaddr* address) {
  if (address->sa_family == AF_INET)
    return text_of(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
  if (address->sa_family == AF_INET6)
    return text_of(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
  return {};
}

// Calls `fill(buffer, size)` with a buffer that grows until it is large enough: tables change between two
// calls.
template <class Fill>
DWORD fill_table(std::vector<ULONG64>& buffer, const Fill& fill) {
  DWORD error = ERROR_INSUFFICIENT_BUFFER;
  for (int tries = 0; tries < 8; ++tries) {
    auto size = static_cast<ULONG>(buffer.size() * sizeof(ULONG64));
    error = fill(buffer.data(), &size);
    if (error != ERROR_INSUFFICIENT_BUFFER && error != ERROR_BUFFER_OVERFLOW) break;
    buffer.resize(size / sizeof(ULONG64) + 1024);
  }
  return error;
}

// The ports are in network order, in the lower half.
std::uint16_t port_of(DWORD port) { return ntohs(static_cast<u_short>(port)); }

template <class Table>
DWORD add_listeners(ULONG family, std::vector<TcpListener>& listeners) {
  std::vector<ULONG64> buffer(2048);
  const DWORD error = fill_table(buffer, [&](void* table, ULONG* size) {
    return GetExtendedTcpTable(table, size, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0);
  });
  if (error != NO_ERROR) return error;
  const auto* table = reinterpret_cast<const Table*>(buffer.data());
  for (DWORD i = 0; i < table->dwNumEntries; ++i) {
    const auto& row = table->table[i];
    const void* address = nullptr;
    if constexpr (std::is_same_v<Table, MIB_TCPTABLE_OWNER_PID>)
      address = &row.dwLocalAddr;
    else
      address = &row.ucLocalAddr;
    listeners.push_back(
        {text_of(static_cast<int>(family), address), port_of(row.dwLocalPort), row.dwOwningPid});
  }
  return NO_ERROR;
}

}  // namespace

SystemNetwork::SystemNetwork() {
  WSADATA data{};
  WSAStartup(MAKEWORD(2, 2), &data);
}

SystemNetwork::~SystemNetwork() { WSACleanup(); }

Result<std::vector<TcpListener>> SystemNetwork::listeners() const {
  std::vector<TcpListener> all;
  DWORD error = add_listeners<MIB_TCPTABLE_OWNER_PID>(AF_INET, all);
  if (error == NO_ERROR) error = add_listeners<MIB_TCP6TABLE_OWNER_PID>(AF_INET6, all);
  if (error != NO_ERROR && error != ERROR_NOT_SUPPORTED)  // a host without IPv6
    return fail(ErrorKind::unavailable,
                fmt::format("Windows does not tell who listens: {}.", windows_message(error)));
  return all;
}

std::vector<std::string> SystemNetwork::own_addresses() const {
  constexpr ULONG kSkipped = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
  std::vector<ULONG64> buffer(2048);
  const DWORD error = fill_table(buffer, [](void* table, ULONG* size) {
    return GetAdaptersAddresses(AF_UNSPEC, kSkipped, nullptr, static_cast<IP_ADAPTER_ADDRESSES*>(table),
                                size);
  });
  std::vector<std::string> all;
  if (error != NO_ERROR) return all;
  for (auto* adapter = reinterpret_cast<IP_ADAPTER_ADDRESSES*>(buffer.data()); adapter != nullptr;
       adapter = adapter->Next)
    for (auto* each = adapter->FirstUnicastAddress; each != nullptr; each = each->Next)
      all.push_back(text_of(each->Address.lpSockaddr));
  return all;
}

Result<std::vector<std::string>> SystemNetwork::resolve(const std::string& host) const {
  ADDRINFOW hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ADDRINFOW* found = nullptr;
  const int error = GetAddrInfoW(wide(host).c_str(), nullptr, &hints, &found);
  const std::unique_ptr<ADDRINFOW, decltype(&FreeAddrInfoW)> freed(found, FreeAddrInfoW);
  std::vector<std::string> all;
  for (const ADDRINFOW* each = found; error == 0 && each != nullptr; each = each->ai_next)
    if (auto text = text_of(each->ai_addr);
        !text.empty() && std::find(all.begin(), all.end(), text) == all.end())
      all.push_back(std::move(text));
  if (all.empty())
    return fail(ErrorKind::unavailable, fmt::format("The name {} has no address{}.", host,
                                                    error == 0 ? "" : ": " + windows_message(DWORD(error))));
  return all;
}

Result<std::uint32_t> SystemNetwork::pipe_server(const std::string& pipe) const {
  constexpr DWORD kPatienceMs = 2000;
  const std::wstring name = wide(pipe);
  // Whoever serves it learns who asks, but may not act in its name.
  const auto open = [&] {
    return CreateFileW(name.c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING,
                       SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr);
  };
  HANDLE opened = open();
  if (opened == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY &&
      WaitNamedPipeW(name.c_str(), kPatienceMs) != 0)
    opened = open();
  if (opened == INVALID_HANDLE_VALUE) {
    const DWORD error = GetLastError();
    if (error == ERROR_FILE_NOT_FOUND)
      return fail(ErrorKind::unavailable, fmt::format("Nobody serves the pipe {}.", pipe),
                  "Is the protocol enabled, and was SQL Server restarted since?");
    return fail(error == ERROR_ACCESS_DENIED ? ErrorKind::denied : ErrorKind::unavailable,
                fmt::format("The pipe {} can't be opened: {}.", pipe, windows_message(error)));
  }
  ULONG process = 0;
  const BOOL is_known = GetNamedPipeServerProcessId(opened, &process);
  CloseHandle(opened);
  return is_known != 0 ? static_cast<std::uint32_t>(process) : 0U;
}

}  // namespace keyturn::host
