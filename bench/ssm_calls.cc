// How many calls of AWS a fleet over Systems Manager costs, and how its time grows: a look, and a whole
// rotation, at several sizes of fleet. Hosts are simulated in this process; time is virtual, so that only
// work is measured.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <map>

#include "hosts.h"

namespace keyturn::test {
namespace {

// A fleet whose hosts hold their key in a variable.
class LightHosts {
 public:
  LightHosts(Account& account, int count) : account_(account) {
    const std::string key = account.key_at("AWSCURRENT");
    for (int i = 0; i < count; ++i)
      held_[account.add_host(fmt::format("sql{:05}", i))] = {key, account.clock.now()};
    account.world.ssm().set_agent(
        std::make_shared<Hosts>(account.clock, [this](const HostJob& job) { return answer(job); }));
  }

 private:
  struct Held {
    std::string key;
    TimePoint since;
  };
  sim::AgentResult answer(const HostJob& job) {
    Held& held = held_.at(job.instance_id);
    if (job.parameters.at("Mode") == "apply")
      held = {account_.key_at(job.parameters.at("Stage") == "pending" ? "AWSPENDING" : "AWSCURRENT"),
              account_.clock.now()};
    report::HostReport report = report_of(job);
    report::HostInstance instance;
    instance.state.name = "MSSQLSERVER";
    instance.state.standing = rotation::Standing::updatable;
    instance.state.credentials.push_back({kBucketUrl, true, held.since, held.key, held.since});
    report.instances.push_back(std::move(instance));
    return printed(report);
  }

  Account& account_;
  std::map<std::string, Held> held_;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_utime.tv_sec) + double(usage.ru_utime.tv_usec) / 1e6;
}

std::map<std::string, int> calls_since(Account& account, std::size_t from) {
  std::map<std::string, int> calls;
  const auto records = account.world.calls().snapshot();
  for (std::size_t i = from; i < records.size(); ++i)
    ++calls[records[i].service == "ssm" || records[i].service == "ec2" ? records[i].operation : "others"];
  return calls;
}

void print_row(int hosts, const char* what, Account& account, std::size_t from, double cpu, Duration took) {
  auto calls = calls_since(account, from);
  int all = 0;
  for (const auto& [operation, count] : calls) all += count;
  fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.1f} | {} |\n", hosts, what,
             calls["DescribeInstances"], calls["DescribeInstanceInformation"], calls["SendCommand"],
             calls["ListCommands"], calls["ListCommandInvocations"], calls["GetCommandInvocation"],
             calls["others"], all, 1e3 * cpu / hosts, format_duration(took));
}

bool measure(int hosts) {
  Account account;
  LightHosts light(account, hosts);
  const auto measured = [&](const char* what, auto&& work) {
    const std::size_t from = account.world.calls().snapshot().size();
    const double before = cpu_seconds();
    const TimePoint began = account.clock.now();
    const bool is_good = work();
    print_row(hosts, what, account, from, cpu_seconds() - before,
              std::chrono::floor<std::chrono::seconds>(account.clock.now() - began));
    return is_good;
  };
  fleet::SsmFleet fleet = account.fleet();
  const bool looked = measured("a look", [&] {
    const auto states = fleet.observe();
    return states && states->size() == std::size_t(hosts);
  });
  const bool rotated = measured("a rotation", [&] {
    const auto result = account.run(fleet, rotation::Command::rotate);
    if (result.outcome != rotation::Outcome::done) fmt::print(stderr, "{}\n", result.reason);
    return result.outcome == rotation::Outcome::done;
  });
  return looked && rotated;
}

}  // namespace
}  // namespace keyturn::test

// ssm_calls [HOSTS...]
int main(int argc, char** argv) {
  std::vector<int> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::atoi(argv[i]));
  if (sizes.empty()) sizes = {10, 1'000, 10'000};
  fmt::print(
      "| hosts | what | DescribeInstances | DescribeInstance-Information | SendCommand | ListCommands | "
      "ListCommand-Invocations | GetCommand-Invocation | others | all calls | CPU ms a host | passes |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const int hosts : sizes)
    if (hosts < 1 || !keyturn::test::measure(hosts)) return EXIT_FAILURE;
  return EXIT_SUCCESS;
}
