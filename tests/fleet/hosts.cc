#include "hosts.h"

#include <algorithm>
#include <sstream>

#include "fleet/direct_fleet.h"

namespace keyturn::test {

void Hosts::start(const sim::AgentJob& job) {
  HostJob parsed{job.instance_id, {}};
  std::istringstream lines(job.script);
  for (std::string line; std::getline(lines, line);)
    parsed.parameters[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
  const auto own = takes.find(job.instance_id);
  running_[{job.command_id, job.instance_id}] = {std::move(parsed),
                                                 clock_.now() + (own == takes.end() ? kUsual : own->second)};
}

std::optional<sim::AgentResult> Hosts::poll(const std::string& command_id, const std::string& instance_id) {
  const auto found = running_.find({command_id, instance_id});
  if (found == running_.end() || dead.contains(instance_id) || clock_.now() < found->second.due)
    return std::nullopt;
  const HostJob job = std::move(found->second.job);
  running_.erase(found);
  return work_(job);
}

void Hosts::kill(const std::string& command_id, const std::string& instance_id) {
  killed += int(running_.erase({command_id, instance_id}));
}

sim::AgentResult printed(const report::HostReport& report) {
  return {int(report.outcome), report::host_report_json(report) + "\n", ""};
}

report::HostReport report_of(const HostJob& job) {
  report::HostReport report;
  report.program_version = "1.0.0";
  report.host = "host of " + job.instance_id;
  report.command = job.parameters.at("Mode");
  report.version = job.parameters.at("VersionId");
  return report;
}

SqlHosts::SqlHosts(Account& account)
    : account_(account),
      aws_([&account] {
        const auto role = account.world.iam().add_principal("hosts", {{true, "secretsmanager:*", "*"}});
        return account.connect(role.access_key_id, role.secret, account.transport);
      }()),
      connector_(account.world.faults()),
      agent_(std::make_shared<Hosts>(account.clock, [this](const HostJob& job) { return work(job); })) {
  account.world.ssm().set_agent(agent_);
}

std::string SqlHosts::add(const std::string& name, const std::vector<std::string>& instances) {
  const std::string id = account_.add_host(name);
  host_of_[id] = name;
  const auto secret = account_.world.secrets().secret("sqlcredential");
  for (const std::string& instance : instances) {
    sim::SqlServerSettings settings;
    settings.target = name + "-" + instance;
    Instance& added = instances_.emplace_back(
        Instance{name, instance, std::make_unique<sim::SqlServer>(settings, account_.clock, nullptr)});
    sim::ServerLogin login;
    login.name = "keyturn";
    login.password = SecretString("pass");
    login.permissions = {"ALTER ANY CREDENTIAL", "VIEW SERVER STATE"};
    added.server->put_login(std::move(login));
    sim::CredentialTable table;
    (void)table.create(kBucketUrl, "S3 Access Key", SecretString(secret->at_stage("AWSCURRENT")->value),
                       account_.clock.now());
    added.server->set_credentials(std::move(table));
    connector_.add(settings.target, 1433, *added.server);
  }
  return id;
}

sim::SqlServer& SqlHosts::server(const std::string& host, const std::string& instance) {
  return *std::find_if(instances_.begin(), instances_.end(), [&](const Instance& i) {
            return i.host == host && i.name == instance;
          })->server;
}

std::string SqlHosts::held(const std::string& host, const std::string& instance) {
  const auto table = server(host, instance).credentials();
  const sim::CredentialRow* row = table.find(kBucketUrl);
  return row == nullptr ? "" : row->access_key_id();
}

void SqlHosts::add_cluster(report::HostReport& report, const std::string& host) const {
  for (report::HostInstance& reported : report.instances)
    if (active_.contains(reported.state.name)) reported.cluster = "SQLCLU01\\" + reported.state.name;
  for (const Instance& instance : instances_) {
    if (instance.host != host || !is_passive(instance)) continue;
    report::HostInstance& passive = report.instances.emplace_back();
    passive.state.name = instance.name;
    passive.state.standing = rotation::Standing::skipped;
    passive.state.reason = "This is a passive node.";
    passive.cluster = "SQLCLU01\\" + instance.name;
    passive.is_passive = true;
  }
}

sim::AgentResult SqlHosts::work(const HostJob& job) {
  if (before_work) before_work(job);
  const std::string& host = host_of_.at(job.instance_id);
  const auto store = aws_.secret_store("sqlcredential").value();
  fleet::DirectFleetSettings settings;
  settings.visit.managed.urls = {kBucketUrl};
  settings.visit.login = "keyturn";
  std::vector<fleet::InventoryTarget> targets;
  for (const Instance& instance : instances_)
    if (instance.host == host && !is_passive(instance))
      targets.push_back({instance.name, {instance.host + "-" + instance.name, 1433, ""}, "", std::nullopt});
  fleet::DirectFleet local(settings, [&] { return Result<std::vector<fleet::InventoryTarget>>(targets); },
                           connector_, {"keyturn", SecretString("pass")}, *store, account_.clock, nullptr,
                           {});
  report::HostReport report = report_of(job);
  if (report.command == "check") {
    const auto states = local.observe();
    for (const rotation::TargetState& state : *states) report.instances.push_back({state, ""});
    add_cluster(report, host);
    return printed(report);
  }
  rotation::Fleet::Order order{
      report.version,
      job.parameters.at("Stage") == "pending" ? rotation::Stage::pending : rotation::Stage::current,
      {},
      parse_iso8601(job.parameters.at("NotAfter")).value()};
  for (const auto& target : targets) order.targets.push_back(target.name);
  for (const auto& outcome : local.write(order)) {
    report::HostInstance instance;
    if (outcome.after) instance.state = *outcome.after;
    instance.state.name = outcome.target;
    if (outcome.error) instance.error = outcome.error->sentence();
    if (outcome.error) report.outcome = rotation::Outcome::incomplete;
    report.instances.push_back(std::move(instance));
  }
  add_cluster(report, host);
  return printed(report);
}

}  // namespace keyturn::test
