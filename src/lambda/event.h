// What a function is called with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "base/secret_string.h"
#include "base/time.h"

namespace keyturn::lambda {

enum class Task { rotate, update, reconcile, status };
const char* to_string(Task task);

// {"task": …, "rotation": …, "max_s": …, "strict": …, "brief": …, "compromised": …}, every member optional;
// {}, null, and what a schedule sends.
struct TaskEvent {
  Task task = Task::reconcile;
  std::string rotation;  // empty: all
  // Nothing: as long as the invocation may last. Rotate and update have 240 s where the event says nothing.
  std::optional<Duration> max_s;
  bool strict = false;       // targets that are left behind are an error
  bool brief = false;        // the response leaves the world out
  bool compromised = false;  // rotate: the old key is in wrong hands
};

// One step of Secrets Manager's own rotation.
enum class SecretStep { create, set, test, finish };
const char* to_string(SecretStep step);  // "createSecret" …
struct SecretStepEvent {
  SecretStep step = SecretStep::create;
  std::string secret_id;  // the ARN
  std::string token;      // ClientRequestToken: the id of the pending version
};

// An EC2 instance changed its state.
struct InstanceEvent {
  std::string instance_id;
  std::string state;  // "running" …
};

// What CloudFormation does with the stack's custom resource, or Terraform with its invocation.
enum class StackRequest { make, change, remove, unknown };
struct StackEvent {
  StackRequest request = StackRequest::unknown;
  // CloudFormation alone: it does not see what a function returns, but waits for an answer at this URL.
  struct Caller {
    SecretString response_url;  // signed: whoever has it can answer
    std::string stack_id;       // an ARN
    std::string request_id;
    std::string logical_id;
    std::string physical_id;  // empty where it is made
  };
  std::optional<Caller> caller;
};

using Event = std::variant<TaskEvent, SecretStepEvent, InstanceEvent, StackEvent>;

// What the environment says a function is for, where its event does not.
struct FunctionNames {
  std::string handler;   // _HANDLER
  std::string function;  // AWS_LAMBDA_FUNCTION_NAME
};

// The task of an event that names none: the handler, if it is a task's name; else by the function's name,
// which holds "rotate" or "update" as the blog's two do; else reconcile.
Task default_task(const FunctionNames& names);

// ErrorKind::usage for what can't be understood.
Result<Event> parse_event(const std::string& payload, const FunctionNames& names);

}  // namespace keyturn::lambda
