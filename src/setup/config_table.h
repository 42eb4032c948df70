// One table of the configuration file, read setting by setting. Used by config.cc alone, since it brings in
// toml++.
#pragma once

#include <toml++/toml.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::setup {

// Everything wrong with one file, one line each, in the order of the file.
class ConfigProblems {
 public:
  explicit ConfigProblems(std::string source) : source_(std::move(source)) {}
  void add(const toml::source_region& where, std::string_view setting, std::string_view what,
           std::string_view allowed);
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] std::size_t count() const { return lines_.size(); }
  [[nodiscard]] Error error() const;

 private:
  std::string source_;
  std::vector<std::pair<std::pair<unsigned, unsigned>, std::string>> lines_;
};

// What is wrong with a text, or nothing.
using TextCheck = std::string (*)(std::string_view);

class ConfigTable {
 public:
  ConfigTable(const toml::table& table, std::string path, ConfigProblems& problems)
      : table_(table), path_(std::move(path)), problems_(problems) {}

  // Each reads one setting if it is there, and leaves `value` alone if it is missing or wrong. Texts may not
  // be empty.
  void read(std::string_view key, std::string& value, std::string_view allowed, TextCheck check = nullptr);
  void read(std::string_view key, bool& value);
  void read(std::string_view key, int& value, int least, int most);
  void read(std::string_view key, Duration& value, Duration least, Duration most);
  void read(std::string_view key, std::vector<std::string>& value, std::string_view allowed,
            TextCheck check = nullptr);

  const toml::table* table(std::string_view key);                // [path.key], or null
  std::vector<const toml::table*> tables(std::string_view key);  // [[path.key]]

  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  void exclusive(std::string_view key, std::string_view other);  // both given: a problem
  void problem(std::string_view key, std::string_view what, std::string_view allowed);

  // Reports every setting that no call asked for.
  void finish(const std::vector<std::string>& passwords = {});

 private:
  const toml::node* find(std::string_view key);
  [[nodiscard]] std::string name(std::string_view key) const;
  void wrong_type(std::string_view key, const toml::node& node, std::string_view allowed);

  const toml::table& table_;
  std::string path_;
  ConfigProblems& problems_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace keyturn::setup
