#include "host/windows/registry_windows.h"

#include <fmt/format.h>
#include <windows.h>

#include <memory>

#include "base/wide_windows.h"

namespace keyturn::host {
namespace {

struct CloseKey {
  void operator()(HKEY key) const { RegCloseKey(key); }
};
using Key = std::unique_ptr<std::remove_pointer_t<HKEY>, CloseKey>;

constexpr DWORD kLongestName = 16'384;      // of a value, with its end; a key's is shorter
constexpr std::size_t kMostBytes = 65'536;  // what is longer is no setting of SQL Server
constexpr DWORD kMostEntries = 10'000;

void read_values(HKEY key, RegistryKey& read) {
  std::wstring name(kLongestName, L'\0');
  std::string bytes(kMostBytes, '\0');
  for (DWORD i = 0; i < kMostEntries; ++i) {
    auto name_size = static_cast<DWORD>(name.size());
    auto size = static_cast<DWORD>(bytes.size());
    DWORD type = REG_NONE;
    const LSTATUS status = RegEnumValueW(key, i, name.data(), &name_size, nullptr, &type,
                                         reinterpret_cast<BYTE*>(bytes.data()), &size);
    if (status == ERROR_MORE_DATA) continue;
    if (status != ERROR_SUCCESS) return;
    if (auto value = decode_value(type, std::string_view(bytes).substr(0, size)))
      read.values.emplace_back(narrow({name.data(), name_size}), std::move(*value));
  }
}

void read_subkeys(HKEY key, RegistryKey& read) {
  std::wstring name(kLongestName, L'\0');
  for (DWORD i = 0; i < kMostEntries; ++i) {
    auto size = static_cast<DWORD>(name.size());
    if (RegEnumKeyExW(key, i, name.data(), &size, nullptr, nullptr, nullptr, nullptr) != ERROR_SUCCESS)
      return;
    read.subkeys.push_back(narrow({name.data(), size}));
  }
}

}  // namespace

Result<RegistryKey> SystemRegistry::read(const std::string& path) const {
  HKEY handle = nullptr;
  const LSTATUS status =
      RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide(path).c_str(), 0, KEY_READ | KEY_WOW64_64KEY, &handle);
  if (status == ERROR_FILE_NOT_FOUND || status == ERROR_PATH_NOT_FOUND)
    return fail(ErrorKind::not_found, fmt::format("The registry has no key HKLM\\{}.", path));
  if (status != ERROR_SUCCESS)
    return fail(status == ERROR_ACCESS_DENIED ? ErrorKind::denied : ErrorKind::unavailable,
                fmt::format("The registry's key HKLM\\{} can't be read: {}.", path,
                            windows_message(static_cast<DWORD>(status))),
                "Run keyturn as SYSTEM or as an administrator.");
  const Key key(handle);
  RegistryKey read;
  read_values(key.get(), read);
  read_subkeys(key.get(), read);
  return read;
}

}  // namespace keyturn::host
