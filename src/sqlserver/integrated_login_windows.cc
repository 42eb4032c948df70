#include <windows.h>

#include <array>
#include <cstddef>

#include "base/wide_windows.h"
#include "sqlserver/integrated_login.h"

namespace keyturn::sqlserver {

Result<SqlLogin> integrated_login() {
  const auto refused = [] {
    return fail(ErrorKind::unavailable, "Windows does not tell which account keyturn runs as: " +
                                            windows_message(GetLastError()) + ".");
  };
  struct {
    TOKEN_USER user;
    std::array<std::byte, SECURITY_MAX_SID_SIZE> sid;
  } token{};
  DWORD size = 0;
  HANDLE opened = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &opened)) return refused();
  const BOOL told = GetTokenInformation(opened, TokenUser, &token, sizeof token, &size);
  CloseHandle(opened);
  if (!told) return refused();
  std::array<wchar_t, 256> name{};
  std::array<wchar_t, 256> domain{};
  DWORD name_size = name.size();
  DWORD domain_size = domain.size();
  SID_NAME_USE use{};
  if (!LookupAccountSidW(nullptr, token.user.User.Sid, name.data(), &name_size, domain.data(), &domain_size,
                         &use))
    return refused();
  // As SQL Server shows it on this machine.
  return SqlLogin{narrow(domain.data()) + "\\" + narrow(name.data()), {}, true};
}

}  // namespace keyturn::sqlserver
