#include "sim/lambda.h"

#include <algorithm>

#include "base/digest.h"
#include "sim/base64_text.h"
#include "sim/lambda_state.h"

namespace keyturn::sim {
namespace {

using std::chrono::seconds;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

Reply<void> check(const FunctionSettings& settings) {
  const auto wrong = [](const std::string& what) {
    return refuse("InvalidParameterValueException", 400, what);
  };
  if (settings.timeout < seconds{1} || settings.timeout > seconds{900})
    return wrong("1 validation error detected: Value at 'timeout' must be between 1 and 900.");
  if (settings.memory_mb < 128 || settings.memory_mb > 10'240)
    return wrong("1 validation error detected: Value at 'memorySize' must be between 128 and 10240.");
  if (!settings.role.starts_with("arn:"))
    return wrong("1 validation error detected: Value at 'role' must be the ARN of a role.");
  if (settings.runtime.empty()) return wrong("Runtime and Handler are mandatory parameters for functions.");
  for (const auto& [name, value] : settings.environment)
    if (name.starts_with("AWS_LAMBDA_") || name == "_HANDLER" || name == "LAMBDA_TASK_ROOT")
      return wrong(
          "Lambda was unable to configure your environment variables because the environment variables you "
          "have provided contains reserved keys that are currently not supported for modification. Reserved "
          "keys used in this request: " +
          name);
  return {};
}

void set_code(Function& function, const FunctionCode& code) {
  function.code = code;
  function.code_bytes = code.zip ? code.zip->size() : 0;
  const Sha256 digest = sha256(code.zip ? std::string_view(*code.zip) : std::string_view(code.path));
  function.code_sha256 = base64_text(as_view(digest));
}

}  // namespace

Lambda::Lambda(const Clock& clock, Random& random, std::string account, std::string region)
    : state_(std::make_unique<State>(clock, random, std::move(account), std::move(region))) {}
Lambda::~Lambda() = default;

Lambda::Turn::~Turn() {
  State& state = *lambda_.state_;
  const auto to_kill = std::exchange(state.to_kill, {});
  const auto to_start = std::exchange(state.to_start, {});
  FunctionHost* host = state.host;
  lock_.unlock();
  if (host == nullptr) return;
  for (const std::string& id : to_kill) host->kill(id);
  for (const EnvironmentOrder& order : to_start)
    if (const auto started = host->start(order); !started)
      lambda_.environment_ended(order.id, started.error().message);
}

void Lambda::Turn::wait() { lambda_.state_->changed.wait_for(lock_, std::chrono::milliseconds(20)); }

std::string Lambda::State::arn_of(const std::string& name) const {
  return "arn:aws:lambda:" + region + ":" + account + ":function:" + name;
}

Reply<Function*> Lambda::State::find(const std::string& function) {
  std::string name = function;
  if (const auto mark = name.find(":function:"); mark != std::string::npos) name.erase(0, mark + 10);
  if (name.starts_with("function:")) name.erase(0, 9);
  if (name.ends_with(":$LATEST")) name.resize(name.size() - 8);
  const auto found = functions.find(name);
  if (found == functions.end())
    return refuse("ResourceNotFoundException", 404, "Function not found: " + arn_of(name));
  return &found->second;
}

Reply<Function> Lambda::create_function(const std::string& name, const FunctionSettings& settings,
                                        const FunctionCode& code) {
  const Turn turn(*this);
  if (!is_name(name))
    return refuse("ValidationException", 400,
                  "1 validation error detected: Value '" + name +
                      "' at 'functionName' failed to satisfy constraint: Member must satisfy regular "
                      "expression pattern.");
  if (auto good = check(settings); !good) return tl::unexpected(good.error());
  if (state_->functions.contains(name))
    return refuse("ResourceConflictException", 409, "Function already exist: " + name);
  Function function;
  function.name = name;
  function.arn = state_->arn_of(name);
  function.settings = settings;
  function.modified_at = state_->clock.now();
  set_code(function, code);
  return state_->functions.emplace(name, std::move(function)).first->second;
}

Reply<Function> Lambda::update_code(const std::string& function, const FunctionCode& code) {
  const Turn turn(*this);
  const auto found = state_->find(function);
  if (!found) return tl::unexpected(found.error());
  set_code(**found, code);
  ++(*found)->revision;
  (*found)->modified_at = state_->clock.now();
  state_->advance();
  return **found;
}

Reply<Function> Lambda::update_settings(const std::string& function,
                                        const std::function<void(FunctionSettings&)>& change) {
  const Turn turn(*this);
  const auto found = state_->find(function);
  if (!found) return tl::unexpected(found.error());
  FunctionSettings settings = (*found)->settings;
  change(settings);
  if (auto good = check(settings); !good) return tl::unexpected(good.error());
  (*found)->settings = std::move(settings);
  ++(*found)->revision;
  (*found)->modified_at = state_->clock.now();
  state_->advance();
  return **found;
}

Reply<Function> Lambda::get_function(const std::string& function) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->find(function);
  if (!found) return tl::unexpected(found.error());
  return **found;
}

Reply<void> Lambda::delete_function(const std::string& function) {
  const Turn turn(*this);
  const auto found = state_->find(function);
  if (!found) return tl::unexpected(found.error());
  const std::string name = (*found)->name;
  while (const auto waiting = state_->take_waiting(name))
    state_->complete(waiting, lambda_error("ResourceNotFoundException", "The function was deleted."),
                     "ResourceNotFoundException");
  state_->functions.erase(name);
  state_->advance();
  return {};
}

std::vector<Function> Lambda::functions() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<Function> all;
  for (const auto& [name, function] : state_->functions) all.push_back(function);
  return all;
}

Reply<void> Lambda::add_permission(const std::string& function, const FunctionPermission& permission) {
  const Turn turn(*this);
  const auto found = state_->find(function);
  if (!found) return tl::unexpected(found.error());
  auto& permissions = (*found)->permissions;
  if (std::any_of(permissions.begin(), permissions.end(),
                  [&](const auto& known) { return known.statement_id == permission.statement_id; }))
    return refuse("ResourceConflictException", 409,
                  "The statement id (" + permission.statement_id +
                      ") provided already exists. Please provide a new statement id, or remove the existing "
                      "statement.");
  permissions.push_back(permission);
  return {};
}

Reply<void> Lambda::reserve_concurrency(const std::string& function, std::optional<int> environments) {
  const Turn turn(*this);
  const auto found = state_->find(function);
  if (!found) return tl::unexpected(found.error());
  (*found)->reserved_concurrency = environments;
  state_->advance();
  return {};
}

void Lambda::set_host(FunctionHost* host) {
  const Turn turn(*this);
  state_->host = host;
  state_->advance();
}

void Lambda::configure(const LambdaLimits& limits) {
  const Turn turn(*this);
  state_->limits = limits;
}

std::vector<InvocationRecord> Lambda::invocations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->records;
}

std::string Lambda::log(const std::string& function) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->logs.find(function);
  return found == state_->logs.end() ? std::string{} : found->second;
}

std::vector<std::string> Lambda::environment_ids(const std::string& function) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> ids;
  for (const auto& [id, environment] : state_->environments)
    if (environment.function == function) ids.push_back(id);
  return ids;
}

}  // namespace keyturn::sim
