#include "aws/credential_process.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/path.h"
#include "base/random.h"

namespace keyturn::aws {
namespace {

namespace fs = std::filesystem;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

class CredentialProcess : public testing::Test {
 protected:
  CredentialProcess() { fs::create_directory(folder_); }
  ~CredentialProcess() override { fs::remove_all(folder_); }

  // A batch file's path, quoted.
  std::string batch(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / path_of(name), std::ios::binary) << "@echo off\r\n" + text;
    return "\"" + utf8_of(folder_ / path_of(name)) + "\"";
  }

  const fs::path folder_ = fs::temp_directory_path() / path_of("keyturn " + SystemRandom().uuid());
};

TEST_F(CredentialProcess, GetsItsArgumentsAsTheyStand) {
  const std::string helper =
      batch("helper one.cmd",
            "echo {\"Version\": 1, \"AccessKeyId\": \"%~1\", \"SecretAccessKey\": \"s\", "
            "\"Expiration\": \"2026-01-02T01:00:00Z\"}\r\n");
  const auto got = run_credential_process(helper + " $(id)");
  ASSERT_TRUE(got) << got.error().sentence();
  EXPECT_EQ(got->access_key_id, "$(id)");
  EXPECT_TRUE(got->expires_at);
}

TEST_F(CredentialProcess, ShowsItsErrorsButNeverItsOutput) {
  const auto failing =
      run_credential_process(batch("a.cmd", "echo SECRETBYTES\r\necho please sign in>&2\r\nexit 3\r\n"));
  ASSERT_FALSE(failing);
  EXPECT_TRUE(has(failing.error().message, "please sign in")) << failing.error().message;
  EXPECT_FALSE(has(failing.error().message, "SECRETBYTES"));
  for (const std::string output :
       {"SECRETBYTES", "{\"Version\": 2}", "{\"Version\": 1, \"AccessKeyId\": \"x\"}"}) {
    const auto got = run_credential_process(batch("b.cmd", "echo " + output + "\r\n"));
    ASSERT_FALSE(got) << output;
    EXPECT_FALSE(has(got.error().sentence(), "SECRETBYTES"));
  }
}

TEST_F(CredentialProcess, IsEndedWhenItsTimeIsOver) {
  for (const std::string work : {"", "echo and on and on\r\n"}) {
    const auto began = std::chrono::steady_clock::now();
    const auto got = run_credential_process(batch("slow.cmd", ":again\r\n" + work + "goto again\r\n"),
                                            std::chrono::milliseconds{500});
    ASSERT_FALSE(got);
    EXPECT_TRUE(has(got.error().message, "took longer than 500ms")) << got.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
  }
}

TEST_F(CredentialProcess, IsNotLookedForInTheCurrentFolder) {
  batch("here.cmd", "echo {\"Version\": 1, \"AccessKeyId\": \"x\", \"SecretAccessKey\": \"s\"}\r\n");
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  const auto got = run_credential_process("here.cmd");
  fs::current_path(before);
  ASSERT_FALSE(got);
  EXPECT_TRUE(has(got.error().message, "here.cmd could not be started")) << got.error().message;
}

TEST_F(CredentialProcess, IsFoundOnThePath) {
  const auto got = run_credential_process("cmd /c exit 4");
  ASSERT_FALSE(got);
  EXPECT_TRUE(has(got.error().message, "cmd failed")) << got.error().message;
}

TEST_F(CredentialProcess, RefusesWhatNamesNoProgram) {
  for (const char* line : {"", "  ", "\"C:\\not closed"}) {
    const auto got = run_credential_process(line);
    ASSERT_FALSE(got) << line;
    EXPECT_EQ(got.error().kind, ErrorKind::usage);
  }
}

}  // namespace
}  // namespace keyturn::aws
