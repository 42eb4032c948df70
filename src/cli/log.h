// The program's own log, to stderr or a file. No secret ever gets here: what is logged are steps, targets and
// errors, and none of those holds one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/options.h"

namespace spdlog {
class logger;
}

namespace keyturn::cli {

using LineWriter = std::function<void(std::string_view)>;

// Whether the log itself goes to stderr, in the place of the lines of progress.
bool logs_to_stderr(const Options& options);

// Without --log-level the level is "info" where a file or the JSON form is asked for, else "off".
// `to_stderr` writes one line to stderr: warnings about the log itself, and the log where no file is named. A
// log that can't be written (full disk) is warned of once and never stops the work. A log file that can't be
// opened: ErrorKind::usage.
Result<std::shared_ptr<spdlog::logger>> open_log(const Options& options, LineWriter to_stderr);

}  // namespace keyturn::cli
