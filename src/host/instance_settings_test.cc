#include "host/instance_settings.h"

#include <gtest/gtest.h>

namespace keyturn::host {
namespace {

std::vector<Instance> found() {
  std::vector<Instance> instances(2);
  instances[0].name = "MSSQLSERVER";
  instances[1].name = "PAYROLL";
  for (Instance& instance : instances) instance.address = {"127.0.0.1", 1433, ""};
  return instances;
}

std::string names_of(const Result<std::vector<Instance>>& instances) {
  std::string names;
  if (!instances) return instances.error().sentence();
  for (const Instance& instance : *instances) names += instance.name + " ";
  return names;
}

TEST(InstanceSettings, RenameLeaveOutAndAdd) {
  EXPECT_EQ(names_of(with_settings(found(), {})), "MSSQLSERVER PAYROLL ");
  EXPECT_EQ(names_of(with_settings(found(), {{"mssqlserver", "main", false, "", 0}})), "PAYROLL main ");
  EXPECT_EQ(names_of(with_settings(found(), {{"PAYROLL", "", true, "", 0}})), "MSSQLSERVER ");
  const auto added = with_settings(found(), {{"", "container", false, "", 14400}});
  EXPECT_EQ(names_of(added), "MSSQLSERVER PAYROLL container ");
  EXPECT_EQ(added->back().address.host, "127.0.0.1");
  EXPECT_EQ(added->back().address.port, 14400);
  // Two that change names.
  EXPECT_EQ(names_of(with_settings(found(), {{"MSSQLSERVER", "PAYROLL", false, "", 0},
                                             {"PAYROLL", "MSSQLSERVER", false, "", 0}})),
            "PAYROLL MSSQLSERVER ");
}

TEST(InstanceSettings, OneThatIsNotThereIsNotPassedOverInSilence) {
  const auto instances = with_settings(found(), {{"CRM", "", false, "", 0}, {"OLD", "", true, "", 0}});
  EXPECT_EQ(names_of(instances), "MSSQLSERVER PAYROLL CRM ");
  EXPECT_NE(instances->back().unreachable.find("CRM"), std::string::npos);
}

TEST(InstanceSettings, ANameIsGivenOnce) {
  const auto twice = with_settings(found(), {{"", "payroll", false, "", 14400}});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().kind, ErrorKind::usage);
}

TEST(InstanceSettings, AnotherAddressIsNoLocalOne) {
  const auto address = [](const std::string& text) {
    return with_settings(found(), {{"PAYROLL", "", false, text, 1500}})->back();
  };
  EXPECT_FALSE(address("sql01.example.com").is_local);
  EXPECT_FALSE(address("10.0.0.5").is_local);
  EXPECT_TRUE(address("127.0.0.2").is_local);
  EXPECT_EQ(address("localhost").address.host, "127.0.0.1");
}

TEST(InstanceSettings, WhereNobodyKnowsThePortItIsUnreachableUnlessTheyTellIt) {
  auto instances = found();
  instances[0].unknown_address = "No port.";
  instances[0].address.channel = "lpc:(local)";
  instances[1].unknown_address = "No port.";
  instances[1].skipped = "Another node's.";
  const auto untold = with_settings(instances, {});
  EXPECT_EQ(untold->front().unreachable, "No port.");
  EXPECT_EQ(untold->back().unreachable, "");
  const auto told = with_settings(instances, {{"MSSQLSERVER", "", false, "", 1500}});
  EXPECT_EQ(told->back().unreachable + told->back().address.channel, "");
  EXPECT_EQ(told->back().address.port, 1500);
}

}  // namespace
}  // namespace keyturn::host
