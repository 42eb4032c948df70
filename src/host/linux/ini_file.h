// Files of the ini form, as mssql-conf and people write them. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace keyturn::host {

// Names of sections and settings are compared without case and blanks around them; of a setting that is there
// twice the last counts.
class IniFile {
 public:
  // Never fails: what can't be understood is skipped, as SQL Server does. Takes `key = value` and `key:
  // value`, lines of comment after # or ; (also behind a value, after a blank), values in quotes, a byte
  // order mark, any line ends.
  static IniFile parse(std::string_view text);

  // Nothing where it is not set, or set to nothing.
  [[nodiscard]] std::optional<std::string> value(std::string_view section, std::string_view name) const;

 private:
  std::map<std::pair<std::string, std::string>, std::string> values_;  // by section and setting
};

}  // namespace keyturn::host
