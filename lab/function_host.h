// Lambda's execution environments as processes: each has a Runtime API of its own, credentials of its
// function's role, and gets no time between its invocations, as on AWS.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "lab/http_server.h"
#include "lab/process_table.h"
#include "sim/lambda_runtime.h"
#include "sim/world.h"

namespace keyturn::lab {

// What is referred to must outlive the host.
struct FunctionParts {
  sim::World& world;
  ProcessTable& processes;                         // a function's environments are owned by its name
  std::filesystem::path folder;                    // one folder an environment below it
  std::map<std::string, std::string> environment;  // how they reach the lab's AWS
};

// Thread-safe. Takes itself into the world's Lambda, and out again at its end: then nothing runs any more.
class FunctionHost final : public sim::FunctionHost {
 public:
  explicit FunctionHost(FunctionParts parts);
  ~FunctionHost() override;
  FunctionHost(const FunctionHost&) = delete;
  FunctionHost& operator=(const FunctionHost&) = delete;

  // A package is a zip, which is unpacked, or a folder; its `bootstrap` is the process.
  Result<void> start(const sim::EnvironmentOrder& order) override;
  void kill(const std::string& environment_id) override;

  // To be called now and then, by one thread: freezes what waits, passes on what was logged, tells Lambda of
  // what has ended and clears it away.
  void poll();

 private:
  struct Environment;

  Result<std::filesystem::path> unpack(const sim::EnvironmentOrder& order,
                                       const std::filesystem::path& folder) const;
  Result<std::map<std::string, std::string>> variables_of(const sim::EnvironmentOrder& order,
                                                          const Environment& environment,
                                                          const std::filesystem::path& task_root) const;
  sim::Exchange answer(Environment& environment, const IncomingRequest& request, const StopFlag& stop);
  void pass_on_logs(Environment& environment);
  void clear_away(const std::shared_ptr<Environment>& environment);

  const FunctionParts parts_;
  sim::RuntimeFront front_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Environment>> environments_;  // by id
};

}  // namespace keyturn::lab
