#include "host/windows/service_manager_windows.h"

#include <fmt/format.h>
#include <windows.h>

#include <memory>
#include <vector>

#include "base/wide_windows.h"

namespace keyturn::host {
namespace {

struct CloseService {
  void operator()(SC_HANDLE handle) const { CloseServiceHandle(handle); }
};
using Handle = std::unique_ptr<std::remove_pointer_t<SC_HANDLE>, CloseService>;

tl::unexpected<Error> failure(const std::string& service, DWORD error) {
  if (error == ERROR_SERVICE_DOES_NOT_EXIST)
    return fail(ErrorKind::not_found, fmt::format("There is no service {}.", service));
  return fail(
      error == ERROR_ACCESS_DENIED ? ErrorKind::denied : ErrorKind::unavailable,
      fmt::format("Windows does not tell the state of the service {}: {}.", service, windows_message(error)),
      "Run keyturn as SYSTEM or as an administrator.");
}

WindowsServiceState state_of(DWORD state) {
  switch (state) {
    case SERVICE_RUNNING:
      return WindowsServiceState::running;
    case SERVICE_START_PENDING:
    case SERVICE_CONTINUE_PENDING:
      return WindowsServiceState::starting;
    case SERVICE_STOP_PENDING:
      return WindowsServiceState::stopping;
    case SERVICE_PAUSED:
    case SERVICE_PAUSE_PENDING:
      return WindowsServiceState::paused;
    default:
      return WindowsServiceState::stopped;
  }
}

// How it is started; without the right to know, neither way.
void add_start_type(SC_HANDLE service, WindowsService& found) {
  DWORD needed = 0;
  QueryServiceConfigW(service, nullptr, 0, &needed);
  std::vector<BYTE> buffer(needed + sizeof(QUERY_SERVICE_CONFIGW));
  auto* config = reinterpret_cast<QUERY_SERVICE_CONFIGW*>(buffer.data());
  if (QueryServiceConfigW(service, config, static_cast<DWORD>(buffer.size()), &needed) == 0) return;
  found.is_manual = config->dwStartType == SERVICE_DEMAND_START;
  found.is_disabled = config->dwStartType == SERVICE_DISABLED;
}

}  // namespace

Result<WindowsService> SystemServiceManager::query(const std::string& service) const {
  const Handle manager(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT));
  if (!manager) return failure(service, GetLastError());
  const std::wstring name = wide(service);
  Handle opened(OpenServiceW(manager.get(), name.c_str(), SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG));
  if (!opened && GetLastError() == ERROR_ACCESS_DENIED)
    opened.reset(OpenServiceW(manager.get(), name.c_str(), SERVICE_QUERY_STATUS));
  if (!opened) return failure(service, GetLastError());
  SERVICE_STATUS_PROCESS status{};
  DWORD needed = 0;
  if (QueryServiceStatusEx(opened.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status),
                           sizeof status, &needed) == 0)
    return failure(service, GetLastError());
  WindowsService found;
  found.state = state_of(status.dwCurrentState);
  found.process = status.dwProcessId;
  add_start_type(opened.get(), found);
  return found;
}

}  // namespace keyturn::host
