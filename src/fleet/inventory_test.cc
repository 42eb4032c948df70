#include "fleet/inventory.h"

#include <gtest/gtest.h>

namespace keyturn::fleet {
namespace {

Machine machine_of(const std::string& id, const std::string& address,
                   std::map<std::string, std::string> tags = {}) {
  return {id, MachineState::running, std::nullopt, address, std::move(tags)};
}

TEST(Inventory, AMachineHasItsDefaultInstanceUnlessItsTagSaysOtherwise) {
  const auto targets =
      targets_of({machine_of("i-1", "10.0.0.1"), machine_of("i-2", "10.0.0.2", {{"Name", "SQL02"}})});
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].name, "i-1");
  EXPECT_EQ(targets[0].address.host, "10.0.0.1");
  EXPECT_EQ(targets[0].address.port, 1433);
  EXPECT_EQ(targets[1].name, "SQL02");
}

TEST(Inventory, TheTagListsPortsAndInstances) {
  const auto targets = targets_of(
      {machine_of("i-1", "10.0.0.1", {{"Name", "SQL01"}, {kTargetsTag, "1433, PAYROLL;1444 MSSQLSERVER"}})});
  ASSERT_EQ(targets.size(), 4U);
  EXPECT_EQ(targets[0].name, "SQL01");
  EXPECT_EQ(targets[1].name, "SQL01\\PAYROLL");
  EXPECT_EQ(targets[1].address.port, 0);
  EXPECT_EQ(targets[1].address.instance, "PAYROLL");
  EXPECT_EQ(targets[2].name, "SQL01:1444");
  EXPECT_EQ(targets[2].address.port, 1444);
}

TEST(Inventory, ATagNamesTheHostThatTheCertificateIsFor) {
  const auto targets = targets_of({machine_of("i-1", "10.0.0.1", {{kHostTag, "sql01.corp.example"}})});
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].address.host, "sql01.corp.example");
  EXPECT_EQ(targets[0].name, "i-1");
}

TEST(Inventory, ATagThatMakesNoSenseIsTheTargetsReason) {
  for (const char* word : {"0", "70000", "99999999999"}) {
    const auto targets = targets_of({machine_of("i-1", "10.0.0.1", {{kTargetsTag, word}})});
    ASSERT_EQ(targets.size(), 1U);
    EXPECT_NE(targets[0].unreachable_reason.find(word), std::string::npos);
  }
}

TEST(Inventory, OfTwoNodesBehindOneNameTheOneThatRunsCounts) {
  Machine passive = machine_of("i-1", "10.0.0.1", {{kHostTag, "cluster.corp.example"}});
  passive.state = MachineState::stopped;
  const Machine active = machine_of("i-2", "10.0.0.2", {{kHostTag, "cluster.corp.example"}});
  for (const auto& machines : {std::vector{passive, active}, std::vector{active, passive}}) {
    const auto targets = list_targets({}, [&] { return Result<std::vector<Machine>>(machines); });
    ASSERT_TRUE(targets);
    ASSERT_EQ(targets->size(), 1U);
    EXPECT_EQ((*targets)[0].name, "i-2");
    EXPECT_TRUE((*targets)[0].unreachable_reason.empty());
  }
}

TEST(Inventory, StoppedMachinesAreKnownAndTerminatedOnesAreNot) {
  const TimePoint since = parse_iso8601("2026-01-01T00:00:00Z").value();
  Machine stopped = machine_of("i-1", "10.0.0.1");
  stopped.state = MachineState::stopped;
  stopped.state_since = since;
  Machine gone = machine_of("i-2", "10.0.0.2");
  gone.state = MachineState::terminated;
  const auto targets = targets_of({stopped, gone});
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_NE(targets[0].unreachable_reason.find("i-1 is stopped"), std::string::npos);
  EXPECT_EQ(targets[0].unreachable_since, since);
}

TEST(Inventory, MachinesOfTheSameNameAreToldApartByTheirIds) {
  const auto targets = targets_of(
      {machine_of("i-1", "10.0.0.1", {{"Name", "SQL"}}), machine_of("i-2", "10.0.0.2", {{"Name", "SQL"}})});
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].name, "SQL (i-1)");
  EXPECT_EQ(targets[1].name, "SQL (i-2)");
}

TEST(Inventory, WhatStandsInBothListsIsVisitedOnce) {
  const InventoryTarget listed{"my-sql", {"10.0.0.1", 0, ""}, "", std::nullopt};
  const auto targets = list_targets({listed}, [] {
    return Result<std::vector<Machine>>({machine_of("i-1", "10.0.0.1"), machine_of("i-2", "10.0.0.2")});
  });
  ASSERT_TRUE(targets);
  ASSERT_EQ(targets->size(), 2U);
  EXPECT_EQ((*targets)[0].name, "my-sql");
  EXPECT_EQ((*targets)[1].name, "i-2");
}

TEST(Inventory, OneNameForTwoAddressesIsRefused) {
  const auto targets = list_targets(
      {{"a", {"h1", 0, ""}, "", std::nullopt}, {"a", {"h2", 0, ""}, "", std::nullopt}}, ListMachines());
  ASSERT_FALSE(targets);
  EXPECT_EQ(targets.error().kind, ErrorKind::usage);
}

TEST(Inventory, NoTargetAtAllIsASentence) {
  const auto targets = list_targets({}, [] { return Result<std::vector<Machine>>(std::vector<Machine>{}); });
  ASSERT_FALSE(targets);
  EXPECT_EQ(targets.error().kind, ErrorKind::not_found);
  EXPECT_NE(targets.error().hint.find("tags"), std::string::npos);
}

TEST(Inventory, AnEc2FailureIsPassedOn) {
  const auto targets = list_targets(
      {}, []() -> Result<std::vector<Machine>> { return fail(ErrorKind::denied, "EC2 says no."); });
  ASSERT_FALSE(targets);
  EXPECT_EQ(targets.error().message, "EC2 says no.");
}

}  // namespace
}  // namespace keyturn::fleet
