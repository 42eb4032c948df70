#include "lab/function_host.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

namespace keyturn::lab {
namespace {

using std::chrono::steady_clock;

constexpr auto kBeforeFreezing = std::chrono::milliseconds{50};
constexpr auto kUnpacking = std::chrono::seconds{30};
constexpr std::chrono::hours kLifeOfCredentials{12};
constexpr const char* kNext = "/2018-06-01/runtime/invocation/next";
constexpr const char* kUnzip = "/usr/bin/unzip";

// "arn:aws:iam::111122223333:role/NAME"
std::string role_name(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

std::string how_it_ended(int status) {
  constexpr int kKilled = 137;
  if (status == kKilled) return "signal: killed";
  return status > 128 ? "signal: " + std::to_string(status - 128) : "exit status " + std::to_string(status);
}

// What was written to a file since the last look.
class Tail {
 public:
  explicit Tail(std::filesystem::path file) : file_(std::move(file)) {}
  std::string read() {
    std::ifstream stream(file_, std::ios::binary);
    stream.seekg(at_);
    std::string text((std::istreambuf_iterator<char>(stream)), {});
    at_ += std::streamoff(text.size());
    return text;
  }

 private:
  const std::filesystem::path file_;
  std::streamoff at_ = 0;
};

}  // namespace

struct FunctionHost::Environment {
  Environment(std::string its_id, std::string its_function, std::filesystem::path its_folder)
      : id(std::move(its_id)),
        function(std::move(its_function)),
        folder(std::move(its_folder)),
        logs{Tail(folder / "stdout"), Tail(folder / "stderr")} {}

  const std::string id;
  const std::string function;
  const std::filesystem::path folder;
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
  std::shared_ptr<Process> process;
  std::atomic<bool> ended{false};  // killed, or Lambda was told

  std::mutex mutex;  // of what follows
  std::optional<steady_clock::time_point> waiting_since;
  bool frozen = false;

