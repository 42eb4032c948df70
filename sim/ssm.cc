// Documents and nodes; the statuses' names.
#include "sim/ssm.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "sim/automation_document.h"
#include "sim/principal.h"
#include "sim/ssm_run.h"

namespace keyturn::sim {
namespace {

struct StateNames {
  CommandState state;
  const char* status;
  const char* details;
};
constexpr StateNames kStates[] = {
    {CommandState::pending, "Pending", "Pending"},
    {CommandState::in_progress, "InProgress", "InProgress"},
    {CommandState::delayed, "Delayed", "Delayed"},
    {CommandState::success, "Success", "Success"},
    {CommandState::cancelling, "Cancelling", "Cancelling"},
    {CommandState::cancelled, "Cancelled", "Cancelled"},
    {CommandState::delivery_timed_out, "TimedOut", "DeliveryTimedOut"},
    {CommandState::execution_timed_out, "TimedOut", "ExecutionTimedOut"},
    {CommandState::failed, "Failed", "Failed"},
    {CommandState::undeliverable, "Failed", "Undeliverable"},
    {CommandState::terminated, "Failed", "Terminated"},
    {CommandState::invalid_platform, "Failed", "InvalidPlatform"},
    {CommandState::access_denied, "Failed", "AccessDenied"},
};

const StateNames& names_of(CommandState state) { return kStates[static_cast<std::size_t>(state)]; }

// "arn:aws:ssm:…:document/NAME" is the same as NAME.
std::string bare_name(const std::string& name) {
  const std::size_t slash = name.starts_with("arn:") ? name.rfind('/') : std::string::npos;
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

Reply<void> check_content(const std::string& type, const std::string& content) {
  if (type != "Command" && type != "Automation")
    return refuse("ValidationException", 400, "Documents of type " + type + " are not kept here.");
  if (content.size() > 64 * 1024)
    return refuse("MaxDocumentSizeExceeded", 400, "The size limit of a document is 64 KB.");
  if (type == "Automation") {
    if (const auto runbook = parse_automation_document(content); !runbook)
      return tl::unexpected(runbook.error());
    return {};
  }
  const auto parsed = parse_command_document(content);
  if (!parsed) return tl::unexpected(parsed.error());
  return {};
}

}  // namespace

const char* to_string(PingStatus status) {
  switch (status) {
    case PingStatus::online:
      return "Online";
    case PingStatus::connection_lost:
      return "ConnectionLost";
    case PingStatus::inactive:
      return "Inactive";
  }
  return "Inactive";
}

const char* status_of(CommandState state) { return names_of(state).status; }
const char* details_of(CommandState state) { return names_of(state).details; }

bool is_final(CommandState state) {
  return state != CommandState::pending && state != CommandState::in_progress &&
         state != CommandState::delayed && state != CommandState::cancelling;
}

const SsmDocument::Version* SsmDocument::version(const std::string& text) const {
  int number = default_version;
  if (text == "$LATEST") {
    number = versions.back().number;
  } else if (!text.empty() && text != "$DEFAULT") {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return nullptr;
  }
  const auto found =
      std::find_if(versions.begin(), versions.end(), [&](const Version& v) { return v.number == number; });
  return found == versions.end() ? nullptr : &*found;
}

const SsmDocument* Ssm::find_document(const std::string& name) const {
  const auto found = documents_.find(bare_name(name));
  return found == documents_.end() ? nullptr : &found->second;
}

Reply<SsmDocument> Ssm::create_document(const std::string& name, const std::string& type,
                                        const std::string& content, const std::string& target_type) {
  const std::lock_guard lock(mutex_);
  if (documents_.contains(name))
    return refuse("DocumentAlreadyExists", 400, "Document with same name " + name + " already exists");
  if (auto good = check_content(type, content); !good) return tl::unexpected(good.error());
  SsmDocument document{name, type, target_type, {{1, content, sha256_hex(content), clock_.now()}}, 1};
  return documents_.emplace(name, std::move(document)).first->second;
}

Reply<SsmDocument> Ssm::update_document(const std::string& name, const std::string& content,
                                        const std::string& version) {
  const std::lock_guard lock(mutex_);
  const auto found = documents_.find(bare_name(name));
  if (found == documents_.end())
    return refuse("InvalidDocument", 400, "Document with name " + name + " does not exist.");
  SsmDocument& document = found->second;
  const auto* base = document.version(version.empty() ? "$LATEST" : version);
  if (base == nullptr || base->number != document.versions.back().number)
    return refuse("InvalidDocumentVersion", 400, "The document version is not valid or does not exist.");
  if (auto good = check_content(document.type, content); !good) return tl::unexpected(good.error());
  const std::string hash = sha256_hex(content);
  if (std::any_of(document.versions.begin(), document.versions.end(),
                  [&](const auto& v) { return v.hash == hash; }))
    return refuse(
        "DuplicateDocumentContent", 400,
        "The content of the association document matches another document. Change the content of the "
        "document and try again.");
  document.versions.push_back({base->number + 1, content, hash, clock_.now()});
  return document;
}

Reply<SsmDocument> Ssm::update_default_version(const std::string& name, const std::string& version) {
  const std::lock_guard lock(mutex_);
  const auto found = documents_.find(bare_name(name));
  if (found == documents_.end())
    return refuse("InvalidDocument", 400, "Document with name " + name + " does not exist.");
  const auto* chosen = found->second.version(version);
  if (chosen == nullptr)
    return refuse("InvalidDocumentVersion", 400, "The document version is not valid or does not exist.");
  found->second.default_version = chosen->number;
  return found->second;
}

Reply<SsmDocument> Ssm::document(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const SsmDocument* found = find_document(name);
  if (found == nullptr)
    return refuse("InvalidDocument", 400, "Document with name " + name + " does not exist.");
  return *found;
}

Reply<void> Ssm::delete_document(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (documents_.erase(bare_name(name)) == 0)
    return refuse("InvalidDocument", 400, "Document with name " + name + " does not exist.");
  return {};
}

std::vector<SsmDocument> Ssm::documents() const {
  const std::lock_guard lock(mutex_);
  std::vector<SsmDocument> all;
  for (const auto& [name, document] : documents_) all.push_back(document);
  return all;
}

std::map<std::string, std::string> Ssm::tags_of(const ManagedNode& node) const {
  if (!node.id.starts_with("i-")) return node.tags;
  const auto instance = ec2_.instance(node.id);
  return instance ? instance->tags : std::map<std::string, std::string>{};
}

// The agent of an instance that does not run is silent.
PingStatus Ssm::ping_of(const ManagedNode& node) const {
  const auto instance = node.id.starts_with("i-") ? ec2_.instance(node.id) : std::nullopt;
  const bool is_off = instance && instance->state != InstanceState::running;
  return is_off && node.ping == PingStatus::online ? PingStatus::connection_lost : node.ping;
}

bool Ssm::matches(const ManagedNode& node, const SsmFilter& filter) const {
  const auto is_one = [&](const std::string& text) {
    return std::find(filter.values.begin(), filter.values.end(), text) != filter.values.end();
  };
  if (filter.key == "InstanceIds") return is_one(node.id);
  if (filter.key == "PingStatus") return is_one(to_string(ping_of(node)));
  if (filter.key == "PlatformTypes") return is_one(node.platform_type);
  if (filter.key == "AgentVersion") return is_one(node.agent_version);
  const auto tags = tags_of(node);
  if (filter.key == "tag-key")
    return std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return is_one(tag.first); });
  const auto tag = tags.find(filter.key.substr(4));
  return tag != tags.end() && is_one(tag->second);
}

