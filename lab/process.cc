#include "lab/process.h"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace keyturn::lab {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> made;
  for (std::string& text : texts) made.push_back(text.data());
  made.push_back(nullptr);
  return made;
}

struct Actions {
  Actions() { ::posix_spawn_file_actions_init(&raw); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&raw); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t raw{};
};

struct Attributes {
  Attributes() { ::posix_spawnattr_init(&raw); }
  ~Attributes() { ::posix_spawnattr_destroy(&raw); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t raw{};
};

// The lab blocks and ignores signals that its children must not.
void set_attributes(Attributes& attributes) {
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes.raw, &none);
  ::posix_spawnattr_setsigdefault(&attributes.raw, &all);
  ::posix_spawnattr_setpgroup(&attributes.raw, 0);
  ::posix_spawnattr_setflags(&attributes.raw,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int shell_status(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

}  // namespace

Result<std::unique_ptr<Process>> Process::start(const ProcessSpec& spec) {
  std::vector<std::string> command = spec.command;
  std::vector<std::string> environment;
  for (const auto& [name, value] : spec.environment) environment.push_back(name + "=" + value);
  Actions actions;
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  ::posix_spawn_file_actions_addopen(&actions.raw, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions.raw, STDOUT_FILENO, spec.stdout_file.c_str(), kWrite, 0600);
  ::posix_spawn_file_actions_addopen(&actions.raw, STDERR_FILENO, spec.stderr_file.c_str(), kWrite, 0600);
  ::posix_spawn_file_actions_addchdir_np(&actions.raw, spec.folder.c_str());
  ::posix_spawn_file_actions_addclosefrom_np(&actions.raw, STDERR_FILENO + 1);
  Attributes attributes;
  set_attributes(attributes);
  pid_t id = 0;
  const int problem = ::posix_spawn(&id, command.at(0).c_str(), &actions.raw, &attributes.raw,
                                    pointers(command).data(), pointers(environment).data());
  if (problem != 0)
    return fail(ErrorKind::unavailable,
                "The program " + command[0] + " can't be started: " + std::strerror(problem) + ".");
  return std::unique_ptr<Process>(new Process(id));
}

Process::~Process() {
  kill();
  const std::lock_guard lock(mutex_);
  if (!status_) ::waitpid(id_, nullptr, 0);
}

std::optional<int> Process::poll() {
  const std::lock_guard lock(mutex_);
  if (status_) return status_;
  siginfo_t info{};
  // Not reaped yet, its id still names its group and nobody else's.
  if (::waitid(P_PID, id_t(id_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return {};
  ::kill(-id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
  status_ = shell_status(info);
  return status_;
}

void Process::send(int signal) {
  const std::lock_guard lock(mutex_);
  if (!status_) ::kill(-id_, signal);
}

void Process::kill() { send(SIGKILL); }
void Process::freeze() { send(SIGSTOP); }
void Process::thaw() { send(SIGCONT); }

}  // namespace keyturn::lab
