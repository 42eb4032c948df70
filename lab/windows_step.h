// What the Command document's step for Windows does, without PowerShell: the lab's agent reads the script's
// variables, and starts keyturn.exe with the arguments that the script would.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::lab {

// What an argument of keyturn.exe comes from (src/render/windows_step.ps1, `$arguments`).
struct WindowsArgument {
  enum class When { always, login, write, check };  // by `$mode`; write: any but check
  const char* option;
  const char* variable;  // of the script; a list gives the option once for each value. Empty: a bare option
  When when = When::always;
};
// In the script's order, behind `apply --output json`. An option whose variable is empty is left out.
const std::vector<WindowsArgument>& windows_arguments();

struct WindowsStep {
  std::map<std::string, std::string> variables;  // "versionId"; parameters are pasted into them
  std::string keyturn_version;                   // of the keyturn that rendered the document

  [[nodiscard]] std::string value(const std::string& variable) const;  // empty where it is not set
};

// Any script but the one of keyturn's own document is an error, and so is a variable that is unknown here.
Result<WindowsStep> read_windows_step(const std::string& script);

std::vector<std::string> arguments_of(const WindowsStep& step);  // from "apply" on

// The environment in which the script starts it.
std::map<std::string, std::string> environment_of_step(std::map<std::string, std::string> environment);
// PowerShell reads the lines of what it starts, and writes them with line ends of its own.
std::string as_powershell_writes(const std::string& output);

// On a host without keyturn.exe, which the script would fetch: its sentence, or that nothing is fetched here.
std::string missing_program(const WindowsStep& step);
// What the script's Write-Failure says, as a line.
std::string failure_report(const WindowsStep& step, const std::string& host, const std::string& reason,
                           TimePoint at);

}  // namespace keyturn::lab
