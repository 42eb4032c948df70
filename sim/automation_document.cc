#include "sim/automation_document.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

namespace keyturn::sim {
namespace {

using nlohmann::json;

// Thrown inside the parser only.
struct Problem {
  std::string text;
};

const std::set<std::string> kActions{"aws:approve",
                                     "aws:assertAwsResourceProperty",
                                     "aws:branch",
                                     "aws:changeInstanceState",
                                     "aws:copyImage",
                                     "aws:createImage",
                                     "aws:createStack",
                                     "aws:createTags",
                                     "aws:deleteImage",
                                     "aws:deleteStack",
                                     "aws:executeAutomation",
                                     "aws:executeAwsApi",
                                     "aws:executeScript",
                                     "aws:executeStateMachine",
                                     "aws:invokeLambdaFunction",
                                     "aws:invokeWebhook",
                                     "aws:loop",
                                     "aws:pause",
                                     "aws:runCommand",
                                     "aws:runInstances",
                                     "aws:sleep",
                                     "aws:updateVariable",
                                     "aws:waitForAwsResourceProperty"};
const std::set<std::string> kStepMembers{"name",        "action",         "inputs",   "outputs",
                                         "onFailure",   "isCritical",     "isEnd",    "nextStep",
                                         "maxAttempts", "timeoutSeconds", "onCancel", "description"};
const std::set<std::string> kMembers{"schemaVersion", "description", "assumeRole", "parameters",
                                     "variables",     "mainSteps",   "outputs",    "files"};
const std::set<std::string> kTypes{"String", "StringList", "Boolean", "Integer", "MapList", "StringMap"};

// Scalars of documents come as texts or as what they are.
std::string text_of(const json& value, const std::string& what) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number()) return value.dump();
  throw Problem{what + " must be a text."};
}

bool flag_of(const json& value, const std::string& what) {
  const std::string text = text_of(value, what);
  if (text != "true" && text != "false") throw Problem{what + " must be true or false."};
  return text == "true";
}

int number_of(const json& value, const std::string& what) {
  const std::string text = text_of(value, what);
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    throw Problem{what + " must be a whole number."};
  return std::stoi(text);
}

void check_members(const json& object, const std::set<std::string>& allowed, const std::string& where) {
  if (!object.is_object()) throw Problem{where + " must be an object."};
  for (const auto& [name, value] : object.items())
    if (allowed.count(name) == 0)
      throw Problem{where + " has a property \"" + name + "\" that there is not."};
}

StepOutput read_output(const json& object, const std::string& where) {
  check_members(object, {"Name", "Selector", "Type"}, where);
  StepOutput output;
  output.name = text_of(object.value("Name", json()), where + ": Name");
  output.selector = text_of(object.value("Selector", json()), where + ": Selector");
  output.type = text_of(object.value("Type", json("String")), where + ": Type");
  if (output.selector.substr(0, 1) != "$") throw Problem{where + ": Selector must begin with \"$\"."};
  if (kTypes.count(output.type) == 0) throw Problem{where + " has an unknown Type: " + output.type + "."};
  return output;
}

std::vector<AutomationStep> read_steps(const json& list, const std::string& where);

AutomationStep read_step(const json& object) {
  const std::string name =
      text_of(object.is_object() ? object.value("name", json("")) : json(""), "A step's name");
  const std::string where = "The step " + (name.empty() ? "without a name" : name);
  check_members(object, kStepMembers, where);
  AutomationStep step;
  step.name = name;
  if (name.empty() || name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                             "0123456789_-") != std::string::npos)
    throw Problem{where + " must have a name of letters, digits, '_' and '-'."};
  step.action = text_of(object.value("action", json("")), where + ": action");
  if (kActions.count(step.action) == 0)
    throw Problem{where + " has an unknown action: \"" + step.action + "\"."};
  json inputs = object.value("inputs", json::object());
  if (!inputs.is_object()) throw Problem{where + ": inputs must be an object."};
  if (step.action == "aws:loop") {
    step.steps = read_steps(inputs.value("Steps", json()), where + ": Steps");
    inputs.erase("Steps");
    if (inputs.contains("LoopCondition") == inputs.contains("Iterators"))
      throw Problem{where + " needs either LoopCondition or Iterators."};
    if (inputs.contains("LoopCondition") && !inputs.contains("MaxIterations"))
      throw Problem{where + " needs MaxIterations beside LoopCondition."};
  }
  step.inputs = inputs.dump();
  for (const json& output : object.value("outputs", json::array()))
    step.outputs.push_back(read_output(output, where + ": an output"));
  step.on_failure = text_of(object.value("onFailure", json("Abort")), where + ": onFailure");
  step.is_critical =
      flag_of(object.value("isCritical", json(step.on_failure != "Continue")), where + ": isCritical");
  step.is_end = flag_of(object.value("isEnd", json(false)), where + ": isEnd");
  step.next_step = text_of(object.value("nextStep", json("")), where + ": nextStep");
  step.max_attempts = number_of(object.value("maxAttempts", json(1)), where + ": maxAttempts");
  if (step.max_attempts < 1) throw Problem{where + ": maxAttempts must be 1 or more."};
  if (object.contains("timeoutSeconds"))
    step.timeout = std::chrono::seconds(number_of(object.at("timeoutSeconds"), where + ": timeoutSeconds"));
  return step;
}

