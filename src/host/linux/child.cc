#include "host/linux/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace keyturn::host {
namespace {

constexpr std::size_t kMost = 65'536;

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

int spawn(std::vector<std::string> command, std::vector<std::string> environment, int output, pid_t& child) {
  if (const char* path = std::getenv("PATH")) environment.push_back(std::string("PATH=") + path);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const int error = posix_spawnp(&child, command.front().c_str(), &actions, nullptr,
                                 pointers_to(command).data(), pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// False: the time was over first.
bool read_all(int input, std::string& text, Duration patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{input, POLLIN, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    const ssize_t size = read(input, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    text.append(buffer.data(), std::min(static_cast<std::size_t>(size), kMost - text.size()));
  }
}

}  // namespace

Result<std::string> run_child(const std::vector<std::string>& command,
                              const std::vector<std::string>& environment, Duration patience) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(ErrorKind::unavailable, fmt::format("No pipe can be made: {}.", std::strerror(errno)));
  pid_t child = 0;
  const int error = spawn(command, environment, ends[1], child);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return fail(error == ENOENT ? ErrorKind::not_found : ErrorKind::unavailable,
                fmt::format("{} can't be run: {}.", command.front(), std::strerror(error)));
  }
  std::string text;
  const bool in_time = read_all(ends[0], text, patience);
  close(ends[0]);
  if (!in_time) kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!in_time)
    return fail(ErrorKind::timed_out,
                fmt::format("{} gave no answer within {}.", command.front(), format_duration(patience)));
  return text;
}

}  // namespace keyturn::host
