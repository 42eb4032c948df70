#include "lab/windows_step.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

namespace keyturn::lab {
namespace {

using When = WindowsArgument::When;

constexpr const char* kFirstLine = "# keyturn on a Windows host";
// Those that decide how it is started, not with what arguments.
const std::set<std::string> kOtherVariables{"mode", "packageUrl", "packageSha256"};
const std::set<std::string> kPreferences{"ErrorActionPreference", "ProgressPreference"};

// The script's Get-List: a list of the document is pasted as JSON.
std::vector<std::string> words_of(const std::string& text) {
  static const std::regex kSeparators(R"([\[\],"\s]+)");
  std::vector<std::string> words(std::sregex_token_iterator(text.begin(), text.end(), kSeparators, -1), {});
  std::erase(words, "");
  return words;
}

bool is_said(const WindowsArgument& argument, const WindowsStep& step) {
  const std::string mode = step.value("mode");
  switch (argument.when) {
    case When::always:
      return true;
    case When::login:
      return mode == "login";
    case When::write:
      return mode != "check";
    case When::check:
      break;
  }
  return mode == "check";
}

bool is_known(const std::string& variable) {
  const auto& all = windows_arguments();
  return kOtherVariables.contains(variable) || kPreferences.contains(variable) ||
         std::any_of(all.begin(), all.end(),
                     [&](const WindowsArgument& it) { return it.variable == variable; });
}

}  // namespace

const std::vector<WindowsArgument>& windows_arguments() {
  static const std::vector<WindowsArgument> kArguments{
      {"--credential-secret", "credentialSecret"},
      {"--bucket-url-secret", "bucketUrlSecret"},
      {"--sql-user-secret", "sqlUserSecret"},
      {"--sql-password-secret", "sqlPasswordSecret"},
      {"--sql-authentication", "sqlAuthentication"},
      {"--bucket-url", "bucketUrls"},
      {"--credential-pattern", "credentialPatterns"},
      {"--rotate-login", "rotateLogin"},
      {"--proof-backup", "proofBackup"},
      {"--login", "", When::login},
      {"--version-id", "versionId", When::write},
      {"--stage", "stage", When::write},
      {"--not-after", "notAfter", When::write},
      {"--check", "", When::check},
  };
  return kArguments;
}

std::string WindowsStep::value(const std::string& variable) const {
  const auto found = variables.find(variable);
  return found == variables.end() ? "" : found->second;
}

Result<WindowsStep> read_windows_step(const std::string& script) {
  if (!script.starts_with(kFirstLine))
    return fail(
        ErrorKind::unsupported,
        "There is no PowerShell in keyturn-lab: of scripts for Windows it carries out keyturn's own only.");
  static const std::regex kAssignment(R"re(\$(\w+) = '([^']*)')re");
  static const std::regex kVersion("keyturn_version = '([^']*)'");
  WindowsStep step;
  std::istringstream lines(script);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_search(line, found, kVersion)) step.keyturn_version = found[1];
    if (!std::regex_match(line, found, kAssignment)) continue;
    if (!is_known(found[1]))
      return fail(ErrorKind::unsupported,
                  "keyturn-lab does not know what the script does with $" + found[1].str() + ".");
    step.variables[found[1]] = found[2];
  }
  return step;
}

std::vector<std::string> arguments_of(const WindowsStep& step) {
  std::vector<std::string> arguments{"apply", "--output", "json"};
  for (const WindowsArgument& argument : windows_arguments()) {
    if (!is_said(argument, step)) continue;
    if (*argument.variable == '\0') arguments.emplace_back(argument.option);
    for (const std::string& word : words_of(step.value(argument.variable)))
      arguments.insert(arguments.end(), {argument.option, word});
  }
  return arguments;
}

std::map<std::string, std::string> environment_of_step(std::map<std::string, std::string> environment) {
  const auto agent = environment.find("AWS_SSM_REGION_NAME");
  if (!environment.contains("AWS_REGION") && !environment.contains("AWS_DEFAULT_REGION") &&
      agent != environment.end())
    environment["AWS_REGION"] = agent->second;
  return environment;
}

std::string as_powershell_writes(const std::string& output) {
  std::string text;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    text.append(line).append("\r\n");
  }
  return text;
}

std::string missing_program(const WindowsStep& step) {
  const std::string url = step.value("packageUrl");
  if (url.empty())
    return "keyturn is not installed on this host, and the command names no package to fetch. Install "
           "keyturn.exe, or set WindowsPackageUrl.";
  if (step.value("packageSha256").empty())
    return "WindowsPackageUrl is given without WindowsPackageSha256; nothing is run unchecked.";
  return "The package " + url + " can't be fetched: there is no PowerShell in keyturn-lab that would.";
}

std::string failure_report(const WindowsStep& step, const std::string& host, const std::string& reason,
                           TimePoint at) {
  nlohmann::ordered_json report{{"version", 1},
                                {"kind", "host"},
                                {"keyturn_version", step.keyturn_version},
                                {"host", host},
                                {"command", step.value("mode")},
                                {"outcome", "failed"},
                                {"exit_status", 1},
                                {"at", at.time_since_epoch() / std::chrono::milliseconds{1}},
                                {"reason", reason},
                                {"instances", nlohmann::ordered_json::array()}};
  if (const std::string version = step.value("versionId"); !version.empty()) report["version_id"] = version;
  return report.dump() + "\r\n";
}

}  // namespace keyturn::lab
