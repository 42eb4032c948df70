#include <windows.h>

#include <atomic>

#include "cli/process.h"

// Of werapi.h, which does not compile in mingw-w64 10.
extern "C" WINBASEAPI HRESULT WINAPI WerSetFlags(DWORD flags);

namespace keyturn::cli {
namespace {

constexpr DWORD kReportWithoutHeap = 1;  // WER_FAULT_REPORTING_FLAG_NOHEAP

std::atomic<StopFlag*> stop_flag{nullptr};

// The system runs it in a thread of its own. FALSE: the usual handler, which ends the process.
BOOL WINAPI on_event(DWORD event) {
  // Somebody logs off, and services hear of it. Programs on that person's desktop are ended anyway.
  if (event == CTRL_LOGOFF_EVENT) return TRUE;
  StopFlag* stop = stop_flag.load();
  if (stop == nullptr || stop->requested()) return FALSE;
  stop->request();
  // Returning would end the process at once; so the work has the seconds that Windows gives it.
  if (event == CTRL_CLOSE_EVENT || event == CTRL_SHUTDOWN_EVENT) Sleep(INFINITE);
  return TRUE;
}

}  // namespace

void harden_process() {
  // The program's own folder may be one of downloads, where others can put a library of the right name.
  SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  WerSetFlags(kReportWithoutHeap);
}

void stop_on_signals(StopFlag& stop) {
  stop_flag.store(&stop);
  SetConsoleCtrlHandler(on_event, TRUE);
}

std::string removal_of_variable(const std::string& name) { return "`Remove-Item Env:" + name + "`"; }

}  // namespace keyturn::cli
