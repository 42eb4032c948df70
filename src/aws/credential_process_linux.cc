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
#include <nlohmann/json.hpp>

#include "aws/credential_parts.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): not every libc declares it

namespace keyturn::aws {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::seconds kTimeLimit{60};
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

struct Outcome {
  std::string output;
  std::string errors;
  bool too_slow = false;
};

// Appends what can be read; false at the end.
bool drain(int fd, std::string& into) {
  std::array<char, 4096> bytes{};
  const ssize_t n = read(fd, bytes.data(), bytes.size());
  if (n > 0 && into.size() < kMaxOutput) into.append(bytes.data(), std::size_t(n));
  wipe_memory(bytes.data(), bytes.size());
  return n > 0 || (n < 0 && errno == EINTR);
}

Outcome read_both(Pipe& out, Pipe& err) {
  Outcome outcome;
  outcome.output.reserve(64U << 10U);
  const auto limit = SteadyClock::now() + kTimeLimit;
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

std::string first_line(const std::string& text) {
  return text.substr(0, std::min<std::size_t>(text.find('\n'), 300));
}

bool has_version_1(const std::string& output) {
  const auto object = nlohmann::json::parse(output, nullptr, false);
  return object.is_object() && object.value("Version", nlohmann::json()) == 1;
}

}  // namespace

Result<Credentials> run_credential_process(const std::string& command_line) {
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
  Outcome outcome = read_both(out, err);
  if (outcome.too_slow) kill(*pid, SIGKILL);
  int status = 0;
  while (waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string name = "The credential_process " + (*words)[0];
  if (outcome.too_slow)
    return fail(ErrorKind::credentials, fmt::format("{} took longer than {} s.", name, kTimeLimit.count()));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    wipe_memory(outcome.output.data(), outcome.output.size());
    return fail(ErrorKind::credentials, fmt::format("{} failed: {}", name, first_line(outcome.errors)));
  }
  if (!has_version_1(outcome.output)) {
    wipe_memory(outcome.output.data(), outcome.output.size());
    return fail(ErrorKind::credentials, name + " did not print JSON with \"Version\": 1.");
  }
  return parse_credentials_json(outcome.output, name);
}

}  // namespace keyturn::aws
