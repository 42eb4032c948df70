// Running a credential_process: POSIX only.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <utility>

#include "aws/credential_process.h"
#include "base/secret_string.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): not every libc declares it

namespace keyturn::aws {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kMaxOutput = 1U << 20U;

// A pipe; both ends are closed with it.
class Pipe {
 public:
  Pipe() { open_ = pipe2(ends_.data(), O_CLOEXEC) == 0; }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) close(ends_[end]);
    ends_[end] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  bool open_ = false;
};

// Appends what can be read; false at the end.
bool drain(int fd, std::string& into) {
  std::array<char, 4096> bytes{};
  const ssize_t n = read(fd, bytes.data(), bytes.size());
  if (n > 0 && into.size() < kMaxOutput) into.append(bytes.data(), std::size_t(n));
  wipe_memory(bytes.data(), bytes.size());
  return n > 0 || (n < 0 && errno == EINTR);
}

ProcessOutcome read_both(Pipe& out, Pipe& err, std::chrono::milliseconds time) {
  ProcessOutcome outcome;
  outcome.output.reserve(64U << 10U);
  const auto limit = SteadyClock::now() + time;
  std::array<pollfd, 2> fds{{{out.read_end(), POLLIN, 0}, {err.read_end(), POLLIN, 0}}};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(limit - SteadyClock::now()).count();
    if (left <= 0) {
      outcome.too_slow = true;
      return outcome;
    }
    if (poll(fds.data(), fds.size(), int(left)) < 0 && errno != EINTR) return outcome;
    if (fds[0].revents != 0 && !drain(fds[0].fd, outcome.output)) fds[0].fd = -1;
    if (fds[1].revents != 0 && !drain(fds[1].fd, outcome.errors)) fds[1].fd = -1;
  }
  return outcome;
}

Result<pid_t> start(const std::vector<std::string>& words, Pipe& out, Pipe& err) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.write_end(), 2);
  pid_t pid = -1;
  const int failed = posix_spawnp(&pid, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return fail(ErrorKind::credentials, fmt::format("The credential_process {} could not be started: {}.",
                                                    words[0], std::strerror(failed)));
  return pid;
}

}  // namespace

Result<std::vector<std::string>> split_command(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < line.size() &&
                         (quote == '\0' || line[i + 1] == '"' || line[i + 1] == '\\');
    if (escapes) {
      word += line[++i];
      in_word = true;
    } else if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0') return fail(ErrorKind::usage, "A quote in credential_process is not closed.");
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return fail(ErrorKind::usage, "credential_process is empty.");
  return words;
}

Result<ProcessOutcome> run_program(const std::string& command_line, std::chrono::milliseconds limit) {
  const auto words = split_command(command_line);
  if (!words) return fail(words.error());
  Pipe out;
  Pipe err;
  if (!out.is_open() || !err.is_open())
    return fail(ErrorKind::credentials, "No pipe to the credential_process could be made.");
  const auto pid = start(*words, out, err);
  if (!pid) return fail(pid.error());
  out.close_end(1);
  err.close_end(1);
  ProcessOutcome outcome = read_both(out, err, limit);
  outcome.program = (*words)[0];
  if (outcome.too_slow) kill(*pid, SIGKILL);
  int status = 0;
  while (waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  outcome.succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return outcome;
}

}  // namespace keyturn::aws
