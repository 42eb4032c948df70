// Batches: control flow, transactions, errors and who catches them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "sim/tsql_testing.h"

namespace keyturn::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Batch : public ::testing::Test {
 protected:
  std::vector<std::string> run_lines(const std::string& text) { return lines(*session_, text); }
  std::string key(const std::string& name = "c") {
    const CredentialTable table = world_.server.credentials();
    const CredentialRow* row = table.find(name);
    return row == nullptr ? "none" : row->access_key_id();
  }

  TestServer world_;
  std::unique_ptr<TsqlSession> session_ = world_.session();
};

TEST_F(Batch, VariablesLoopsAndBranches) {
  EXPECT_THAT(run_lines("DECLARE @i int = 0, @s nvarchar(10) = N'';\n"
                        "WHILE @i < 5 BEGIN SET @i += 1; IF @i = 2 CONTINUE; IF @i = 4 BREAK; SET @s = @s + "
                        "CAST(@i AS nvarchar(2)); END\n"
                        "SELECT @s, @i"),
              ElementsAre("row 13|4"));
  EXPECT_THAT(run_lines("DECLARE @n sysname; SELECT @n = name FROM sys.databases WHERE database_id = 1; "
                        "PRINT @n; RETURN; PRINT 'not'"),
              ElementsAre("info: master"));
}

TEST_F(Batch, SyntaxErrorsRunNothing) {
  EXPECT_THAT(run_lines("PRINT 'a' SELEC 1"), ElementsAre("102: Incorrect syntax near 'SELEC'."));
  EXPECT_THAT(run_lines("SELECT 1 FROM WHERE"),
              ElementsAre("156: Incorrect syntax near the keyword 'WHERE'."));
  EXPECT_THAT(run_lines("ALTER CREDENTIAL @n WITH IDENTITY = 'x'"),
              ElementsAre("102: Incorrect syntax near '@n'."));
  EXPECT_THAT(run_lines("PRINT 'a'; CREATE CREDENTIAL c WITH IDENTITY = ''"),
              ElementsAre("102: Incorrect syntax near 'IDENTITY'."));
  EXPECT_THAT(run_lines("PRINT 'a"),
              ElementsAre("105: Unclosed quotation mark after the character string 'a'."));
  EXPECT_THAT(run_lines("DECLARE @a int; DECLARE @A int"),
              ElementsAre("134: The variable name '@A' has already been declared. Variable names must be "
                          "unique within a query batch or stored procedure."));
  const auto result = run(*session_, "PRINT 'a'\n\nSELECT 1 +\n)");
  ASSERT_EQ(result.errors().size(), 1u);
  EXPECT_EQ(result.errors()[0].line, 4);
}

TEST_F(Batch, UnknownProcedures) {
  EXPECT_THAT(run_lines("EXEC dbo.nope 1"), ElementsAre("2812: Could not find stored procedure 'dbo.nope'."));
  EXPECT_THAT(run_lines("nope"), ElementsAre("2812: Could not find stored procedure 'nope'."));
}

TEST_F(Batch, CredentialStatementsAndTheirErrors) {
  EXPECT_THAT(run_lines("CREATE CREDENTIAL [c] WITH IDENTITY = 'S3 Access Key', SECRET = 'A:b'"), IsEmpty());
  EXPECT_THAT(run_lines("CREATE CREDENTIAL [C] WITH IDENTITY = 'x'; PRINT 'next'"),
              ElementsAre("15530: The credential with name \"C\" already exists.", "info: next"));
  EXPECT_THAT(run_lines("ALTER CREDENTIAL [d] WITH IDENTITY = 'x'"),
              ElementsAre("15151: Cannot alter the credential 'd', because it does not exist or you do not "
                          "have permission."));
  EXPECT_EQ(key(), "A");
  EXPECT_THAT(run_lines("ALTER CREDENTIAL c WITH IDENTITY = 'S3 Access Key', SECRET = 'B:b'"), IsEmpty());
  EXPECT_EQ(key(), "B");
  EXPECT_THAT(lines(*world_.session("nobody"), "ALTER CREDENTIAL c WITH IDENTITY = 'x'"),
              ElementsAre("15151: Cannot alter the credential 'c', because it does not exist or you do not "
                          "have permission."));
  EXPECT_THAT(lines(*world_.session("nobody"), "CREATE CREDENTIAL e WITH IDENTITY = 'x'"),
              ElementsAre("15247: User does not have permission to perform this action."));
  EXPECT_THAT(run_lines("DROP CREDENTIAL c"), IsEmpty());
  EXPECT_EQ(key(), "none");
}

