// Which instances of SQL Server the registry of a Windows host knows. Its lists may disagree, or be damaged;
// what one of them hides another may show.
#pragma once

#include <string>
#include <vector>

#include "host/windows/registry.h"

namespace keyturn::host {

struct Installed {
  std::string name;        // "MSSQLSERVER", "PAYROLL"
  std::string key;         // its settings, below HKEY_LOCAL_MACHINE; empty: the registry does not tell where
  bool is_32bit = false;   // SQL Server 2014 or older
  bool is_certain = true;  // else only a service of its name shows that it is an instance, and is still there
};

// The default instance first, the others by name. Instances of Analysis, Integration and Reporting Services
// are not among them. An error where SQL Server's own key is there and can't be read; no key is no instance.
Result<std::vector<Installed>> find_installed(const Registry& registry);

// The name of the default instance.
inline constexpr const char* kDefaultInstance = "MSSQLSERVER";

// "MSSQLSERVER", "MSSQL$PAYROLL".
std::string service_of(const std::string& instance);

}  // namespace keyturn::host
