#include "fleet/ssm_commands.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace keyturn::fleet {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kFirstPause = seconds{2};  // a host takes about so long
constexpr Duration kLongestPause = seconds{10};
// A command is listed a moment after it was sent.
constexpr int kLooksForLostCommand = 3;
// More than any clock may be off for AWS to take its signatures.
constexpr Duration kClockTolerance = minutes{16};

// Nothing where the next look may do better; else the error.
Result<void> passing(const Error& error) {
  if (error.kind == ErrorKind::throttled || error.kind == ErrorKind::unavailable ||
      error.kind == ErrorKind::timed_out)
    return {};
  return fail(error);
}

}  // namespace

Result<aws::SsmCommand> SsmCommands::send(aws::SsmCommandRequest request, bool changes_hosts,
                                          std::optional<TimePoint> not_after) const {
  request.document = document_;
  request.comment = "keyturn " + random_.uuid();
  auto sent = ssm_.send_command(request, changes_hosts ? aws::Nature::once : aws::Nature::read, not_after);
  if (sent || sent.error().effect != Effect::unknown) return sent;
  auto found = find(request.comment);
  return found ? found : sent;
}

Result<aws::SsmCommand> SsmCommands::find(const std::string& comment) const {
  const TimePoint since = clock_.now() - kClockTolerance;
  for (int look = 0; look < kLooksForLostCommand && !stopped(); ++look) {
    clock_.sleep_for(kFirstPause, stop_);
    const auto listed = ssm_.commands(document_, since);
    if (!listed) continue;
    const auto found = std::find_if(listed->begin(), listed->end(), [&](const aws::SsmCommand& command) {
      return command.comment == comment;
    });
    if (found != listed->end()) return *found;
  }
  return fail(ErrorKind::not_found, "No command with the comment " + comment + " is listed.");
}

FollowedToTheEnd SsmCommands::follow(std::vector<FollowedCommand> commands, TimePoint until,
                                     const ReadCommand& read) const {
  Duration pause = kFirstPause;
  FollowedToTheEnd end;
  while (end.looked && !commands.empty() && !stopped() && clock_.now() < until) {
    clock_.sleep_for(std::min(pause, until - clock_.now()), stop_);
    pause = std::min(pause * 3 / 2, kLongestPause);
    end.looked = look(commands, read);
  }
  for (const FollowedCommand& command : commands) {
    // The hosts hold to their deadline without it, too.
    if (auto cancelled = ssm_.cancel_command(command.id); !cancelled) end.cancelled = std::move(cancelled);
    (void)read(command.id);
  }
  return end;
}

// One look at all of them; what has come to its end is read and taken off the list.
Result<void> SsmCommands::look(std::vector<FollowedCommand>& commands, const ReadCommand& read) const {
  TimePoint since = commands.front().requested_at;
  for (const FollowedCommand& command : commands) since = std::min(since, command.requested_at);
  const auto listed = ssm_.commands(document_, since);
  if (!listed) return passing(listed.error());
  std::unordered_map<std::string, const aws::SsmCommand*> by_id;
  for (const aws::SsmCommand& command : *listed) by_id.emplace(command.id, &command);
  Result<void> all_read;
  std::erase_if(commands, [&](FollowedCommand& command) {
    const auto found = by_id.find(command.id);
    if (found == by_id.end()) return false;
    const std::size_t completed = std::size_t(std::max(0, found->second->completed_count));
    const bool is_over = found->second->is_over();
    if (!is_over && completed < command.worth_reading) return false;
    const auto missing = read(command.id);
    if (!missing) {
      if (auto passes = passing(missing.error()); !passes) all_read = std::move(passes);
      return false;
    }
    command.worth_reading = completed + *missing;
    // Invocations may lag behind their command: one more look.
    return *missing == 0 || (is_over && std::exchange(command.was_over, true));
  });
  return all_read;
}

}  // namespace keyturn::fleet