TEST_F(Batch, TransactionsRollBackCredentials) {
  run_lines("CREATE CREDENTIAL c WITH IDENTITY = 'S3 Access Key', SECRET = 'A:b'");
  EXPECT_THAT(run_lines("BEGIN TRAN; ALTER CREDENTIAL c WITH IDENTITY = 'S3 Access Key', SECRET = 'B:b'; "
                        "CREATE CREDENTIAL d WITH IDENTITY = 'x';"
                        "SELECT COUNT(*), @@TRANCOUNT FROM sys.credentials; ROLLBACK; SELECT COUNT(*), "
                        "@@TRANCOUNT FROM sys.credentials"),
              ElementsAre("row 2|1", "row 1|0"));
  EXPECT_EQ(key(), "A");
  EXPECT_THAT(run_lines("BEGIN TRAN; BEGIN TRAN; ALTER CREDENTIAL c WITH IDENTITY = 'S3 Access Key', SECRET "
                        "= 'C:b'; COMMIT"),
              IsEmpty());
  EXPECT_EQ(key(), "A");  // only the outermost COMMIT counts
  EXPECT_THAT(run_lines("COMMIT"), IsEmpty());
  EXPECT_EQ(key(), "C");
  EXPECT_THAT(run_lines("COMMIT"),
              ElementsAre("3902: The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION."));
  EXPECT_THAT(run_lines("ROLLBACK"),
              ElementsAre("3903: The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION."));
}

TEST_F(Batch, SavepointsKeepWhatCameBefore) {
  EXPECT_THAT(run_lines("BEGIN TRAN; CREATE CREDENTIAL a WITH IDENTITY = 'x'; SAVE TRAN s; CREATE CREDENTIAL "
                        "b WITH IDENTITY = 'x'; ROLLBACK TRAN s; COMMIT"),
              IsEmpty());
  EXPECT_THAT(run_lines("SELECT name FROM sys.credentials"), ElementsAre("row a"));
}

TEST_F(Batch, ASessionThatEndsRollsBack) {
  {
    const auto other = world_.session();
    lines(*other, "BEGIN TRAN; CREATE CREDENTIAL c WITH IDENTITY = 'x'");
  }
  EXPECT_THAT(run_lines("SELECT name FROM sys.credentials"), IsEmpty());
}

