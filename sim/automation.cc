#include "sim/automation.h"

#include <algorithm>

#include "sim/automation_run.h"

namespace keyturn::sim {
namespace {

constexpr std::chrono::hours kRoleSession{1};

bool is_among(const std::vector<std::string>& values, const std::string& text) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

ServiceError as_parameter_error(ServiceError error) {
  error.code = "InvalidAutomationExecutionParametersException";
  return error;
}

// The role that the document names, its parameter put in.
std::string role_of(const AutomationDocument& document, const ParameterValues& parameters) {
  const std::string& text = document.assume_role;
  const std::size_t from = text.find_first_not_of("{ ");
  const std::size_t to = text.find_last_not_of("} ");
  if (text.find("{{") == std::string::npos || from == std::string::npos) return text;
  const auto found = parameters.find(text.substr(from, to - from + 1));
  return found == parameters.end() || found->second.empty() ? "" : found->second.front();
}

}  // namespace

const char* to_string(AutomationStatus status) {
  switch (status) {
    case AutomationStatus::pending:
      return "Pending";
    case AutomationStatus::in_progress:
      return "InProgress";
    case AutomationStatus::success:
      return "Success";
    case AutomationStatus::timed_out:
      return "TimedOut";
    case AutomationStatus::cancelled:
      return "Cancelled";
    case AutomationStatus::failed:
      return "Failed";
    case AutomationStatus::exited:
      return "Exited";
  }
  return "Pending";
}

bool is_final(AutomationStatus status) {
  return status != AutomationStatus::pending && status != AutomationStatus::in_progress;
}

Reply<void> Actor::may(const std::string& action, const std::string& resource) const {
  if (allows(policy, action, resource)) return {};
  return refuse("AccessDeniedException", 400,
                "User: " + arn + " is not authorized to perform: " + action + " on resource: " + resource);
}

Reply<Actor> assume(Iam& iam, const std::string& role_arn, const std::string& session) {
  const std::string prefix = "arn:aws:iam::" + iam.account() + ":role/";
  const auto refuse_it = [&] {
    return refuse("InvalidParameters", 400,
                  "The defined assume role " + role_arn + " is unable to be assumed.");
  };
  if (!role_arn.starts_with(prefix)) return refuse_it();
  const auto made = iam.assume_role(role_arn.substr(prefix.size()), session, kRoleSession);
  if (!made) return refuse_it();
  return Actor{made->arn, iam.authenticate(made->access_key_id).policy};
}

Automation::Automation(const Clock& clock, Random& random, Ssm& ssm, Lambda& lambda, Iam& iam)
    : clock_(clock), random_(random), ssm_(ssm), lambda_(lambda), iam_(iam) {}
Automation::~Automation() = default;

Reply<std::string> Automation::start(const StartRequest& request, const Actor& actor) {
  const std::lock_guard lock(mutex_);
  if (const auto same = run_of_token_.find(request.client_token);
      !request.client_token.empty() && same != run_of_token_.end()) {
    const auto run = find(same->second);
    if (run && (*run)->execution().document_name == request.document) return same->second;
    return refuse("IdempotentParameterMismatch", 400,
                  "The client token was used for an execution of another document.");
  }
  const auto stored = ssm_.document(request.document);
  const auto* version = stored ? stored->version(request.document_version) : nullptr;
  if (version == nullptr || stored->type != "Automation")
    return refuse(version == nullptr && stored ? "AutomationDefinitionVersionNotFoundException"
                                               : "AutomationDefinitionNotFoundException",
                  400, "There is no Automation document " + request.document + " of that version.");
  auto document = parse_automation_document(version->content);
  if (!document) return tl::unexpected(document.error());
  auto parameters = resolve_parameters(CommandDocument{document->parameters, {}}, request.parameters);
  if (!parameters) return tl::unexpected(as_parameter_error(parameters.error()));

  AutomationExecution execution;
  execution.id = random_.uuid();
  execution.document_name = stored->name;
  execution.document_version = std::to_string(version->number);
  execution.started_at = clock_.now();
  execution.parameters = *std::move(parameters);
  execution.executed_by = actor.arn;
  const std::string id = execution.id;
  const std::string role = role_of(*document, execution.parameters);
  const auto acting = role.empty() ? Reply<Actor>(actor) : assume(iam_, role, "Automation-" + id);
  runs_.push_back(std::make_unique<AutomationRun>(AutomationParts{clock_, random_, ssm_, lambda_},
                                                  *std::move(document), std::move(execution),
                                                  acting ? *acting : Actor{}));
  if (!acting) runs_.back()->fail(acting.error().message);
  if (!request.client_token.empty()) run_of_token_[request.client_token] = id;
  runs_.back()->advance();
  return id;
}

Reply<AutomationRun*> Automation::find(const std::string& id) const {
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&](const auto& run) { return run->execution().id == id; });
  if (found == runs_.end())
    return refuse("AutomationExecutionNotFoundException", 400,
                  "There is no automation execution " + id + ".");
  return found->get();
}

