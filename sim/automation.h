// Automation of Systems Manager: executions of Automation documents, step by step. Facts: AWS Systems Manager
// user guide, "Systems Manager Automation actions reference"; API reference 2014-11-06.
//
// Nothing here has a thread: an execution goes on when somebody calls advance(), as each operation does.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/automation_document.h"
#include "sim/iam.h"
#include "sim/lambda.h"
#include "sim/ssm.h"

namespace keyturn::sim {

enum class AutomationStatus { pending, in_progress, success, timed_out, cancelled, failed, exited };
const char* to_string(AutomationStatus status);  // "InProgress"; "Exited": a loop that was left by a jump
bool is_final(AutomationStatus status);

struct StepExecution {
  std::string id;
  std::string name;
  std::string action;
  AutomationStatus status = AutomationStatus::pending;
  std::optional<TimePoint> started_at, ended_at;
  std::map<std::string, std::string> inputs;                // as JSON, references replaced
  std::map<std::string, std::vector<std::string>> outputs;  // predefined and the step's own
  std::string response_code;
  std::string failure_message;
  std::string parent_id, parent_name;  // of the loop that it runs in
  int iteration = 0;                   // of that loop, from 1
  AutomationStep of;                   // as the document has it, without what is in a loop
  int attempts = 0;
};

struct AutomationExecution {
  std::string id;
  std::string document_name;
  std::string document_version;
  AutomationStatus status = AutomationStatus::pending;
  TimePoint started_at;
  std::optional<TimePoint> ended_at;
  ParameterValues parameters;        // with the defaults
  std::vector<StepExecution> steps;  // in the order in which they began
  std::map<std::string, std::vector<std::string>> outputs;
  std::string executed_by;  // ARN
  std::string current_step, current_action;
  std::string failure_message;
};

// Who acts: what the policy allows is asked before each call of another service.
struct Actor {
  std::string arn;
  AccessPolicy policy;

  // AccessDeniedException, as IAM words it.
  [[nodiscard]] Reply<void> may(const std::string& action, const std::string& resource) const;
};
// The actor that a role is, or why it can't be assumed.
Reply<Actor> assume(Iam& iam, const std::string& role_arn, const std::string& session);

class AutomationRun;

// Thread-safe. What it refers to must outlive it.
class Automation {
 public:
  Automation(const Clock& clock, Random& random, Ssm& ssm, Lambda& lambda, Iam& iam);
  ~Automation();

  struct StartRequest {
    std::string document;  // name or ARN
    std::string document_version;
    ParameterValues parameters;
    std::string client_token;  // empty, or a UUID: the same again starts nothing
  };
  // The id. A document whose assumeRole can't be assumed starts and fails, as on AWS.
  Reply<std::string> start(const StartRequest& request, const Actor& actor);
  Reply<AutomationExecution> get(const std::string& id);
  struct StepFilter {
    std::string key;  // "StepName", "Action", "StepExecutionStatus", "StepExecutionId"
    std::vector<std::string> values;
  };
  Reply<std::vector<StepExecution>> steps(const std::string& id, const std::vector<StepFilter>& filters);
  struct ExecutionFilter {
    std::string key;  // "DocumentNamePrefix", "ExecutionStatus", "ExecutionId"
    std::vector<std::string> values;
  };
  // Newest first.
  Reply<std::vector<AutomationExecution>> describe(const std::vector<ExecutionFilter>& filters);
  // `complete`: the step under way may end first.
  Reply<void> stop(const std::string& id, bool complete);

  void advance();
  [[nodiscard]] std::vector<AutomationExecution> executions() const;  // the truth, oldest first

 private:
  [[nodiscard]] Reply<AutomationRun*> find(const std::string& id) const;
  void advance_all();

  const Clock& clock_;
  Random& random_;
  Ssm& ssm_;
  Lambda& lambda_;
  Iam& iam_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<AutomationRun>> runs_;  // oldest first
  std::map<std::string, std::string> run_of_token_;
};

}  // namespace keyturn::sim
