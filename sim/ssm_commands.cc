// Commands: sent, listed, cancelled.
#include <charconv>

#include "sim/ssm_run.h"

namespace keyturn::sim {
namespace {

// "50", or "10%" of `whole`; nothing where it is neither.
std::optional<int> share_of(const std::string& text, std::size_t whole, bool round_up) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_percent = end != text.data() + text.size();
  if (error != std::errc{} || number < 0) return std::nullopt;
  if (!is_percent) return number;
  if (std::string_view(end, text.data() + text.size()) != "%" || number > 100) return std::nullopt;
  const std::size_t share = whole * std::size_t(number);
  return int(round_up ? std::max<std::size_t>((share + 99) / 100, 1) : share / 100);
}

// A place in a list, as next_token carries it.
Reply<std::size_t> place_of(const std::string& token, std::size_t size) {
  std::size_t at = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), at);
  if (!token.empty() && (error != std::errc{} || end != token.data() + token.size() || at > size))
    return refuse("InvalidNextToken", 400, "The specified token isn't valid.");
  return at;
}

Reply<void> check_page(int max_results) {
  if (max_results < 1 || max_results > 50)
    return refuse("ValidationException", 400, "MaxResults must be between 1 and 50.");
  return {};
}

Reply<void> check_request(const SendRequest& request) {
  if (request.instance_ids.empty() == request.targets.empty())
    return refuse("InvalidParameters", 400, "Give either InstanceIds or Targets.");
  if (request.instance_ids.size() > 50 || request.targets.size() > 5)
    return refuse("ValidationException", 400, "At most 50 InstanceIds, or 5 Targets.");
  if (request.timeout < std::chrono::seconds{30} || request.timeout > std::chrono::seconds{2592000})
    return refuse("ValidationException", 400, "TimeoutSeconds must be between 30 and 2592000.");
  if (request.comment.size() > 100)
    return refuse("ValidationException", 400, "A comment has at most 100 characters.");
  return {};
}

Duration longest_execution(const CommandDocument& document, const ParameterValues& values) {
  Duration longest{0};
  for (const DocumentStep& step : document.steps)
    longest = std::max(longest, timeout_of(step, document, values));
  return longest;
}

}  // namespace

Ssm::Run* Ssm::find_run(const std::string& command_id) const {
  const auto found = run_of_.find(command_id);
  return found == run_of_.end() ? nullptr : found->second.get();
}

Reply<void> Ssm::check_ids(const std::vector<std::string>& ids) const {
  std::vector<std::string> sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return refuse("DuplicateInstanceId", 400,
                  "You can't specify an instance ID in more than one association.");
  for (const std::string& id : ids) {
    const auto instance = id.starts_with("i-") ? ec2_.instance(id) : std::nullopt;
    const bool is_gone = instance && (instance->state == InstanceState::terminated ||
                                      instance->state == InstanceState::shutting_down);
    if (is_gone || !nodes_.contains(id))
      return refuse("InvalidInstanceId", 400,
                    "Instances [[" + id + "]] not in a valid state for account 111122223333");
  }
  return {};
}

Reply<std::vector<std::string>> Ssm::resolve_targets(const SendRequest& request) const {
  if (!request.instance_ids.empty()) {
    if (auto good = check_ids(request.instance_ids); !good) return tl::unexpected(good.error());
    return request.instance_ids;
  }
  std::vector<SsmFilter> filters;
  for (const CommandTarget& target : request.targets) {
    if (!target.key.starts_with("tag:") && target.key != "tag-key" && target.key != "InstanceIds")
      return refuse("InvalidTarget", 400, "The target key " + target.key + " is not valid.");
    if (target.values.empty() || target.values.size() > 50)
      return refuse("ValidationException", 400, "A target takes 1 to 50 values.");
    filters.push_back({target.key, target.values});
  }
  std::vector<std::string> ids;
  for (const auto& [id, node] : nodes_)
    if (std::all_of(filters.begin(), filters.end(), [&](const SsmFilter& f) { return matches(node, f); }))
      ids.push_back(id);
  return ids;
}

std::map<std::string, std::map<std::string, std::string>> Ssm::tags_of_targets(
    const SendRequest& request) const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::map<std::string, std::string>> tags;
  if (const auto ids = resolve_targets(request))
    for (const std::string& id : *ids) tags[id] = tags_of(nodes_.at(id));
  return tags;
}

Reply<Command> Ssm::send_command(const SendRequest& request) {
  advance();
  auto sent = accept(request);
  advance();  // its time begins now
  return sent;
}

