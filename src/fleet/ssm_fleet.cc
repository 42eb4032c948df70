#include "fleet/ssm_fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fleet/ssm_clusters.h"
#include "fleet/ssm_outcomes.h"

namespace keyturn::fleet {
namespace {

using rotation::Stage;
using rotation::TargetName;
using rotation::TargetState;
using std::chrono::seconds;

std::string seconds_text(Duration duration) {
  return std::to_string(std::chrono::ceil<seconds>(duration).count());
}

Error no_answer(const std::string& host) {
  return {ErrorKind::past_deadline, Effect::unknown, "",
          fmt::format("{} had not answered when the time for it was over.", host), "Run again to go on."};
}

Error stopped(const std::string& host, Effect effect) {
  return {ErrorKind::cancelled, effect, "", fmt::format("A stop was asked for before {} had answered.", host),
          "Run again to go on."};
}

Error no_document(Error error, const std::string& document) {
  if (error.code == "InvalidDocument")
    error.hint = fmt::format(
        "Make the document {} in this region, from what `keyturn render ssm-command` prints, or name another "
        "one as "
        "rotation.fleet.document.",
        document);
  return error;
}

Error no_host(const SsmFleetSettings& settings) {
  std::string tags;
  for (const auto& [key, value] : settings.tags) tags += (tags.empty() ? "" : ", ") + key + "=" + value;
  return {ErrorKind::usage, Effect::none, "",
          fmt::format("No SQL Server was found: no EC2 instance in {} has the tag{} {}.", settings.region,
                      settings.tags.size() == 1 ? "" : "s", tags),
          "Tag the instances, set rotation.fleet.ec2_tags or instance_ids, or choose another region with "
          "--region."};
}

}  // namespace

SsmFleet::SsmFleet(SsmFleetSettings settings, ListMachines machines, const aws::Ssm& ssm, Clock& clock,
                   Random& random, const StopFlag* stop, ProgressSink progress)
    : settings_(std::move(settings)),
      machines_(std::move(machines)),
      ssm_(ssm),
      clock_(clock),
      stop_(stop),
      progress_(std::move(progress)),
      commands_(ssm, settings_.document, clock, random, stop) {}

Result<void> SsmFleet::refresh() {
  auto hosts = list_hosts(machines_, ssm_, settings_.tags, settings_.instance_ids);
  if (!hosts) return fail(std::move(hosts).error());
  if (hosts->empty()) return fail(no_host(settings_));
  hosts_ = *std::move(hosts);
  place_by_name_.clear();
  place_by_id_.clear();
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    place_by_name_.emplace(hosts_[i].name, i);
    place_by_id_.emplace(hosts_[i].id, i);
  }
  return {};
}

const SsmHost* SsmFleet::host_of(const TargetName& target) const {
  auto found = place_by_name_.find(target);
  if (found == place_by_name_.end()) found = place_by_name_.find(target.substr(0, target.rfind('\\')));
  return found == place_by_name_.end() ? nullptr : &hosts_[found->second];
}

// Why the host is not to be asked.
std::optional<Error> SsmFleet::silence_of(const SsmHost& host) const {
  if (!host.silence.empty()) return Error{ErrorKind::unavailable, Effect::none, "", host.silence, ""};
  const auto silent = silent_.find(host.id);
  if (silent == silent_.end() || clock_.now() >= silent->second.until) return std::nullopt;
  return silent->second.error;
}

Result<void> SsmFleet::find_hosts() {
  auto found = refresh();
  just_found_ = found.has_value();
  return found;
}

Result<std::vector<TargetState>> SsmFleet::observe() {
  if (!std::exchange(just_found_, false))
    if (auto refreshed = refresh(); !refreshed) return fail(std::move(refreshed).error());
  std::vector<std::string> ids;
  for (const SsmHost& host : hosts_) {
    if (silence_of(host)) continue;
    ids.push_back(host.id);
    tell(host.name, VisitPhase::reading, false);
  }
  Answers answers;
  if (auto looked = look(ids, answers); !looked) return fail(no_document(looked.error(), settings_.document));
  std::vector<TargetState> states;
  std::vector<ClusterNode> nodes;
  for (const SsmHost& host : hosts_) {
    for (TargetState& state : states_after_look(host, answers)) states.push_back(std::move(state));
    if (const auto answer = answers.find(host.id); answer != answers.end() && answer->second.report)
      for (ClusterNode& node : cluster_nodes_of(host.name, *answer->second.report))
        nodes.push_back(std::move(node));
  }
  add_clusters_that_are_down(states, nodes);
  for (const TargetState& state : states)
    tell(state.name, VisitPhase::done, false,
         state.standing == rotation::Standing::unreachable ? state.reason : std::string());
  return states;
}

