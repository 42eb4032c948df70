#include "lambda/instance_event.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/version.h"
#include "lambda/response.h"
#include "lambda/rotations.h"

namespace keyturn::lambda {
namespace {

constexpr Duration kBetweenLooks = std::chrono::seconds{5};

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

// The rotations whose fleet has the instance.
Result<std::vector<setup::RotationSettings>> rotations_with(const Account& account,
                                                            const std::string& instance_id) {
  const auto ec2 = account.aws().ec2();
  if (!ec2) return fail(ec2.error());
  std::vector<setup::RotationSettings> found;
  for (const setup::RotationSettings& settings : account.config().rotations) {
    bool is_in = contains(settings.fleet.instance_ids, instance_id);
    if (!is_in && !settings.fleet.ec2_tags.empty()) {
      const auto instances = ec2->describe_instances(settings.fleet.ec2_tags);
      if (!instances) return fail(instances.error());
      is_in = std::any_of(instances->begin(), instances->end(),
                          [&](const aws::Ec2Instance& instance) { return instance.id == instance_id; });
    }
    if (is_in) found.push_back(settings);
  }
  return found;
}

// Commands reach an instance only once its agent has reported.
Result<void> wait_for_agent(const HandlerParts& parts, const std::string& instance_id) {
  const auto ssm = parts.account.aws().ssm();
  if (!ssm) return fail(ssm.error());
  const StopFlag& stop = parts.stop.flag();
  while (true) {
    const auto nodes = ssm->nodes({instance_id});
    if (!nodes) return fail(nodes.error());
    if (std::any_of(nodes->begin(), nodes->end(),
                    [](const aws::SsmNode& node) { return node.ping_status == "Online"; }))
      return {};
    if (stop.requested())
      return fail(
          ErrorKind::timed_out,
          fmt::format("The SSM agent of {} was not online in the time of this invocation.", instance_id),
          "Check its instance profile and network; the next reconcile brings it up to date.");
    parts.clock.sleep_for(kBetweenLooks, &stop);
  }
}

Answer answered(const report::RunEntries& entries, bool again) {
  const report::Heading heading{rotation::to_string(rotation::Command::reconcile), program_version()};
  return response_json(report::run_json(heading, entries), {to_string(Task::reconcile), again, false});
}

Answer left_alone(const HandlerParts& parts, const std::string& why) {
  parts.log.write(LogLevel::info, why);
  return answered({}, false);
}

}  // namespace

Answer handle_instance(const HandlerParts& parts, const InstanceEvent& event) {
  if (event.state != "running")
    return left_alone(parts, fmt::format("{} is {}: nothing to do.", event.instance_id, event.state));
  const auto rotations = rotations_with(parts.account, event.instance_id);
  if (!rotations)
    return fail_with(error_type_of(report::outcome_of(rotations.error())), rotations.error().sentence());
  if (rotations->empty())
    return left_alone(parts,
                      fmt::format("{} has not the tags of a fleet: nothing to do.", event.instance_id));
  const bool over_ssm = std::any_of(rotations->begin(), rotations->end(), [](const auto& settings) {
    return settings.fleet.via == setup::FleetWay::ssm;
  });
  const auto online = over_ssm ? wait_for_agent(parts, event.instance_id) : Result<void>();
  if (!online) return fail_with(error_type_of(report::outcome_of(online.error())), online.error().sentence());

  report::RunEntries entries;
  for (const setup::RotationSettings& settings : *rotations)
    entries.push_back(run_entry(parts, settings, rotation::Command::reconcile, {}));
  const bool stopped = parts.stop.flag().requested();
  // Nobody reads the answer to an event, but Lambda calls a function that failed twice more, minutes later:
  // just what a server needs that is still starting.
  if (auto error = error_of(entries, stopped, /*all_targets=*/true)) return tl::unexpected(std::move(*error));
  if (std::any_of(entries.begin(), entries.end(),
                  [&](const auto& entry) { return is_again(entry, stopped); }))
    return fail_with(error_type_of(rotation::Outcome::incomplete),
                     fmt::format("Another run is at work, or the time was over before {} was brought up to "
                                 "date.",
                                 event.instance_id));
  return answered(entries, /*again=*/false);
}

}  // namespace keyturn::lambda
