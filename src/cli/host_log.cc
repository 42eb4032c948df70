#include "cli/host_log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/path.h"
#include "cli/files.h"
#include "cli/system_log.h"

namespace keyturn::cli {
namespace {

namespace fs = std::filesystem;

fs::path with_suffix(const fs::path& file, const std::string& suffix) { return fs::path(file) += suffix; }

fs::path numbered(const fs::path& file, int number) {
  return number == 0 ? file : with_suffix(file, fmt::format(".{}", number));
}

// keyturn.log becomes keyturn.log.1, and so on; the oldest goes. Only between runs, which are short, and one
// process at a time: two commands of Systems Manager may well run at once.
void rotate(const fs::path& file) {
  with_file_lock(with_suffix(file, ".lock"), [&file] {
    std::error_code ignored;
    if (fs::file_size(file, ignored) <= kHostLogSize || ignored) return;
    for (int number = kHostLogHistory; number > 0; --number)
      fs::rename(numbered(file, number - 1), numbered(file, number), ignored);
  });
}

Result<std::shared_ptr<spdlog::logger>> open_file_log(const Options& options, const fs::path& folder,
                                                      const LineWriter& to_stderr) {
  if (const auto made = make_private_folder(folder); !made) return fail(made.error());
  Options with_file = options;
  with_file.log_file = folder / "keyturn.log";
  rotate(*with_file.log_file);
  return open_log(with_file, to_stderr);
}

}  // namespace

Result<std::shared_ptr<spdlog::logger>> open_host_log(const Options& options, const HostPaths& paths,
                                                      const LineWriter& to_stderr) {
  if (options.log_file || options.log_format == LogFormat::json) return open_log(options, to_stderr);
  auto log = open_file_log(options, paths.log_folder, to_stderr);
  if (!log) {
    to_stderr(fmt::format("keyturn: {} The work goes on without a log file.\n", log.error().sentence()));
    log = open_log(options, [](std::string_view) {});
    if (!log) return log;
    if (options.log_level.empty()) (*log)->set_level(spdlog::level::info);
  }
  if (auto sink = system_log_sink(options, paths)) (*log)->sinks().push_back(std::move(sink));
  return log;
}

}  // namespace keyturn::cli
