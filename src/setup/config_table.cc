#include "setup/config_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "setup/similar.h"

namespace keyturn::setup {
namespace {

// "a string", "an integer" …, for a person.
std::string_view type_name(const toml::node& node) {
  if (node.is_string()) return "a text";
  if (node.is_integer()) return "a whole number";
  if (node.is_floating_point()) return "a number with a fraction";
  if (node.is_boolean()) return "true or false";
  if (node.is_array_of_tables()) return "a list of tables";
  if (node.is_array()) return "a list";
  if (node.is_table()) return "a table";
  return "a date or time";
}

// Pieces of one line need no full stops of their own.
std::string_view without_stop(std::string_view text) {
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

}  // namespace

void ConfigProblems::add(const toml::source_region& where, std::string_view setting, std::string_view what,
                         std::string_view allowed) {
  std::string line = fmt::format("{}:{}:{}: setting \"{}\": {}", source_, where.begin.line,
                                 where.begin.column, setting, without_stop(what));
  if (!allowed.empty()) line += fmt::format("; allowed: {}", without_stop(allowed));
  lines_.push_back({{where.begin.line, where.begin.column}, std::move(line)});
}

Error ConfigProblems::error() const {
  auto sorted = lines_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string message;
  for (const auto& [position, line] : sorted) message += (message.empty() ? "" : "\n") + line + ".";
  return Error{ErrorKind::usage, Effect::none, "", message, "docs/configuration.md describes every setting."};
}

std::string ConfigTable::name(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

const toml::node* ConfigTable::find(std::string_view key) {
  known_.emplace(key);
  return table_.get(key);
}

void ConfigTable::wrong_type(std::string_view key, const toml::node& node, std::string_view allowed) {
  problems_.add(node.source(), name(key), fmt::format("{} can't stand here", type_name(node)), allowed);
}

void ConfigTable::problem(std::string_view key, std::string_view what, std::string_view allowed) {
  const toml::node* node = table_.get(key);
  problems_.add(node != nullptr ? node->source() : table_.source(), name(key), what, allowed);
}

void ConfigTable::exclusive(std::string_view key, std::string_view other) {
  if (has(key) && has(other))
    problem(other, fmt::format("\"{}\" is given too", name(key)),
            fmt::format("one of {} and {}", key, other));
}

void ConfigTable::read(std::string_view key, std::string& value, std::string_view allowed, TextCheck check) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const auto text = node->value_exact<std::string>();
  if (!text) return wrong_type(key, *node, allowed);
  std::string wrong = text->empty() ? "it is empty" : "";
  if (wrong.empty() && check != nullptr) wrong = check(*text);
  if (!wrong.empty()) return problems_.add(node->source(), name(key), wrong, allowed);
  value = *text;
}

void ConfigTable::read(std::string_view key, bool& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const auto flag = node->value_exact<bool>();
  if (!flag) return wrong_type(key, *node, "true or false, without quotes");
  value = *flag;
}

void ConfigTable::read(std::string_view key, int& value, int least, int most) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const std::string allowed = fmt::format("a whole number from {} to {}", least, most);
  const auto number = node->value_exact<std::int64_t>();
  if (!number) return wrong_type(key, *node, allowed);
  if (*number < least || *number > most)
    return problems_.add(node->source(), name(key), fmt::format("{} is out of range", *number), allowed);
  value = int(*number);
}

void ConfigTable::read(std::string_view key, Duration& value, Duration least, Duration most) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const std::string allowed =
      fmt::format("a duration in quotes from \"{}\" to \"{}\", such as \"{}\"", format_duration(least),
                  format_duration(most), format_duration(value));
  const auto text = node->value_exact<std::string>();
  if (!text) return wrong_type(key, *node, allowed);
  const Result<Duration> duration = parse_duration(*text);
  if (!duration)
    return problems_.add(node->source(), name(key), fmt::format("\"{}\" is not a duration", *text), allowed);
  if (*duration < least || *duration > most)
    return problems_.add(node->source(), name(key), fmt::format("\"{}\" is out of range", *text), allowed);
  value = *duration;
}

void ConfigTable::read(std::string_view key, std::vector<std::string>& value, std::string_view allowed,
                       TextCheck check) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) return wrong_type(key, *node, allowed);
  if (list->empty()) return problems_.add(node->source(), name(key), "the list is empty", allowed);
  std::vector<std::string> texts;
  for (const toml::node& item : *list) {
    const auto text = item.value_exact<std::string>();
    if (!text) return wrong_type(key, item, allowed);
    std::string wrong = text->empty() ? "an entry is empty" : "";
    if (wrong.empty() && check != nullptr) wrong = check(*text);
    if (wrong.empty() && std::find(texts.begin(), texts.end(), *text) != texts.end())
      wrong = fmt::format("\"{}\" is listed twice", *text);
    if (!wrong.empty()) return problems_.add(item.source(), name(key), wrong, allowed);
    texts.push_back(*text);
  }
  value = std::move(texts);
}

const toml::table* ConfigTable::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) wrong_type(key, *node, fmt::format("a table, [{}]", name(key)));
  return node->as_table();
}

std::vector<const toml::table*> ConfigTable::tables(std::string_view key) {
  const toml::node* node = find(key);
  std::vector<const toml::table*> found;
  if (node == nullptr) return found;
  const toml::array* list = node->as_array();
  if (list == nullptr || !list->is_array_of_tables()) {
    wrong_type(key, *node, fmt::format("tables with two brackets, [[{}]]", name(key)));
    return found;
  }
  for (const toml::node& item : *list) found.push_back(item.as_table());
  return found;
}

void ConfigTable::finish(const std::vector<std::string>& passwords) {
  const std::vector<std::string> known(known_.begin(), known_.end());
  for (const auto& [key, node] : table_) {
    if (known_.contains(key.str())) continue;
    const bool password = std::find(passwords.begin(), passwords.end(), key.str()) != passwords.end();
    const std::string meant = most_similar(key.str(), known);
    std::string what = "there is no such setting";
    if (password)
      what = "a password does not belong into a file";
    else if (!meant.empty())
      what += fmt::format(", did you mean \"{}\"?", meant);
    problems_.add(key.source(), name(key.str()), what, fmt::format("{}", fmt::join(known, ", ")));
  }
}

}  // namespace keyturn::setup