  std::mutex log_mutex;
  std::vector<Tail> logs;
};

FunctionHost::FunctionHost(FunctionParts parts) : parts_(std::move(parts)), front_(parts_.world) {
  parts_.world.lambda().set_host(this);
}

FunctionHost::~FunctionHost() {
  parts_.world.lambda().shut_down();
  std::map<std::string, std::shared_ptr<Environment>> rest;
  {
    const std::lock_guard lock(mutex_);
    rest.swap(environments_);
  }
  for (const auto& [id, environment] : rest) clear_away(environment);
}

Result<void> FunctionHost::start(const sim::EnvironmentOrder& order) {
  const auto folder = parts_.folder / order.id;
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) return fail(ErrorKind::unavailable, "The folder " + folder.string() + " can't be made.");
  const auto task_root = unpack(order, folder);
  if (!task_root) return tl::unexpected(task_root.error());
  auto environment = std::make_shared<Environment>(order.id, order.function, folder);
  environment->server = std::make_unique<HttpServer>(
      [this, its = environment.get()](const IncomingRequest& request, const StopFlag& stop) {
        return answer(*its, request, stop);
      },
      std::nullopt);
  const auto port = environment->server->start(0);
  if (!port) return tl::unexpected(port.error());
  environment->port = *port;
  auto variables = variables_of(order, *environment, *task_root);
  if (!variables) return tl::unexpected(variables.error());
  auto process = parts_.processes.start(order.function, {{(*task_root / "bootstrap").string()},
                                                         *std::move(variables),
                                                         *task_root,
                                                         folder / "stdout",
                                                         folder / "stderr"});
  if (!process) return tl::unexpected(process.error());
  environment->process = *std::move(process);
  const std::lock_guard lock(mutex_);
  environments_[order.id] = std::move(environment);
  return {};
}

Result<std::filesystem::path> FunctionHost::unpack(const sim::EnvironmentOrder& order,
                                                   const std::filesystem::path& folder) const {
  std::filesystem::path package = order.code.path;
  if (order.code.zip) {
    package = folder / "package.zip";
    std::ofstream(package, std::ios::binary) << *order.code.zip;
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(package, ignored)) return package;
  const auto task_root = folder / "task";
  const auto unzip = Process::start({{kUnzip, "-q", "-o", package.string(), "-d", task_root.string()},
                                     {},
                                     folder,
                                     folder / "unzip.stdout",
                                     folder / "unzip.stderr"});
  if (!unzip) return tl::unexpected(unzip.error());
  std::optional<int> status;
  for (const auto end = steady_clock::now() + kUnpacking;
       !(status = (*unzip)->poll()) && steady_clock::now() < end;)
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  if (status == 0) return task_root;
  return fail(ErrorKind::unavailable, "The package " + package.string() +
                                          " can't be unpacked: " + Tail(folder / "unzip.stderr").read());
}

Result<std::map<std::string, std::string>> FunctionHost::variables_of(
    const sim::EnvironmentOrder& order, const Environment& environment,
    const std::filesystem::path& task_root) const {
  const auto session =
      parts_.world.iam().assume_role(role_name(order.role), order.function, kLifeOfCredentials);
  if (!session)
    return fail(ErrorKind::denied, "The role " + order.role + " of the function " + order.function +
                                       " can't be assumed: " + session.error().message);
  std::map<std::string, std::string> variables = parts_.environment;
  for (const auto& [name, value] : order.variables) variables[name] = value;
  variables["AWS_ACCESS_KEY_ID"] = session->access_key_id;
  variables["AWS_SECRET_ACCESS_KEY"] = session->secret;
  variables["AWS_SESSION_TOKEN"] = session->session_token;
  variables["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:" + std::to_string(environment.port);
  variables["LAMBDA_TASK_ROOT"] = task_root.string();
  variables["LAMBDA_RUNTIME_DIR"] = task_root.string();
  return variables;
}

sim::Exchange FunctionHost::answer(Environment& environment, const IncomingRequest& request,
                                   const StopFlag& stop) {
  const bool waits = request.target == kNext;
  if (waits) {
    const std::lock_guard lock(environment.mutex);
    environment.waiting_since = steady_clock::now();
  } else {
    pass_on_logs(environment);  // they belong to the invocation that is answered now
  }
  sim::Exchange exchange =
      front_.handle(environment.id, request.method, request.target, request.headers, request.body, &stop);
  if (waits) {
    const std::lock_guard lock(environment.mutex);
    environment.waiting_since.reset();
    if (environment.frozen) environment.process->thaw();
    environment.frozen = false;
  }
  return exchange;
}

void FunctionHost::kill(const std::string& environment_id) {
  const std::lock_guard lock(mutex_);
  const auto found = environments_.find(environment_id);
  if (found == environments_.end()) return;
  found->second->ended = true;
  found->second->process->kill();
}

void FunctionHost::pass_on_logs(Environment& environment) {
  const std::lock_guard lock(environment.log_mutex);
  for (Tail& log : environment.logs)
    if (const std::string text = log.read(); !text.empty())
      parts_.world.lambda().add_log(environment.id, text);
}

void FunctionHost::clear_away(const std::shared_ptr<Environment>& environment) {
  environment->process->kill();
  environment->server.reset();  // waits for whoever it serves
  environment->process.reset();
  std::error_code ignored;
  std::filesystem::remove_all(environment->folder, ignored);
}

void FunctionHost::poll() {
  std::vector<std::shared_ptr<Environment>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, environment] : environments_) all.push_back(environment);
  }
  for (const auto& environment : all) {
    pass_on_logs(*environment);
    if (const auto status = environment->process->poll()) {
      if (!environment->ended)
        parts_.world.lambda().environment_ended(environment->id, how_it_ended(*status));
      environment->ended = true;
    }
    if (environment->ended) {
      {
        const std::lock_guard lock(mutex_);
        environments_.erase(environment->id);
      }
      clear_away(environment);
      continue;
    }
    const std::lock_guard lock(environment->mutex);
    if (environment->frozen || !environment->waiting_since ||
        steady_clock::now() - *environment->waiting_since < kBeforeFreezing)
      continue;
    environment->process->freeze();
    environment->frozen = true;
  }
}

}  // namespace keyturn::lab
