#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "report/report.h"
#include "report/samples_for_test.h"
#include "report/text_table.h"

namespace keyturn::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TextStyle, ColumnsCountCodePointsAndNoColours) {
  EXPECT_EQ(columns_of("Größe"), 5U);
  EXPECT_EQ(columns_of(paint("abc", Tone::bad, {true, 0})), 3U);
}

TEST(TextStyle, NothingThatDrivesATerminalGetsThrough) {
  EXPECT_EQ(printable("a\033[2Jb\r\x7f"), "a?[2Jb??");
  EXPECT_EQ(printable("\xc2\x9b"
                      "1m"),
            "?1m");  // CSI as one C1 character
  EXPECT_EQ(printable("\xff\xc3"), "??");
  EXPECT_EQ(printable("Größe\n"), "Größe ");
}

TEST(TextStyle, CutKeepsWithinTheColumns) {
  EXPECT_EQ(cut("abcdef", 4), "abc…");
  EXPECT_EQ(cut("äöüß", 4), "äöüß");
  EXPECT_EQ(cut("abcdef", 0), "abcdef");
}

TEST(TextStyle, WrapBreaksAtBlanks) {
  EXPECT_EQ(wrap("one two three four five six seven", 2, {false, 22}),
            "one two three four\n  five six seven");
  EXPECT_EQ(wrap("one two", 2, {false, 0}), "one two");
}

TEST(TextTable, AlignsColumns) {
  TextTable table({"A", "LONG", "NOTE"});
  table.add({{"wide one"}, {"x"}, {""}});
  table.add({{"b"}, {"y"}, {"note"}});
  EXPECT_EQ(table.render({}), "  A         LONG  NOTE\n  wide one  x\n  b         y     note\n");
}

TEST(Text, ARunSaysWhatAPersonNeeds) {
  const std::string text = run_text({{"default", sample_run()}}, {});
  for (const char* part : {"default: incomplete.", "One target is not confirmed", "sql01 ", "16.0.4085.2",
                           "AKIANEW", "SQL Server 2019 can't back up", "since 1h1m ago", "AWSPREVIOUS",
                           "Delete it by hand.", "Written off", "AKIAOLD is deactivated after 2026-01-04",
                           "1 of 2 targets", "Secrets Manager did not answer", "1 backup running"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
}

TEST(Text, ALoginsPasswordStandsBehindItsKey) {
  const std::string text = run_text({{"default", sample_run(), sample_login_run()}}, {});
  for (const char* part : {"default, the SQL login's password: incomplete.", "put_password (",
                           "1 of 2 targets", "sql03\\PAYROLL: Its policy refuses."})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(plan_text({{"default", sample_plan(), sample_login_plan()}}, {}),
              HasSubstr("change_password to sql01: The new password"));
}

TEST(Text, FitsTheTerminal) {
  const TextStyle narrow{true, 100};
  std::istringstream lines(plan_text({{"default", sample_plan()}}, narrow) +
                           status_text({{"default", sample_plan()}}, narrow));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), 110U) << line;
}

TEST(Text, ErrorsAreSentencesWithHints) {
  const std::string text = error_text({{"archive", sample_error()}}, {});
  EXPECT_EQ(text,
            "keyturn: rotation archive: There is no secret \"iamuser\".\n"
            "  Make it: `aws secretsmanager create-secret --name iamuser --secret-string USER`.\n");
}

TEST(Text, AFailedRotationStandsBesideTheOthers) {
  const std::string text = run_text({{"a", fail(sample_error())}, {"b", rotation::RunResult{}}}, {});
  EXPECT_THAT(text, HasSubstr("a: bad usage. There is no secret"));
  EXPECT_THAT(text, HasSubstr("b: done."));
}

}  // namespace
}  // namespace keyturn::report
