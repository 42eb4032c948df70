// SELECTs and expressions, as SQL Server evaluates them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/tsql_testing.h"

namespace keyturn::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Expected {
  const char* expression;
  const char* result;
};
void PrintTo(const Expected& expected, std::ostream* out) { *out << expected.expression; }

class Expressions : public ::testing::TestWithParam<Expected> {};

TEST_P(Expressions, Evaluate) {
  TestServer world;
  const auto session = world.session();
  const std::string result = GetParam().result;
  const bool error =
      std::isdigit(static_cast<unsigned char>(result[0])) != 0 && result.find(": ") != std::string::npos;
  EXPECT_THAT(lines(*session, std::string("SELECT ") + GetParam().expression),
              ElementsAre(error ? result : "row " + result));
}

INSTANTIATE_TEST_SUITE_P(
    Tsql, Expressions,
    ::testing::Values(
        Expected{"1 + 2 * 3", "7"}, Expected{"7 / 2", "3"}, Expected{"7.0 / 2", "3.500000"},
        Expected{"7 % 4", "3"}, Expected{"-5", "-5"}, Expected{"'a' + 'b'", "ab"}, Expected{"'1' + 2", "3"},
        Expected{"'a' + NULL", "NULL"}, Expected{"N'ü' + N'''x'", "ü'x"},
        Expected{"'x' + 1", "245: Conversion failed when converting the varchar value 'x' to data type int."},
        Expected{"1 / 0", "8134: Divide by zero error encountered."},
        Expected{"2147483647 + 1", "8115: Arithmetic overflow error converting expression to data type int."},
        Expected{"CASE WHEN 'A' = 'a' THEN 'same' ELSE 'not' END", "same"},
        Expected{"IIF(1 > 2, 'x', 'y')", "y"},
        Expected{"CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END", "two"}, Expected{"ISNULL(NULL, 5)", "5"},
        Expected{"COALESCE(NULL, NULL, 'z')", "z"}, Expected{"NULLIF(3, 3)", "NULL"},
        Expected{"LEN('abc  ')", "3"}, Expected{"SUBSTRING('abcdef', 2, 3)", "bcd"},
        Expected{"LEFT('abc', 2) + RIGHT('abc', 1)", "abc"}, Expected{"CHARINDEX('C', 'abc')", "3"},
        Expected{"REPLACE('aXbx', 'x', '-')", "a-b-"}, Expected{"CONCAT('a', NULL, 1, 2.5)", "a12.5"},
        Expected{"QUOTENAME('a]b')", "[a]]b]"}, Expected{"QUOTENAME('a''b', '''')", "'a''b'"},
        Expected{"UPPER('aé')", "Aé"}, Expected{"STUFF('abc', 2, 1, 'xx')", "axxc"},
        Expected{"REVERSE('abc')", "cba"}, Expected{"CAST(3.7 AS int)", "3"},
        Expected{"CAST('12' AS bigint)", "12"}, Expected{"CAST(123456 AS varchar(3))", "*"},
        Expected{"CAST(N'abcdef' AS nvarchar(3))", "abc"}, Expected{"TRY_CAST('x' AS int)", "NULL"},
        Expected{"CAST('x' AS date)",
                 "241: Conversion failed when converting date and/or time from character string."},
        Expected{"GETDATE()", "Jan  2 2026  3:04AM"},
        Expected{"CONVERT(varchar(30), GETDATE(), 121)", "2026-01-02 03:04:05.677"},
        Expected{"CONVERT(varchar(30), GETUTCDATE(), 120)", "2026-01-02 03:04:05"},
        Expected{"CONVERT(varchar(30), SYSUTCDATETIME(), 126)", "2026-01-02T03:04:05.6780000"},
        Expected{"CONVERT(varchar(40), SYSUTCDATETIME(), 127)", "2026-01-02T03:04:05.6780000Z"},
        Expected{"CONVERT(char(8), CAST('2026-01-02' AS datetime), 112)", "20260102"},
        Expected{"DATEDIFF(second, '2026-01-01', '2026-01-01T00:01:00')", "60"},
        Expected{"CONVERT(varchar(10), DATEADD(month, 1, CAST('2026-01-31' AS datetime2)), 23)",
                 "2026-02-28"},
        Expected{"CONVERT(varchar(10), CAST('20260101' AS datetime) + 1, 120)", "2026-01-02"},
        Expected{"DATEPART(year, '2026-05-06')", "2026"},
        Expected{"IIF(CAST('2026-01-01T00:00:00Z' AS datetime2) < SYSUTCDATETIME(), 1, 0)", "1"},
        Expected{"SERVERPROPERTY('ProductMajorVersion')", "16"},
        Expected{"CAST(SERVERPROPERTY('EngineEdition') AS int)", "3"},
        Expected{"CONVERT(VARCHAR(128), SERVERPROPERTY ('productversion'))", "16.0.4085.2"},
        Expected{"SERVERPROPERTY('InstanceName')", "NULL"}, Expected{"@@SERVERNAME", "SQL01"},
        Expected{"SUSER_SNAME()", "admin"}, Expected{"DB_NAME()", "master"}, Expected{"HOST_NAME()", "HOST"},
        Expected{"HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY CREDENTIAL')", "1"},
        Expected{"IS_SRVROLEMEMBER('sysadmin')", "0"},
        Expected{"FORMATMESSAGE('%s is %d%%', 'x', 5)", "x is 5%"},
        Expected{"FOO(1)", "195: 'FOO' is not a recognized built-in function name."},
        Expected{"x", "207: Invalid column name 'x'."},
        Expected{"@x", "137: Must declare the scalar variable \"@x\"."},
        Expected{"(SELECT COUNT(*) FROM sys.databases)", "5"}, Expected{"CAST(0x4142 AS varchar(2))", "AB"},
        Expected{"CONVERT(varchar(10), 0xAB, 1)", "0xAB"}, Expected{"CAST(1 AS bit)", "1"}));

