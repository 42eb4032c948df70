#include "cli/windows/event_text.h"

#include <gtest/gtest.h>

namespace keyturn::cli {
namespace {

using spdlog::level::err;
using spdlog::level::info;
using spdlog::level::warn;

TEST(EventText, TheLastLineIsTheHeadline) {
  const Event event =
      event_of({{info, "keyturn 1.0 apply"}, {info, "PAYROLL: updatable"}, {info, "done: All hold it."}},
               R"(C:\ProgramData\keyturn\logs\keyturn.log)");
  EXPECT_EQ(event.id, EventId::done);
  EXPECT_EQ(event.text,
            "done: All hold it.\r\n\r\nThe whole log: C:\\ProgramData\\keyturn\\logs\\keyturn.log");
}

TEST(EventText, WarningsAndErrorsFollowAndRaiseIt) {
  const Event warned = event_of({{info, "a"}, {warn, "The clock is wrong."}, {info, "done"}}, "");
  EXPECT_EQ(warned.id, EventId::warning);
  EXPECT_EQ(warned.text, "done\r\n\r\nThe clock is wrong.");
  const Event failed = event_of({{warn, "W"}, {err, "PAYROLL: refused"}, {err, "incomplete"}}, "");
  EXPECT_EQ(failed.id, EventId::error);
  EXPECT_EQ(failed.text, "incomplete\r\n\r\nW\r\n\r\nPAYROLL: refused");
}

TEST(EventText, FitsIntoAnEventAndHoldsNoControlCharacters) {
  std::vector<LogLine> lines(2000, {err, std::string(100, 'x') + "\x1b[31m\n"});
  lines.push_back({err, "incomplete"});
  const Event event = event_of(lines, "log");
  EXPECT_LE(event.text.size(), kEventBytes);
  EXPECT_GT(event.text.size(), kEventBytes * 9 / 10);
  EXPECT_NE(event.text.find("\r\n...\r\n\r\nThe whole log: log"), std::string::npos);
  EXPECT_EQ(event.text.find('\x1b'), std::string::npos);
  EXPECT_LE(event_of({{err, std::string(50'000, 'y')}}, "log").text.size(), kEventBytes);
}

}  // namespace
}  // namespace keyturn::cli