Reply<Command> Ssm::accept(const SendRequest& request) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_request(request); !good) return tl::unexpected(good.error());
  const SsmDocument* kept = find_document(request.document);
  if (kept == nullptr || kept->type != "Command")
    return refuse("InvalidDocument", 400, "Document with name " + request.document + " does not exist.");
  const auto* version = kept->version(request.document_version);
  if (version == nullptr)
    return refuse("InvalidDocumentVersion", 400, "The document version is not valid or does not exist.");
  if (!request.document_hash.empty() && request.document_hash != version->hash)
    return refuse("InvalidDocument", 400, "The document's hash is not the one that was given.");
  auto document = parse_command_document(version->content);
  if (!document) return tl::unexpected(document.error());
  auto values = resolve_parameters(*document, request.parameters);
  if (!values) return tl::unexpected(values.error());
  const auto ids = resolve_targets(request);
  if (!ids) return tl::unexpected(ids.error());
  const auto concurrency = share_of(request.max_concurrency, ids->size(), true);
  const auto errors = share_of(request.max_errors, ids->size(), false);
  if (!concurrency || *concurrency == 0 || !errors)
    return refuse("ValidationException", 400,
                  "MaxConcurrency and MaxErrors are numbers, or per cent such as 10%.");

  auto run = std::make_shared<Run>();
  const TimePoint now = clock_.now();
  run->command.id = random_.uuid();
  run->command.request = request;
  run->command.request.document = kept->name;
  run->command.document_version = std::to_string(version->number);
  run->command.requested_at = now;
  run->command.expires_after = now + request.timeout + longest_execution(*document, *values);
  run->command.parameters = *std::move(values);
  run->document = *std::move(document);
  run->max_concurrency = *concurrency;
  run->max_errors = *errors;
  run->by_tag = request.instance_ids.empty();
  run->dispatched_at.resize(ids->size());
  for (const std::string& id : *ids) {
    run->index_of[id] = run->invocations.size();
    run->invocations.push_back({id, CommandState::pending, now, {}});
  }
  runs_.push_back(run);
  active_.push_back(run);
  run_of_[run->command.id] = run;
  return view_of(*run);
}

std::size_t Ssm::visible(const Run& run) const {
  if (times_.appear.count() == 0) return run.invocations.size();
  const auto periods = std::size_t((clock_.now() - run.command.requested_at) / times_.appear);
  if (!run.by_tag) return periods == 0 ? 0 : run.invocations.size();
  return std::min(run.invocations.size(), periods * times_.appear_at_once);
}

Command Ssm::view_of(const Run& run) const {
  Command command = run.command;
  command.target_count = int(run.by_tag ? visible(run) : run.invocations.size());
  command.completed_count = std::min(run.completed, command.target_count);
  command.error_count = run.errors;
  command.delivery_timed_out_count = run.delivery_timeouts;
  return command;
}

Reply<Ssm::Page<Command>> Ssm::list_commands(const std::string& command_id,
                                             const std::vector<SsmFilter>& filters, int max_results,
                                             const std::string& next_token) {
  advance();
  const std::lock_guard lock(mutex_);
  if (auto good = check_page(max_results); !good) return tl::unexpected(good.error());
  const auto passes = [&](const Command& command, const SsmFilter& filter) {
    const std::string value = filter.values.empty() ? "" : filter.values[0];
    if (filter.key == "Status") return value == status_of(command.state);
    if (filter.key == "DocumentName") return value == command.request.document;
    const auto at = parse_iso8601(value);
    if (!at) return false;
    return filter.key == "InvokedAfter" ? command.requested_at >= *at : command.requested_at <= *at;
  };
  for (const SsmFilter& filter : filters)
    if (filter.key != "Status" && filter.key != "DocumentName" && filter.key != "InvokedAfter" &&
        filter.key != "InvokedBefore")
      return refuse("InvalidFilterKey", 400, "The filter key " + filter.key + " is not valid.");
  if (!command_id.empty()) {
    const Run* run = find_run(command_id);
    if (run == nullptr) return refuse("InvalidCommandId", 400, "The command ID is not valid.");
    return Page<Command>{{view_of(*run)}, ""};
  }
  // A token is the number of commands that were older than the last one shown: new ones don't shift it.
  auto left = place_of(next_token, runs_.size());
  if (!left) return tl::unexpected(left.error());
  if (next_token.empty()) left = runs_.size();
  Page<Command> page;
  for (std::size_t i = *left; i-- > 0;) {
    if (!std::all_of(filters.begin(), filters.end(),
                     [&](const SsmFilter& f) { return passes(runs_[i]->command, f); }))
      continue;
    if (std::ssize(page.items) == max_results) {
      page.next_token = std::to_string(i + 1);
      break;
    }
    page.items.push_back(view_of(*runs_[i]));
  }
  return page;
}

