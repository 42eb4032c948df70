#include "cli/host_paths.h"

#include <fmt/format.h>

#include "base/path.h"
#include "base/wide_windows.h"
#include "cli/security_windows.h"

namespace keyturn::cli {

HostPaths host_paths(const aws::Environment& environment) {
  const std::filesystem::path own =
      path_of(environment("ProgramData").value_or(R"(C:\ProgramData)")) / "keyturn";
  return {"", own / "keyturn.toml", own / "logs"};
}

std::string host_name() {
  std::wstring name(256, L'\0');
  DWORD size = DWORD(name.size());
  return GetComputerNameExW(ComputerNamePhysicalDnsHostname, name.data(), &size)
             ? narrow(name.substr(0, size))
             : std::string();
}

std::string usual_configurations() {
  return R"(%APPDATA%\keyturn\keyturn.toml, on a host %ProgramData%\keyturn\keyturn.toml,)";
}

Result<void> check_trusted(const std::filesystem::path& configuration) {
  for (const std::filesystem::path& path : {configuration.parent_path(), configuration}) {
    const OwnedHandle opened = open_itself(path, READ_CONTROL | FILE_READ_ATTRIBUTES);
    const auto found = opened ? ownership_of(opened.get(), path) : fail(ErrorKind::usage, "");
    if (!found)
      return fail(ErrorKind::usage, fmt::format("Who may change {} can't be found out: {}.", utf8_of(path),
                                                windows_message(GetLastError())));
    // Users can make new files in a folder that an administrator made there, but can't change what is in it.
    const auto checked = path == configuration ? check_untouchable(*found) : check_origin(*found);
    if (!checked) return checked;
  }
  return {};
}

}  // namespace keyturn::cli
