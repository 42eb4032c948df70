// The log that stays on a host: a file with some history, and the log of the system itself. Its lines hold no
// secret, as all of the log.
#pragma once

#include <cstdint>
#include <memory>

#include "cli/host_paths.h"
#include "cli/log.h"

namespace keyturn::cli {

// A run that finds the file longer than this begins a new one; so many old ones stay: keyturn.log.1 is the
// youngest.
inline constexpr std::uintmax_t kHostLogSize = 1'048'576;
inline constexpr int kHostLogHistory = 9;

// As open_log() where --log-file or another form of log is asked for. Else the log goes to keyturn.log in the
// host's folder for it (Linux: folder 0700, file 0600; Windows: for the system and administrators alone), at
// level "info" unless the options say otherwise, and to the system's own log. What of these can't be written
// is told to `to_stderr` once and never stops the work.
Result<std::shared_ptr<spdlog::logger>> open_host_log(const Options& options, const HostPaths& paths,
                                                      const LineWriter& to_stderr);

}  // namespace keyturn::cli
