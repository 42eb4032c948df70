#include "fleet/inventory.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>

#include "base/time.h"
#include "sqlserver/sql_browser.h"
#include "sqlserver/tsql.h"

namespace keyturn::fleet {
namespace {

using sqlserver::SqlAddress;

constexpr std::uint16_t kDefaultPort = 1433;

std::string tag_of(const Machine& machine, const std::string& key) {
  const auto found = machine.tags.find(key);
  return found == machine.tags.end() ? "" : found->second;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + ",") {
    if (c != ',' && c != ';' && c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

bool is_number(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

InventoryTarget target_of_word(const std::string& machine_name, const std::string& host,
                               const std::string& word) {
  InventoryTarget target;
  target.address.host = host;
  if (!is_number(word)) {
    const bool is_default = sqlserver::is_default_instance(word);
    target.name = is_default ? machine_name : machine_name + "\\" + word;
    target.address.port = is_default ? kDefaultPort : std::uint16_t{0};
    if (!is_default) target.address.instance = word;
    return target;
  }
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), target.address.port);
  target.name = machine_name + ":" + word;
  if (parsed.ec != std::errc{} || target.address.port == 0) {
    target.unreachable_reason = "The tag " + std::string(kTargetsTag) + " names port " + word +
                                ", which does not exist. It should read like \"1433,PAYROLL\".";
  } else if (target.address.port == kDefaultPort) {
    target.name = machine_name;
  }
  return target;
}

// A stopped machine may have no address: its id keeps its targets apart from others'.
std::string host_of(const Machine& machine) {
  if (std::string host = tag_of(machine, kHostTag); !host.empty()) return host;
  return machine.private_address.empty() ? machine.id : machine.private_address;
}

std::string reason_of(const Machine& machine) {
  const std::string reason = not_running(machine);
  if (!reason.empty() || host_of(machine) != machine.id) return reason;
  return "The EC2 instance " + machine.id + " has no private address.";
}

bool is_gone(const Machine& machine) {
  return machine.state == MachineState::terminated || machine.state == MachineState::shutting_down;
}

std::string name_of(const Machine& machine, const std::multiset<std::string>& names) {
  const std::string tag = tag_of(machine, "Name");
  if (tag.empty()) return machine.id;
  return names.count(tag) > 1 ? tag + " (" + machine.id + ")" : tag;
}

// Two ways to write the same address are equal here.
auto key_of(const SqlAddress& address) {
  const auto lowered = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
  };
  std::uint16_t port = address.port;
  if (port == 0 && sqlserver::is_default_instance(address.instance)) port = kDefaultPort;
  return std::tuple(lowered(address.host), port, port == 0 ? lowered(address.instance) : std::string());
}

}  // namespace

std::string not_running(const Machine& machine) {
  switch (machine.state) {
    case MachineState::pending:
      return "The EC2 instance " + machine.id + " is starting.";
    case MachineState::stopping:
    case MachineState::stopped:
      return "The EC2 instance " + machine.id + " is stopped.";
    default:
      return "";
  }
}

std::vector<std::string> names_of(const std::vector<Machine>& machines) {
  std::multiset<std::string> tags;
  for (const Machine& machine : machines)
    if (!is_gone(machine)) tags.insert(tag_of(machine, "Name"));
  std::vector<std::string> names;
  for (const Machine& machine : machines) names.push_back(name_of(machine, tags));
  return names;
}

std::vector<InventoryTarget> targets_of(const std::vector<Machine>& machines) {
  const std::vector<std::string> names = names_of(machines);
  std::vector<InventoryTarget> targets;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const Machine& machine = machines[i];
    if (is_gone(machine)) continue;
    std::vector<std::string> words = words_of(tag_of(machine, kTargetsTag));
    if (words.empty()) words.emplace_back("MSSQLSERVER");
    for (const std::string& word : words) {
      InventoryTarget target = target_of_word(names[i], host_of(machine), word);
      if (const std::string reason = reason_of(machine); !reason.empty()) {
        target.unreachable_reason = reason;
        target.unreachable_since = machine.state_since;
      }
      targets.push_back(std::move(target));
    }
  }
  return targets;
}

Result<std::vector<InventoryTarget>> list_targets(const std::vector<InventoryTarget>& listed,
                                                  const ListMachines& machines) {
  std::vector<InventoryTarget> all = listed;
  if (machines) {
    auto found = machines();
    if (!found) return fail(std::move(found).error());
    for (InventoryTarget& target : targets_of(*found)) all.push_back(std::move(target));
  }
  std::vector<InventoryTarget> targets;
  std::map<decltype(key_of(SqlAddress{})), std::size_t> addresses;
  std::set<rotation::TargetName> names;
  for (InventoryTarget& target : all) {
    const auto [known, is_new] = addresses.emplace(key_of(target.address), targets.size());
    if (!is_new) {
      // Two entries for one address, such as the nodes of a cluster behind its network name: one that runs
      // counts.
      InventoryTarget& first = targets[known->second];
      if (!first.unreachable_reason.empty() && target.unreachable_reason.empty()) first = std::move(target);
      continue;
    }
    if (!names.insert(target.name).second) {
      return fail(ErrorKind::usage, "Two targets have the name " + target.name + ".",
                  "Give each target of the configuration a name of its own.");
    }
    targets.push_back(std::move(target));
  }
  if (targets.empty()) {
    return fail(
        ErrorKind::not_found, "No SQL Server was found.",
        machines
            ? "No EC2 instance has the tags that rotation.fleet.ec2_tags asks for, and no target is listed."
            : "List the servers as [[rotation.target]] in the configuration.");
  }
  return targets;
}

}  // namespace keyturn::fleet
