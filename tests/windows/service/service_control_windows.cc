#include <windows.h>

#include <memory>
#include <stdexcept>

#include "base/wide_windows.h"
#include "tests/windows/service/service_control.h"

namespace keyturn::stand_in {
namespace {

struct CloseService {
  void operator()(SC_HANDLE handle) const { CloseServiceHandle(handle); }
};
using Handle = std::unique_ptr<std::remove_pointer_t<SC_HANDLE>, CloseService>;

[[noreturn]] void fail_with(const std::string& what, DWORD error = GetLastError()) {
  throw std::runtime_error(what + ": " + windows_message(error));
}

Handle manager() {
  Handle opened(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ALL_ACCESS));
  if (!opened) fail_with("the service manager can't be reached");
  return opened;
}

Handle open(const std::string& service) {
  Handle opened(OpenServiceW(manager().get(), wide(service).c_str(), SERVICE_ALL_ACCESS));
  if (!opened) fail_with("the service " + service + " can't be opened");
  return opened;
}

SERVICE_STATUS_PROCESS status_of(SC_HANDLE service) {
  SERVICE_STATUS_PROCESS status{};
  DWORD needed = 0;
  if (QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof status,
                           &needed) == 0)
    fail_with("the service's state is not told");
  return status;
}

void wait_for(SC_HANDLE service, DWORD state) {
  constexpr int kTries = 600;
  for (int i = 0; i < kTries; ++i) {
    if (status_of(service).dwCurrentState == state) return;
    Sleep(50);
  }
  throw std::runtime_error("the service does not reach the state " + std::to_string(state));
}

void tell(const std::string& name, DWORD what, DWORD state, bool wait) {
  const Handle service = open(name);
  SERVICE_STATUS status{};
  if (ControlService(service.get(), what, &status) == 0) fail_with("the service " + name + " does not obey");
  if (wait) wait_for(service.get(), state);
}

DWORD type_of(Start start) {
  switch (start) {
    case Start::manual:
      return SERVICE_DEMAND_START;
    case Start::disabled:
      return SERVICE_DISABLED;
    default:
      return SERVICE_AUTO_START;
  }
}

std::string name_of(DWORD state) {
  switch (state) {
    case SERVICE_STOPPED:
      return "STOPPED";
    case SERVICE_START_PENDING:
      return "START_PENDING";
    case SERVICE_STOP_PENDING:
      return "STOP_PENDING";
    case SERVICE_RUNNING:
      return "RUNNING";
    case SERVICE_CONTINUE_PENDING:
      return "CONTINUE_PENDING";
    case SERVICE_PAUSE_PENDING:
      return "PAUSE_PENDING";
    case SERVICE_PAUSED:
      return "PAUSED";
    default:
      return std::to_string(state);
  }
}

}  // namespace

void install(const std::string& service, const std::string& command_line, Start start) {
  const std::wstring name = wide(service);
  const std::wstring command = wide(command_line);
  const std::wstring shown = L"SQL Server (" + name.substr(name.find(L'$') + 1) + L")";
  const Handle services = manager();
  const Handle made(CreateServiceW(services.get(), name.c_str(), shown.c_str(), SERVICE_ALL_ACCESS,
                                   SERVICE_WIN32_OWN_PROCESS, type_of(start), SERVICE_ERROR_NORMAL,
                                   command.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr));
  if (made) return;
  if (GetLastError() != ERROR_SERVICE_EXISTS) fail_with("the service " + service + " can't be made");
  if (ChangeServiceConfigW(open(service).get(), SERVICE_NO_CHANGE, type_of(start), SERVICE_NO_CHANGE,
                           command.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) == 0)
    fail_with("the service " + service + " can't be changed");
}

void remove(const std::string& service) {
  if (DeleteService(open(service).get()) == 0) fail_with("the service " + service + " can't be removed");
}

void start(const std::string& service, bool wait) {
  const Handle opened = open(service);
  if (StartServiceW(opened.get(), 0, nullptr) == 0) fail_with("the service " + service + " can't be started");
  if (wait) wait_for(opened.get(), SERVICE_RUNNING);
}

void stop(const std::string& service, bool wait) {
  tell(service, SERVICE_CONTROL_STOP, SERVICE_STOPPED, wait);
}
void pause(const std::string& service, bool wait) {
  tell(service, SERVICE_CONTROL_PAUSE, SERVICE_PAUSED, wait);
}
void resume(const std::string& service, bool wait) {
  tell(service, SERVICE_CONTROL_CONTINUE, SERVICE_RUNNING, wait);
}

std::string state(const std::string& service) {
  const Handle opened(OpenServiceW(manager().get(), wide(service).c_str(), SERVICE_QUERY_STATUS));
  if (!opened) {
    if (GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST) return "MISSING";
    fail_with("the service " + service + " can't be opened");
  }
  const SERVICE_STATUS_PROCESS status = status_of(opened.get());
  const std::string process = status.dwProcessId == 0 ? "" : " " + std::to_string(status.dwProcessId);
  return name_of(status.dwCurrentState) + process;
}

}  // namespace keyturn::stand_in
