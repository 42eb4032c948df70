// What the simulated Lambda keeps and says of functions, invocations and execution environments: plain data.
// Facts: AWS Lambda API reference 2015-03-31; AWS Lambda Developer Guide, "Custom runtimes".
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace keyturn::sim {

struct FunctionSettings {
  std::string runtime = "provided.al2023";
  std::string handler = "bootstrap";
  std::string role;  // ARN
  std::string description;
  std::string architecture = "x86_64";
  Duration timeout = std::chrono::seconds{3};  // 1 s to 900 s
  int memory_mb = 128;                         // 128 to 10240
  std::map<std::string, std::string> environment;
};

// A deployment package: the bytes of a zip, or where one lies (a zip or a folder on this machine), which is
// read when an environment starts.
struct FunctionCode {
  std::shared_ptr<const std::string> zip;  // null where `path` is used
  std::string path;
};

// A statement of the function's own policy. Kept as a record: whoever invokes is checked by its own policy.
struct FunctionPermission {
  std::string statement_id;
  std::string action;
  std::string principal;
  std::string source_arn;
};

struct Function {
  std::string name;
  std::string arn;
  FunctionSettings settings;
  FunctionCode code;
  std::string code_sha256;  // base64, as the API shows it
  std::size_t code_bytes = 0;
  TimePoint modified_at;
  int revision = 1;  // counts changes of code and settings; environments of an older one get no new work
  std::optional<int> reserved_concurrency;
  std::vector<FunctionPermission> permissions;
};

enum class InvocationType { request_response, event, dry_run };

struct InvokeRequest {
  std::string function;  // name, partial or full ARN, with or without ":$LATEST"
  std::string payload;   // JSON; empty: null, as on AWS
  InvocationType type = InvocationType::request_response;
  std::string client_context;  // base64, as in the header; may be empty
};

// What the caller gets. `function_error` is empty where the function answered.
struct InvokeReply {
  int status = 200;  // 200, 202 (event), 204 (dry run)
  std::string payload;
  std::string function_error;  // "Unhandled", as for all errors of a custom runtime
  std::string log_tail;        // the last 4 KiB of the log of this invocation
  std::string request_id;
};

// One attempt at an invocation, for tests and for whoever watches the lab.
struct InvocationRecord {
  std::string request_id;
  std::string function;
  InvocationType type = InvocationType::request_response;
  int attempt = 1;  // 2 and 3 are retries of an event
  bool cold = false;
  std::string environment_id;
  TimePoint began_at;
  std::optional<TimePoint> ended_at;
  std::string error_type;  // empty: answered
  std::string payload;     // what was answered, errors too
};

// An execution environment that is to be started.
struct EnvironmentOrder {
  std::string id;  // of the environment; its own Runtime API must be served to it (RuntimeFront)
  std::string function;
  std::string role;
  FunctionCode code;
  // As Lambda sets them, with the function's own. The host adds AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT and
  // the role's credentials.
  std::map<std::string, std::string> variables;
};

}  // namespace keyturn::sim
