// The inside of sim::Lambda: its state, and what may be done with it while the lock is held. For
// sim/lambda*.cc only.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "sim/lambda.h"

namespace keyturn::sim {

inline constexpr std::size_t kMaxSyncPayload = 6U << 20U;
inline constexpr std::size_t kMaxEventPayload = 256U << 10U;
inline constexpr std::size_t kMaxResponse = (6U << 20U) + 100;
inline constexpr std::size_t kKeptLog = 1U << 20U;
inline constexpr std::size_t kLogTail = 4U << 10U;

// {"errorType": …, "errorMessage": …}
std::string lambda_error(const std::string& type, const std::string& message);

struct Lambda::State {
  struct Invocation {
    InvokeRequest request;
    std::string id;
    std::string function;
    std::string trace_id;
    int attempt = 1;
    TimePoint not_before;  // of a retry
    TimePoint deadline;    // once an environment has it
    std::size_t record = 0;
    std::string log;
    std::optional<InvokeReply> reply;
  };
  enum class Phase { starting, idle, busy };
  struct Environment {
    std::string function;
    int revision = 0;
    Phase phase = Phase::starting;
    bool used = false;         // it has had an invocation: the next is a warm one
    bool second_init = false;  // the first took longer than init may
    TimePoint init_deadline;
    std::shared_ptr<Invocation> invocation;  // while busy
  };

  State(const Clock& the_clock, Random& the_random, std::string the_account, std::string the_region)
      : clock(the_clock),
        random(the_random),
        account(std::move(the_account)),
        region(std::move(the_region)) {}

  [[nodiscard]] std::string arn_of(const std::string& name) const;
  // By name or ARN, as callers write it.
  Reply<Function*> find(const std::string& function);
  Environment* environment(const std::string& id);
  tl::expected<std::shared_ptr<Invocation>, RuntimeAnswer> give_back(const std::string& environment_id,
                                                                     const std::string& request_id);

  // Finds what time has brought: overrun invocations and initialisations, retries. Starts what is needed.
  void advance();
  // Starts environments for what waits, as far as limits allow.
  void dispatch(const Function& function);
  void start_environment(const Function& function, bool second_init);
  // Forgets it, and has the host end it.
  void kill(const std::string& environment_id);
  void forget(const std::string& environment_id) { environments.erase(environment_id); }
  // The first that waits for this function, if its time has come.
  std::shared_ptr<Invocation> take_waiting(const std::string& function);
  void hand_over(const std::string& environment_id, Environment& environment,
                 std::shared_ptr<Invocation> invocation);
  // Ends an attempt. `error_type` empty: answered. An event that failed is put back while it has retries.
  void complete(const std::shared_ptr<Invocation>& invocation, const std::string& payload,
                const std::string& error_type);
  // No environment came up for it: the first that waits fails.
  void fail_init(const std::string& function, const std::string& error_type, const std::string& error);
  void log(const std::string& function, Invocation* invocation, std::string_view text);

  const Clock& clock;
  Random& random;
  const std::string account;
  const std::string region;

  std::mutex mutex;
  std::condition_variable changed;
  FunctionHost* host = nullptr;
  LambdaLimits limits;
  bool closed = false;
  std::map<std::string, Function> functions;
  std::map<std::string, Environment> environments;                 // by id
  std::deque<std::shared_ptr<Invocation>> waiting;                 // oldest first
  std::map<std::string, std::shared_ptr<Invocation>> invocations;  // by request id
  std::vector<InvocationRecord> records;
  std::map<std::string, std::string> logs;  // by function
  std::map<std::string, std::string>
      owners;  // function of every environment that ever was: of its last words

  // For the host, once the lock is released.
  std::vector<EnvironmentOrder> to_start;
  std::vector<std::string> to_kill;
};

// Holds the lock. What the host is to do is done when it ends, without the lock.
class Lambda::Turn {
 public:
  explicit Turn(Lambda& lambda) : lambda_(lambda), lock_(lambda.state_->mutex) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn();
  // Until something changes, or a slice of real time is over.
  void wait();

 private:
  Lambda& lambda_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace keyturn::sim
