#include "lab/windows_registry.h"

#include <cstdio>

namespace keyturn::lab {
namespace {

constexpr const char* kRoot = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft SQL Server";

// All texts here are ASCII: names of instances, versions, editions.
std::string utf16(const std::string& text) {
  std::string wide;
  for (const char c : text) wide.append({c, '\0'});
  return wide;
}

std::string key(const std::string& path) { return "\r\n[" + path + "]\r\n"; }
std::string text(const std::string& name, const std::string& value) {
  return "\"" + name + "\"=\"" + value + "\"\r\n";
}
std::string number(const std::string& name, unsigned value) {
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", value);
  return "\"" + name + "\"=dword:" + digits + "\r\n";
}
std::string texts(const std::string& name, const std::vector<std::string>& values) {
  std::string bytes;
  for (const std::string& value : values) bytes += utf16(value + '\0');
  bytes += utf16(std::string(1, '\0'));
  std::string line = "\"" + name + "\"=hex(7):";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    char pair[4];
    std::snprintf(pair, sizeof pair, "%02x", static_cast<unsigned char>(bytes[i]));
    line.append(i == 0 ? "" : ",").append(pair);
  }
  return line + "\r\n";
}

// "MSSQL16.PAYROLL": 16 is SQL Server 2022.
std::string instance_id(const HostInstance& instance) {
  return "MSSQL" + instance.product_version.substr(0, instance.product_version.find('.')) + "." +
         instance_name(instance);
}

std::string edition(const HostInstance& instance) {
  return instance.edition.substr(0, instance.edition.find(" (64-bit)"));
}

std::string keys_of(const HostInstance& instance) {
  const std::string own = std::string(kRoot) + "\\" + instance_id(instance);
  const std::string tcp = own + "\\MSSQLServer\\SuperSocketNetLib\\Tcp";
  const std::string port = std::to_string(instance.port);
  const bool is_fixed = instance.name.empty();
  std::string keys = key(own + "\\MSSQLServer") + number("LoginMode", 2) +
                     key(own + "\\MSSQLServer\\SuperSocketNetLib") + number("ForceEncryption", 0) + key(tcp) +
                     number("Enabled", 1) + number("ListenOnAllIPs", 1) + key(tcp + "\\IPAll") +
                     text("TcpPort", is_fixed ? port : "") + text("TcpDynamicPorts", is_fixed ? "" : port) +
                     key(own + "\\Setup") + text("Version", instance.product_version) +
                     text("PatchLevel", instance.product_version) + text("Edition", edition(instance)) +
                     number("SQLCluster", instance.cluster.empty() ? 0 : 1);
  if (!instance.cluster.empty()) keys += key(own + "\\Cluster") + text("ClusterName", instance.cluster);
  return keys;
}

}  // namespace

std::string instance_name(const HostInstance& instance) {
  return instance.name.empty() ? "MSSQLSERVER" : instance.name;
}

std::string service_name(const HostInstance& instance) {
  return instance.name.empty() ? "MSSQLSERVER" : "MSSQL$" + instance.name;
}

std::string sql_server_registry(const std::vector<HostInstance>& instances) {
  std::vector<std::string> names;
  std::string ids = key(std::string(kRoot) + "\\Instance Names\\SQL");
  std::string keys;
  for (const HostInstance& instance : instances) {
    names.push_back(instance_name(instance));
    ids += text(instance_name(instance), instance_id(instance));
    keys += keys_of(instance);
  }
  return "\xff\xfe" + utf16("Windows Registry Editor Version 5.00\r\n" + key(kRoot) +
                            texts("InstalledInstances", names) + ids + keys);
}

}  // namespace keyturn::lab