TEST_F(Batch, OtherSessionsWaitForATransactionThatWrites) {
  run_lines("BEGIN TRAN; CREATE CREDENTIAL c WITH IDENTITY = 'S3 Access Key', SECRET = 'A:b'");
  std::vector<std::string> seen;
  const auto other = world_.session();
  std::thread reader([&] { seen = lines(*other, "SELECT name FROM sys.credentials"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(world_.server.credentials().rows().empty());
  run_lines("COMMIT");
  reader.join();
  EXPECT_THAT(seen, ElementsAre("row c"));
}

TEST_F(Batch, TryCatchTellsTheError) {
  EXPECT_THAT(
      run_lines("BEGIN TRY\n  SELECT 1/0\nEND TRY BEGIN CATCH\n  SELECT ERROR_NUMBER(), ERROR_MESSAGE(), "
                "ERROR_SEVERITY(), ERROR_LINE(), XACT_STATE()\nEND CATCH\nSELECT ERROR_NUMBER()"),
      ElementsAre("row 8134|Divide by zero error encountered.|16|2|0", "row NULL"));
}

TEST_F(Batch, ThrowAgainKeepsTheNumber) {
  EXPECT_THAT(
      run_lines("BEGIN TRY DROP CREDENTIAL x END TRY BEGIN CATCH THROW; END CATCH PRINT 'not reached'"),
      ElementsAre(
          "15151: Cannot drop the credential 'x', because it does not exist or you do not have permission."));
  EXPECT_THAT(run_lines("THROW 50001, 'mine', 3; PRINT 'not reached'"), ElementsAre("50001: mine"));
  EXPECT_THAT(run_lines("THROW 1, 'x', 1"),
              ElementsAre("35100: Error number 1 in the THROW statement is outside the valid range. Specify "
                          "an error number in the valid range of 50000 to 2147483647."));
}

TEST_F(Batch, RaiserrorGoesOnAndLosesTheNumber) {
  EXPECT_THAT(
      run_lines(
          "RAISERROR('%s has %d', 16, 1, 'x', 3); PRINT 'next'; RAISERROR('just so', 10, 1) WITH NOWAIT"),
      ElementsAre("50000: x has 3", "info: next", "info: just so"));
}

TEST_F(Batch, XactAbortEndsBatchAndTransaction) {
  EXPECT_THAT(run_lines("SET XACT_ABORT ON; BEGIN TRAN; CREATE CREDENTIAL c WITH IDENTITY = 'x'; DROP "
                        "CREDENTIAL nope; PRINT 'not reached'")
                  .size(),
              1u);
  EXPECT_THAT(run_lines("SELECT @@TRANCOUNT"), ElementsAre("row 0"));
  EXPECT_EQ(key(), "none");
}

TEST_F(Batch, ADoomedTransactionCanOnlyRollBack) {
  EXPECT_THAT(run_lines("SET XACT_ABORT ON; BEGIN TRY BEGIN TRAN; DROP CREDENTIAL nope; END TRY BEGIN CATCH "
                        "SELECT XACT_STATE(); COMMIT; END CATCH"),
              ElementsAre("row -1",
                          "3930: The current transaction cannot be committed and cannot support operations "
                          "that write to the log file. Roll back the transaction."));
  EXPECT_THAT(run_lines("SET XACT_ABORT ON; BEGIN TRY BEGIN TRAN; DROP CREDENTIAL nope; END TRY BEGIN CATCH "
                        "PRINT 'left'; END CATCH"),
              ElementsAre("info: left",
                          "3998: Uncommittable transaction is detected at the end of the batch. The "
                          "transaction is rolled back."));
}

TEST_F(Batch, NameErrorsEscapeTheScopesOwnTry) {
  EXPECT_THAT(run_lines("BEGIN TRY SELECT * FROM sys.nope END TRY BEGIN CATCH PRINT 'caught' END CATCH"),
              ElementsAre("208: Invalid object name 'sys.nope'."));
  EXPECT_THAT(
      run_lines(
          "BEGIN TRY EXEC('SELECT * FROM sys.nope') END TRY BEGIN CATCH PRINT ERROR_MESSAGE() END CATCH"),
      ElementsAre("info: Invalid object name 'sys.nope'."));
}

TEST_F(Batch, DynamicSql) {
  EXPECT_THAT(run_lines("DECLARE @s nvarchar(100) = N'SELECT 1 AS a'; EXEC(@s); EXEC (@s + ', 2')"),
              ElementsAre("row 1", "row 1|2"));
  EXPECT_THAT(run_lines("DECLARE @o int; EXEC sp_executesql N'SET @r = @a * 2', N'@a int, @r int OUTPUT', @a "
                        "= 21, @r = @o OUTPUT; SELECT @o"),
              ElementsAre("row 42"));
  EXPECT_THAT(run_lines("EXEC('BEGIN TRAN')"),
              ElementsAre("266: Transaction count after EXECUTE indicates a mismatching number of BEGIN and "
                          "COMMIT statements. Previous count = 0, current count = 1."));
}

TEST_F(Batch, ApplicationLocks) {
  const std::string take =
      "DECLARE @rc int; EXEC @rc = sp_getapplock @Resource = 'k', @LockMode = 'Exclusive', @LockOwner = "
      "'Session', @LockTimeout = 100; SELECT @rc";
  EXPECT_THAT(run_lines(take), ElementsAre("row 0"));
  const auto other = world_.session();
  EXPECT_THAT(lines(*other, take), ElementsAre("row -1"));
  EXPECT_THAT(run_lines("EXEC sp_releaseapplock 'k', 'Session'"), IsEmpty());
  EXPECT_THAT(lines(*other, take), ElementsAre("row 0"));
}

// The T-SQL of the blog's Figure 3, as PowerShell sends it.
std::string blog_batch(const std::string& secret) {
  const std::string statement =
      " CREDENTIAL [s3://b.s3.us-east-1.amazonaws.com/backups] WITH IDENTITY = '+''''+'S3 Access "
      "Key'+''''+', SECRET = '+''''+'" +
      secret + "'+''''+';' ;";
  return "DECLARE @tsql NVARCHAR(4000);\n\n        IF CONVERT(VARCHAR(128), SERVERPROPERTY "
         "('productversion')) like '16%'\n            BEGIN\n                BEGIN TRY\n"
         "                    BEGIN TRANSACTION\n                        IF exists (select * from "
         "sys.credentials where name = 's3://b.s3.us-east-1.amazonaws.com/backups')\n"
         "                        BEGIN\n                            SET @tsql = 'ALTER" +
         statement +
         "\n                            EXEC(@tsql)\n                        END\n                    ELSE\n "
         "                       BEGIN\n                            SET @tsql = 'CREATE" +
         statement +
         "\n                            EXEC(@tsql);\n                        END\n                    "
         "COMMIT TRAN\n                END TRY\n                BEGIN CATCH\n"
         "                    IF @@TRANCOUNT > 0\n                        ROLLBACK TRAN ;\n\n                "
         "    DECLARE @ErrorMessage NVARCHAR(4000);\n                    DECLARE @ErrorSeverity INT;\n"
         "                    DECLARE @ErrorState INT;\n\n                    SELECT\n                       "
         " @ErrorMessage = ERROR_MESSAGE(),\n                        @ErrorSeverity = ERROR_SEVERITY(),\n"
         "                        @ErrorState = ERROR_STATE();\n                    RAISERROR "
         "(@ErrorMessage, @ErrorSeverity, @ErrorState);\n                END CATCH\n            END";
}

TEST_F(Batch, TheBlogsFigure3) {
  const std::string name = "s3://b.s3.us-east-1.amazonaws.com/backups";
  EXPECT_THAT(run_lines(blog_batch("AKIA1:one")), IsEmpty());
  EXPECT_EQ(key(name), "AKIA1");
  EXPECT_THAT(run_lines(blog_batch("AKIA2:two")), IsEmpty());
  EXPECT_EQ(key(name), "AKIA2");
  EXPECT_THAT(lines(*world_.session("nobody"), blog_batch("AKIA3:three")),
              ElementsAre("50000: User does not have permission to perform this action."));
}

TEST_F(Batch, NestingHasLimits) {
  EXPECT_EQ(run(*session_, "SELECT " + std::string(100'000, '(')).errors().at(0).number, 191);
  EXPECT_EQ(run(*session_, "SELECT 1 " + std::string(50'000, '-')).errors().size(), 0u);  // a comment
  EXPECT_EQ(run(*session_, "DECLARE @s nvarchar(max) = N'EXEC(@s)'; SELECT 1" + std::string(5'000, '+') + "1")
                .errors()
                .at(0)
                .number,
            191);
}

TEST_F(Batch, RandomTextNeverBreaksTheServer) {
  const std::vector<std::string> words{"SELECT",  "FROM",   "sys.credentials",
                                       "(",       ")",      "'",
                                       "[",       "]",      "@x",
                                       "BEGIN",   "END",    "TRY",
                                       "CATCH",   "IF",     "ELSE",
                                       ",",       "*",      "=",
                                       "1",       "0x",     "N'a'",
                                       "EXEC",    "TRAN",   "ROLLBACK",
                                       "COMMIT",  "THROW",  "/*",
                                       "*/",      "--",     "\n",
                                       "CASE",    "WHEN",   "THEN",
                                       "CAST",    "AS",     "int",
                                       "DECLARE", "@x int", "SET",
                                       "BACKUP",  "WITH",   ";"};
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (auto n = random() % 20; n > 0; --n) text += words[random() % words.size()] + " ";
    if (i % 5 == 0) text += static_cast<char>(random() % 256);
    run(*session_, text);
  }
  run_lines("IF @@TRANCOUNT > 0 ROLLBACK");
  EXPECT_THAT(run_lines("SELECT 1"), ElementsAre("row 1"));
}

}  // namespace
}  // namespace keyturn::sim
