#include "host/windows/standing.h"

#include <fmt/format.h>

#include <cstdlib>

namespace keyturn::host {
namespace {

constexpr int kFirstMajorWithS3 = 16;  // SQL Server 2022

// Before the service is looked at: a server that can't back up to S3 holds no key, so that it need not be up.
std::string why_no_target(const Installed& installed, const ServerSettings& settings) {
  constexpr const char* kSince =
      "can't back up to S3: that came with SQL Server 2022 (16.x), so there is no key to turn.";
  if (installed.is_32bit) return fmt::format("A 32-bit SQL Server {}", kSince);
  const int major = std::atoi(settings.product_version.c_str());
  if (major > 0 && major < kFirstMajorWithS3)
    return fmt::format("SQL Server {} {}", settings.product_version, kSince);
  return {};
}

std::string why_passive(const ServerSettings& settings) {
  return fmt::format(
      "This is a passive node of the failover cluster instance{}{}: the node that runs it has its databases.",
      settings.cluster_name.empty() ? "" : " ", settings.cluster_name);
}

std::string why_unreachable(const std::string& name, const WindowsService& service, Duration start_patience) {
  switch (service.state) {
    case WindowsServiceState::running:
      return {};
    case WindowsServiceState::starting:
      return fmt::format("The service {} is still starting after {}.", name, format_duration(start_patience));
    case WindowsServiceState::stopping:
      return fmt::format("The service {} is stopping.", name);
    case WindowsServiceState::paused:
      return fmt::format("The service {} is paused, and takes no new connections: resume it.", name);
    default:
      return fmt::format("The service {} is stopped{}.", name, service.is_disabled ? " and disabled" : "");
  }
}

}  // namespace

void add_standing(Instance& instance, const Installed& installed, const ServerSettings& settings,
                  const Result<WindowsService>& service, Duration start_patience) {
  const std::string name = service_of(installed.name);
  if (!service && service.error().kind == ErrorKind::not_found) {
    instance.skipped = fmt::format(
        "The registry names it, but there is no service {}: what is left of an instance that was "
        "uninstalled.",
        name);
    return;
  }
  instance.skipped = why_no_target(installed, settings);
  if (!instance.skipped.empty() || !service) return;
  const bool is_passive =
      settings.is_cluster && service->state == WindowsServiceState::stopped && service->is_manual;
  if (!is_passive) {
    instance.unreachable = why_unreachable(name, *service, start_patience);
    return;
  }
  instance.is_passive = true;
  instance.skipped = why_passive(settings);
}

}  // namespace keyturn::host
