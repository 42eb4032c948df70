#include "lab/process.h"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "lab/process_table.h"

namespace keyturn::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProcessTest : public ::testing::Test {
 protected:
  ProcessTest() {
    std::string name = (std::filesystem::temp_directory_path() / "keyturn-process-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ProcessTest() override { std::filesystem::remove_all(folder_); }

  ProcessSpec shell(const std::string& script) {
    return {{"/bin/sh", "-c", script},
            {{"PATH", "/usr/bin:/bin"}, {"ONLY", "this"}},
            folder_,
            folder_ / "out",
            folder_ / "err"};
  }
  std::unique_ptr<Process> started(const std::string& script) {
    auto process = Process::start(shell(script));
    EXPECT_TRUE(process) << process.error().message;
    return *std::move(process);
  }
  static int wait(Process& process) {
    for (int i = 0; i < 1000; ++i) {
      if (const auto status = process.poll()) return *status;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return -1;
  }
  std::string text(const char* name) {
    std::ifstream stream(folder_ / name);
    std::ostringstream content;
    content << stream.rdbuf();
    return content.str();
  }

  std::filesystem::path folder_;
};

TEST_F(ProcessTest, TellsExitStatusAndKeepsBothOutputs) {
  const auto process = started("echo said; echo complained >&2; pwd; exit 7");
  EXPECT_EQ(wait(*process), 7);
  EXPECT_EQ(text("out"), "said\n" + folder_.string() + "\n");
  EXPECT_EQ(text("err"), "complained\n");
}

TEST_F(ProcessTest, GetsTheEnvironmentThatIsGivenAndNoOther) {
  ASSERT_NE(std::getenv("PATH"), nullptr);
  ::setenv("KEYTURN_OF_THE_LAB", "secret", 1);
  EXPECT_EQ(wait(*started("env")), 0);
  EXPECT_THAT(text("out"), HasSubstr("ONLY=this\n"));
  EXPECT_THAT(text("out"), Not(HasSubstr("KEYTURN_OF_THE_LAB")));
}

TEST_F(ProcessTest, AnEndBySignalReadsAsAShellTellsIt) {
  EXPECT_EQ(wait(*started("kill -9 $$")), 137);
  const auto process = started("sleep 60");
  process->kill();
  EXPECT_EQ(wait(*process), 137);
}

TEST_F(ProcessTest, WhatItStartedEndsWithIt) {
  EXPECT_EQ(wait(*started("(sleep 0.3; echo late > late) & exit 0")), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "late"));
}

TEST_F(ProcessTest, BlockedAndIgnoredSignalsOfTheParentAreNotHandedDown) {
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, &before);
  const auto process = started("kill -TERM $$; echo deaf");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(wait(*process), 128 + SIGTERM);
  EXPECT_EQ(text("out"), "");
}

TEST_F(ProcessTest, AProgramThatIsNotThereIsAnError) {
  ProcessSpec spec = shell("");
  spec.command = {"/no/such/program"};
  const auto process = Process::start(spec);
  ASSERT_FALSE(process);
  EXPECT_THAT(process.error().message, HasSubstr("/no/such/program can't be started"));
}

TEST_F(ProcessTest, TheTableKillsThoseOfOneOwnerOnly) {
  ProcessTable table;
  const auto mine = table.start("i-1", shell("sleep 60"));
  const auto other = table.start("i-2", shell("sleep 0.3"));
  ASSERT_TRUE(mine && other);
  table.kill_all_of("i-1");
  table.kill_all_of("nobody");
  EXPECT_EQ(wait(**mine), 137);
  EXPECT_EQ(wait(**other), 0);
}

}  // namespace
}  // namespace keyturn::lab
