// Commands of Systems Manager from their sending to their end, with few calls: one listing tells of all
// commands under way, and each command's invocations are read when there is something to read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aws/ssm.h"
#include "base/clock.h"
#include "base/random.h"

namespace keyturn::fleet {

// A command that is followed.
struct FollowedCommand {
  std::string id;
  TimePoint requested_at;     // on the clock of AWS
  std::size_t worth_reading;  // its invocations are read when so many have ended
  bool was_over = false;      // at the look before
};

// Reads what there is to read of a command, and says how many more invocations are worth waiting for.
using ReadCommand = std::function<Result<std::size_t>(const std::string& command_id)>;

struct FollowedToTheEnd {
  Result<void> looked;     // an error is what will not pass, such as a missing right
  Result<void> cancelled;  // an error: a command is left that could not be taken back
};

class SsmCommands {
 public:
  // All must outlive it; `stop` may be null.
  SsmCommands(const aws::Ssm& ssm, std::string document, Clock& clock, Random& random, const StopFlag* stop)
      : ssm_(ssm), document_(std::move(document)), clock_(clock), random_(random), stop_(stop) {}

  // `request.document` and `comment` are set here. A command that changes hosts is not sent again when its
  // reply is lost: it is looked for by its comment, and Effect::unknown where it is not found.
  Result<aws::SsmCommand> send(aws::SsmCommandRequest request, bool changes_hosts,
                               std::optional<TimePoint> not_after) const;

  // Until every command is over or has nothing more to wait for, `until` has passed, or a stop is requested;
  // each that is still under way then is cancelled, as far as that goes, and read for the last time.
  // Calls that fail for now are tried again.
  [[nodiscard]] FollowedToTheEnd follow(std::vector<FollowedCommand> commands, TimePoint until,
                                        const ReadCommand& read) const;

 private:
  [[nodiscard]] Result<aws::SsmCommand> find(const std::string& comment) const;
  [[nodiscard]] bool stopped() const { return stop_ != nullptr && stop_->requested(); }
  Result<void> look(std::vector<FollowedCommand>& commands, const ReadCommand& read) const;

  const aws::Ssm& ssm_;
  const std::string document_;
  Clock& clock_;
  Random& random_;
  const StopFlag* const stop_;
};

}  // namespace keyturn::fleet
