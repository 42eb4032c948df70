#include "cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <io.h>

#include <array>

#include "base/path.h"
#include "base/wide_windows.h"
#include "cli/security_windows.h"

namespace keyturn::cli {
namespace {

// The system and administrators: everything; inherited by what is made below. Users may read the host's
// configuration, which holds no secret, but make nothing beside it.
constexpr const wchar_t* kConfigurationFolder =
    L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)";
constexpr const wchar_t* kLogFolder = L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

bool is_administrator() {
  alignas(SID) std::array<std::byte, SECURITY_MAX_SID_SIZE> sid;
  DWORD size = sid.size();
  BOOL member = FALSE;
  return CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, sid.data(), &size) &&
         CheckTokenMembership(nullptr, sid.data(), &member) && member != FALSE;
}

Error not_opened(const std::filesystem::path& path) {
  return {ErrorKind::unavailable, Effect::none, "",
          fmt::format("{} can't be opened: {}.", utf8_of(path), windows_message(GetLastError())), ""};
}

Result<void> check_origin_of(const std::filesystem::path& path) {
  const OwnedHandle opened = open_itself(path, READ_CONTROL | FILE_READ_ATTRIBUTES);
  if (!opened) return fail(not_opened(path));
  const auto found = ownership_of(opened.get(), path);
  return found ? check_origin(*found) : fail(found.error());
}

// Who made it and what it is can't be repaired: whoever made a folder may still hold it open with the right
// to change its rights. Rights themselves can, and through the handle that was looked at: nobody can put
// another in its place.
Result<void> own_folder(const std::filesystem::path& path, const wchar_t* rights) {
  if (const auto made = make_folder(path, rights); !made) return made;
  const OwnedHandle opened = open_itself(path, READ_CONTROL | WRITE_DAC | FILE_READ_ATTRIBUTES);
  if (!opened) return fail(not_opened(path));
  const auto found = ownership_of(opened.get(), path);
  if (!found) return fail(found.error());
  if (const auto origin = check_origin(*found); !origin) return origin;
  if (!found->is_folder) return fail(ErrorKind::unavailable, fmt::format("{} is no folder.", found->name));
  return set_access(opened.get(), path, rights);
}

}  // namespace

// A handle with the right to append only: the system puts each write at the end.
Result<int> open_to_append(const std::filesystem::path& file) {
  HANDLE handle = CreateFileW(file.c_str(), FILE_APPEND_DATA | SYNCHRONIZE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle == INVALID_HANDLE_VALUE) return fail(ErrorKind::unavailable, windows_message(GetLastError()));
  const int descriptor =
      _open_osfhandle(reinterpret_cast<intptr_t>(handle), _O_WRONLY | _O_APPEND | _O_BINARY);
  if (descriptor >= 0) return descriptor;
  CloseHandle(handle);
  return fail(ErrorKind::unavailable, "too many files are open");
}

void close_file(int descriptor) { _close(descriptor); }

void with_file_lock(const std::filesystem::path& lock_file, const std::function<void()>& work) {
  const OwnedHandle opened(CreateFileW(lock_file.c_str(), GENERIC_READ | GENERIC_WRITE,
                                       FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_ALWAYS,
                                       FILE_ATTRIBUTE_NORMAL, nullptr));
  if (opened.get() == INVALID_HANDLE_VALUE) return;
  OVERLAPPED from_start{};
  if (LockFileEx(opened.get(), LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &from_start)) work();
}

Result<void> make_private_folder(const std::filesystem::path& folder) {
  if (!is_administrator())
    return fail(ErrorKind::unavailable,
                fmt::format("The log in {} is for administrators only.", utf8_of(folder)));
  if (const auto own = own_folder(folder.parent_path(), kConfigurationFolder); !own) return own;
  if (const auto own = own_folder(folder, kLogFolder); !own) return own;
  // From here on nobody else gets anything in; what is there may have come before.
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (const auto origin = check_origin_of(entry.path()); !origin) return origin;
  if (error)
    return fail(ErrorKind::unavailable, fmt::format("The folder {} can't be read.", utf8_of(folder)));
  return {};
}

}  // namespace keyturn::cli
