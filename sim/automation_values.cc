#include "sim/automation_values.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace keyturn::sim {
namespace {

using nlohmann::json;

tl::unexpected<ServiceError> invalid(std::string message) {
  return refuse("ValidationException", 400, std::move(message));
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

Reply<json> resolve_text(const std::string& text, const AutomationBindings& bindings) {
  std::string made;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find("{{", at);
    const std::size_t close = open == std::string::npos ? open : text.find("}}", open);
    if (close == std::string::npos) break;
    const std::string name = trimmed(std::string_view(text).substr(open + 2, close - open - 2));
    const auto bound = bindings.find(name);
    if (bound == bindings.end()) return invalid("Nothing is known as {{ " + name + " }} at this step.");
    if (open == 0 && close + 2 == text.size()) return bound->second;
    made += text.substr(at, open - at) + as_text(bound->second);
    at = close + 2;
  }
  return json(made + text.substr(at));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

std::optional<double> number_in(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return text.empty() || error != std::errc{} || end != text.data() + text.size() ? std::nullopt
                                                                                  : std::optional(number);
}

std::optional<bool> flag_in(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (!value.is_string()) return std::nullopt;
  const std::string text = lower(value.get<std::string>());
  return text == "true" ? std::optional(true) : text == "false" ? std::optional(false) : std::nullopt;
}

Reply<bool> compare_numbers(const json& variable, const std::string& name, const json& operand) {
  const auto left = number_in(variable);
  const auto right = number_in(operand);
  if (!left || !right)
    return invalid(name + " needs two numbers, not " + variable.dump() + " and " + operand.dump());
  if (name == "NumericEquals") return *left == *right;
  if (name == "NumericGreater") return *left > *right;
  if (name == "NumericLesser") return *left < *right;
  if (name == "NumericGreaterOrEquals") return *left >= *right;
  return *left <= *right;
}

Reply<bool> compare(const json& variable, const std::string& name, const json& operand) {
  if (name == "BooleanEquals") {
    const auto left = flag_in(variable);
    const auto right = flag_in(operand);
    if (!left || !right) return invalid("BooleanEquals needs true or false, not " + variable.dump() + ".");
    return *left == *right;
  }
  if (name.starts_with("Numeric")) return compare_numbers(variable, name, operand);
  const std::string left = as_text(variable);
  const std::string right = as_text(operand);
  if (name == "StringEquals") return left == right;
  if (name == "EqualsIgnoreCase") return lower(left) == lower(right);
  if (name == "StartsWith") return left.starts_with(right);
  if (name == "EndsWith") return left.ends_with(right);
  if (name == "Contains") return left.find(right) != std::string::npos;
  return invalid("There is no operator " + name + ".");
}

Reply<bool> all_or_any(const json& conditions, bool all) {
  if (!conditions.is_array() || conditions.empty()) return invalid("And and Or take a list of conditions.");
  for (const json& each : conditions) {
    const auto holds = condition_holds(each);
    if (!holds || *holds != all) return holds;
  }
  return all;
}

// The next member name or index of a selector, cut off its front; nothing where it is of another kind.
std::optional<std::string> take_part(std::string& selector) {
  std::size_t end = 0;
  std::string part;
  if (selector.starts_with("['") && (end = selector.find("']")) != std::string::npos) {
    part = selector.substr(2, end - 2);
    end += 2;
  } else if (selector.front() == '[' && (end = selector.find(']')) != std::string::npos) {
    part = selector.substr(1, end - 1);
    ++end;
    if (part.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  } else if (selector.front() == '.') {
    end = std::min(selector.find_first_of(".[", 1), selector.size());
    part = selector.substr(1, end - 1);
  }
  if (part.empty() || part == "*") return std::nullopt;
  selector.erase(0, end);
  return part;
}

const json kNothing;

const json& member_of(const json& value, const std::string& part) {
  if (value.is_object()) {
    const auto found = value.find(part);
    return found == value.end() ? kNothing : *found;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  const bool is_index = error == std::errc{} && end == part.data() + part.size();
  return value.is_array() && is_index && index < value.size() ? value[index] : kNothing;
}

}  // namespace

Reply<json> resolve_references(const json& input, const AutomationBindings& bindings) {
  if (input.is_string()) return resolve_text(input.get_ref<const std::string&>(), bindings);
  if (!input.is_structured()) return input;
  json made = input;
  for (json& element : made) {
    auto resolved = resolve_references(element, bindings);
    if (!resolved) return resolved;
    element = *std::move(resolved);
  }
  return made;
}

Reply<json> select_value(const json& from, const std::string& selector) {
  std::string rest = selector.substr(std::min<std::size_t>(1, selector.size()));
  const json* value = &from;
  while (!rest.empty()) {
    const auto part = take_part(rest);
    if (!part) return invalid("The selector " + selector + " is not read here: members and indexes only.");
    value = &member_of(*value, *part);
  }
  return *value;
}

Reply<json> convert_value(const json& value, const std::string& type) {
  const auto complain = [&] {
    return invalid("The value " + value.dump() + " can't be converted to " + type + ".");
  };
  if (type == "String")
    return value.is_array() && value.size() == 1 && !value[0].is_structured() ? json(as_text(value[0]))
                                                                              : json(as_text(value));
  if (type == "StringList") {
    if (!value.is_array()) return json::array({as_text(value)});
    json list = json::array();
    for (const json& element : value) list.push_back(as_text(element));
    return list;
  }
  const json& single = value.is_array() && value.size() == 1 && type != "MapList" ? value[0] : value;
  if (type == "Integer") {
    const auto number = number_in(single);
    if (!number || *number != double(std::int64_t(*number))) return complain();
    return json(std::int64_t(*number));
  }
  if (type == "Boolean") {
    const auto flag = flag_in(single);
    if (!flag) return complain();
    return json(*flag);
  }
  if (type == "StringMap" ? single.is_object() : value.is_array())
    return type == "StringMap" ? single : value;
  return complain();
}

Reply<bool> condition_holds(const json& condition) {
  if (!condition.is_object()) return invalid("A condition must be an object.");
  if (condition.contains("And")) return all_or_any(condition.at("And"), true);
  if (condition.contains("Or")) return all_or_any(condition.at("Or"), false);
  if (condition.contains("Not")) {
    const auto holds = condition_holds(condition.at("Not"));
    if (!holds) return holds;
    return !*holds;
  }
  if (!condition.contains("Variable")) return invalid("A condition needs a Variable.");
  for (const auto& [name, operand] : condition.items())
    if (name != "Variable" && name != "NextStep") return compare(condition.at("Variable"), name, operand);
  return invalid("A condition needs an operator.");
}

std::string as_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "" : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<std::string> as_texts(const json& value) {
  if (!value.is_array()) return {as_text(value)};
  std::vector<std::string> texts;
  for (const json& element : value) texts.push_back(as_text(element));
  return texts;
}

}  // namespace keyturn::sim