class Conditions : public ::testing::TestWithParam<Expected> {};

TEST_P(Conditions, Hold) {
  TestServer world;
  const auto session = world.session();
  EXPECT_THAT(lines(*session, std::string("IF ") + GetParam().expression + " PRINT 'yes' ELSE PRINT 'no'"),
              ElementsAre(std::string("info: ") + GetParam().result));
}

INSTANTIATE_TEST_SUITE_P(
    Tsql, Conditions,
    ::testing::Values(Expected{"'16.0.1' LIKE '16%'", "yes"}, Expected{"'ABC' LIKE 'a_c'", "yes"},
                      Expected{"'a5' LIKE 'a[0-4]'", "no"}, Expected{"'a5' LIKE 'a[^0-4]'", "yes"},
                      Expected{"'50%' LIKE '50!%' ESCAPE '!'", "yes"}, Expected{"NULL = NULL", "no"},
                      Expected{"NOT 1 = 2 AND 3 IN (1, 2, 3)", "yes"}, Expected{"2 BETWEEN 1 AND 3", "yes"},
                      Expected{"'abc ' = 'ABC'", "yes"}, Expected{"5 NOT IN (1, 5)", "no"},
                      Expected{"NULL IS NOT NULL", "no"},
                      Expected{"EXISTS (SELECT * FROM sys.databases WHERE name = N'DB1')", "yes"},
                      Expected{"(1 = 1 OR 1 = 2) AND (2 > 1)", "yes"}, Expected{"10 > '9'", "yes"}));

