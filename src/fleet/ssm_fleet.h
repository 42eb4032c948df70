// The fleet over Systems Manager: Run Command runs `keyturn apply` on every host, and the hosts' reports say
// what it did. A host is the unit here: all its instances are written.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/progress.h"
#include "fleet/ssm_answer.h"
#include "fleet/ssm_commands.h"
#include "fleet/ssm_hosts.h"
#include "login/ports.h"
#include "rotation/ports.h"

namespace keyturn::fleet {

struct SsmFleetSettings {
  std::string region;                       // for sentences
  std::string document;                     // the Command document's name or ARN
  std::map<std::string, std::string> tags;  // of the hosts
  std::vector<std::string> instance_ids;    // the hosts, instead of tags
  // Of every command, beside Mode and what that needs: names of secrets, URLs and patterns. No secrets.
  std::map<std::string, std::vector<std::string>> parameters;
  std::string max_concurrency = "100%";  // hosts of one command at work at once
  std::string max_errors = "100%";       // hosts of one command that may fail before it is ended
  Duration delivery_timeout = std::chrono::minutes{2};    // a host must begin within; at least 30 s
  Duration execution_timeout = std::chrono::minutes{10};  // and end within
  Duration look_limit = std::chrono::minutes{2};          // an observation is over by then
};

// Targets are named HOST (the default instance, or a host that does not answer) and HOST\INSTANCE. Not
// thread-safe.
class SsmFleet final : public rotation::Fleet, public login::PasswordChanger {
 public:
  using rotation::Fleet::Order;
  using rotation::Fleet::Outcome;

  // `machines` lists EC2's instances with the tags; it may be empty where ids are given. All references must
  // outlive the fleet; `stop` may be null, `progress` empty.
  SsmFleet(SsmFleetSettings settings, ListMachines machines, const aws::Ssm& ssm, Clock& clock,
           Random& random, const StopFlag* stop, ProgressSink progress);

  // Are there hosts at all? ErrorKind::usage where not. The first observe() does not list them again.
  Result<void> find_hosts();

  Result<std::vector<rotation::TargetState>> observe() override;
  // Also has outcomes of the other instances of the hosts, which are written as well.
  std::vector<Outcome> write(const Order& order) override;
  // Likewise.
  std::vector<login::PasswordChanger::Outcome> change(const login::PasswordChanger::Order& order) override;

 private:
  using Answers = std::unordered_map<std::string, HostAnswer>;  // by the host's id
  // A host that did not answer in its time is not waited for again for a while: it would use up the deadline
  // of all.
  struct Silence {
    Error error;
    TimePoint until;
  };
  using Waiting =
      std::unordered_map<std::string, std::vector<std::string>>;  // by command: the hosts it is for

  Result<void> refresh();
  [[nodiscard]] const SsmHost* host_of(const rotation::TargetName& target) const;
  [[nodiscard]] std::optional<Error> silence_of(const SsmHost& host) const;

  [[nodiscard]] aws::SsmCommandRequest request(const char* mode) const;
  // `mode`: "apply" writes a key, "login" changes the login's password.
  std::vector<Outcome> have_done(const char* mode, const Order& order);
  [[nodiscard]] aws::SsmCommandRequest order_request(const char* mode, const Order& order) const;
  Result<void> look(const std::vector<std::string>& ids, Answers& answers);
  void carry_out(const char* mode, const Order& order, const std::vector<std::string>& ids, Answers& answers);
  Result<aws::SsmCommand> send_to(aws::SsmCommandRequest request, bool changes_hosts,
                                  std::optional<TimePoint> not_after, Answers& answers) const;
  [[nodiscard]] Result<std::vector<std::string>> still_taken(const std::vector<std::string>& ids,
                                                             const Error& refusal) const;
  Result<void> collect(const std::vector<aws::SsmCommand>& commands, const Waiting& waiting, TimePoint until,
                       const ExpectedReport& expected, Answers& answers);
  Result<void> read(const std::string& command_id, const ExpectedReport& asked, Answers& answers) const;

  std::vector<rotation::TargetState> states_after_look(const SsmHost& host, const Answers& answers);
  [[nodiscard]] Error unanswered(const std::string& host) const;
  [[nodiscard]] std::vector<rotation::TargetState> silent_states(const SsmHost& host,
                                                                 const std::string& reason,
                                                                 std::optional<TimePoint> since) const;
  void remember(const SsmHost& host, const HostAnswer& answer);
  void tell(const rotation::TargetName& target, VisitPhase phase, bool is_write,
            std::string failure = {}) const;

  const SsmFleetSettings settings_;
  const ListMachines machines_;
  const aws::Ssm& ssm_;
  Clock& clock_;
  const StopFlag* const stop_;
  const ProgressSink progress_;
  const SsmCommands commands_;
  std::vector<SsmHost> hosts_;
  bool just_found_ = false;  // by find_hosts()
  std::unordered_map<std::string, std::size_t> place_by_name_, place_by_id_;
  std::unordered_map<std::string, Silence> silent_;  // by id
  std::string not_cancelled_;  // why a command of the last call is still under way, or empty
  // The instances of a host when it last answered in this run, by its id: they don't go away when it falls
  // silent.
  std::unordered_map<std::string, std::vector<rotation::TargetName>> last_seen_;
};

}  // namespace keyturn::fleet
