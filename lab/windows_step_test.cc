#include "lab/windows_step.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace keyturn::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// As it is shipped, with parameters pasted into it as the agent does.
std::string script(std::map<std::string, std::string> parameters) {
  std::ostringstream file;
  file << std::ifstream(KEYTURN_SOURCE_DIR "/src/render/windows_step.ps1").rdbuf();
  std::string text = file.str();
  for (std::size_t at; (at = text.find("{{ ")) != text.npos;) {
    const std::size_t end = text.find(" }}", at);
    text.replace(at, end + 3 - at, parameters[text.substr(at + 3, end - at - 3)]);
  }
  return text;
}

WindowsStep step(const std::map<std::string, std::string>& parameters) {
  const auto read = read_windows_step(script(parameters));
  EXPECT_TRUE(read) << read.error().message;
  return *read;
}

TEST(WindowsStep, OfAnOrderItPassesWhatIsGiven) {
  EXPECT_THAT(arguments_of(step({{"Mode", "apply"},
                                 {"VersionId", "v-1"},
                                 {"Stage", "pending"},
                                 {"NotAfter", "2026-01-02T03:04:05Z"},
                                 {"CredentialSecret", "sqlcredential"},
                                 {"BucketUrls", R"(["s3://a/b","s3://c/d"])"},
                                 {"CredentialPatterns", "[]"}})),
              ElementsAre("apply", "--output", "json", "--credential-secret", "sqlcredential", "--bucket-url",
                          "s3://a/b", "--bucket-url", "s3://c/d", "--version-id", "v-1", "--stage", "pending",
                          "--not-after", "2026-01-02T03:04:05Z"));
}

TEST(WindowsStep, ALookTakesNoVersion) {
  EXPECT_THAT(
      arguments_of(step({{"Mode", "check"}, {"VersionId", "v-1"}, {"CredentialSecret", "sqlcredential"}})),
      ElementsAre("apply", "--output", "json", "--credential-secret", "sqlcredential", "--check"));
}

TEST(WindowsStep, OtherScriptsAndUnknownVariablesAreRefused) {
  EXPECT_THAT(read_windows_step("exit 0").error().message, HasSubstr("There is no PowerShell"));
  std::string changed = script({});
  changed.insert(changed.find("$versionId"), "$surprise = 'boo'\n");
  EXPECT_THAT(read_windows_step(changed).error().message, HasSubstr("$surprise"));
}

TEST(WindowsStep, TheRegionIsTheAgentsWhereNoOtherIsSet) {
  EXPECT_EQ(environment_of_step({{"AWS_SSM_REGION_NAME", "r"}}).at("AWS_REGION"), "r");
  EXPECT_EQ(environment_of_step({{"AWS_SSM_REGION_NAME", "r"}, {"AWS_REGION", "own"}}).at("AWS_REGION"),
            "own");
  EXPECT_EQ(
      environment_of_step({{"AWS_SSM_REGION_NAME", "r"}, {"AWS_DEFAULT_REGION", "own"}}).count("AWS_REGION"),
      0U);
}

TEST(WindowsStep, LinesEndAsPowerShellWritesThem) {
  EXPECT_EQ(as_powershell_writes("one\ntwo\r\nthree"), "one\r\ntwo\r\nthree\r\n");
  EXPECT_EQ(as_powershell_writes(""), "");
}

TEST(WindowsStep, WithoutKeyturnItReportsTheScriptsOwnSentence) {
  const std::string text = script({});
  for (const auto& parameters : std::vector<std::map<std::string, std::string>>{
           {{"Mode", "apply"}}, {{"Mode", "apply"}, {"WindowsPackageUrl", "https://x/keyturn.exe"}}})
    EXPECT_THAT(text, HasSubstr("throw '" + missing_program(step(parameters)) + "'"));
  EXPECT_THAT(
      missing_program(step({{"WindowsPackageUrl", "https://x/k.exe"}, {"WindowsPackageSha256", "00"}})),
      StartsWith("The package https://x/k.exe can't be fetched: "));
  const auto report = nlohmann::json::parse(failure_report(step({{"Mode", "apply"}, {"VersionId", "v-1"}}),
                                                           "WIN1", "No.", TimePoint(Duration{1500})));
  EXPECT_EQ(report["kind"], "host");
  EXPECT_EQ(report["version_id"], "v-1");
  EXPECT_EQ(report["at"], 1500);
  EXPECT_EQ(report["exit_status"], 1);
}

}  // namespace
}  // namespace keyturn::lab
