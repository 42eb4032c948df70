// A simulated Windows host: a Wine prefix whose registry and services are those of a machine with SQL Server.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "lab/host_root.h"
#include "lab/wine.h"

namespace keyturn::lab {

// What the lab's Windows hosts run. Both are programs for Windows.
struct WindowsPrograms {
  std::filesystem::path keyturn;  // installed on them; empty: the lab has no Windows hosts that run anything
  std::filesystem::path service;  // stands in for SQL Server's services; see tests/windows/service
  // Wine's ODBC takes drivers of Linux: the library of Microsoft's ODBC Driver 18. Empty: FreeTDS, in the
  // place of the driver that comes with Windows.
  std::filesystem::path odbc_driver;
};

// `given`, with the service found where the build has it beside keyturn.exe. ErrorKind::usage.
Result<WindowsPrograms> find_windows_programs(const WindowsPrograms& given);

// Variables that hold paths or addresses of this machine, as programs under Wine understand them.
std::map<std::string, std::string> for_windows(std::map<std::string, std::string> environment);

// Thread-safe.
class WindowsHost {
 public:
  // `name` is the machine's; the Wine must outlive the host.
  static Result<std::shared_ptr<WindowsHost>> make(Wine& wine, const WindowsPrograms& programs,
                                                   const std::string& name);

  // Registry and services as the instances stand now.
  Result<void> put(const std::vector<HostInstance>& instances);

  [[nodiscard]] const std::filesystem::path& drive_c() const { return drive_c_; }
  // Where a program on it is to be found; false once somebody has removed it.
  [[nodiscard]] bool has_keyturn() const;
  [[nodiscard]] std::vector<std::string> keyturn_command() const;
  [[nodiscard]] std::map<std::string, std::string> environment() const;

 private:
  WindowsHost(Wine& wine, WindowsPrograms programs, std::filesystem::path prefix)
      : wine_(wine),
        programs_(std::move(programs)),
        prefix_(std::move(prefix)),
        drive_c_(prefix_ / "drive_c") {}
  Result<void> install();
  [[nodiscard]] Result<void> seed(const std::vector<HostInstance>& instances) const;
  [[nodiscard]] Result<void> service(const std::string& verb, const HostInstance& instance,
                                     const std::vector<std::string>& options = {}) const;

  Wine& wine_;
  const WindowsPrograms programs_;
  const std::filesystem::path prefix_;
  const std::filesystem::path drive_c_;
  std::mutex mutex_;
  std::map<std::string, bool> is_running_;  // by service: those that are there
};

}  // namespace keyturn::lab