TEST(TsqlSelect, JoinsGroupsOrdersAndLimits) {
  TestServer world;
  const auto session = world.session();
  EXPECT_THAT(lines(*session,
                    "SELECT TOP 2 d.name, d.database_id AS id FROM sys.databases AS d WHERE d.database_id > "
                    "1 ORDER BY id DESC"),
              ElementsAre("row db1|5", "row msdb|4"));
  EXPECT_THAT(lines(*session,
                    "SELECT recovery_model_desc, COUNT(*) n FROM sys.databases GROUP BY recovery_model_desc "
                    "HAVING COUNT(*) > 1 ORDER BY 1"),
              ElementsAre("row FULL|3", "row SIMPLE|2"));
  EXPECT_THAT(lines(*session,
                    "SELECT s.login_name, d.name FROM sys.dm_exec_sessions s JOIN sys.databases d ON "
                    "d.database_id = s.database_id WHERE s.session_id = @@SPID"),
              ElementsAre("row admin|master"));
  EXPECT_THAT(
      lines(*session, "WITH x(n) AS (SELECT 1 UNION ALL SELECT 2) SELECT n FROM x UNION SELECT 2 ORDER BY n"),
      ElementsAre("row 1", "row 2"));
  EXPECT_THAT(
      lines(*session, "SELECT t.a FROM (SELECT 'v' AS a) AS t LEFT JOIN sys.credentials c ON c.name = t.a"),
      ElementsAre("row v"));
  EXPECT_THAT(
      lines(
          *session,
          "SELECT name FROM master.sys.databases ORDER BY database_id OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY"),
      ElementsAre("row tempdb"));
}

TEST(TsqlSelect, ColumnsHaveSqlServersTypes) {
  TestServer world;
  const auto session = world.session();
  const auto columns = run(*session, "SELECT *, 1.25 AS d, N'ab' + N'c' AS t FROM sys.credentials").columns();
  ASSERT_EQ(columns.size(), 9u);
  EXPECT_EQ(columns[0].type, integer());
  EXPECT_EQ(columns[1].type, nvarchar(128));
  EXPECT_EQ(columns[2].type, nvarchar(4000));
  EXPECT_EQ(columns[3].type.kind, SqlKind::datetime);
  EXPECT_EQ(columns[7].type.kind, SqlKind::decimal);
  EXPECT_EQ(columns[7].type.scale, 2);
  EXPECT_EQ(columns[8].type, nvarchar(3));
}

TEST(TsqlSelect, NamesThatAreMissing) {
  TestServer world;
  const auto session = world.session();
  EXPECT_THAT(lines(*session, "SELECT 1 FROM sys.nothing; SELECT 2"),
              ElementsAre("208: Invalid object name 'sys.nothing'."));
  EXPECT_THAT(lines(*session, "SELECT nope FROM sys.credentials"),
              ElementsAre("207: Invalid column name 'nope'."));
  EXPECT_THAT(lines(*session, "SELECT name FROM sys.databases a, sys.databases b"),
              ElementsAre("209: Ambiguous column name 'name'."));
}

TEST(TsqlSelect, CredentialsAreHiddenWithoutPermission) {
  TestServer world;
  const auto admin = world.session();
  ASSERT_THAT(lines(*admin, "CREATE CREDENTIAL c WITH IDENTITY = 'i', SECRET = 'a:b'"), IsEmpty());
  EXPECT_THAT(
      lines(*admin, "SELECT credential_id, name, credential_identity, target_id FROM sys.credentials"),
      ElementsAre("row 65536|c|i|0"));
  EXPECT_THAT(lines(*world.session("nobody"), "SELECT name FROM sys.credentials"), IsEmpty());
  EXPECT_THAT(lines(*world.session("rotator"), "SELECT name FROM sys.credentials"), ElementsAre("row c"));
}

TEST(TsqlSelect, LocalTimeIsTheServers) {
  SqlServerSettings settings;
  settings.utc_offset = std::chrono::minutes(330);
  TestServer world(settings);
  const auto session = world.session();
  EXPECT_THAT(lines(*session, "SELECT DATEDIFF(minute, GETUTCDATE(), GETDATE())"), ElementsAre("row 330"));
  ASSERT_THAT(lines(*session, "CREATE CREDENTIAL c WITH IDENTITY = 'i'"), IsEmpty());
  EXPECT_THAT(lines(*session, "SELECT CONVERT(varchar(30), modify_date, 121) FROM sys.credentials"),
              ElementsAre("row 2026-01-02 08:34:05.677"));
}

}  // namespace
}  // namespace keyturn::sim
