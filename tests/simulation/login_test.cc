// The rotation of the login's password: crashes and lost replies at every effect, runs that overtake each
// other at every call, servers that are away or refuse, and all of it drawn from seeds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <functional>

#include "login_world.h"

namespace keyturn::simulation {
namespace {

using namespace std::chrono_literals;
using rotation::Outcome;
using testing::IsEmpty;

void expect_rest(LoginWorld& world, const std::string& after) {
  OpenGate open;
  for (std::size_t i = 0; i < world.size(); ++i) {
    world.set_reachable(int(i), true);
    world.set_may_change(int(i), true);
  }
  for (int run = 0; run < 3; ++run) {
    world.pass_time(20min);
    world.run(false, open);
  }
  EXPECT_TRUE(world.all_on("AWSCURRENT")) << after;
  EXPECT_EQ(world.version_at("AWSPENDING"), "") << after;
  EXPECT_THAT(world.violations(), IsEmpty()) << after;
  // And the next one goes through.
  const std::string before = world.version_at("AWSCURRENT");
  world.pass_time(2h);
  const auto report = world.run(true, open);
  EXPECT_EQ(report->outcome, Outcome::done) << after << ": " << report->reason;
  EXPECT_NE(world.version_at("AWSCURRENT"), before) << after;
  EXPECT_TRUE(world.all_on("AWSCURRENT")) << after;
}

TEST(LoginSimulation, APasswordGoesRoundTheFleet) {
  LoginWorld world(4, 1);
  OpenGate open;
  const std::string first = world.version_at("AWSCURRENT");
  const auto report = world.run(true, open);
  EXPECT_EQ(report->outcome, Outcome::done) << report->reason;
  EXPECT_EQ(world.version_at("AWSPREVIOUS"), first);
  EXPECT_TRUE(world.all_on("AWSCURRENT"));
  EXPECT_THAT(world.violations(), IsEmpty());
  // Asked again at once it rests; and without being asked, as long as it is young.
  EXPECT_THAT(world.run(true, open)->steps, IsEmpty());
  world.pass_time(24h * 29);
  EXPECT_THAT(world.run(false, open)->steps, IsEmpty());
  world.pass_time(24h * 2);
  EXPECT_EQ(world.run(false, open)->steps.size(), 6U);  // put, canary, two waves, promote, drop
}

TEST(LoginSimulation, CrashesAndLostRepliesAtEveryEffectLoseNothing) {
  for (const Verdict verdict : {Verdict::crash_before, Verdict::crash_after, Verdict::reply_lost,
                                Verdict::throttle, Verdict::refuse}) {
    for (int effect = 0;; ++effect) {
      LoginWorld world(4, 2);
      FaultAt fault(effect, verdict);
      world.run(true, fault);
      if (fault.hit().empty()) {
        EXPECT_GT(effect, 6);
        break;
      }
      expect_rest(world, fault.hit() + ", verdict " + std::to_string(int(verdict)));
    }
  }
}

// At the n-th call of a run another one comes in between, whole.
class Overtaken final : public Gate {
 public:
  Overtaken(int call, std::function<void()> other) : left_(call), other_(std::move(other)) {}
  Verdict pass(const Call& /*call*/) override {
    if (left_-- == 0) other_();
    return Verdict::proceed;
  }
  [[nodiscard]] bool done() const { return left_ < 0; }

