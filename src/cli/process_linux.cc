#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "cli/process.h"

namespace keyturn::cli {
namespace {

std::atomic<StopFlag*> stop_flag{nullptr};

extern "C" void on_signal(int signal) {
  StopFlag* stop = stop_flag.load();
  if (stop == nullptr || stop->requested()) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  stop->request();
}

// A standard stream that was closed would be taken by the next file or connection that is opened, and the
// results be written into that. In their place stands what can't be written, so that a lost result is an
// error.
void keep_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) static_cast<void>(open("/dev/null", O_RDONLY));
}

}  // namespace

void harden_process() {
  keep_standard_streams();
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__  // LeakSanitizer attaches to its own process, which this would forbid
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
  std::signal(SIGPIPE, SIG_IGN);
}

void stop_on_signals(StopFlag& stop) {
  stop_flag.store(&stop);
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction before = {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
  }
}

std::string removal_of_variable(const std::string& name) { return "`unset " + name + "`"; }

}  // namespace keyturn::cli
