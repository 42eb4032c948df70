#include "sim/ec2.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sim/principal.h"

namespace keyturn::sim {
namespace {

bool any_matches(const std::vector<std::string>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& p) { return matches_wildcard(p, text); });
}

bool is_known_filter(const std::string& name) {
  constexpr std::string_view kKnown[] = {"tag-key", "tag-value", "instance-state-name", "instance-id",
                                         "private-ip-address"};
  return name.starts_with("tag:") ||
         std::find(std::begin(kKnown), std::end(kKnown), name) != std::end(kKnown);
}

bool matches(const Ec2Instance& instance, const InstanceFilter& filter) {
  if (filter.name.starts_with("tag:")) {
    const auto tag = instance.tags.find(filter.name.substr(4));
    return tag != instance.tags.end() && any_matches(filter.values, tag->second);
  }
  if (filter.name == "instance-state-name") return any_matches(filter.values, to_string(instance.state));
  if (filter.name == "instance-id") return any_matches(filter.values, instance.id);
  if (filter.name == "private-ip-address") return any_matches(filter.values, instance.private_ip);
  const bool by_key = filter.name == "tag-key";
  return std::any_of(instance.tags.begin(), instance.tags.end(), [&](const auto& tag) {
    return any_matches(filter.values, by_key ? tag.first : tag.second);
  });
}

}  // namespace

const char* to_string(InstanceState state) {
  switch (state) {
    case InstanceState::pending:
      return "pending";
    case InstanceState::running:
      return "running";
    case InstanceState::shutting_down:
      return "shutting-down";
    case InstanceState::terminated:
      return "terminated";
    case InstanceState::stopping:
      return "stopping";
    case InstanceState::stopped:
      return "stopped";
  }
  return "unknown";
}

Reply<Ec2::Page> Ec2::describe_instances(const std::vector<InstanceFilter>& filters,
                                         const std::vector<std::string>& ids, int max_results,
                                         const std::string& next_token) const {
  const std::lock_guard lock(mutex_);
  if (max_results != 0 && !ids.empty())
    return refuse("InvalidParameterCombination", 400,
                  "The parameter instancesSet cannot be used with the parameter maxResults");
  if (max_results != 0 && (max_results < 5 || max_results > 1000))
    return refuse("InvalidParameterValue", 400,
                  "Value ( " + std::to_string(max_results) +
                      " ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.");
  for (const InstanceFilter& filter : filters)
    if (!is_known_filter(filter.name))
      return refuse("InvalidParameterValue", 400, "The filter '" + filter.name + "' is invalid");
  for (const std::string& id : ids)
    if (!place_of_.contains(id))
      return refuse("InvalidInstanceID.NotFound", 400, "The instance ID '" + id + "' does not exist");

  std::size_t at = 0;
  if (const auto [end, error] = std::from_chars(next_token.data(), next_token.data() + next_token.size(), at);
      !next_token.empty() && (error != std::errc{} || *end != '\0' || at > instances_.size()))
    return refuse("InvalidNextToken", 400, "The token is not valid.");
  const auto length = std::size_t(max_results == 0 ? page_limit_ : std::min(max_results, page_limit_));
  const std::size_t stop = std::min(instances_.size(), at + length);
  Page page;
  for (; at < stop; ++at) {
    const Ec2Instance& instance = instances_[at];
    if (!ids.empty() && std::find(ids.begin(), ids.end(), instance.id) == ids.end()) continue;
    if (std::all_of(filters.begin(), filters.end(), [&](const auto& f) { return matches(instance, f); }))
      page.instances.push_back(instance);
  }
  if (stop < instances_.size()) page.next_token = std::to_string(stop);
  return page;
}

Ec2Instance* Ec2::find(const std::string& id) {
  const auto place = place_of_.find(id);
  return place == place_of_.end() ? nullptr : &instances_[place->second];
}

std::string Ec2::add_instance(std::map<std::string, std::string> tags, const std::string& private_ip,
                              const std::string& platform) {
  const std::lock_guard lock(mutex_);
  Ec2Instance instance;
  instance.id = "i-";
  for (std::uint64_t word = random_.next(), i = 0; i < 17; ++i, word = i == 15 ? random_.next() : word >> 4U)
    instance.id += "0123456789abcdef"[word & 0xFU];
  instance.tags = std::move(tags);
  instance.private_ip = private_ip;
  instance.platform = platform;
  instance.launched_at = clock_.now();
  place_of_[instance.id] = instances_.size();
  instances_.push_back(instance);
  state_changes_.push_back({instance.id, instance.state, instance.launched_at});
  return instance.id;
}

void Ec2::set_state(const std::string& id, InstanceState state) {
  const std::lock_guard lock(mutex_);
  Ec2Instance* instance = find(id);
  if (instance == nullptr || instance->state == state) return;
  instance->state = state;
  state_changes_.push_back({id, state, clock_.now()});
  instance->state_transition_reason.clear();
  if (state == InstanceState::running) {
    instance->launched_at = clock_.now();
  } else if (state != InstanceState::pending) {
    std::string at = format_iso8601(std::chrono::floor<std::chrono::seconds>(clock_.now()));
    at[10] = ' ';
    at.pop_back();
    instance->state_transition_reason = "User initiated (" + at + " GMT)";
  }
}

void Ec2::set_tags(const std::string& id, std::map<std::string, std::string> tags) {
  const std::lock_guard lock(mutex_);
  if (Ec2Instance* instance = find(id)) instance->tags = std::move(tags);
}

void Ec2::limit_pages(int instances) {
  const std::lock_guard lock(mutex_);
  page_limit_ = instances;
}

std::vector<Ec2Instance> Ec2::instances() const {
  const std::lock_guard lock(mutex_);
  return instances_;
}

std::vector<InstanceStateChange> Ec2::take_state_changes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(state_changes_, {});
}

std::optional<Ec2Instance> Ec2::instance(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto place = place_of_.find(id);
  return place == place_of_.end() ? std::nullopt : std::optional(instances_[place->second]);
}

}  // namespace keyturn::sim
