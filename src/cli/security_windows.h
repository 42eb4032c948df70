// Owners and access lists, from Windows's form and to it. (For *_windows.cc alone: it needs windows.h.)
#pragma once

#include <windows.h>

#include <filesystem>

#include "cli/windows/trust.h"

namespace keyturn::cli {

struct CloseHandleFunction {
  using pointer = HANDLE;
  void operator()(HANDLE handle) const { CloseHandle(handle); }
};
using OwnedHandle = std::unique_ptr<void, CloseHandleFunction>;

// Opens a file or folder itself, never what a link points to. Null with GetLastError() set where that fails.
OwnedHandle open_itself(const std::filesystem::path& path, DWORD access);

// ErrorKind::unavailable where Windows does not tell.
Result<Ownership> ownership_of(HANDLE opened, const std::filesystem::path& path);

// "D:P(A;…)": sets the access list, cut off from what the folder above gives.
Result<void> set_access(HANDLE opened, const std::filesystem::path& path, const wchar_t* list);

// A folder with that owner and list from its first moment on; none is made where there is one.
Result<void> make_folder(const std::filesystem::path& path, const wchar_t* list);

}  // namespace keyturn::cli
