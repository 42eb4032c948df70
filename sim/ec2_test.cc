#include "sim/ec2.h"

#include <gtest/gtest.h>

#include "sim/virtual_clock.h"

namespace keyturn::sim {
namespace {

class Ec2Test : public testing::Test {
 protected:
  Ec2Test() {
    for (int i = 0; i < 6; ++i) ec2_.add_instance({}, "10.0.0." + std::to_string(i));
    tagged_ = ec2_.add_instance({{"SQL", "2022"}, {"Name", "db1"}}, "10.0.1.1");
    other_ = ec2_.add_instance({{"SQL", "2019"}}, "10.0.1.2");
  }

  VirtualClock clock_{from_epoch_s(1'750'000'000)};
  SeededRandom random_{7};
  Ec2 ec2_{clock_, random_};
  std::string tagged_;
  std::string other_;
};

TEST_F(Ec2Test, FiltersMustAllMatchAndAnyOfTheirValues) {
  const auto ids = [&](const std::vector<InstanceFilter>& filters) {
    std::vector<std::string> found;
    const auto page = ec2_.describe_instances(filters).value();
    for (const auto& instance : page.instances) found.push_back(instance.id);
    return found;
  };
  EXPECT_EQ(ids({{"tag:SQL", {"2022"}}}), std::vector{tagged_});
  EXPECT_EQ(ids({{"tag:SQL", {"20??"}}}), (std::vector{tagged_, other_}));
  EXPECT_EQ(ids({{"tag:SQL", {"2022", "2019"}}, {"tag-value", {"db*"}}}), std::vector{tagged_});
  EXPECT_EQ(ids({{"tag-key", {"SQL"}}, {"instance-state-name", {"stopped"}}}), std::vector<std::string>{});
  EXPECT_EQ(ec2_.describe_instances({{"colour", {"red"}}}).error().code, "InvalidParameterValue");
}

TEST_F(Ec2Test, APageMayBeEmptyAndNotTheLast) {
  const auto first = ec2_.describe_instances({{"tag:SQL", {"2022"}}}, {}, 5).value();
  EXPECT_TRUE(first.instances.empty());
  ASSERT_FALSE(first.next_token.empty());
  const auto second = ec2_.describe_instances({{"tag:SQL", {"2022"}}}, {}, 5, first.next_token).value();
  EXPECT_EQ(second.instances.size(), 1U);
  EXPECT_TRUE(second.next_token.empty());
  EXPECT_EQ(ec2_.describe_instances({}, {}, 5, "garbage").error().code, "InvalidNextToken");
  EXPECT_EQ(ec2_.describe_instances({}, {}, 4).error().code, "InvalidParameterValue");
}

TEST_F(Ec2Test, StoppingLeavesReasonAndTime) {
  ec2_.set_state(tagged_, InstanceState::stopped);
  const auto stopped = ec2_.describe_instances({}, {tagged_}).value().instances.at(0);
  EXPECT_EQ(stopped.state, InstanceState::stopped);
  EXPECT_EQ(stopped.state_transition_reason, "User initiated (2025-06-15 15:06:40 GMT)");
  ec2_.set_state(tagged_, InstanceState::running);
  EXPECT_TRUE(ec2_.describe_instances({}, {tagged_}).value().instances.at(0).state_transition_reason.empty());
}

TEST_F(Ec2Test, AnUnknownIdFailsTheWholeCall) {
  EXPECT_EQ(ec2_.describe_instances({}, {tagged_, "i-0"}).error().code, "InvalidInstanceID.NotFound");
  EXPECT_EQ(tagged_.size(), 19U);
}

}  // namespace
}  // namespace keyturn::sim
