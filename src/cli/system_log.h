// The log of the system itself, beside the file: the journal of systemd, or Windows's event log.
#pragma once

#include <spdlog/sinks/sink.h>

#include <memory>

#include "cli/host_paths.h"
#include "cli/options.h"

namespace keyturn::cli {

// Null where there is none, or where nothing of this run is worth it.
// Linux: each line becomes an entry. Windows: the run becomes one event once it is flushed, with its last
// line as the headline and warnings and errors below; a look that went well is none.
std::shared_ptr<spdlog::sinks::sink> system_log_sink(const Options& options, const HostPaths& paths);

}  // namespace keyturn::cli
