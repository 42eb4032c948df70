#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "aws/credential_process.h"

namespace keyturn::aws {
namespace {

namespace fs = std::filesystem;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

class CredentialProcess : public testing::Test {
 protected:
  CredentialProcess() {
    std::string pattern = (fs::temp_directory_path() / "keyturn-aws-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~CredentialProcess() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    fs::permissions(folder_ / name, fs::perms::owner_all);
    return (folder_ / name).string();
  }

  fs::path folder_;
};

TEST_F(CredentialProcess, RunsWithoutAShell) {
  const std::string script =
      write("helper one.sh",
            "#!/bin/sh\nprintf '{\"Version\": 1, \"AccessKeyId\": \"%s\", \"SecretAccessKey\": \"s\", "
            "\"Expiration\": \"2026-01-02T01:00:00Z\"}' \"$1\"\n");
  const auto got = run_credential_process("\"" + script + "\" $(id)");
  ASSERT_TRUE(got) << got.error().sentence();
  EXPECT_EQ(got->access_key_id, "$(id)");
  EXPECT_TRUE(got->expires_at);
}

TEST_F(CredentialProcess, ShowsItsErrorsButNeverItsOutput) {
  std::string script = write("helper.sh", "#!/bin/sh\necho SECRETBYTES\necho 'please sign in' >&2\nexit 3\n");
  auto got = run_credential_process(script);
  ASSERT_FALSE(got);
  EXPECT_TRUE(has(got.error().message, "please sign in"));
  EXPECT_FALSE(has(got.error().sentence(), "SECRETBYTES"));
  for (const std::string output :
       {"SECRETBYTES", "{\"Version\": 2}", "{\"Version\": 1, \"AccessKeyId\": \"x\"}"}) {
    script = write("helper.sh", "#!/bin/sh\nprintf '%s' '" + output + "'\n");
    got = run_credential_process(script);
    ASSERT_FALSE(got) << output;
    EXPECT_FALSE(has(got.error().sentence(), "SECRETBYTES"));
  }
  EXPECT_FALSE(run_credential_process("/nowhere/helper"));
}

TEST_F(CredentialProcess, IsEndedWhenItsTimeIsOver) {
  const std::string script = write("slow.sh", "#!/bin/sh\nexec sleep 60\n");
  const auto began = std::chrono::steady_clock::now();
  const auto got = run_credential_process(script, std::chrono::milliseconds{300});
  ASSERT_FALSE(got);
  EXPECT_TRUE(has(got.error().message, "took longer than 300ms")) << got.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
}

TEST(SplitCommand, QuotesAsAShellWould) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_command(R"(a 'b c' "d \"e\"" f\ g "")").value(), (Words{"a", "b c", "d \"e\"", "f g", ""}));
  EXPECT_EQ(split_command(R"("C:\Program Files\x" y)").value(), (Words{R"(C:\Program Files\x)", "y"}));
  EXPECT_FALSE(split_command("a 'b"));
  EXPECT_FALSE(split_command("  "));
}

}  // namespace
}  // namespace keyturn::aws
