#include "host/linux/mssql_conf.h"

#include <algorithm>
#include <charconv>

#include "host/linux/ini_file.h"

namespace keyturn::host {
namespace {

bool can_be_address(std::string_view text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
                  c == ':' || c == '%';
         });
}

bool is_everywhere(std::string_view address) { return address == "0.0.0.0" || address == "::"; }

}  // namespace

Result<std::uint16_t> parse_port(std::string_view text, std::string_view where) {
  unsigned port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || port < 1 || port > 65535)
    return fail(ErrorKind::usage, std::string(where) + " is set to what is not a TCP port.",
                "Set a number from 1 to 65535: `/opt/mssql/bin/mssql-conf set network.tcpport 1433`.");
  return static_cast<std::uint16_t>(port);
}

Result<MssqlConf> parse_mssql_conf(std::string_view text) {
  const IniFile file = IniFile::parse(text);
  MssqlConf conf;
  if (const auto port = file.value("network", "tcpport")) {
    const auto parsed = parse_port(*port, "network.tcpport in mssql.conf");
    if (!parsed) return fail(parsed.error());
    conf.port = *parsed;
  }
  if (const auto address = file.value("network", "ipaddress")) {
    if (!can_be_address(*address))
      return fail(ErrorKind::usage, "network.ipaddress in mssql.conf is set to what is not an IP address.",
                  "Set the address that SQL Server is to listen on, or unset it.");
    if (!is_everywhere(*address)) conf.address = *address;
  }
  conf.tls_certificate = file.value("network", "tlscert").value_or("");
  conf.error_log = file.value("filelocation", "errorlogfile").value_or(conf.error_log);
  conf.master_file = file.value("filelocation", "masterdatafile").value_or(conf.master_file);
  return conf;
}

}  // namespace keyturn::host
