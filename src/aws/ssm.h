// AWS Systems Manager's Run Command, managed nodes and documents (json protocol 1.1, version 2014-11-06).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "aws/client.h"

namespace keyturn::aws {

struct SsmNode {
  std::string id;           // "i-…" or "mi-…"
  std::string ping_status;  // "Online", "ConnectionLost", "Inactive"
  std::optional<TimePoint> last_ping_at;
  std::string agent_version;
  std::string platform_type;  // "Linux", "Windows"
  std::string computer_name;
};

// To these nodes, at most kMaxNodesOfCommand; or to all that have every one of the tags, at most
// kMaxTagsOfCommand.
struct SsmCommandRequest {
  std::string document;  // name or ARN; its default version is run
  std::vector<std::string> node_ids;
  std::map<std::string, std::string> tags;
  std::map<std::string, std::vector<std::string>>
      parameters;                                     // shown in clear by Systems Manager: no secrets
  std::string comment;                                // at most 100 characters
  Duration delivery_timeout = std::chrono::hours{1};  // 30 s to 30 days; whole seconds count
  std::string max_concurrency;                        // "50" or "10%"
  std::string max_errors;                             // "0" or "10%"
};
inline constexpr std::size_t kMaxNodesOfCommand = 50;
inline constexpr std::size_t kMaxTagsOfCommand = 5;
inline constexpr Duration kLeastDeliveryTimeout = std::chrono::seconds{30};

struct SsmCommand {
  std::string id;
  std::string comment;
  std::string status;       // "InProgress", "Success" …
  TimePoint requested_at;   // on the clock of AWS
  int target_count = 0;     // may grow while it runs, where it was sent by tags
  int completed_count = 0;  // invocations that came to an end, whatever it was
  [[nodiscard]] bool is_over() const;
};

struct SsmStep {
  std::string name;
  std::string details;     // as of an invocation
  int response_code = -1;  // -1: it did not end by itself
  std::string output;      // the first 2,500 characters of both streams
};

struct SsmInvocation {
  std::string node_id;
  // Without blanks, for they appear in documents with blanks: "Success", "DeliveryTimedOut", "Undeliverable"
  // …
  std::string details;
  std::vector<SsmStep> steps;
  [[nodiscard]] bool is_over() const;
};

struct SsmStepOutput {
  std::string out;  // the first 24,000 characters
  std::string err;  // the first 8,000
};

// Thread-safe.
class Ssm {
 public:
  explicit Ssm(Client client) : client_(std::move(client)) {}
  static ServiceTraits traits() { return {"Systems Manager", "ssm", Protocol::json}; }

  // There is no client token: with Nature::once a lost reply is Effect::unknown, and whoever sent the command
  // looks for its comment among commands(). Nature::read is for commands that change nothing on their hosts.
  // ErrorKind::not_found with code InvalidInstanceId where one of the ids is not registered: then it went to
  // none.
  Result<SsmCommand> send_command(const SsmCommandRequest& request, Nature nature,
                                  std::optional<TimePoint> not_after) const;
  // Commands with that document, requested at `since` (whole seconds, on the clock of AWS) or later.
  Result<std::vector<SsmCommand>> commands(const std::string& document, TimePoint since) const;
  // Every invocation of one command, with its steps, page by page.
  Result<void> invocations(const std::string& command_id,
                           const std::function<void(SsmInvocation)>& each) const;
  Result<SsmStepOutput> output(const std::string& command_id, const std::string& node_id,
                               const std::string& step) const;
  Result<void> cancel_command(const std::string& command_id) const;

  // Managed nodes that have all of the tags (none: all nodes), or those of `ids` that are registered.
  Result<std::vector<SsmNode>> nodes_with(const std::map<std::string, std::string>& tags) const;
  Result<std::vector<SsmNode>> nodes(const std::vector<std::string>& ids) const;

  // The content, in JSON, of a document's default version.
  Result<std::string> document(const std::string& name) const;

 private:
  Client client_;
};

}  // namespace keyturn::aws