std::vector<rotation::Fleet::Outcome> SsmFleet::write(const Order& order) {
  return have_done("apply", order);
}

std::vector<login::PasswordChanger::Outcome> SsmFleet::change(const login::PasswordChanger::Order& order) {
  std::vector<login::PasswordChanger::Outcome> outcomes;
  for (Outcome& outcome : have_done("login", {order.version, order.stage, order.targets, order.not_after})) {
    const bool is_on_it = outcome.after && outcome.after->login_version == order.version;
    // A server of a Windows host that keyturn enters by its account has no part in this.
    const bool has_none = outcome.after && outcome.after->login_version.empty();
    if (is_on_it) outcome.error.reset();
    if (!is_on_it && !outcome.error && !has_none)
      outcome.error =
          Error{ErrorKind::conflict, Effect::unknown, "",
                outcome.target + " was not given the password of version " + order.version + ".", ""};
    outcomes.push_back({outcome.target, std::move(outcome.error)});
  }
  return outcomes;
}

std::vector<rotation::Fleet::Outcome> SsmFleet::have_done(const char* mode, const Order& order) {
  std::vector<Outcome> outcomes;
  if (hosts_.empty())
    if (auto refreshed = refresh(); !refreshed) {
      for (const TargetName& target : order.targets)
        outcomes.push_back({target, std::nullopt, refreshed.error()});
      return outcomes;
    }
  std::vector<std::string> ids;  // in the order of the targets
  std::unordered_map<std::string, std::vector<TargetName>> ordered;
  for (const TargetName& target : order.targets) {
    const SsmHost* host = host_of(target);
    const auto silence = host == nullptr
                             ? Error{ErrorKind::not_found, Effect::none, "",
                                     "No host of the fleet has the target " + target + " any more.", ""}
                             : silence_of(*host);
    if (silence) {
      outcomes.push_back({target, std::nullopt, silence});
      tell(target, VisitPhase::done, true, silence->message);
      continue;
    }
    auto& targets = ordered[host->id];
    if (targets.empty()) ids.push_back(host->id);
    targets.push_back(target);
    tell(target, VisitPhase::writing, true);
  }
  Answers answers;
  carry_out(mode, order, ids, answers);
  for (const std::string& id : ids) {
    const SsmHost& host = hosts_[place_by_id_.at(id)];
    const HostAnswer& answer = answers.at(id);
    remember(host, answer);
    for (Outcome& outcome : outcomes_of(host.name, ordered.at(id), answer)) {
      tell(outcome.target, VisitPhase::done, true, outcome.error ? outcome.error->message : std::string());
      outcomes.push_back(std::move(outcome));
    }
  }
  return outcomes;
}

aws::SsmCommandRequest SsmFleet::request(const char* mode) const {
  aws::SsmCommandRequest request;
  request.parameters = settings_.parameters;
  request.parameters["Mode"] = {mode};
  request.parameters["ExecutionTimeout"] = {seconds_text(settings_.execution_timeout)};
  request.delivery_timeout = std::max(settings_.delivery_timeout, aws::kLeastDeliveryTimeout);
  request.max_concurrency = settings_.max_concurrency;
  request.max_errors = "100%";  // one host's trouble must not hide the others
  return request;
}

aws::SsmCommandRequest SsmFleet::order_request(const char* mode, const Order& order) const {
  aws::SsmCommandRequest apply = request(mode);
  apply.parameters["VersionId"] = {order.version};
  apply.parameters["Stage"] = {order.stage == Stage::pending ? "pending" : "current"};
  if (order.prove_backup) apply.parameters["ProofBackup"] = {"true"};
  apply.parameters["NotAfter"] = {format_iso8601(std::chrono::floor<seconds>(order.not_after))};
  apply.delivery_timeout =
      std::clamp(order.not_after - clock_.now(), aws::kLeastDeliveryTimeout, apply.delivery_timeout);
  apply.max_errors = settings_.max_errors;
  return apply;
}

