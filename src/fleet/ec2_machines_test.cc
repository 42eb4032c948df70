#include "fleet/ec2_machines.h"

#include <gtest/gtest.h>

namespace keyturn::fleet {
namespace {

aws::Ec2Instance instance_in(const std::string& state) {
  aws::Ec2Instance instance;
  instance.id = "i-1";
  instance.state = state;
  instance.private_ip = "10.0.0.1";
  instance.tags = {{"Name", "SQL01"}};
  instance.state_changed_at = parse_iso8601("2026-01-01T00:00:00Z").value();
  return instance;
}

TEST(Ec2Machines, ARunningInstanceIsATarget) {
  const auto targets = targets_of({machine_of(instance_in("running"))});
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].name, "SQL01");
  EXPECT_EQ(targets[0].address.host, "10.0.0.1");
  EXPECT_EQ(targets[0].unreachable_reason, "");
}

TEST(Ec2Machines, AStoppedOneIsKnownSinceItsTransition) {
  for (const char* state : {"stopped", "stopping", "pending"}) {
    const auto targets = targets_of({machine_of(instance_in(state))});
    ASSERT_EQ(targets.size(), 1U);
    EXPECT_NE(targets[0].unreachable_reason, "");
    EXPECT_EQ(targets[0].unreachable_since, parse_iso8601("2026-01-01T00:00:00Z").value());
  }
}

TEST(Ec2Machines, AnEndingOneIsNoTarget) {
  EXPECT_TRUE(
      targets_of({machine_of(instance_in("shutting-down")), machine_of(instance_in("terminated"))}).empty());
}

}  // namespace
}  // namespace keyturn::fleet
