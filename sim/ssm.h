// Systems Manager as far as Run Command goes: managed nodes, documents, commands and their invocations.
// Facts: AWS Systems Manager API reference 2014-11-06, amazon-ssm-agent 3.3. All client errors are HTTP 400.
//
// Nothing here has a thread: time passes when somebody calls. Each operation begins with advance(), and a lab
// may tick it besides; so it works in virtual time, with an agent whose answer is due at a time, and in real
// time, with an agent that runs processes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/ec2.h"
#include "sim/service_error.h"
#include "sim/ssm_document.h"

namespace keyturn::sim {

// What runs the scripts on the hosts. Called by one thread at a time, never under a lock of Ssm's; it must
// return at once. It may call AWS, but not Ssm::advance().
struct AgentJob {
  std::string command_id;
  std::string instance_id;
  std::string step;
  std::string plugin;   // "aws:runShellScript" or "aws:runPowerShellScript"
  std::string script;   // the parameters' values are in it
  Duration timeout{0};  // Ssm kills the job when it is over; the agent need not watch it
};
struct AgentResult {
  int exit_code = 0;
  std::string out;  // whole: Ssm cuts it
  std::string err;
};
class Agent {
 public:
  virtual ~Agent() = default;
  virtual void start(const AgentJob& job) = 0;
  // Nothing while it runs, and for ever where the host died. After an answer it is not asked again.
  virtual std::optional<AgentResult> poll(const std::string& command_id, const std::string& instance_id) = 0;
  virtual void kill(const std::string& command_id, const std::string& instance_id) = 0;
};

enum class PingStatus { online, connection_lost, inactive };
const char* to_string(PingStatus status);  // "ConnectionLost"

// What becomes of a command on its way to a node that is online.
enum class Delivery {
  normal,
  never,  // it is not picked up: DeliveryTimedOut when the command's time is over
  undeliverable,
  access_denied,
  invalid_platform,
  delayed,  // shown as Delayed, and picked up after the node's delay
};

// Tags of "i-…" nodes are those of the EC2 instance.
struct ManagedNode {
  std::string id;                        // "i-…" or "mi-…"
  PingStatus ping = PingStatus::online;  // nothing is picked up unless online, and its EC2 instance runs
  TimePoint last_ping_at;                // kept up to date while online
  std::string agent_version = "3.3.1611.0";
  std::string platform_type = "Linux";  // "Windows", "MacOS"
  std::string platform_name = "Red Hat Enterprise Linux";
  std::string platform_version = "9.4";
  std::string computer_name;
  std::string ip_address;
  std::map<std::string, std::string> tags;  // of "mi-…" nodes
  Delivery delivery = Delivery::normal;
  Duration delay{0};  // between the command's turn and its start
};

// Statuses and their details in one (API reference, "Understanding command statuses").
enum class CommandState {
  pending,
  in_progress,
  delayed,
  success,
  cancelling,
  cancelled,
  delivery_timed_out,
  execution_timed_out,
  failed,
  undeliverable,
  terminated,  // MaxErrors was reached before its turn
  invalid_platform,
  access_denied,
};
const char* status_of(CommandState state);   // "TimedOut"
const char* details_of(CommandState state);  // "DeliveryTimedOut"
bool is_final(CommandState state);

struct StepRecord {
  std::string name;
  std::string plugin;
  CommandState state = CommandState::pending;
  int response_code = -1;  // -1: not finished
  std::string out;         // whole
  std::string err;
  std::optional<TimePoint> started_at, ended_at;
};

struct Invocation {
  std::string instance_id;
  CommandState state = CommandState::pending;
  TimePoint requested_at;
  std::vector<StepRecord> steps;
};

struct CommandTarget {
  std::string key;  // "tag:K", "tag-key", "InstanceIds"
  std::vector<std::string> values;
};

struct SendRequest {
  std::string document;
  std::string document_version;           // "$DEFAULT" (also empty), "$LATEST", "2"
  std::string document_hash;              // Sha256; empty: not checked
  std::vector<std::string> instance_ids;  // these, or targets
  std::vector<CommandTarget> targets;
  ParameterValues parameters;
  std::string comment;
  Duration timeout = std::chrono::hours{1};  // of the delivery
  std::string max_concurrency = "50";
  std::string max_errors = "0";
};

struct Command {
  std::string id;
  SendRequest request;
  std::string document_version;  // "2"
  ParameterValues parameters;    // with the defaults
  TimePoint requested_at, expires_after;
  CommandState state = CommandState::pending;
  int target_count = 0, completed_count = 0, error_count = 0, delivery_timed_out_count = 0;
};

struct SsmDocument {
  struct Version {
    int number = 1;
    std::string content;
    std::string hash;  // Sha256, hexadecimal
    TimePoint created_at;
  };
  std::string name;
  std::string type;  // "Command" or "Automation"
  std::string target_type;
  std::vector<Version> versions;
  int default_version = 1;

  // "" and "$DEFAULT", "$LATEST", or a number; null where there is none.
  [[nodiscard]] const Version* version(const std::string& text) const;
};

struct SsmFilter {
  std::string key;
  std::vector<std::string> values;
};

struct SsmTimes {
  Duration appear{500};  // invocations of a new command are not listed before
  // With targets by tag the list fills by so many an `appear`.
  std::size_t appear_at_once = 2000;
};

// Thread-safe.
class Ssm {
 public:
  Ssm(const Clock& clock, Random& random, const Ec2& ec2) : clock_(clock), random_(random), ec2_(ec2) {}

