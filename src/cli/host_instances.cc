#include "cli/host_instances.h"

#include <fmt/format.h>

namespace keyturn::cli {
namespace {

using report::HostInstance;
using rotation::Standing;

HostInstance unasked_one(const host::Instance& instance) {
  HostInstance one;
  one.cluster = instance.cluster;
  one.is_passive = instance.is_passive;
  one.state.name = instance.name;
  one.state.product_version = instance.product_version;
  one.state.edition = instance.edition;
  one.state.since = instance.since;
  one.state.standing = Standing::updatable;
  if (!instance.unreachable.empty()) {
    one.state.standing = Standing::unreachable;
    one.state.reason = instance.unreachable;
  }
  if (!instance.skipped.empty()) {
    one.state.standing = Standing::skipped;
    one.state.reason = instance.skipped;
  }
  return one;
}

HostInstance nothing_here() {
  HostInstance none;
  none.state.name = "MSSQLSERVER";
  none.state.standing = Standing::skipped;
  none.state.reason = "No instance of SQL Server is installed on this host.";
  return none;
}

}  // namespace

std::vector<host::InstanceSettings> instance_settings(const setup::HostSettings& settings) {
  std::vector<host::InstanceSettings> all;
  for (const setup::HostInstanceSettings& each : settings.instances)
    all.push_back({each.instance, each.name, each.leave_out, each.address, each.port});
  return all;
}

std::vector<HostInstance> unasked(const std::vector<host::Instance>& instances) {
  std::vector<HostInstance> all;
  all.reserve(instances.size());
  for (const host::Instance& instance : instances) all.push_back(unasked_one(instance));
  if (all.empty()) all.push_back(nothing_here());
  return all;
}

std::string where(const host::Instance& instance, bool checked) {
  const sqlserver::SqlAddress& address = instance.address;
  std::string place = address.channel;
  if (place.empty() && address.port == 0)
    place = fmt::format("{} (SQL Browser tells the port)", address.host);
  else if (place.empty())
    place = fmt::format("{}:{}", address.host, address.port);
  return fmt::format("It {} {}.{}{}", checked ? "listens on" : "is reached at", place,
                     instance.note.empty() ? "" : " ", instance.note);
}

std::vector<fleet::InventoryTarget> targets_of(const std::vector<host::Instance>& instances,
                                               Duration clock_correction) {
  std::vector<fleet::InventoryTarget> targets;
  for (const host::Instance& instance : instances) {
    if (!instance.skipped.empty()) continue;
    fleet::InventoryTarget target;
    target.name = instance.name;
    target.address = instance.address;
    target.unreachable_reason = instance.unreachable;
    if (instance.since) target.unreachable_since = *instance.since + clock_correction;
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace keyturn::cli
