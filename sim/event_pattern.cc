#include "sim/event_pattern.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace keyturn::sim {
namespace {

using nlohmann::json;

tl::unexpected<ServiceError> no_pattern(const std::string& why) {
  return refuse("InvalidEventPatternException", 400, "Event pattern is not valid. Reason: " + why);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

bool is_comparison(const json& operand) {
  const std::string sign = operand.is_string() ? operand.get<std::string>() : "";
  return sign == "=" || sign == "<" || sign == ">" || sign == "<=" || sign == ">=";
}

bool is_numeric_operand(const json& operand) {
  if (!operand.is_array() || operand.empty() || operand.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < operand.size(); i += 2)
    if (!is_comparison(operand[i]) || !operand[i + 1].is_number()) return false;
  return true;
}

Reply<void> check_matcher(const json& matcher) {
  if (!matcher.is_object()) {
    if (matcher.is_array()) return no_pattern("a value may not be a list.");
    return {};
  }
  if (matcher.size() != 1) return no_pattern("a comparison must have exactly one operator.");
  const std::string name = matcher.begin().key();
  const json& operand = matcher.begin().value();
  const bool of_text = name == "prefix" || name == "suffix" || name == "equals-ignore-case";
  const bool good = of_text             ? operand.is_string()
                    : name == "exists"  ? operand.is_boolean()
                    : name == "numeric" ? is_numeric_operand(operand)
                                        : name == "anything-but" && !operand.is_object();
  if (!good) return no_pattern("the comparison " + matcher.dump() + " is not read here.");
  return {};
}

Reply<void> check(const json& pattern) {
  if (!pattern.is_object()) return no_pattern("it must be an object.");
  if (pattern.empty()) return no_pattern("an object in it may not be empty.");
  for (const auto& [name, value] : pattern.items()) {
    if (!value.is_array() && !value.is_object())
      return no_pattern("\"" + name + "\" must be an object or a list of values.");
    if (value.is_object())
      if (auto good = check(value); !good) return good;
    if (value.is_array() && value.empty()) return no_pattern("the list of \"" + name + "\" is empty.");
    if (value.is_array())
      for (const json& matcher : value)
        if (auto good = check_matcher(matcher); !good) return good;
  }
  return {};
}

bool compare(double value, const std::string& sign, double operand) {
  if (sign == "=") return value == operand;
  if (sign == "<") return value < operand;
  if (sign == ">") return value > operand;
  return sign == "<=" ? value <= operand : value >= operand;
}

bool matches_one(const json& matcher, const json& value) {
  if (!matcher.is_object()) return matcher == value;
  const std::string name = matcher.begin().key();
  const json& operand = matcher.begin().value();
  if (name == "anything-but")
    return operand.is_array() ? std::find(operand.begin(), operand.end(), value) == operand.end()
                              : operand != value;
  if (name == "numeric") {
    if (!value.is_number()) return false;
    for (std::size_t i = 0; i < operand.size(); i += 2)
      if (!compare(value.get<double>(), operand[i], operand[i + 1])) return false;
    return true;
  }
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  const auto& wanted = operand.get_ref<const std::string&>();
  if (name == "prefix") return text.starts_with(wanted);
  if (name == "suffix") return text.ends_with(wanted);
  return lower(text) == lower(wanted);
}

// `value` null: the event has no such member. Of a list in the event any element may match.
bool matches_any(const json& matchers, const json* value) {
  return std::any_of(matchers.begin(), matchers.end(), [&](const json& matcher) {
    if (matcher.is_object() && matcher.begin().key() == "exists")
      return matcher.begin().value().get<bool>() == (value != nullptr);
    if (value == nullptr) return false;
    if (!value->is_array()) return matches_one(matcher, *value);
    return std::any_of(value->begin(), value->end(),
                       [&](const json& each) { return matches_one(matcher, each); });
  });
}

bool matches(const json& pattern, const json& event) {
  for (const auto& [name, wanted] : pattern.items()) {
    const auto found = event.is_object() ? event.find(name) : event.end();
    const bool there = event.is_object() && found != event.end();
    if (wanted.is_object() ? !matches(wanted, there ? *found : json::object())
                           : !matches_any(wanted, there ? &*found : nullptr))
      return false;
  }
  return true;
}

}  // namespace

Reply<void> check_event_pattern(const std::string& pattern) {
  const json parsed = json::parse(pattern, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return no_pattern("it is no JSON.");
  return check(parsed);
}

bool matches_event_pattern(const std::string& pattern, const std::string& event) {
  return matches(json::parse(pattern), json::parse(event));
}

}  // namespace keyturn::sim
