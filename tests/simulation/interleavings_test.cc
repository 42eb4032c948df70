// Two runs, each overtaken by the other at every one of its calls, time passing in between: exhaustive for
// one and two targets. Afterwards faults stop, and the world must come to rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actor.h"

namespace keyturn::simulation {
namespace {

using namespace std::chrono_literals;
using rotation::Command;
using testing::IsEmpty;

enum class Start {
  at_rest,     // nothing is due
  half_way,    // a run died before the promotion: some targets hold the pending key
  grace_over,  // AWSPREVIOUS may be deactivated
};

void prepare(Scenario& scenario, Start start) {
  if (start == Start::at_rest) return;
  if (start == Start::half_way) {
    Actor dying(scenario, Command::rotate);
    dying.run_until("tds:" + scenario.targets.back().name + ":commit");
    dying.crash();
    scenario.pass_time(70s);  // whatever that run had under way has lost its time
    return;
  }
  scenario.run(Command::rotate);
  scenario.pass_time(scenario.setting.policy.grace + 5s);
}

int calls_of(const Setting& setting, Start start, Command command) {
  Scenario scenario(setting);
  prepare(scenario, start);
  Actor actor(scenario, command);
  int calls = 0;
  while (actor.step()) ++calls;
  return calls;
}

struct Times {
  Duration first;   // while the first run stands still and the second has not begun
  Duration second;  // while both stand still
};

// Nothing; nearly the deadline; past the minimum ages; past the grace.
const Times kTimes[] = {{0s, 0s}, {0s, 59s}, {100s, 0s}, {50s, 250s}};

void interleave(const Setting& setting, Start start, Command first, Command second) {
  const int first_calls = calls_of(setting, start, first);
  const int second_calls = calls_of(setting, start, second);
  for (const Times& times : kTimes) {
    for (int k = 0; k <= first_calls; ++k) {
      for (int j = 0; j <= second_calls; ++j) {
        Scenario scenario(setting);
        prepare(scenario, start);
        {
          Actor one(scenario, first);
          one.steps(k);
          scenario.pass_time(times.first);
          Actor two(scenario, second);
          two.steps(j);
          scenario.pass_time(times.second);
          one.finish();
          two.finish();
        }
        scenario.converge();
        if (scenario.violations().empty() && scenario.works_everywhere() && !testing::Test::HasFailure())
          continue;
        ADD_FAILURE() << "first stands before its call " << k << ", second before its call " << j
                      << ", times " << times.first.count() << " and " << times.second.count() << " ms";
        EXPECT_THAT(scenario.violations(), IsEmpty());
        return;
      }
    }
  }
}

class Interleavings : public testing::TestWithParam<std::tuple<int, Start, Command, Command>> {};

TEST_P(Interleavings, NoTargetEverLosesItsKey) {
  Setting setting;
  setting.settled = true;
  setting.targets = std::get<0>(GetParam());
  interleave(setting, std::get<1>(GetParam()), std::get<2>(GetParam()), std::get<3>(GetParam()));
}

std::string name_of_case(const testing::TestParamInfo<Interleavings::ParamType>& parameter) {
  constexpr const char* kStarts[] = {"AtRest", "HalfWay", "GraceOver"};
  const auto& [targets, start, first, second] = parameter.param;
  return std::to_string(targets) + kStarts[int(start)] + "_" + to_string(first) + "_" + to_string(second);
}

INSTANTIATE_TEST_SUITE_P(TwoRuns, Interleavings,
                         testing::Combine(testing::Values(1, 2),
                                          testing::Values(Start::at_rest, Start::half_way, Start::grace_over),
                                          testing::Values(Command::rotate, Command::reconcile),
                                          testing::Values(Command::rotate, Command::reconcile,
                                                          Command::rollback)),
                         name_of_case);

}  // namespace
}  // namespace keyturn::simulation
