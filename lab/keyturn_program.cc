#include "lab/keyturn_program.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "lab/process.h"

namespace keyturn::lab {
namespace {

constexpr auto kPatience = std::chrono::seconds{10};
constexpr auto kPause = std::chrono::milliseconds{5};

bool is_program(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

Result<std::filesystem::path> find_keyturn(const std::filesystem::path& given) {
  std::error_code ignored;
  if (!given.empty()) {
    if (is_program(given)) return std::filesystem::absolute(given, ignored);
    return fail(ErrorKind::usage, "There is no program " + given.string() + ".");
  }
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const char* place : {"keyturn", "../src/cli/keyturn"})
    if (is_program(folder / place)) return std::filesystem::canonical(folder / place, ignored);
  return fail(ErrorKind::usage, "keyturn, which the lab's hosts run, is not beside keyturn-lab.",
              "Say where it is: --keyturn PATH.");
}

Result<std::string> output_of_keyturn(const std::filesystem::path& keyturn,
                                      const std::vector<std::string>& arguments,
                                      const std::filesystem::path& folder) {
  ProcessSpec spec{{keyturn.string()}, {}, folder, folder / "keyturn.stdout", folder / "keyturn.stderr"};
  spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
  const auto process = Process::start(spec);
  if (!process) return tl::unexpected(process.error());
  std::optional<int> status;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!(status = (*process)->poll()) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(kPause);
  if (status == 0) return content_of(spec.stdout_file);
  return fail(ErrorKind::unavailable, "`keyturn " + arguments.front() + "` ended with " +
                                          (status ? "exit status " + std::to_string(*status) : "no end") +
                                          ": " + content_of(spec.stderr_file));
}

}  // namespace keyturn::lab