std::vector<AutomationStep> read_steps(const json& list, const std::string& where) {
  if (!list.is_array() || list.empty()) throw Problem{where + " must be a list of steps."};
  std::vector<AutomationStep> steps;
  for (const json& object : list) steps.push_back(read_step(object));
  return steps;
}

DocumentParameter read_parameter(const std::string& name, const json& object) {
  const std::string where = "The parameter " + name;
  check_members(object,
                {"type", "description", "default", "allowedValues", "allowedPattern", "minChars", "maxChars",
                 "minItems", "maxItems", "displayType"},
                where);
  DocumentParameter parameter;
  parameter.type = text_of(object.value("type", json("String")), where + ": type");
  if (kTypes.count(parameter.type) == 0 && parameter.type.substr(0, 5) != "AWS::" &&
      parameter.type.substr(0, 10) != "List<AWS::")
    throw Problem{where + " has an unknown type: " + parameter.type + "."};
  parameter.allowed_pattern = text_of(object.value("allowedPattern", json("")), where + ": allowedPattern");
  for (const json& value : object.value("allowedValues", json::array()))
    parameter.allowed_values.push_back(text_of(value, where + ": allowedValues"));
  if (object.contains("minChars")) parameter.min_chars = std::size_t(number_of(object["minChars"], where));
  if (object.contains("maxChars")) parameter.max_chars = std::size_t(number_of(object["maxChars"], where));
  if (object.contains("default")) {
    parameter.fallback.emplace();
    const json& fallback = object.at("default");
    if (fallback.is_array())
      for (const json& value : fallback) parameter.fallback->push_back(text_of(value, where + ": default"));
    else
      parameter.fallback->push_back(fallback.is_object() ? fallback.dump() : text_of(fallback, where));
  }
  return parameter;
}

// Names are unique over all levels; jumps go to steps that exist.
void check_jumps(const std::vector<AutomationStep>& all) {
  std::set<std::string> names;
  const std::function<void(const std::vector<AutomationStep>&)> collect = [&](const auto& steps) {
    for (const AutomationStep& step : steps) {
      if (!names.insert(step.name).second) throw Problem{"Two steps are called " + step.name + "."};
      collect(step.steps);
    }
  };
  collect(all);
  const auto check = [&](const std::string& target, const std::string& from) {
    if (names.count(target) == 0)
      throw Problem{"The step " + from + " goes on with " + target + ", which there is not."};
  };
  const std::function<void(const std::vector<AutomationStep>&)> follow = [&](const auto& steps) {
    for (const AutomationStep& step : steps) {
      if (!step.next_step.empty()) check(step.next_step, step.name);
      if (step.on_failure.substr(0, 5) == "step:")
        check(step.on_failure.substr(5), step.name);
      else if (step.on_failure != "Abort" && step.on_failure != "Continue")
        throw Problem{"The step " + step.name + " has an onFailure that there is not: " + step.on_failure +
                      "."};
      if (step.action == "aws:branch") {
        const json inputs = json::parse(step.inputs);
        if (!inputs.value("Choices", json()).is_array())
          throw Problem{"The step " + step.name + " needs Choices."};
        for (const json& choice : inputs.at("Choices"))
          check(text_of(choice.is_object() ? choice.value("NextStep", json("")) : json(""), "NextStep"),
                step.name);
        if (inputs.contains("Default")) check(text_of(inputs.at("Default"), "Default"), step.name);
      }
      follow(step.steps);
    }
  };
  follow(all);
}

AutomationDocument read(const json& root) {
  check_members(root, kMembers, "The document");
  if (root.value("schemaVersion", json()) != "0.3") throw Problem{"schemaVersion must be \"0.3\"."};
  if (root.contains("variables") || root.contains("files"))
    throw Problem{"\"variables\" and \"files\" are not simulated here."};
  AutomationDocument document;
  document.description = text_of(root.value("description", json("")), "description");
  document.assume_role = text_of(root.value("assumeRole", json("")), "assumeRole");
  const json parameters = root.value("parameters", json::object());
  for (const auto& [name, object] : parameters.items())
    document.parameters.emplace(name, read_parameter(name, object));
  document.steps = read_steps(root.value("mainSteps", json()), "mainSteps");
  for (const json& output : root.value("outputs", json::array()))
    document.outputs.push_back(text_of(output, "An output of the document"));
  check_jumps(document.steps);
  return document;
}

}  // namespace

Reply<AutomationDocument> parse_automation_document(const std::string& content) {
  const auto complain = [](const std::string& why) { return refuse("InvalidDocumentContent", 400, why); };
  const json root = json::parse(content, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return complain("The content is no JSON; YAML is not read here.");
  try {
    return read(root);
  } catch (const Problem& problem) {
    return complain(problem.text);
  } catch (const json::exception& error) {
    return complain(error.what());
  }
}

}  // namespace keyturn::sim
