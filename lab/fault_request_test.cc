#include "lab/fault_request.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace keyturn::lab {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string problem(const json& object) {
  const auto fault = parse_fault(object, known_operations({"sql01"}));
  return fault ? "" : fault.error().message;
}

std::string sources_of_the_world() {
  std::ostringstream all;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(KEYTURN_SOURCE_DIR) + "/sim"))
    if (entry.path().extension() == ".cc" && !entry.path().string().ends_with("_test.cc"))
      all << std::ifstream(entry.path()).rdbuf();
  return all.str();
}

TEST(FaultRequest, EveryOperationOfTheListIsOneThatTheWorldServes) {
  const std::string sources = sources_of_the_world();
  for (const std::string& operation : known_operations({})) {
    const std::string name = operation.substr(operation.find(':') + 1);
    EXPECT_THAT(sources, HasSubstr("\"" + name + "\"")) << operation;
  }
}

TEST(FaultRequest, MatchesOnlyWhatCanHappen) {
  EXPECT_EQ(problem({{"match", "iam:CreateAccessKey"}, {"kind", "kill_after"}}), "");
  EXPECT_EQ(problem({{"match", "tds:sql01:commit"}, {"kind", "kill_before"}}), "");
  EXPECT_EQ(problem({{"match", "tds:*"}, {"kind", "cut"}}), "");
  EXPECT_EQ(problem({{"match", "*"}, {"kind", "throttle"}}), "");
  for (const char* match : {"iam:CreateAccesKey", "iam", "tds:sql02:login", "tds:sql01:insert", "sqs:*", ""})
    EXPECT_THAT(problem({{"match", match}, {"kind", "cut"}}), HasSubstr("Nothing here is called")) << match;
  EXPECT_THAT(problem({{"match", 1}, {"kind", "cut"}}), HasSubstr("\"match\" must be"));
  EXPECT_THAT(problem({{"match", "*"}, {"kind", "kill"}}), HasSubstr("kill_before or kill_after"));
}

}  // namespace
}  // namespace keyturn::lab
