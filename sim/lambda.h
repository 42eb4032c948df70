// Lambda: functions, invocations, and the execution environments that take them. What runs in an environment
// is a FunctionHost's: a process in the lab, a thread in tests. Facts: AWS Lambda API reference 2015-03-31;
// AWS Lambda Developer Guide, "Custom runtimes", "Asynchronous invocation", "Execution environment".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/lambda_function.h"
#include "sim/service_error.h"

namespace keyturn::sim {

// Starts and ends what runs in an environment. Called from any thread, never with a lock of Lambda's held, so
// that it may call back. Neither call may wait for the environment to do something.
class FunctionHost {
 public:
  virtual ~FunctionHost() = default;
  // An error is an initialisation that failed.
  virtual Result<void> start(const EnvironmentOrder& order) = 0;
  // Ends it at once. No error where it has ended already. environment_ended() need not be called for it.
  virtual void kill(const std::string& environment_id) = 0;
};

struct LambdaLimits {
  Duration init = std::chrono::seconds{10};  // then once more, within the function's own time-out
  std::vector<Duration> event_retries{std::chrono::minutes{1}, std::chrono::minutes{2}};
  int concurrency = 1000;  // environments of all functions
};

// Thread-safe. Waits in real time in short slices and asks the clock each time, so that a clock that only
// tests move works as well as the system's. Whoever owns it calls advance() now and then (each call of an
// operation does so too): time-outs and retries are found there.
class Lambda {
 public:
  Lambda(const Clock& clock, Random& random, std::string account = "111122223333",
         std::string region = "us-east-1");
  ~Lambda();
  Lambda(const Lambda&) = delete;
  Lambda& operator=(const Lambda&) = delete;

  // --- The service's operations; `function` as in InvokeRequest ---
  Reply<Function> create_function(const std::string& name, const FunctionSettings& settings,
                                  const FunctionCode& code);
  Reply<Function> update_code(const std::string& function, const FunctionCode& code);
  // `change` edits a copy, which is checked.
  Reply<Function> update_settings(const std::string& function,
                                  const std::function<void(FunctionSettings&)>& change);
  [[nodiscard]] Reply<Function> get_function(const std::string& function) const;
  Reply<void> delete_function(const std::string& function);
  [[nodiscard]] std::vector<Function> functions() const;  // by name
  Reply<void> add_permission(const std::string& function, const FunctionPermission& permission);
  // Nothing: without a reservation. 0: no invocation at all.
  Reply<void> reserve_concurrency(const std::string& function, std::optional<int> environments);

  // Waits for the answer where the type is request_response.
  Reply<InvokeReply> invoke(const InvokeRequest& request);
  // The same without waiting, for services that are polled: the request id, whose answer result() gives.
  Reply<std::string> begin(const InvokeRequest& request);
  // Nothing: not answered yet. Of an event: what its last attempt came to. Kept until the world ends.
  [[nodiscard]] std::optional<InvokeReply> result(const std::string& request_id) const;

  // --- The Runtime API of one environment (sim/lambda_runtime.h serves it over HTTP) ---
  struct NextInvocation {
    std::string request_id;
    std::string payload;
    TimePoint deadline;
    std::string function_arn;
    std::string trace_id;
    std::string client_context;
  };
  enum class RuntimeAnswer {
    accepted,             // 202
    bad_request_id,       // 400 InvalidRequestID
    bad_state,            // 403 InvalidStateTransition
    too_large,            // 413: the invocation has failed
    no_such_environment,  // it was killed: the connection ends
  };
  // Waits for work. Nothing: the environment was killed, or `stop` is requested.
  struct NextReply {
    RuntimeAnswer answer = RuntimeAnswer::accepted;
    std::optional<NextInvocation> invocation;
  };
  NextReply next(const std::string& environment_id, const StopFlag* stop);
  RuntimeAnswer respond(const std::string& environment_id, const std::string& request_id,
                        const std::string& payload);
  // `error` is the body, {errorMessage, errorType, stackTrace}, which the caller gets as it is.
  RuntimeAnswer report_error(const std::string& environment_id, const std::string& request_id,
                             const std::string& error_type, const std::string& error);
  RuntimeAnswer report_init_error(const std::string& environment_id, const std::string& error_type,
                                  const std::string& error);

  // --- For the host ---
  // Null: nothing can be started, so that invocations wait. It must outlive this, or shut_down().
  void set_host(FunctionHost* host);
  // What ran in it has ended by itself. `how`: "exit status 1", "signal: killed".
  void environment_ended(const std::string& environment_id, const std::string& how);
  // What it wrote to stdout or stderr.
  void add_log(const std::string& environment_id, std::string_view text);

  // --- Time, and setting the world up ---
  void configure(const LambdaLimits& limits);
  void advance();
  // Kills every environment of the function ("": of all): the next invocation is a cold one.
  void recycle(const std::string& function = {});
  // Ends every environment and every wait; no further invocation is taken.
  void shut_down();

  // --- The truth ---
  [[nodiscard]] std::vector<InvocationRecord> invocations() const;
  [[nodiscard]] std::string log(const std::string& function) const;  // the last MiB
  [[nodiscard]] std::vector<std::string> environment_ids(const std::string& function) const;

 private:
  struct State;
  class Turn;
  std::unique_ptr<State> state_;
};

}  // namespace keyturn::sim
