// What the command line says.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/time.h"
#include "cli/console.h"
#include "cli/host_options.h"
#include "rotation/decide.h"

namespace keyturn::cli {

enum class OutputFormat { text, json };
enum class LogFormat { text, json };

struct Options {
  std::string command;  // "rotate" …
  std::optional<std::filesystem::path> config;
  OutputFormat output = OutputFormat::text;
  LogFormat log_format = LogFormat::text;
  std::string log_level;                          // empty: see open_log()
  std::optional<std::filesystem::path> log_file;  // unset: stderr
  ColorChoice color = ColorChoice::automatic;
  std::string rotation;  // empty: all
  std::string region;    // empty: as configured
  std::string profile;
  bool compromised = false;                               // rotate, plan
  Duration wait{0};                                       // rotate, reconcile
  rotation::Command planned = rotation::Command::rotate;  // plan
  std::string shell;                                      // completion
  HostOptions host;                                       // apply
};

}  // namespace keyturn::cli
