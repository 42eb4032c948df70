#include "host/windows/windows_machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/instance_settings.h"
#include "host/names.h"
#include "host/windows/addresses.h"
#include "host/windows/standing.h"

namespace keyturn::host {
namespace {

constexpr Duration kPollInterval = std::chrono::seconds{1};
constexpr const char* kLoopback = "127.0.0.1";

// As people write it to connect.
std::string cluster_of(const ServerSettings& settings, const std::string& instance) {
  if (settings.cluster_name.empty() || same_name(instance, kDefaultInstance)) return settings.cluster_name;
  return settings.cluster_name + "\\" + instance;
}

}  // namespace

WindowsMachine::WindowsMachine(MachineSettings settings, WindowsParts parts, Clock& clock,
                               const StopFlag* stop)
    : settings_(std::move(settings)), parts_(std::move(parts)), clock_(clock), stop_(stop) {}

std::vector<Instance> WindowsMachine::instances() {
  const auto installed = find_installed(*parts_.registry);
  if (!installed) {
    Instance unknown;
    unknown.name = kDefaultInstance;
    unknown.unreachable = installed.error().sentence();
    return {unknown};
  }
  std::vector<Instance> all;
  const TimePoint end = clock_.now() + settings_.start_patience;  // for all of them together
  for (const Installed& each : *installed)
    if (auto instance = instance_of(each, end)) all.push_back(std::move(*instance));
  return all;
}

// One that is starting is given the time to.
Result<WindowsService> WindowsMachine::settled_service(const std::string& name, TimePoint end) const {
  for (;;) {
    auto service = parts_.services->query(name);
    const bool is_starting = service && service->state == WindowsServiceState::starting;
    const bool stopping = stop_ != nullptr && stop_->requested();
    if (!is_starting || stopping || clock_.now() >= end) return service;
    clock_.sleep_for(kPollInterval, stop_);
  }
}

// Nothing where it turns out to be no instance.
std::optional<Instance> WindowsMachine::instance_of(const Installed& installed, TimePoint end) const {
  const auto service = settled_service(service_of(installed.name), end);
  const bool is_missing = !service && service.error().kind == ErrorKind::not_found;
  if (is_missing && !installed.is_certain) return std::nullopt;
  Instance instance;
  instance.name = installed.name;
  instance.address.instance = installed.name;
  // Read after the wait: a dynamic port is chosen while the server starts.
  const auto settings = installed.key.empty()
                            ? Result<ServerSettings>(fail(
                                  ErrorKind::not_found, "The registry does not tell where its settings are.",
                                  "Repair the instance, or name its port in [[host.instance]]."))
                            : read_server_settings(*parts_.registry, installed.key, installed.name);
  if (settings) {
    instance.product_version = settings->product_version;
    instance.edition = settings->edition;
    instance.cluster = cluster_of(*settings, installed.name);
  }
  add_standing(instance, installed, settings ? *settings : ServerSettings{}, service,
               settings_.start_patience);
  if (settings) {
    add_place(instance, *settings, service);
  } else {
    instance.address.host = kLoopback;
    instance.unknown_address = settings.error().sentence();
  }
  return instance;
}

void WindowsMachine::add_place(Instance& instance, const ServerSettings& settings,
                               const Result<WindowsService>& service) const {
  const auto listeners = parts_.network->listeners();
  const auto listens = [&](const Endpoint& endpoint) {
    if (!listeners) return false;
    return std::any_of(listeners->begin(), listeners->end(), [&](const TcpListener& listener) {
      const bool is_its_own = !settings_.check_listener ||
                              (service && service->process != 0 && listener.process == service->process);
      return is_its_own && listener.port == endpoint.port &&
             (endpoint.address.empty() || is_any_address(listener.address) ||
              is_same_address(listener.address, endpoint.address));
    });
  };
  const Place place = choose_place(instance.name, settings, listens);
  instance.address = place.address;
  instance.note = place.note;
  instance.unknown_address = place.problem;
  if (!place.address.channel.empty() || is_ip_address(place.address.host)) return;
  // A cluster's network name leads to this host where it has the instance now. It is connected to at the
  // address that was looked at, since whoever answers for the name might answer otherwise the next time. What
  // leads elsewhere is verified there.
  const auto own = own_addresses_of(place.address.host);
  instance.is_local = place.address.port != 0 && own && !own->empty();
  if (!instance.is_local) return;
  const auto listening = std::find_if(own->begin(), own->end(), [&](const std::string& address) {
    return listens({address, place.address.port});
  });
  instance.address.host = listening == own->end() ? own->front() : *listening;
  instance.note +=
      fmt::format("{}Its network name is {}.", instance.note.empty() ? "" : " ", place.address.host);
}

Result<std::vector<std::string>> WindowsMachine::own_addresses_of(const std::string& host) const {
  auto addresses = is_ip_address(host) ? Result<std::vector<std::string>>(std::vector{host})
                                       : parts_.network->resolve(host);
  if (!addresses) return addresses;
  const std::vector<std::string> own = parts_.network->own_addresses();
  for (const std::string& address : *addresses) {
    const bool is_own = is_loopback(address) ||
                        std::any_of(own.begin(), own.end(),
                                    [&](const std::string& e) { return is_same_address(e, address); });
    if (!is_own)
      return fail(ErrorKind::denied, fmt::format("{} is not an address of this host ({}).", host, address),
                  "Its listener can't be looked at from here.");
  }
  return addresses;
}

// An instance that the configuration adds is that of any SQL Server here.
Result<Expected> WindowsMachine::expected_at(const std::string& instance) const {
  Expected expected;
  if (!instance.empty()) {
    const std::string name = service_of(instance);
    const auto service = parts_.services->query(name);
    if (!service) return fail(service.error());
    expected.service = "the service " + name;
    if (service->process != 0) expected.processes.insert(service->process);
    return expected;
  }
  const auto installed = find_installed(*parts_.registry);
  if (!installed) return fail(installed.error());
  expected.service = "a SQL Server of this host";
  for (const Installed& each : *installed)
    if (const auto service = parts_.services->query(service_of(each.name)); service && service->process != 0)
      expected.processes.insert(service->process);
  return expected;
}

Result<void> WindowsMachine::check_channel(const sqlserver::SqlAddress& address,
                                           const Expected& expected) const {
  const std::string pipe = pipe_of_channel(address.channel, address.instance);
  const auto process = parts_.network->pipe_server(pipe);
  if (!process) return fail(process.error());
  return check_pipe_owner(pipe, *process, expected);
}

Result<void> WindowsMachine::check_listener(const sqlserver::SqlAddress& address) {
  if (!settings_.check_listener) return {};
  const auto expected = expected_at(address.instance);
  if (!expected) return fail(expected.error());
  if (!address.channel.empty()) return check_channel(address, *expected);
  const auto addresses = own_addresses_of(address.host);
  if (!addresses) return fail(addresses.error());
  const auto listeners = parts_.network->listeners();
  if (!listeners) return fail(listeners.error());
  return check_tcp_owner(*listeners, *addresses, address.port, *expected);
}

}  // namespace keyturn::host
