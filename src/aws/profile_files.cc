#include "aws/profile_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/path.h"

namespace keyturn::aws {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = char(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i)
    if ((line[i] == '#' || line[i] == ';') && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
      return line.substr(0, i);
  return line;
}

// "profile   x" -> "profile x"; quotes around a name are dropped, as the SDKs do.
std::string section_name(std::string_view header) {
  std::string name;
  for (const char c : trim(header)) {
    if (c == '"' || c == '\'') continue;
    const bool blank = c == ' ' || c == '\t';
    if (!blank) name += c;
    if (blank && !name.empty() && name.back() != ' ') name += ' ';
  }
  return name;
}

class IniParser {
 public:
  explicit IniParser(const std::string& name) : name_(name) {}

  Result<void> line(std::string_view raw) {
    ++number_;
    const bool indented = !raw.empty() && (raw[0] == ' ' || raw[0] == '\t');
    const std::string_view text = trim(without_comment(raw));
    if (text.empty()) return {};
    if (text.front() == '[') return header(text);
    if (section_ == nullptr) return bad("a setting stands before the first [section]");
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || trim(text.substr(0, equals)).empty())
      return bad("a line is neither a [section] nor name = value");
    const std::string key = lower(trim(text.substr(0, equals)));
    std::string value(trim(text.substr(equals + 1)));
    if (indented && !parent_.empty()) {
      section_->nested[parent_][key] = std::move(value);
    } else {
      parent_ = value.empty() ? key : std::string{};
      section_->values[key] = std::move(value);
    }
    return {};
  }
  IniFile take() { return std::move(file_); }

 private:
  Result<void> header(std::string_view text) {
    if (text.back() != ']' || text.size() < 3) return bad("a [section] is not closed");
    section_ = &file_[section_name(text.substr(1, text.size() - 2))];
    parent_.clear();
    return {};
  }
  // The line itself is not quoted: it may hold a secret.
  tl::unexpected<Error> bad(std::string_view why) const {
    return fail(ErrorKind::usage, fmt::format("{}, line {}: {}.", name_, number_, why));
  }

  const std::string& name_;
  IniFile file_;
  IniSection* section_ = nullptr;
  std::string parent_;
  int number_ = 0;
};

Result<IniFile> read_ini(const std::string& path) {
  std::error_code ec;
  if (path.empty() || !std::filesystem::exists(path_of(path), ec)) return IniFile{};
  std::ifstream in(path_of(path), std::ios::binary);
  std::ostringstream text;
  // An empty file is none, and so is /dev/null, by which people say that there is to be none.
  if (in && in.peek() == std::ifstream::traits_type::eof() && !in.bad()) return IniFile{};
  if (!in || !(text << in.rdbuf())) {
    return fail(ErrorKind::usage, fmt::format("The AWS configuration file {} can't be read.", path),
                "Check its permissions.");
  }
  return parse_ini(text.str(), path);
}

std::string default_path(const Environment& environment, const std::string& variable, const char* file) {
  auto home = environment("HOME");
  if (!home) home = environment("USERPROFILE");  // Windows
  if (const auto path = environment(variable))
    return path->starts_with("~/") && home ? *home + path->substr(1) : *path;
  return home ? utf8_of((path_of(*home) / ".aws" / file).make_preferred()) : std::string{};
}

const IniSection* find(const IniFile& file, const std::string& name) {
  const auto found = file.find(name);
  return found == file.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<std::string> IniSection::value(const std::string& name) const {
  const auto found = values.find(name);
  if (found == values.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<IniFile> parse_ini(std::string_view text, const std::string& name) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // Windows editors' byte order mark
  IniParser parser(name);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (auto done = parser.line(text.substr(0, end)); !done) return fail(done.error());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parser.take();
}

const IniSection* ProfileFiles::in_config(const std::string& profile) const {
  if (const auto* section = find(config, "profile " + profile)) return section;
  return profile == "default" ? find(config, "default") : nullptr;
}

const IniSection* ProfileFiles::in_credentials(const std::string& profile) const {
  return find(credentials, profile);
}

std::optional<std::string> ProfileFiles::value(const std::string& profile, const std::string& name) const {
  for (const IniSection* section : {in_credentials(profile), in_config(profile)})
    if (section != nullptr)
      if (auto value = section->value(name)) return value;
  return std::nullopt;
}

Result<ProfileFiles> load_profile_files(const Environment& environment) {
  ProfileFiles files;
  files.config_path = default_path(environment, "AWS_CONFIG_FILE", "config");
  files.credentials_path = default_path(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  auto config = read_ini(files.config_path);
  if (!config) return fail(config.error());
  auto credentials = read_ini(files.credentials_path);
  if (!credentials) return fail(credentials.error());
  files.config = std::move(*config);
  files.credentials = std::move(*credentials);
  return files;
}

}  // namespace keyturn::aws