  // --- Documents ---
  Reply<SsmDocument> create_document(const std::string& name, const std::string& type,
                                     const std::string& content, const std::string& target_type = {});
  // Adds a version; the default stays. `version`: "" or "$LATEST", or the number of the latest.
  // DuplicateDocumentContent.
  Reply<SsmDocument> update_document(const std::string& name, const std::string& content,
                                     const std::string& version = "$LATEST");
  Reply<SsmDocument> update_default_version(const std::string& name, const std::string& version);
  [[nodiscard]] Reply<SsmDocument> document(const std::string& name) const;  // name or ARN
  Reply<void> delete_document(const std::string& name);
  [[nodiscard]] std::vector<SsmDocument> documents() const;  // by name

  // --- Commands ---
  Reply<Command> send_command(const SendRequest& request);
  // The tags of the nodes that it would go to; none where it would be refused.
  [[nodiscard]] std::map<std::string, std::map<std::string, std::string>> tags_of_targets(
      const SendRequest& request) const;
  template <class T>
  struct Page {
    std::vector<T> items;
    std::string next_token;  // empty: that was the last page
  };
  // Newest first. Filters: InvokedAfter, InvokedBefore, Status, DocumentName.
  Reply<Page<Command>> list_commands(const std::string& command_id, const std::vector<SsmFilter>& filters,
                                     int max_results = 50, const std::string& next_token = {});
  // In the order of the targets. `command_id` may not be empty here.
  struct ListedInvocation {
    std::string command_id, document, document_version, comment;
    Invocation invocation;
  };
  Reply<Page<ListedInvocation>> list_invocations(const std::string& command_id,
                                                 const std::string& instance_id, int max_results = 50,
                                                 const std::string& next_token = {});
  // InvocationDoesNotExist, also a moment after the command was sent. `step`: needed where there are several.
  struct StepView {
    ListedInvocation of;
    StepRecord step;
  };
  Reply<StepView> get_invocation(const std::string& command_id, const std::string& instance_id,
                                 const std::string& step = {});
  // No ids: all.
  Reply<void> cancel_command(const std::string& command_id,
                             const std::vector<std::string>& instance_ids = {});

  // --- Nodes ---
  // Filters: "tag:K", "tag-key" (not beside others), InstanceIds, PingStatus, PlatformTypes, AgentVersion.
  Reply<Page<ManagedNode>> describe_instance_information(const std::vector<SsmFilter>& filters,
                                                         int max_results = 50,
                                                         const std::string& next_token = {});

  // Starts what is due, asks the agent for what is running, ends what is over its time.
  void advance();

  // --- Setting the world up, and the truth ---
  void set_agent(std::shared_ptr<Agent> agent);  // null: nothing is ever picked up
  void set_times(SsmTimes times);
  void put_node(ManagedNode node);  // replaces one of that id
  void remove_node(const std::string& id);
  void set_ping(const std::string& id, PingStatus status);
  void set_delivery(const std::string& id, Delivery delivery, Duration delay = Duration{0});
  [[nodiscard]] std::vector<ManagedNode> nodes() const;
  [[nodiscard]] std::vector<Command> commands() const;  // oldest first
  [[nodiscard]] std::vector<Invocation> invocations(const std::string& command_id) const;

 private:
  struct Run;   // a command on its way, with its invocations
  struct Task;  // one call to the agent

  [[nodiscard]] const SsmDocument* find_document(const std::string& name) const;
  [[nodiscard]] std::map<std::string, std::string> tags_of(const ManagedNode& node) const;
  [[nodiscard]] PingStatus ping_of(const ManagedNode& node) const;
  [[nodiscard]] bool matches(const ManagedNode& node, const SsmFilter& filter) const;
  Reply<Command> accept(const SendRequest& request);
  [[nodiscard]] Reply<std::vector<std::string>> resolve_targets(const SendRequest& request) const;
  [[nodiscard]] Reply<void> check_ids(const std::vector<std::string>& ids) const;
  [[nodiscard]] Command view_of(const Run& run) const;
  [[nodiscard]] std::size_t visible(const Run& run) const;
  [[nodiscard]] Run* find_run(const std::string& command_id) const;

  std::vector<Task> plan(Run& run, TimePoint now);
  void dispatch(Run& run, std::size_t index, TimePoint now);
  void start_step(Run& run, std::size_t index, TimePoint now, std::vector<Task>& tasks);
  void wait_for_delivery(Run& run, std::size_t index, TimePoint now, std::vector<Task>& tasks);
  void watch(Run& run, std::size_t index, TimePoint now, std::vector<Task>& tasks);
  bool carry_out(Run& run, const Task& task, std::unique_lock<std::mutex>& lock);
  void kill_step(Run& run, std::size_t index, CommandState state);
  void take_result(Run& run, std::size_t index, const AgentResult& result, TimePoint now);
  void end_invocation(Run& run, std::size_t index, CommandState state, TimePoint now);
  static void end_step(StepRecord& step, CommandState state, int response_code, TimePoint now);

  const Clock& clock_;
  Random& random_;
  const Ec2& ec2_;
  mutable std::mutex mutex_;
  bool advancing_ = false;  // a thread is in advance(), perhaps at the agent
  std::shared_ptr<Agent> agent_;
  SsmTimes times_;
  std::map<std::string, SsmDocument> documents_;
  std::map<std::string, ManagedNode> nodes_;
  std::vector<std::shared_ptr<Run>> runs_;  // oldest first
  std::map<std::string, std::shared_ptr<Run>> run_of_;
  std::vector<std::shared_ptr<Run>> active_;
};

}  // namespace keyturn::sim
