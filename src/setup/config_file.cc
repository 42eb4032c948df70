// Where the configuration file is, and its text.
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "setup/config.h"

namespace keyturn::setup {
namespace {

Result<std::string> read_file(const std::filesystem::path& file) {
  std::error_code code;
  if (std::filesystem::is_directory(file, code))
    return fail(ErrorKind::usage, fmt::format("The configuration {} is a folder.", file.string()),
                "Name the file in it.");
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf()).good()) {
    if (stream && stream.peek() == std::ifstream::traits_type::eof()) return std::string();  // an empty file
    return fail(ErrorKind::usage, fmt::format("The configuration file {} can't be read.", file.string()),
                std::filesystem::exists(file, code)
                    ? "Make it readable for the user that runs keyturn."
                    : "There is no such file; check the path given to --config.");
  }
  return text.str();
}

std::vector<std::filesystem::path> default_files(const aws::Environment& environment) {
  std::vector<std::filesystem::path> files;
  const auto xdg = environment("XDG_CONFIG_HOME");
  if (xdg && !xdg->empty())
    files.push_back(std::filesystem::path(*xdg) / "keyturn/keyturn.toml");
  else if (const auto home = environment("HOME"); home && !home->empty())
    files.push_back(std::filesystem::path(*home) / ".config/keyturn/keyturn.toml");
  files.emplace_back("/etc/keyturn/keyturn.toml");
  return files;
}

}  // namespace

Result<Config> load_config(const std::optional<std::filesystem::path>& file,
                           const aws::Environment& environment) {
  std::optional<std::filesystem::path> found = file;
  for (const auto& candidate : default_files(environment)) {
    std::error_code code;
    if (!found && std::filesystem::exists(candidate, code)) found = candidate;
  }
  if (!found) return parse_config("", "");
  const auto text = read_file(*found);
  if (!text) return fail(text.error());
  return parse_config(*text, found->string());
}

}  // namespace keyturn::setup
