#include "cli/host_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/journal.h"

namespace keyturn::cli {
namespace {

namespace fs = std::filesystem;

fs::path numbered(const fs::path& file, int number) {
  return number == 0 ? file : fs::path(fmt::format("{}.{}", file.string(), number));
}

// keyturn.log becomes keyturn.log.1, and so on; the oldest goes. Only between runs, which are short, and one
// process at a time: two commands of Systems Manager may well run at once.
void rotate(const fs::path& file) {
  const int lock = open((file.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return;
  std::error_code ignored;
  if (flock(lock, LOCK_EX) == 0 && fs::file_size(file, ignored) > kHostLogSize && !ignored)
    for (int number = kHostLogHistory; number > 0; --number)
      fs::rename(numbered(file, number - 1), numbered(file, number), ignored);
  close(lock);
}

Result<std::shared_ptr<spdlog::logger>> open_file_log(const Options& options, const fs::path& folder,
                                                      const LineWriter& to_stderr) {
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ErrorKind::unavailable,
                fmt::format("The folder {} can't be made: {}.", folder.string(), std::strerror(errno)));
  Options with_file = options;
  with_file.log_file = folder / "keyturn.log";
  rotate(*with_file.log_file);
  return open_log(with_file, to_stderr);
}

}  // namespace

Result<std::shared_ptr<spdlog::logger>> open_host_log(const Options& options, const fs::path& root,
                                                      const LineWriter& to_stderr) {
  if (options.log_file || options.log_format == LogFormat::json) return open_log(options, to_stderr);
  auto log = open_file_log(options, root / "var/log/keyturn", to_stderr);
  if (!log) {
    to_stderr(fmt::format("keyturn: {} The work goes on without a log file.\n", log.error().message));
    log = open_log(options, [](std::string_view) {});
    if (!log) return log;
    if (options.log_level.empty()) (*log)->set_level(spdlog::level::info);
  }
  if (auto journal = JournalSink::open(root / "run/systemd/journal/socket"))
    (*log)->sinks().push_back(std::move(journal));
  return log;
}

}  // namespace keyturn::cli
