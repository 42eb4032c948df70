// POST /_lab/hosts/NAME
#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/control.h"
#include "lab/json_request.h"

namespace keyturn::lab {
namespace {

using nlohmann::json;

constexpr const char* kActions =
    "The body's \"action\" must be start, stop, offline, online, manage, unmanage, slow, delivery, agent or "
    "tag.";

Result<sim::Delivery> read_delivery(const json& object) {
  static const std::map<std::string, sim::Delivery> kKinds{
      {"normal", sim::Delivery::normal},
      {"never", sim::Delivery::never},
      {"undeliverable", sim::Delivery::undeliverable},
      {"access_denied", sim::Delivery::access_denied},
      {"invalid_platform", sim::Delivery::invalid_platform},
      {"delayed", sim::Delivery::delayed}};
  const json kind = object.value("kind", json());
  const auto found = kind.is_string() ? kKinds.find(kind.get<std::string>()) : kKinds.end();
  if (found == kKinds.end())
    return fail(ErrorKind::usage,
                "A delivery's \"kind\" must be normal, never, undeliverable, access_denied, "
                "invalid_platform or delayed.");
  return found->second;
}

Result<std::map<std::string, std::string>> read_tags(const json& object) {
  const json tags = object.value("tags", json());
  if (!tags.is_object() ||
      !std::all_of(tags.begin(), tags.end(), [](const json& value) { return value.is_string(); }))
    return fail(ErrorKind::usage, "\"tags\" must be an object of texts; {} takes all of them away.");
  return tags.get<std::map<std::string, std::string>>();
}

}  // namespace

Result<void> Control::host_action(const std::string& machine, const json& object) {
  const json given = object.is_object() ? object.value("action", json()) : json();
  const std::string action = given.is_string() ? given.get<std::string>() : "";
  if (auto problem =
          object.is_object()
              ? unknown_member(object, {"action", "delay_s", "kind", "tags", "version"}, "The body")
              : "The body must be an object.";
      !problem.empty())
    return fail(ErrorKind::usage, problem);
  const auto delay = read_seconds(object, "delay_s", "The body's");
  if (!delay) return tl::unexpected(delay.error());
  if (action == "start") return rack_.start_machine(machine);
  if (action == "stop") return rack_.stop_machine(machine);
  if (action == "offline" || action == "online") return hosts_.set_offline(machine, action == "offline");
  if (action == "manage" || action == "unmanage") return hosts_.set_managed(machine, action == "manage");
  if (action == "slow") return hosts_.set_delivery(machine, sim::Delivery::normal, *delay);
  if (action == "delivery") {
    const auto kind = read_delivery(object);
    return kind ? hosts_.set_delivery(machine, *kind, *delay) : tl::unexpected(kind.error());
  }
  if (action == "agent") {
    const json version = object.value("version", json());
    if (!version.is_string()) return fail(ErrorKind::usage, "An agent's \"version\" must be a text.");
    return hosts_.set_agent_version(machine, version.get<std::string>());
  }
  if (action == "tag") {
    const auto tags = read_tags(object);
    return tags ? rack_.set_tags(machine, *tags) : tl::unexpected(tags.error());
  }
  return fail(ErrorKind::usage, kActions);
}

}  // namespace keyturn::lab
