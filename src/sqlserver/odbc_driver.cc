#include "sqlserver/odbc_driver.h"

#include <algorithm>

#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

Dialect dialect_of(std::string_view driver) {
  if (same_name(driver, "SQL Server")) return Dialect::windows_own;
  return contains(driver, "SQL Server") || contains(driver, "msodbcsql") ? Dialect::microsoft
                                                                         : Dialect::freetds;
}

std::string registered_driver(const std::string& wanted, const std::vector<std::string>& registered,
                              const std::vector<std::string>& usual) {
  const auto find = [&](const std::string& name) -> std::string {
    const auto found = std::find_if(registered.begin(), registered.end(),
                                    [&](const std::string& known) { return same_name(known, name); });
    return found == registered.end() ? "" : *found;
  };
  if (!wanted.empty()) return find(wanted);
  for (const std::string& name : usual) {
    if (std::string found = find(name); !found.empty()) return found;
  }
  return "";
}

std::string known_drivers(const std::vector<std::string>& registered) {
  std::string names;
  for (const std::string& name : registered) names += (names.empty() ? "" : ", ") + name;
  return "It knows " + (names.empty() ? "none" : names);
}

}  // namespace keyturn::sqlserver
