#include "lab/windows_host.h"

#include <fstream>

#include "lab/windows_registry.h"

namespace keyturn::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKeyturn = "Program Files/keyturn/keyturn.exe";
constexpr const char* kOdbc = "odbc";  // a folder of the prefix, outside of its drive
constexpr const char* kServiceInTheBuild = "../../tests/windows/service/stand_in_service.exe";

// The owner of a listener can't be told under Wine, whose server holds all sockets.
constexpr const char* kSettings =
    "# Written by keyturn-lab.\n"
    "[host]\n"
    "check_listener = false\n";

Error unwritable(const fs::path& file) {
  return {ErrorKind::unavailable, Effect::none, {}, "The lab can't write " + file.string() + ".", {}};
}

Result<void> write(const fs::path& file, const std::string& content) {
  std::error_code problem;
  fs::create_directories(file.parent_path(), problem);
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << content;
  stream.close();
  if (problem || !stream) return fail(unwritable(file));
  return {};
}

Result<fs::path> program(const fs::path& file, const char* option) {
  std::error_code problem;
  if (fs::is_regular_file(file, problem)) return fs::canonical(file);
  return fail(ErrorKind::usage, "There is no program " + file.string() + ".",
              std::string("`make windows` builds it; say where it is: ") + option + " PATH.");
}

}  // namespace

Result<WindowsPrograms> find_windows_programs(const WindowsPrograms& given) {
  const auto keyturn = program(given.keyturn, "--windows-keyturn");
  if (!keyturn) return tl::unexpected(keyturn.error());
  const auto service =
      program(given.service.empty() ? keyturn->parent_path() / kServiceInTheBuild : given.service,
              "--windows-service");
  if (!service) return tl::unexpected(service.error());
  fs::path driver;
  if (!given.odbc_driver.empty()) {
    const auto found = program(given.odbc_driver, "--windows-odbc-driver");
    if (!found) return tl::unexpected(found.error());
    driver = *found;
  }
  return WindowsPrograms{*keyturn, *service, driver};
}

std::map<std::string, std::string> for_windows(std::map<std::string, std::string> environment) {
  // Wine's WinHTTP finds no IP address in a certificate.
  const std::string by_address = "https://127.0.0.1";
  for (auto& [name, value] : environment) {
    if (value.starts_with('/')) value = windows_path(value);
    if (value.starts_with(by_address)) value.replace(0, by_address.size(), "https://localhost");
  }
  return environment;
}

Result<std::shared_ptr<WindowsHost>> WindowsHost::make(Wine& wine, const WindowsPrograms& programs,
                                                       const std::string& name) {
  auto prefix = wine.make_prefix(name);
  if (!prefix) return tl::unexpected(prefix.error());
  std::shared_ptr<WindowsHost> host(new WindowsHost(wine, programs, *std::move(prefix)));
  if (auto installed = host->install(); !installed) return tl::unexpected(installed.error());
  return host;
}

Result<void> WindowsHost::install() {
  const fs::path keyturn = drive_c_ / kKeyturn;
  std::error_code problem;
  fs::create_directories(keyturn.parent_path(), problem);
  if (!problem) fs::create_symlink(programs_.keyturn, keyturn, problem);
  if (problem) return fail(unwritable(keyturn));
  const bool has_driver = !programs_.odbc_driver.empty();
  const std::string drivers =
      has_driver ? "[ODBC Driver 18 for SQL Server]\nDriver = " + programs_.odbc_driver.string() + "\n"
                 : "[SQL Server]\nDriver = libtdsodbc.so\n";
  const std::pair<fs::path, std::string> files[] = {
      {prefix_ / kOdbc / "odbcinst.ini", drivers},
      // Else a server that hangs would never be given up.
      {prefix_ / kOdbc / "freetds.conf", "[global]\ntds version = 7.4\n"},
      {drive_c_ / "ProgramData/keyturn/keyturn.toml", kSettings},
  };
  for (const auto& [file, content] : files)
    if (auto written = write(file, content); !written) return written;
  return {};
}

Result<void> WindowsHost::put(const std::vector<HostInstance>& instances) {
  const std::lock_guard lock(mutex_);
  bool has_new = false;
  for (const HostInstance& instance : instances)
    has_new = has_new || !is_running_.contains(service_name(instance));
  if (has_new)
    if (auto seeded = seed(instances); !seeded) return seeded;
  for (const HostInstance& instance : instances) {
    const auto [known, is_new] = is_running_.try_emplace(service_name(instance), false);
    if (is_new) {
      // A failover cluster's service is started by the cluster, not by Windows.
      const std::string start = instance.cluster.empty() ? "" : "--manual";
      auto made =
          service("install", instance, start.empty() ? std::vector<std::string>{} : std::vector{start});
      if (!made) return made;
    }
    if (known->second == instance.running) continue;
    if (auto done = service(instance.running ? "start" : "stop", instance); !done) return done;
    known->second = instance.running;
  }
  return {};
}

Result<void> WindowsHost::seed(const std::vector<HostInstance>& instances) const {
  const fs::path file = prefix_ / "instances.reg";
  if (auto written = write(file, sql_server_registry(instances)); !written) return written;
  return wine_.run(prefix_, {"regedit", "/S", windows_path(file)});
}

Result<void> WindowsHost::service(const std::string& verb, const HostInstance& instance,
                                  const std::vector<std::string>& options) const {
  std::vector<std::string> command{programs_.service.string(), verb, service_name(instance)};
  command.insert(command.end(), options.begin(), options.end());
  return wine_.run(prefix_, command);
}

bool WindowsHost::has_keyturn() const {
  std::error_code ignored;
  return fs::is_regular_file(drive_c_ / kKeyturn, ignored);
}

std::vector<std::string> WindowsHost::keyturn_command() const {
  return {wine_.program().string(), (drive_c_ / kKeyturn).string()};
}

std::map<std::string, std::string> WindowsHost::environment() const {
  auto environment = wine_.environment(prefix_);
  environment["ODBCSYSINI"] = (prefix_ / kOdbc).string();
  environment["FREETDSCONF"] = (prefix_ / kOdbc / "freetds.conf").string();
  return environment;
}

}  // namespace keyturn::lab