// Asks those hosts what they hold: one command for all where tags tell them, else one for fifty each.
Result<void> SsmFleet::look(const std::vector<std::string>& ids, Answers& answers) {
  if (ids.empty()) return {};
  const TimePoint until = clock_.now() + settings_.look_limit;
  std::vector<aws::SsmCommand> commands;
  Waiting waiting;
  const bool by_tags = settings_.instance_ids.empty() && can_target(settings_.tags);
  const std::size_t step = by_tags ? ids.size() : aws::kMaxNodesOfCommand;
  for (std::size_t at = 0; at < ids.size(); at += step) {
    if (stop_ != nullptr && stop_->requested()) break;
    const auto begin = ids.begin() + std::ptrdiff_t(at);
    const std::vector<std::string> some(begin, begin + std::ptrdiff_t(std::min(step, ids.size() - at)));
    aws::SsmCommandRequest check = request("check");
    check.max_concurrency = "100%";  // it changes nothing, and who is not seen in time counts as away
    if (by_tags)
      check.tags = settings_.tags;
    else
      check.node_ids = some;
    const auto sent = send_to(std::move(check), false, std::nullopt, answers);
    if (!sent && sent.error().code == "InvalidInstanceId") {  // of these hosts; the others are asked
      for (const std::string& id : some) answers.try_emplace(id, HostAnswer{{}, sent.error()});
      continue;
    }
    if (!sent) return fail(sent.error());
    commands.push_back(*sent);
    waiting[sent->id] = some;
  }
  if (auto collected = collect(commands, waiting, until, {"check", {}, {}}, answers); !collected)
    return collected;
  for (const std::string& id : ids)
    if (const auto answer = answers.find(id);
        answer == answers.end() ||
        (!answer->second.report && answer->second.error.kind == ErrorKind::timed_out))
      silent_[id] = {
          answer == answers.end() ? unanswered(hosts_[place_by_id_.at(id)].name) : answer->second.error,
          clock_.now() + 5 * settings_.delivery_timeout};
  return {};
}

// Every one of the hosts has an answer afterwards.
void SsmFleet::carry_out(const char* mode, const Order& order, const std::vector<std::string>& ids,
                         Answers& answers) {
  std::vector<aws::SsmCommand> commands;
  Waiting waiting;
  const auto is_stopped = [&] { return stop_ != nullptr && stop_->requested(); };
  for (std::size_t at = 0; at < ids.size(); at += aws::kMaxNodesOfCommand) {
    const auto begin = ids.begin() + std::ptrdiff_t(at);
    const std::vector<std::string> some(
        begin, begin + std::ptrdiff_t(std::min(aws::kMaxNodesOfCommand, ids.size() - at)));
    aws::SsmCommandRequest apply = order_request(mode, order);
    apply.node_ids = some;
    const auto sent = is_stopped() ? fail(ErrorKind::cancelled, "")
                                   : send_to(std::move(apply), true, order.not_after, answers);
    if (sent) {
      commands.push_back(*sent);
      waiting[sent->id] = some;
      continue;
    }
    for (const std::string& id : some) {
      const std::string& host = hosts_[place_by_id_.at(id)].name;
      answers.emplace(id, HostAnswer{{},
                                     is_stopped() ? stopped(host, sent.error().effect)
                                                  : no_document(sent.error(), settings_.document)});
    }
  }
  const auto collected = collect(commands, waiting, order.not_after, {mode, order.version, {}}, answers);
  for (const std::string& id : ids) {
    const std::string& host = hosts_[place_by_id_.at(id)].name;
    Error without = is_stopped() ? stopped(host, Effect::unknown) : unanswered(host);
    if (!collected) {
      without = collected.error();
      without.effect = Effect::unknown;
    }
    HostAnswer& answer = answers.try_emplace(id, HostAnswer{{}, without}).first->second;
    // It was this run that cancelled it, and not because of a stop.
    const bool gave_up = !collected || clock_.now() >= order.not_after;
    if (!answer.report && answer.error.code == "Cancelled" && gave_up && !is_stopped())
      answer.error = without;
  }
}

// One host that is not registered (any more) fails the whole call: then it goes to the others.
Result<aws::SsmCommand> SsmFleet::send_to(aws::SsmCommandRequest request, bool changes_hosts,
                                          std::optional<TimePoint> not_after, Answers& answers) const {
  auto sent = commands_.send(request, changes_hosts, not_after);
  while (!sent && sent.error().code == "InvalidInstanceId") {
    auto rest = still_taken(request.node_ids, sent.error());
    if (!rest || rest->size() == request.node_ids.size()) return sent;
    for (const std::string& id : request.node_ids)
      if (std::find(rest->begin(), rest->end(), id) == rest->end())
        answers.emplace(id, HostAnswer{{},
                                       {ErrorKind::unavailable, Effect::none, "InvalidInstanceId",
                                        "Systems Manager takes no command for " + id + " any more.", ""}});
    if (rest->empty()) return sent;
    request.node_ids = *std::move(rest);
    sent = commands_.send(request, changes_hosts, not_after);
  }
  return sent;
}

