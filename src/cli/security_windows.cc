#include "cli/security_windows.h"

#include <aclapi.h>
#include <fmt/format.h>
#include <sddl.h>

#include <memory>

#include "base/path.h"
#include "base/wide_windows.h"

namespace keyturn::cli {
namespace {

struct LocalFreeFunction {
  void operator()(void* memory) const { LocalFree(memory); }
};
template <class T>
using Local = std::unique_ptr<T, LocalFreeFunction>;

Error failed(std::string_view what, const std::filesystem::path& path, DWORD code) {
  return {ErrorKind::unavailable, Effect::none, "",
          fmt::format("{} {}: {}.", what, utf8_of(path), windows_message(code)), ""};
}

std::string text_of(PSID sid) {
  wchar_t* text = nullptr;
  if (sid == nullptr || !ConvertSidToStringSidW(sid, &text)) return {};
  const Local<wchar_t> owned(text);
  return narrow(text);
}

std::string own_account() {
  HANDLE token = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return {};
  const OwnedHandle owned(token);
  alignas(TOKEN_USER) std::byte memory[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD size = 0;
  if (!GetTokenInformation(token, TokenUser, memory, sizeof memory, &size)) return {};
  return text_of(reinterpret_cast<const TOKEN_USER*>(memory)->User.Sid);
}

std::vector<Access> entries_of(PACL list) {
  std::vector<Access> all;
  for (DWORD i = 0; i < list->AceCount; ++i) {
    void* entry = nullptr;
    if (!GetAce(list, i, &entry)) continue;
    // Denying and allowing entries have the same form; files know no other kind that gives rights to one
    // account.
    auto* const ace = static_cast<ACCESS_ALLOWED_ACE*>(entry);
    all.push_back({text_of(&ace->SidStart), ace->Mask, ace->Header.AceType == ACCESS_DENIED_ACE_TYPE,
                   (ace->Header.AceFlags & INHERIT_ONLY_ACE) != 0});
  }
  return all;
}

Local<void> descriptor_of(const wchar_t* list) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1, &descriptor, nullptr);
  return Local<void>(descriptor);
}

}  // namespace

OwnedHandle open_itself(const std::filesystem::path& path, DWORD access) {
  HANDLE handle =
      CreateFileW(path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                  OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  return OwnedHandle(handle == INVALID_HANDLE_VALUE ? nullptr : handle);
}

Result<Ownership> ownership_of(HANDLE opened, const std::filesystem::path& path) {
  BY_HANDLE_FILE_INFORMATION about{};
  if (!GetFileInformationByHandle(opened, &about)) return fail(failed("Can't look at", path, GetLastError()));
  PSID owner = nullptr;
  PACL list = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD code =
      GetSecurityInfo(opened, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                      nullptr, &list, nullptr, &descriptor);
  if (code != ERROR_SUCCESS) return fail(failed("Can't read the rights of", path, code));
  const Local<void> owned(descriptor);
  Ownership found;
  found.name = utf8_of(path);
  found.owner = text_of(owner);
  found.self = own_account();
  found.is_link = (about.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
  found.is_folder = (about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
  found.names = about.nNumberOfLinks;
  found.everyone_may = list == nullptr;
  if (list != nullptr) found.access = entries_of(list);
  return found;
}

Result<void> set_access(HANDLE opened, const std::filesystem::path& path, const wchar_t* list) {
  const Local<void> descriptor = descriptor_of(list);
  BOOL present = FALSE, defaulted = FALSE;
  PACL entries = nullptr;
  if (!descriptor || !GetSecurityDescriptorDacl(descriptor.get(), &present, &entries, &defaulted))
    return fail(failed("Can't make an access list for", path, GetLastError()));
  const DWORD code =
      SetSecurityInfo(opened, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                      nullptr, nullptr, entries, nullptr);
  if (code != ERROR_SUCCESS) return fail(failed("Can't set the rights of", path, code));
  return {};
}

Result<void> make_folder(const std::filesystem::path& path, const wchar_t* list) {
  const Local<void> descriptor = descriptor_of(list);
  if (!descriptor) return fail(failed("Can't make an access list for", path, GetLastError()));
  SECURITY_ATTRIBUTES attributes{sizeof attributes, descriptor.get(), FALSE};
  if (!CreateDirectoryW(path.c_str(), &attributes) && GetLastError() != ERROR_ALREADY_EXISTS)
    return fail(failed("Can't make the folder", path, GetLastError()));
  return {};
}

}  // namespace keyturn::cli
