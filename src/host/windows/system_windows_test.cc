// Windows itself behind the seams; under Wine as far as that goes.
#include <gtest/gtest.h>
#include <winsock2.h>
// winsock2.h goes before it
#include <windows.h>

#include <algorithm>

#include "host/windows/network_windows.h"
#include "host/windows/registry_windows.h"
#include "host/windows/service_manager_windows.h"

namespace keyturn::host {
namespace {

// A key of this test's own below HKLM, or none where the user may not write there.
class OwnKey {
 public:
  OwnKey() {
    RegCreateKeyExW(HKEY_LOCAL_MACHINE, kPath, 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key_, nullptr);
  }
  ~OwnKey() {
    RegCloseKey(key_);
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, kPath);
  }
  OwnKey(const OwnKey&) = delete;
  OwnKey& operator=(const OwnKey&) = delete;
  void set(const wchar_t* name, DWORD type, std::wstring_view text) {
    RegSetValueExW(key_, name, 0, type, reinterpret_cast<const BYTE*>(text.data()), DWORD(text.size() * 2));
  }
  void set(const wchar_t* name, DWORD number) {
    RegSetValueExW(key_, name, 0, REG_DWORD, reinterpret_cast<const BYTE*>(&number), sizeof number);
  }
  void add_subkey(const wchar_t* name) {
    HKEY made = nullptr;
    RegCreateKeyExW(key_, name, 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &made, nullptr);
    RegCloseKey(made);
  }
  [[nodiscard]] bool is_made() const { return key_ != nullptr; }

 private:
  static constexpr const wchar_t* kPath = L"SOFTWARE\\keyturn test";
  HKEY key_ = nullptr;
};

TEST(WindowsSystem, ReadsWholeKeys) {
  OwnKey own;
  ASSERT_TRUE(own.is_made());
  own.set(L"Text", REG_SZ, L"Zürich");
  own.set(L"List", REG_MULTI_SZ, std::wstring_view(L"A\0B\0", 5));
  own.set(L"", REG_SZ, L"unnamed");
  own.set(L"Long", REG_SZ, std::wstring(100'000, L'x'));  // passed over
  own.set(L"Number", 1433);
  own.add_subkey(L"IPAll");
  own.add_subkey(L"IP1");
  const auto key = SystemRegistry().read("software\\KEYTURN test");
  ASSERT_TRUE(key) << key.error().sentence();
  EXPECT_EQ(key->text("text"), "Zürich");
  EXPECT_EQ(key->texts("List"), (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(key->number("Number"), 1433U);
  EXPECT_EQ(key->text(""), "unnamed");
  EXPECT_EQ(key->text("Long"), std::nullopt);
  std::vector<std::string> subkeys = key->subkeys;
  std::sort(subkeys.begin(), subkeys.end());
  EXPECT_EQ(subkeys, (std::vector<std::string>{"IP1", "IPAll"}));
  const auto missing = SystemRegistry().read("SOFTWARE\\keyturn test\\none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
}

TEST(WindowsSystem, AMissingServiceIsNotFound) {
  const auto service = SystemServiceManager().query("MSSQL$NONE");
  ASSERT_FALSE(service);
  EXPECT_EQ(service.error().kind, ErrorKind::not_found);
}

TEST(WindowsSystem, SeesAListener) {
  const SystemNetwork network;  // starts winsock
  const SOCKET socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int size = sizeof address;
  ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(socket, 1), 0);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  const auto listeners = network.listeners();
  ASSERT_TRUE(listeners) << listeners.error().sentence();
  const auto own = std::find_if(listeners->begin(), listeners->end(), [&](const TcpListener& each) {
    return each.port == ntohs(address.sin_port) && each.address == "127.0.0.1";
  });
  ASSERT_NE(own, listeners->end());
  // Wine does not tell whose it is; a wrong process would be.
  EXPECT_TRUE(own->process == GetCurrentProcessId() || own->process == 0) << own->process;
  closesocket(socket);
}

TEST(WindowsSystem, KnowsNamesAndAddresses) {
  const SystemNetwork network;
  const auto local = network.resolve("localhost");
  ASSERT_TRUE(local) << local.error().sentence();
  EXPECT_NE(std::find(local->begin(), local->end(), "127.0.0.1"), local->end());
  EXPECT_FALSE(network.resolve("no-such-host.invalid"));
  EXPECT_FALSE(network.own_addresses().empty());
}

TEST(WindowsSystem, TellsWhoServesAPipe) {
  const SystemNetwork network;
  const std::string name = R"(\\.\pipe\SQLLocal\KEYTURNTEST)";
  EXPECT_EQ(network.pipe_server(name).error().kind, ErrorKind::unavailable);
  const HANDLE pipe = CreateNamedPipeW(L"\\\\.\\pipe\\SQLLocal\\KEYTURNTEST", PIPE_ACCESS_DUPLEX,
                                       PIPE_TYPE_BYTE, 1, 4096, 4096, 0, nullptr);
  ASSERT_NE(pipe, INVALID_HANDLE_VALUE);
  const auto process = network.pipe_server(name);
  ASSERT_TRUE(process) << process.error().sentence();
  EXPECT_EQ(*process, GetCurrentProcessId());
  CloseHandle(pipe);
}

}  // namespace
}  // namespace keyturn::host