Reply<Ssm::Page<ManagedNode>> Ssm::describe_instance_information(const std::vector<SsmFilter>& filters,
                                                                 int max_results,
                                                                 const std::string& next_token) {
  advance();
  const std::lock_guard lock(mutex_);
  if (max_results < 5 || max_results > 50)
    return refuse("ValidationException", 400, "MaxResults must be between 5 and 50.");
  const auto is_tag = [](const SsmFilter& f) { return f.key.starts_with("tag:") || f.key == "tag-key"; };
  for (const SsmFilter& filter : filters) {
    if (!is_tag(filter) && filter.key != "InstanceIds" && filter.key != "PingStatus" &&
        filter.key != "PlatformTypes" && filter.key != "AgentVersion")
      return refuse("InvalidFilterKey", 400, "The filter key " + filter.key + " is not valid.");
    if (filter.values.empty() || filter.values.size() > 100)
      return refuse("InvalidInstanceInformationFilterValue", 400, "A filter takes 1 to 100 values.");
  }
  const auto tags = std::count_if(filters.begin(), filters.end(), is_tag);
  if (tags != 0 && tags != std::ssize(filters))
    return refuse("InvalidFilterKey", 400, "Tag filters can't stand beside other filters.");

  Page<ManagedNode> page;
  for (auto at = nodes_.upper_bound(next_token); at != nodes_.end(); ++at) {
    ManagedNode& node = at->second;
    const PingStatus ping = ping_of(node);
    if (ping == PingStatus::online) node.last_ping_at = clock_.now();
    if (!std::all_of(filters.begin(), filters.end(), [&](const SsmFilter& f) { return matches(node, f); }))
      continue;
    if (std::ssize(page.items) == max_results) {
      page.next_token = page.items.back().id;
      break;
    }
    page.items.push_back(node);
    page.items.back().ping = ping;
  }
  return page;
}

void Ssm::set_agent(std::shared_ptr<Agent> agent) {
  const std::lock_guard lock(mutex_);
  agent_ = std::move(agent);
}

void Ssm::set_times(SsmTimes times) {
  const std::lock_guard lock(mutex_);
  times_ = times;
}

void Ssm::put_node(ManagedNode node) {
  const std::lock_guard lock(mutex_);
  if (node.last_ping_at == TimePoint{}) node.last_ping_at = clock_.now();
  std::string id = node.id;
  nodes_.insert_or_assign(std::move(id), std::move(node));
}

void Ssm::remove_node(const std::string& id) {
  const std::lock_guard lock(mutex_);
  nodes_.erase(id);
}

void Ssm::set_ping(const std::string& id, PingStatus status) {
  const std::lock_guard lock(mutex_);
  const auto node = nodes_.find(id);
  if (node == nodes_.end() || node->second.ping == status) return;
  node->second.ping = status;
  node->second.last_ping_at = clock_.now();
}

void Ssm::set_delivery(const std::string& id, Delivery delivery, Duration delay) {
  const std::lock_guard lock(mutex_);
  const auto node = nodes_.find(id);
  if (node == nodes_.end()) return;
  node->second.delivery = delivery;
  node->second.delay = delay;
}

std::vector<ManagedNode> Ssm::nodes() const {
  const std::lock_guard lock(mutex_);
  std::vector<ManagedNode> all;
  for (const auto& [id, node] : nodes_) all.push_back(node);
  return all;
}

}  // namespace keyturn::sim
