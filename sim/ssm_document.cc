#include "sim/ssm_document.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <regex>

namespace keyturn::sim {
namespace {

using nlohmann::json;

tl::unexpected<ServiceError> bad_content(const std::string& why) {
  return refuse("InvalidDocumentContent", 400, why);
}

tl::unexpected<ServiceError> bad_parameter(const std::string& why) {
  return refuse("InvalidParameters", 400, why);
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::vector<std::string> texts_of(const json& value) {
  std::vector<std::string> texts;
  if (!value.is_array()) return {text_of(value)};
  for (const json& item : value) texts.push_back(text_of(item));
  return texts;
}

DocumentParameter read_parameter(const json& value) {
  DocumentParameter parameter;
  parameter.type = value.value("type", "String");
  if (value.contains("default")) parameter.fallback = texts_of(value.at("default"));
  parameter.allowed_pattern = value.value("allowedPattern", "");
  if (value.contains("allowedValues")) parameter.allowed_values = texts_of(value.at("allowedValues"));
  if (value.contains("minChars")) parameter.min_chars = value.at("minChars").get<std::size_t>();
  if (value.contains("maxChars")) parameter.max_chars = value.at("maxChars").get<std::size_t>();
  return parameter;
}

Reply<DocumentStep> read_step(const json& value) {
  DocumentStep step;
  step.name = value.at("name").get<std::string>();
  step.action = value.at("action").get<std::string>();
  const json inputs = value.value("inputs", json::object());
  if (inputs.contains("runCommand")) step.run_command = texts_of(inputs.at("runCommand"));
  if (inputs.contains("timeoutSeconds")) step.timeout = text_of(inputs.at("timeoutSeconds"));
  if (inputs.contains("onFailure")) step.exit_on_failure = inputs.at("onFailure") == "exit";
  if (!value.contains("precondition")) return step;
  const json& precondition = value.at("precondition");
  if (precondition.size() != 1 || !precondition.contains("StringEquals") ||
      precondition.at("StringEquals").size() != 2)
    return bad_content("The precondition of step " + step.name + " must be StringEquals of two operands.");
  const auto operands = texts_of(precondition.at("StringEquals"));
  step.precondition = {operands[0], operands[1]};
  return step;
}

// The parameter that `text` is, blanks and braces aside; empty where it is other text.
std::string parameter_name(const std::string& text) {
  static const std::regex kReference(R"(^\s*\{\{\s*([A-Za-z0-9_]+)\s*\}\}\s*$)");
  std::smatch found;
  return std::regex_match(text, found, kReference) ? found[1].str() : "";
}

std::string substitute(const std::string& text, const CommandDocument& document,
                       const ParameterValues& values) {
  static const std::regex kReference(R"(\{\{\s*([A-Za-z0-9_]+)\s*\}\})");
  std::string result;
  auto rest = text.cbegin();
  for (std::sregex_iterator at(text.begin(), text.end(), kReference), end; at != end; ++at) {
    const auto& found = *at;
    result.append(rest, found[0].first);
    rest = found[0].second;
    const auto value = values.find(found[1].str());
    if (value == values.end())
      result += found[0].str();  // the agent leaves what it does not know
    else if (document.parameters.at(value->first).is_list())
      result += json(value->second).dump();
    else
      result += value->second.empty() ? "" : value->second[0];
  }
  return result.append(rest, text.cend());
}

Reply<void> check_value(const std::string& name, const DocumentParameter& parameter,
                        const std::string& value) {
  if (!parameter.allowed_values.empty() &&
      std::find(parameter.allowed_values.begin(), parameter.allowed_values.end(), value) ==
          parameter.allowed_values.end())
    return bad_parameter("Parameter \"" + name + "\" has a value that is not among its allowed values.");
  if (!parameter.allowed_pattern.empty() && !std::regex_search(value, std::regex(parameter.allowed_pattern)))
    return bad_parameter("Parameter \"" + name + "\" does not match its allowed pattern " +
                         parameter.allowed_pattern + ".");
  if (parameter.min_chars && value.size() < *parameter.min_chars)
    return bad_parameter("Parameter \"" + name + "\" is too short.");
  if (parameter.max_chars && value.size() > *parameter.max_chars)
    return bad_parameter("Parameter \"" + name + "\" is too long.");
  if (parameter.type == "Integer" && !std::regex_match(value, std::regex("-?[0-9]+")))
    return bad_parameter("Parameter \"" + name + "\" is not a whole number.");
  if (parameter.type == "Boolean" && value != "true" && value != "false")
    return bad_parameter("Parameter \"" + name + "\" is neither true nor false.");
  return {};
}

}  // namespace

Reply<CommandDocument> parse_command_document(const std::string& content) {
  const json whole = json::parse(content, nullptr, /*allow_exceptions=*/false);
  if (!whole.is_object()) return bad_content("The document is not a JSON object.");
  try {
    if (whole.value("schemaVersion", "") != "2.2")
      return bad_content("Only documents of schemaVersion 2.2 are run here.");
    CommandDocument document;
    const json parameters = whole.value("parameters", json::object());
    for (const auto& [name, value] : parameters.items()) document.parameters[name] = read_parameter(value);
    for (const auto& [name, parameter] : document.parameters) (void)std::regex(parameter.allowed_pattern);
    for (const json& item : whole.at("mainSteps")) {
      auto step = read_step(item);
      if (!step) return tl::unexpected(step.error());
      document.steps.push_back(*std::move(step));
    }
    if (document.steps.empty()) return bad_content("The document has no step.");
    return document;
  } catch (const json::exception& error) {
    return bad_content(error.what());
  } catch (const std::regex_error& error) {
    return bad_content(std::string("An allowedPattern is not a regular expression: ") + error.what());
  }
}

Reply<ParameterValues> resolve_parameters(const CommandDocument& document, const ParameterValues& given) {
  for (const auto& [name, values] : given)
    if (!document.parameters.contains(name))
      return bad_parameter("The document has no parameter " + name + ".");
  ParameterValues resolved;
  for (const auto& [name, parameter] : document.parameters) {
    const auto found = given.find(name);
    if (found == given.end() && !parameter.fallback)
      return bad_parameter("Parameter \"" + name + "\" needs a value.");
    const auto& values = found == given.end() ? *parameter.fallback : found->second;
    if (!parameter.is_list() && values.size() != 1)
      return bad_parameter("Parameter \"" + name + "\" takes one value.");
    for (const std::string& value : found == given.end() ? std::vector<std::string>{} : values)
      if (auto good = check_value(name, parameter, value); !good) return tl::unexpected(good.error());
    resolved[name] = values;
  }
  return resolved;
}

bool applies(const DocumentStep& step, const CommandDocument& document, const ParameterValues& values,
             const std::string& platform) {
  if (!step.precondition) return true;
  const auto operand = [&](const std::string& text) {
    return text == "platformType" ? platform : substitute(text, document, values);
  };
  return operand(step.precondition->first) == operand(step.precondition->second);
}

std::string script_of(const DocumentStep& step, const CommandDocument& document,
                      const ParameterValues& values) {
  std::string script;
  const auto add = [&](const std::string& line) { script.append(script.empty() ? "" : "\n").append(line); };
  for (const std::string& line : step.run_command) {
    const auto found = values.find(parameter_name(line));
    if (found != values.end() && document.parameters.at(found->first).is_list())
      for (const std::string& value : found->second) add(value);
    else
      add(substitute(line, document, values));
  }
  return script;
}

Duration timeout_of(const DocumentStep& step, const CommandDocument& document,
                    const ParameterValues& values) {
  const std::string text = substitute(step.timeout, document, values);
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_good =
      error == std::errc{} && end == text.data() + text.size() && seconds >= 5 && seconds <= 172800;
  return std::chrono::seconds{is_good ? seconds : 3600};
}

}  // namespace keyturn::sim
