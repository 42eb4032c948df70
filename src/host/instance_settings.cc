#include "host/instance_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "host/names.h"

namespace keyturn::host {
namespace {

constexpr const char* kLoopback = "127.0.0.1";

void change(Instance& instance, const InstanceSettings& settings) {
  if (!settings.name.empty()) instance.name = settings.name;
  if (settings.port != 0) {
    instance.address.port = settings.port;
    instance.address.channel.clear();
    instance.unknown_address.clear();
    instance.note.clear();
  }
  if (settings.address.empty()) return;
  instance.address.host = settings.address == "localhost" ? kLoopback : settings.address;
  instance.is_local = is_loopback(settings.address);
}

// Where it listens nobody has said: it is known, but can't be visited.
void conclude(Instance& instance) {
  if (!instance.unknown_address.empty() && instance.skipped.empty() && instance.unreachable.empty())
    instance.unreachable = instance.unknown_address;
}

Instance added(const InstanceSettings& settings) {
  Instance instance;
  instance.address.host = kLoopback;
  change(instance, settings);
  return instance;
}

Instance missing(const InstanceSettings& settings) {
  Instance instance;
  instance.name = settings.name.empty() ? settings.instance : settings.name;
  instance.unreachable = fmt::format(
      "The configuration names the instance {}, which is not installed on this host.", settings.instance);
  return instance;
}

}  // namespace

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

Result<std::vector<Instance>> with_settings(std::vector<Instance> found,
                                            const std::vector<InstanceSettings>& settings) {
  std::vector<Instance> instances = std::move(found);
  std::vector<Instance> more;
  for (const InstanceSettings& each : settings) {
    if (each.instance.empty()) {
      more.push_back(added(each));
      continue;
    }
    const auto same = std::find_if(instances.begin(), instances.end(), [&](const Instance& instance) {
      return lowered(instance.name) == lowered(each.instance);
    });
    if (same == instances.end()) {
      if (!each.leave_out) more.push_back(missing(each));
    } else if (each.leave_out) {
      instances.erase(same);
    } else {
      // Renamed last, so that a new name is not taken for another's old one.
      more.push_back(*same);
      change(more.back(), each);
      instances.erase(same);
    }
  }
  instances.insert(instances.end(), more.begin(), more.end());
  for (Instance& instance : instances) conclude(instance);
  std::set<std::string> names;
  for (const Instance& instance : instances)
    if (!names.insert(lowered(instance.name)).second)
      return fail(ErrorKind::usage,
                  fmt::format("Two instances of this host have the name {}.", instance.name),
                  "Give each [[host.instance]] of the configuration a name of its own.");
  return instances;
}

}  // namespace keyturn::host
