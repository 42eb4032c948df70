// Where the configuration file is, and its text.
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "base/path.h"
#include "setup/config.h"
#include "setup/config_places.h"

namespace keyturn::setup {
namespace {

Result<std::string> read_file(const std::filesystem::path& file) {
  std::error_code code;
  if (std::filesystem::is_directory(file, code))
    return fail(ErrorKind::usage, fmt::format("The configuration {} is a folder.", utf8_of(file)),
                "Name the file in it.");
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf()).good()) {
    if (stream && stream.peek() == std::ifstream::traits_type::eof()) return std::string();  // an empty file
    return fail(ErrorKind::usage, fmt::format("The configuration file {} can't be read.", utf8_of(file)),
                std::filesystem::exists(file, code)
                    ? "Make it readable for the user that runs keyturn."
                    : "There is no such file; check the path given to --config.");
  }
  return text.str();
}

}  // namespace

Result<Config> load_config(const std::optional<std::filesystem::path>& file,
                           const aws::Environment& environment) {
  std::optional<std::filesystem::path> found = file;
  for (const auto& candidate : configuration_files(environment)) {
    std::error_code code;
    if (!found && std::filesystem::exists(candidate, code)) found = candidate;
  }
  if (!found) return parse_config("", "");
  const auto text = read_file(*found);
  if (!text) return fail(text.error());
  return parse_config(*text, utf8_of(*found));
}

}  // namespace keyturn::setup
