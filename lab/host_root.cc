#include "lab/host_root.h"

#include <ctime>
#include <fstream>
#include <sstream>
#include <utility>

namespace keyturn::lab {
namespace {

constexpr const char* kUnit = "mssql-server";

// The state is a file that the lab writes; `systemctl show` and `is-active` are what programs ask.
constexpr const char* kSystemctl = R"(#!/bin/sh
# Stands in for systemd's own on this simulated host: tells what keyturn-lab wrote down.
verb=$1
for unit in "$@"; do :; done
state="${0%/*}/../run/systemd/units/${unit%.service}"
if [ ! -f "$state" ]; then
  [ "$verb" = show ] && printf 'LoadState=not-found\nActiveState=inactive\nUnitFileState=\n'
  [ "$verb" = show ]
  exit
fi
case $verb in
  show) exec cat "$state" ;;
  is-active) grep -q '^ActiveState=active$' "$state" && echo active || { echo inactive; exit 3; } ;;
  *) echo "systemctl of keyturn-lab knows show and is-active, not $verb." >&2; exit 1 ;;
esac
)";

Error unwritable(const std::filesystem::path& file) {
  return {ErrorKind::unavailable, Effect::none, {}, "The lab can't write " + file.string() + ".", {}};
}

// By renaming, so that no reader ever sees half a file.
Result<void> write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::path fresh = file;
  fresh += ".new";
  std::ofstream stream(fresh, std::ios::trunc);
  stream << text;
  stream.close();
  std::error_code problem;
  if (stream) std::filesystem::rename(fresh, file, problem);
  if (!stream || problem) return fail(unwritable(file));
  return {};
}

std::string error_log_head(const HostInstance& instance) {
  const bool is_2025 = instance.product_version.starts_with("17.");
  const bool is_2022 = instance.product_version.starts_with("16.");
  const std::string stamp = "2026-01-02 03:04:05.06 Server      ";
  return stamp + "Microsoft SQL Server " +
         (is_2025   ? "2025"
          : is_2022 ? "2022"
                    : "2019") +
         " (RTM) - " + instance.product_version + " (X64) \n\tCopyright (C) Microsoft Corporation\n\t" +
         instance.edition + " on Linux (Red Hat Enterprise Linux 9.4) <X64>\n";
}

// As systemctl writes it: "Mon 2026-11-23 16:18:42 UTC".
std::string systemd_date(TimePoint at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a %Y-%m-%d %H:%M:%S UTC", &utc);
  return {text, size};
}

std::string unit_state(const HostInstance& instance) {
  return std::string("LoadState=loaded\nActiveState=") + (instance.running ? "active" : "inactive") +
         "\nUnitFileState=enabled\nStateChangeTimestamp=" + systemd_date(instance.changed_at) +
         "\nEnvironment=\n";
}

std::string keyturn_settings(const HostRootSettings& settings, const std::vector<HostInstance>& instances) {
  std::ostringstream text;
  text << "# Written by keyturn-lab.\n[sql]\nca_file = \"" << settings.ca_file.string() << "\"\n";
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const std::string& name = instances[i].name;
    if (i == 0 && name.empty()) continue;  // found under the name it has
    text << "\n[[host.instance]]\n";
    if (i == 0) text << "instance = \"MSSQLSERVER\"\n";
    text << "name = \"" << (name.empty() ? "MSSQLSERVER" : name) << "\"\n";
    if (i > 0) text << "address = \"127.0.0.1\"\nport = " << instances[i].port << "\n";
  }
  return text.str();
}

}  // namespace

Result<void> make_host_root(const HostRootSettings& settings) {
  namespace fs = std::filesystem;
  std::error_code problem;
  for (const char* name : {"bin", "root", "tmp", "etc/keyturn", "opt/mssql/bin", "run/systemd/units",
                           "var/opt/mssql/log", "var/log", "var/lib/amazon/ssm"}) {
    fs::create_directories(settings.folder / name, problem);
    if (problem) return fail(unwritable(settings.folder / name));
  }
  const fs::path systemctl = settings.folder / "bin/systemctl";
  if (auto written = write(systemctl, kSystemctl); !written) return written;
  fs::permissions(systemctl, fs::perms::owner_all, problem);
  if (!problem && !settings.keyturn.empty())
    fs::create_symlink(settings.keyturn, settings.folder / "bin/keyturn", problem);
  if (problem) return fail(unwritable(settings.folder / "bin"));
  return {};
}

Result<void> write_host_instances(const HostRootSettings& settings,
                                  const std::vector<HostInstance>& instances) {
  if (instances.empty()) return {};
  const HostInstance& first = instances.front();
  const std::string conf =
      "# as mssql-conf leaves it\n[network]\nipaddress = 127.0.0.1\ntcpport = " + std::to_string(first.port) +
      "\n";
  const std::pair<const char*, std::string> files[] = {
      {"var/opt/mssql/mssql.conf", conf},
      {"var/opt/mssql/log/errorlog", error_log_head(first)},
      {"opt/mssql/bin/sqlservr", ""},
      {"etc/keyturn/keyturn.toml", keyturn_settings(settings, instances)},
  };
  for (const auto& [name, text] : files)
    if (auto written = write(settings.folder / name, text); !written) return written;
  return write(settings.folder / "run/systemd/units" / kUnit, unit_state(first));
}

}  // namespace keyturn::lab
