#include "host/linux/systemd.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "host/linux/child.h"
#include "host/linux/error_log.h"

namespace keyturn::host {
namespace {

namespace fs = std::filesystem;

Service parsed(const std::string& active, const std::string& load = "loaded", const std::string& more = "") {
  const auto service = parse_service("LoadState=" + load + "\nActiveState=" + active + "\n" + more);
  EXPECT_TRUE(service);
  return service ? *service : Service{};
}

TEST(Systemd, TellsEveryState) {
  EXPECT_EQ(parsed("active").state, ServiceState::running);
  EXPECT_EQ(parsed("activating").state, ServiceState::starting);
  EXPECT_EQ(parsed("reloading").state, ServiceState::starting);
  EXPECT_EQ(parsed("deactivating").state, ServiceState::stopped);
  EXPECT_EQ(parsed("inactive").state, ServiceState::stopped);
  EXPECT_EQ(parsed("failed").state, ServiceState::failed);
  EXPECT_EQ(parsed("inactive", "masked").state, ServiceState::stopped);
  EXPECT_EQ(parsed("inactive", "not-found").state, ServiceState::not_installed);
}

TEST(Systemd, ReadsDateStartAndPort) {
  const Service service = parsed("inactive", "loaded",
                                 "UnitFileState=enabled\nStateChangeTimestamp=Mon 2026-11-23 16:18:42 UTC\n"
                                 "Environment=A=1 MSSQL_TCP_PORT=1444 B=2\n");
  EXPECT_TRUE(service.is_enabled);
  EXPECT_EQ(service.since, *parse_iso8601("2026-11-23T16:18:42Z"));
  EXPECT_EQ(service.port, "1444");
  const Service bare = parsed("inactive", "loaded", "UnitFileState=disabled\nStateChangeTimestamp=n/a\n");
  EXPECT_FALSE(bare.is_enabled);
  EXPECT_EQ(bare.since, std::nullopt);
  EXPECT_EQ(bare.port, std::nullopt);
}

TEST(Systemd, WhatIsNotItsAnswerIsRefused) {
  EXPECT_FALSE(parse_service(""));
  EXPECT_FALSE(parse_service("System has not been booted with systemd as init system"));
}

RC_GTEST_PROP(Systemd, NoTextIsTooDamaged, (const std::string& text)) {
  (void)parse_service(text);
  (void)parse_service("LoadState=loaded\nActiveState=active\nStateChangeTimestamp=" + text);
  (void)parse_service("LoadState=loaded\nActiveState=active\nEnvironment=" + text);
}

// A systemctl of the test's own, first in PATH.
class Systemctl : public testing::Test {
 protected:
  void SetUp() override { setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1); }
  void TearDown() override {
    setenv("PATH", path_.c_str(), 1);
    fs::remove_all(folder_);
  }
  void write(const std::string& script) {
    const fs::path file = folder_ / "systemctl";
    std::ofstream(file) << "#!/bin/sh\n" << script;
    fs::permissions(file, fs::perms::owner_all);
  }
  static fs::path make_folder() {
    std::string name = (fs::temp_directory_path() / "keyturn-test-XXXXXX").string();
    return mkdtemp(name.data());
  }
  const std::string path_ = std::getenv("PATH");
  const fs::path folder_ = make_folder();
};

TEST_F(Systemctl, IsAskedForTheUnit) {
  write(
      "[ \"$1\" = show ] || exit 1\nfor unit; do :; done\n[ \"$unit\" = mssql-server ] || exit 1\n"
      "echo LoadState=loaded; echo ActiveState=failed\n");
  const auto service = ask_systemctl("mssql-server");
  ASSERT_TRUE(service) << service.error().sentence();
  EXPECT_EQ(service->state, ServiceState::failed);
}

TEST_F(Systemctl, SeesNothingOfOurEnvironment) {
  setenv("AWS_SECRET_ACCESS_KEY", "hidden", 1);
  write(
      "echo LoadState=loaded; echo ActiveState=active\n"
      "echo \"Environment=MSSQL_TCP_PORT=${AWS_SECRET_ACCESS_KEY:-none}-$TZ-$LC_ALL\"\n");
  const auto service = ask_systemctl("mssql-server");
  unsetenv("AWS_SECRET_ACCESS_KEY");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->port, "none-UTC-C");
}

TEST_F(Systemctl, OneThatFailsSaysNothing) {
  write("echo 'Failed to connect to bus' >&2\nexit 1\n");
  EXPECT_FALSE(ask_systemctl("mssql-server"));
}

TEST_F(Systemctl, WhereThereIsNoneNobodyKnows) {
  setenv("PATH", folder_.c_str(), 1);
  const auto service = ask_systemctl("mssql-server");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->state, ServiceState::unknown);
}

TEST_F(Systemctl, AHangingOneIsKilled) {
  write("exec sleep 60\n");
  const auto began = std::chrono::steady_clock::now();
  const auto answer = run_child({"systemctl"}, {}, Duration{300});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{30});
}

TEST_F(Systemctl, EndlessOutputIsCut) {
  write("head -c 300000 /dev/zero | tr '\\\\0' x\n");
  const auto answer = run_child({"systemctl"}, {}, Duration{20'000});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->size(), 65'536U);
}

const std::string kHead =
    "2024-06-01 10:00:00.00 Server      Microsoft SQL Server 2022 (RTM-CU14) (KB5038325) - 16.0.4135.4 (X64) "
    "\n"
    "\tJul 10 2024 14:09:09 \n\tCopyright (C) 2022 Microsoft Corporation\n"
    "\tDeveloper Edition (64-bit) on Linux (Ubuntu 22.04.4 LTS) <X64>\n";

TEST(ErrorLog, TellsVersionAndEdition) {
  const ServerVersion version = read_error_log(kHead);
  EXPECT_EQ(version.product_version, "16.0.4135.4");
  EXPECT_EQ(version.edition, "Developer Edition (64-bit)");
}

TEST(ErrorLog, InUtf16Too) {
  std::string wide = "\xFF\xFE";
  for (const char c : kHead) wide += {c, '\0'};
  EXPECT_EQ(read_error_log(wide).product_version, "16.0.4135.4");
  EXPECT_EQ(read_error_log(wide).edition, "Developer Edition (64-bit)");
}

TEST(ErrorLog, AnotherTextTellsNothing) {
  for (const char* text : {"", "Microsoft SQL Server ", "Microsoft SQL Server 2022 - later (X64)\n",
                           "Microsoft SQL Server 2022 - 1.2.3.4.5 \n"}) {
    EXPECT_EQ(read_error_log(text).product_version, "") << text;
    EXPECT_EQ(read_error_log(text).edition, "") << text;
  }
}

RC_GTEST_PROP(ErrorLog, NoTextIsTooDamaged, (const std::string& text)) {
  (void)read_error_log(text);
  (void)read_error_log("Microsoft SQL Server - " + text + "Edition (64-bit)");
}

}  // namespace
}  // namespace keyturn::host
