#include <windows.h>

#include <atomic>
#include <exception>

#include "base/wide_windows.h"
#include "tests/windows/service/forwarder.h"
#include "tests/windows/service/stand_in.h"

namespace keyturn::stand_in {
namespace {

// The service manager calls plain functions: one service a process.
struct Running {
  const StandIn* stand_in = nullptr;
  std::wstring name;
  SERVICE_STATUS_HANDLE handle = nullptr;
  HANDLE stop = nullptr;
  std::atomic<bool> is_paused = false;
  SERVICE_STATUS status{};
};
Running running;

void report(DWORD state, unsigned seconds = 0) {
  SERVICE_STATUS& status = running.status;
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwWaitHint = seconds * 1000;
  status.dwCheckPoint =
      state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING ? status.dwCheckPoint + 1 : 0;
  const bool is_up = state == SERVICE_RUNNING || state == SERVICE_PAUSED;
  status.dwControlsAccepted = is_up ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE : 0;
  SetServiceStatus(running.handle, &status);
}

void stay(DWORD state, unsigned seconds) {
  for (unsigned i = 0; i < seconds; ++i) {
    report(state, 2);
    Sleep(1000);
  }
}

DWORD WINAPI control(DWORD what, DWORD, void*, void*) {
  switch (what) {
    case SERVICE_CONTROL_STOP:
      report(SERVICE_STOP_PENDING, 2);
      SetEvent(running.stop);
      break;
    case SERVICE_CONTROL_PAUSE:
      running.is_paused = true;
      report(SERVICE_PAUSED);
      break;
    case SERVICE_CONTROL_CONTINUE:
      running.is_paused = false;
      report(SERVICE_RUNNING);
      break;
    case SERVICE_CONTROL_INTERROGATE:
      SetServiceStatus(running.handle, &running.status);
      break;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
  return NO_ERROR;
}

void run() {
  const StandIn& stand_in = *running.stand_in;
  report(SERVICE_START_PENDING, 2);
  stay(SERVICE_START_PENDING, stand_in.seconds_starting);
  for (const Listening& socket : stand_in.sockets) listen_on(socket, running.is_paused);
  for (const std::string& pipe : stand_in.pipes) serve_pipe(pipe);
  report(SERVICE_RUNNING);
  WaitForSingleObject(running.stop, INFINITE);
  stay(SERVICE_STOP_PENDING, stand_in.seconds_stopping);
}

void WINAPI service_main(DWORD, wchar_t**) {
  running.handle = RegisterServiceCtrlHandlerExW(running.name.c_str(), control, nullptr);
  if (running.handle == nullptr) return;
  try {
    run();
  } catch (const std::exception&) {  // a port that is taken: it ends as SQL Server would
    running.status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
    running.status.dwServiceSpecificExitCode = 17182;
  }
  report(SERVICE_STOPPED);
}

}  // namespace

int serve(const StandIn& stand_in) {
  running.stand_in = &stand_in;
  running.name = wide(stand_in.service);
  running.stop = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  const SERVICE_TABLE_ENTRYW table[] = {{running.name.data(), service_main}, {nullptr, nullptr}};
  return StartServiceCtrlDispatcherW(table) != 0 ? 0 : 1;
}

}  // namespace keyturn::stand_in
