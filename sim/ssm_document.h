// Command documents of Systems Manager, schema 2.2 in JSON: what a SendCommand may pass to them, and the
// scripts that come of it. Facts: amazon-ssm-agent 3.3 (docparser, parameters), facts of which stand at each
// member.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "sim/service_error.h"

namespace keyturn::sim {

using ParameterValues =
    std::map<std::string, std::vector<std::string>>;  // every value is a list, as in the API

struct DocumentParameter {
  std::string type = "String";  // String, StringList, Boolean, Integer
  std::optional<std::vector<std::string>> fallback;
  std::string allowed_pattern;  // a search, not a match of the whole: ^ and $ are the author's to write
  std::vector<std::string> allowed_values;
  std::optional<std::size_t> min_chars, max_chars;

  [[nodiscard]] bool is_list() const { return type == "StringList"; }
};

struct DocumentStep {
  std::string name;
  std::string action;                    // "aws:runShellScript" …
  std::vector<std::string> run_command;  // lines, with {{ parameters }} in them
  std::string timeout;                   // timeoutSeconds as written; may be a parameter
  std::optional<std::pair<std::string, std::string>> precondition;  // the operands of StringEquals
  bool exit_on_failure = false;  // else the next step runs after a failed one too
};

struct CommandDocument {
  std::map<std::string, DocumentParameter> parameters;
  std::vector<DocumentStep> steps;
};

// InvalidDocumentContent where it is not one.
Reply<CommandDocument> parse_command_document(const std::string& content);

// What was given, checked, with the defaults put in. InvalidParameters.
Reply<ParameterValues> resolve_parameters(const CommandDocument& document, const ParameterValues& given);

// Does the step run on that platform ("Linux", "Windows", "MacOS")?
bool applies(const DocumentStep& step, const CommandDocument& document, const ParameterValues& values,
             const std::string& platform);

// The lines joined by \n. A line that is nothing but a StringList parameter becomes a line for each value;
// inside other text such a parameter is JSON.
std::string script_of(const DocumentStep& step, const CommandDocument& document,
                      const ParameterValues& values);

// 5 to 172800 seconds; anything else silently becomes 3600.
Duration timeout_of(const DocumentStep& step, const CommandDocument& document, const ParameterValues& values);

}  // namespace keyturn::sim