Reply<Ssm::Page<Ssm::ListedInvocation>> Ssm::list_invocations(const std::string& command_id,
                                                              const std::string& instance_id, int max_results,
                                                              const std::string& next_token) {
  advance();
  const std::lock_guard lock(mutex_);
  if (auto good = check_page(max_results); !good) return tl::unexpected(good.error());
  const Run* run = find_run(command_id);
  if (run == nullptr) return refuse("InvalidCommandId", 400, "The command ID is not valid.");
  const auto listed = [&](std::size_t i) {
    return ListedInvocation{command_id, run->command.request.document, run->command.document_version,
                            run->command.request.comment, run->invocations[i]};
  };
  const std::size_t shown = visible(*run);
  Page<ListedInvocation> page;
  if (!instance_id.empty()) {
    const auto found = run->index_of.find(instance_id);
    if (found != run->index_of.end() && found->second < shown) page.items.push_back(listed(found->second));
    return page;
  }
  const auto from = place_of(next_token, shown);
  if (!from) return tl::unexpected(from.error());
  const std::size_t to = std::min(shown, *from + std::size_t(max_results));
  for (std::size_t i = *from; i < to; ++i) page.items.push_back(listed(i));
  if (to < shown) page.next_token = std::to_string(to);
  return page;
}

Reply<Ssm::StepView> Ssm::get_invocation(const std::string& command_id, const std::string& instance_id,
                                         const std::string& step) {
  advance();
  const std::lock_guard lock(mutex_);
  const Run* run = find_run(command_id);
  if (run == nullptr) return refuse("InvalidCommandId", 400, "The command ID is not valid.");
  const auto found = run->index_of.find(instance_id);
  if (found == run->index_of.end() || found->second >= visible(*run))
    return refuse("InvocationDoesNotExist", 400,
                  "The command ID and instance ID you specified did not match any "
                  "invocations. Verify the command ID and the instance ID and try "
                  "again.");
  const auto& steps = run->document.steps;
  const auto named = std::find_if(steps.begin(), steps.end(), [&](const auto& s) { return s.name == step; });
  if (step.empty() ? steps.size() > 1 : named == steps.end())
    return refuse("InvalidPluginName", 400,
                  "The plugin name is not valid, or is needed: the document has " +
                      std::to_string(steps.size()) + " steps.");
  const Invocation& invocation = run->invocations[found->second];
  const std::size_t at = step.empty() ? 0 : std::size_t(named - steps.begin());
  StepRecord record{steps[at].name, steps[at].action, invocation.state, -1, "", "", {}, {}};
  if (at < invocation.steps.size()) record = invocation.steps[at];
  return StepView{{command_id, run->command.request.document, run->command.document_version,
                   run->command.request.comment, invocation},
                  std::move(record)};
}

Reply<void> Ssm::cancel_command(const std::string& command_id, const std::vector<std::string>& instance_ids) {
  advance();
  {
    const std::lock_guard lock(mutex_);
    Run* run = find_run(command_id);
    if (run == nullptr) return refuse("InvalidCommandId", 400, "The command ID is not valid.");
    for (const std::string& id : instance_ids)
      if (!run->index_of.contains(id))
        return refuse("InvalidInstanceId", 400, "The command was not sent to " + id + ".");
    for (std::size_t i = 0; i < run->invocations.size(); ++i) {
      Invocation& invocation = run->invocations[i];
      if (is_final(invocation.state)) continue;
      if (!instance_ids.empty() &&
          std::find(instance_ids.begin(), instance_ids.end(), invocation.instance_id) == instance_ids.end())
        continue;
      if (invocation.state == CommandState::in_progress)
        invocation.state = CommandState::cancelling;  // the agent is told at the next advance()
      else
        end_invocation(*run, i, CommandState::cancelled, clock_.now());
    }
  }
  advance();
  return {};
}

std::vector<Command> Ssm::commands() const {
  const std::lock_guard lock(mutex_);
  std::vector<Command> all;
  for (const auto& run : runs_) all.push_back(view_of(*run));
  return all;
}

std::vector<Invocation> Ssm::invocations(const std::string& command_id) const {
  const std::lock_guard lock(mutex_);
  const Run* run = find_run(command_id);
  return run == nullptr ? std::vector<Invocation>{} : run->invocations;
}

}  // namespace keyturn::sim
