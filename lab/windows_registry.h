// What SQL Server's setup leaves in the registry of a Windows host, as a file for regedit. Facts: Microsoft's
// "File locations for default and named instances of SQL Server" and registries of SQL Server 2022.
#pragma once

#include <string>
#include <vector>

#include "lab/host_root.h"

namespace keyturn::lab {

// "MSSQLSERVER" or the name, as the registry and services have it.
std::string instance_name(const HostInstance& instance);
// "MSSQLSERVER" or "MSSQL$NAME".
std::string service_name(const HostInstance& instance);

// In UTF-16, as regedit wants it. Default instances have a fixed port, named ones the one that they drew.
std::string sql_server_registry(const std::vector<HostInstance>& instances);

}  // namespace keyturn::lab