 private:
  int left_;
  std::function<void()> other_;
};

TEST(LoginSimulation, AnotherRunAtAnyCallLosesNothing) {
  for (const Duration pause : {Duration(0s), Duration(3h)}) {  // 3 h: the first one's effects come too late
    for (int call = 0;; ++call) {
      LoginWorld world(3, 3);
      Overtaken gate(call, [&] {
        OpenGate open;
        world.pass_time(pause);
        world.run(true, open);
        world.pass_time(pause);
        world.run(true, open);
      });
      world.run(true, gate);
      if (!gate.done()) break;
      expect_rest(world, "call " + std::to_string(call));
      ASSERT_LT(call, 1000);
    }
  }
}

TEST(LoginSimulation, ATargetThatIsAwayIsBroughtAlongAndNoSecondPasswordIsMadeMeanwhile) {
  LoginWorld world(4, 4);
  OpenGate open;
  world.set_reachable(2, false);
  EXPECT_EQ(world.run(true, open)->outcome, Outcome::incomplete);  // nobody knows what it holds
  EXPECT_EQ(world.version_at("AWSPENDING"), "");
  world.set_reachable(2, true);
  FaultOn away("tds:sql0:change", Verdict::crash_before);
  world.run(true, away);  // dies with the password stored
  world.set_reachable(2, false);
  EXPECT_EQ(world.run(false, open)->outcome, Outcome::done);
  const std::string current = world.version_at("AWSCURRENT");
  world.pass_time(24h * 60);
  EXPECT_THAT(world.run(false, open)->steps, IsEmpty());
  EXPECT_EQ(world.version_at("AWSCURRENT"), current);
  expect_rest(world, "its return");
}

TEST(LoginSimulation, ATargetWhosePolicyRefusesKeepsItsPasswordAndIsToldOf) {
  LoginWorld world(4, 5);
  OpenGate open;
  world.set_may_change(3, false);
  const auto report = world.run(true, open);
  EXPECT_EQ(report->outcome, Outcome::incomplete);
  ASSERT_EQ(report->laggards.size(), 1U);
  EXPECT_THAT(report->laggards[0].reason, testing::HasSubstr("password policy"));
  EXPECT_NE(world.version_at("AWSPENDING"), "");
  expect_rest(world, "its policy allows it");
}

class RandomGate final : public Gate {
 public:
  RandomGate(Random& random, double probability, std::function<void()> other)
      : random_(random), probability_(probability), other_(std::move(other)) {}
  Verdict pass(const Call& /*call*/) override {
    if (random_.unit() >= probability_) return Verdict::proceed;
    if (other_ && random_.next() % 3 == 0) {
      std::exchange(other_, {})();
      return Verdict::proceed;
    }
    constexpr std::array kVerdicts{Verdict::crash_before, Verdict::crash_after, Verdict::reply_lost,
                                   Verdict::throttle};
    return kVerdicts[random_.next() % kVerdicts.size()];
  }

 private:
  Random& random_;
  const double probability_;
  std::function<void()> other_;
};

void blow(LoginWorld& world, Random& random, int events) {
  for (int i = 0; i < events && world.violations().empty(); ++i) {
    const int any = int(random.next() % world.size());
    switch (random.next() % 6) {
      case 0:
        world.set_reachable(any, random.unit() < 0.6);
        break;
      case 1:
        world.set_may_change(any, random.unit() < 0.7);
        break;
      case 2:
        world.pass_time(Duration{std::int64_t(random.next() % 400'000'000)});
        break;
      default: {
        RandomGate gate(random, 0.05, [&] {
          RandomGate inner(random, 0.02, {});
          world.pass_time(Duration{std::int64_t(random.next() % 1'200'000)});
          world.run(random.next() % 2 == 0, inner);
        });
        world.run(random.next() % 2 == 0, gate);
      }
    }
  }
}

// KEYTURN_SEEDS=N widens the search, KEYTURN_SEED=N replays one.
TEST(LoginSimulation, NoTargetIsEverLockedOutAndFaultsOverTheFleetComesToRest) {
  const char* one = std::getenv("KEYTURN_SEED");
  const char* many = std::getenv("KEYTURN_SEEDS");
  const std::uint64_t first = one == nullptr ? 1 : std::strtoull(one, nullptr, 10);
  const std::uint64_t count = one != nullptr ? 1 : many == nullptr ? 150 : std::strtoull(many, nullptr, 10);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    LoginWorld world(1 + int(seed % 5), seed);
    SeededRandom random(seed);
    blow(world, random, 40);
    ASSERT_THAT(world.violations(), IsEmpty()) << "KEYTURN_SEED=" << seed;
    expect_rest(world, "KEYTURN_SEED=" + std::to_string(seed));
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace keyturn::simulation