// Those that are registered and that the refusal does not name: an instance may be listed for a while after
// it was stopped for good.
Result<std::vector<std::string>> SsmFleet::still_taken(const std::vector<std::string>& ids,
                                                       const Error& refusal) const {
  const auto nodes = ssm_.nodes(ids);
  if (!nodes) return fail(nodes.error());
  std::vector<std::string> taken;
  for (const std::string& id : ids) {
    const bool is_known =
        std::any_of(nodes->begin(), nodes->end(), [&](const aws::SsmNode& node) { return node.id == id; });
    if (is_known && refusal.message.find(id) == std::string::npos) taken.push_back(id);
  }
  return taken;
}

Result<void> SsmFleet::collect(const std::vector<aws::SsmCommand>& commands, const Waiting& waiting,
                               TimePoint until, const ExpectedReport& expected, Answers& answers) {
  std::vector<FollowedCommand> followed;
  for (const aws::SsmCommand& command : commands)
    followed.push_back({command.id, command.requested_at, waiting.at(command.id).size()});
  const auto read_one = [&](const std::string& command) -> Result<std::size_t> {
    if (const auto done = read(command, expected, answers); !done) return fail(done.error());
    const auto& ids = waiting.at(command);
    return std::size_t(
        std::count_if(ids.begin(), ids.end(), [&](const std::string& id) { return !answers.contains(id); }));
  };
  auto end = commands_.follow(std::move(followed), until, read_one);
  not_cancelled_ = end.cancelled ? "" : end.cancelled.error().sentence();
  return end.looked;
}

Error SsmFleet::unanswered(const std::string& host) const {
  Error error = no_answer(host);
  if (!not_cancelled_.empty()) error.hint = "Its command could not be taken back: " + not_cancelled_;
  return error;
}

Result<void> SsmFleet::read(const std::string& command_id, const ExpectedReport& asked,
                            Answers& answers) const {
  ExpectedReport expected = asked;
  expected.latest = clock_.now() + kFutureTolerance;
  return ssm_.invocations(command_id, [&](const aws::SsmInvocation& invocation) {
    const auto place = place_by_id_.find(invocation.node_id);
    if (place == place_by_id_.end() || !invocation.is_over() || answers.contains(invocation.node_id)) return;
    const auto whole = [&](const std::string& step) {
      return ssm_.output(command_id, invocation.node_id, step);
    };
    answers.emplace(invocation.node_id, read_answer(hosts_[place->second].name, invocation, expected, whole));
  });
}

std::vector<TargetState> SsmFleet::states_after_look(const SsmHost& host, const Answers& answers) {
  const auto answer = answers.find(host.id);
  if (answer != answers.end() && answer->second.report) {
    remember(host, answer->second);
    return states_of(host.name, *answer->second.report);
  }
  if (!host.silence.empty()) return silent_states(host, host.silence, host.silent_since);
  const auto silence = silence_of(host);
  const Error error =
      answer != answers.end() ? answer->second.error : silence.value_or(unanswered(host.name));
  return silent_states(host, error.sentence(), std::nullopt);
}

std::vector<TargetState> SsmFleet::silent_states(const SsmHost& host, const std::string& reason,
                                                 std::optional<TimePoint> since) const {
  std::vector<TargetState> states;
  if (const auto seen = last_seen_.find(host.id); seen != last_seen_.end())
    for (const TargetName& target : seen->second) states.push_back(unreachable(target, reason, since));
  if (states.empty()) states.push_back(unreachable(host.name, reason, since));
  return states;
}

void SsmFleet::remember(const SsmHost& host, const HostAnswer& answer) {
  if (!answer.report) return;
  silent_.erase(host.id);
  auto& targets = last_seen_[host.id];
  targets.clear();
  for (const TargetState& state : states_of(host.name, *answer.report))
    if (state.standing != rotation::Standing::skipped) targets.push_back(state.name);
}

void SsmFleet::tell(const TargetName& target, VisitPhase phase, bool is_write, std::string failure) const {
  if (progress_) progress_({target, phase, is_write, std::move(failure)});
}

}  // namespace keyturn::fleet