void Automation::advance_all() {
  for (const auto& run : runs_) run->advance();
}

void Automation::advance() {
  const std::lock_guard lock(mutex_);
  advance_all();
}

Reply<AutomationExecution> Automation::get(const std::string& id) {
  const std::lock_guard lock(mutex_);
  advance_all();
  const auto run = find(id);
  if (!run) return tl::unexpected(run.error());
  return (*run)->execution();
}

Reply<std::vector<StepExecution>> Automation::steps(const std::string& id,
                                                    const std::vector<StepFilter>& filters) {
  const auto execution = get(id);
  if (!execution) return tl::unexpected(execution.error());
  std::vector<StepExecution> chosen;
  for (const StepExecution& step : execution->steps) {
    const auto fits = [&](const StepFilter& filter) {
      if (filter.key == "StepName") return is_among(filter.values, step.name);
      if (filter.key == "Action") return is_among(filter.values, step.action);
      if (filter.key == "StepExecutionStatus") return is_among(filter.values, to_string(step.status));
      return filter.key == "StepExecutionId" && is_among(filter.values, step.id);
    };
    if (std::all_of(filters.begin(), filters.end(), fits)) chosen.push_back(step);
  }
  return chosen;
}

Reply<std::vector<AutomationExecution>> Automation::describe(const std::vector<ExecutionFilter>& filters) {
  advance();
  std::vector<AutomationExecution> all = executions();
  std::reverse(all.begin(), all.end());
  for (const ExecutionFilter& filter : filters) {
    const auto misfits = [&](const AutomationExecution& execution) {
      if (filter.key == "ExecutionStatus") return !is_among(filter.values, to_string(execution.status));
      if (filter.key == "ExecutionId") return !is_among(filter.values, execution.id);
      return std::none_of(filter.values.begin(), filter.values.end(), [&](const std::string& prefix) {
        return execution.document_name.starts_with(prefix);
      });
    };
    if (filter.key != "ExecutionStatus" && filter.key != "ExecutionId" && filter.key != "DocumentNamePrefix")
      return refuse("InvalidFilterKey", 400, "The filter " + filter.key + " is not known here.");
    all.erase(std::remove_if(all.begin(), all.end(), misfits), all.end());
  }
  return all;
}

Reply<void> Automation::stop(const std::string& id, bool complete) {
  const std::lock_guard lock(mutex_);
  advance_all();
  const auto run = find(id);
  if (!run) return tl::unexpected(run.error());
  if (is_final((*run)->execution().status))
    return refuse("InvalidAutomationStatusUpdateException", 400,
                  "The execution " + id + " has ended as " + to_string((*run)->execution().status) + ".");
  (*run)->stop(complete);
  return {};
}

std::vector<AutomationExecution> Automation::executions() const {
  const std::lock_guard lock(mutex_);
  std::vector<AutomationExecution> all;
  for (const auto& run : runs_) all.push_back(run->execution());
  return all;
}

}  // namespace keyturn::sim
