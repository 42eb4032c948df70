#include "sqlserver/credential_batches.h"

#include <gtest/gtest.h>

namespace keyturn::sqlserver {
namespace {

const rotation::KeyPair kKey{"AKIAIOSFODNN7EXAMPLE", SecretString("wJalrXUtnFEMI/K7MDENG")};
constexpr const char* kNotAfter = "2026-01-02T03:04:05";

std::string batch_for(const GuardedName& name) {
  return std::string(write_batch({name}, kKey, kNotAfter).reveal());
}
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CredentialBatches, AMissingCredentialIsCreatedIfItIsStillMissing) {
  const std::string batch = batch_for({"s3://b/p", std::nullopt, std::nullopt});
  EXPECT_TRUE(
      contains(batch, "IF EXISTS (SELECT 1 FROM sys.credentials WHERE name = N's3://b/p') THROW 50002"));
  EXPECT_TRUE(contains(batch,
                       "CREATE CREDENTIAL [s3://b/p] WITH IDENTITY = N'S3 Access Key', SECRET = "
                       "N'AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG';"));
  EXPECT_TRUE(
      contains(batch, "CREATE CREDENTIAL [keyturn:s3://b/p] WITH IDENTITY = N'AKIAIOSFODNN7EXAMPLE';"));
}

TEST(CredentialBatches, AnExistingOneIsAlteredIfItIsStillAsRead) {
  const std::string batch =
      batch_for({"s3://b", SeenCredential{"s3://b", "S3 Access Key", "2026-01-01T00:00:00.123"},
                 SeenCredential{"keyturn:s3://b", "AKIAOLD", "2026-01-01T00:00:00.127"}});
  EXPECT_TRUE(contains(batch,
                       "credential_identity = N'S3 Access Key' AND CONVERT(nvarchar(30), modify_date, 126) = "
                       "N'2026-01-01T00:00:00.123') THROW 50002"));
  EXPECT_TRUE(contains(batch, "credential_identity = N'AKIAOLD'"));
  EXPECT_TRUE(contains(batch, "ALTER CREDENTIAL [s3://b] WITH"));
  EXPECT_TRUE(contains(batch, "ALTER CREDENTIAL [keyturn:s3://b] WITH"));
  EXPECT_FALSE(contains(batch, "CREATE CREDENTIAL"));
  EXPECT_FALSE(contains(batch, "DROP"));
}

TEST(CredentialBatches, TheMarkerComesAfterItsCredentialAndBothInsideTheTransaction) {
  const std::string batch = batch_for({"s3://b", std::nullopt, std::nullopt});
  const auto begin = batch.find("BEGIN TRANSACTION");
  const auto lock = batch.find("sp_getapplock");
  const auto deadline = batch.find("THROW 50001");
  const auto guard = batch.find("THROW 50002");
  const auto credential = batch.find("CREATE CREDENTIAL [s3://b]");
  const auto marker = batch.find("CREATE CREDENTIAL [keyturn:s3://b]");
  const auto commit = batch.find("COMMIT");
  EXPECT_TRUE(begin < lock && lock < deadline && deadline < guard && guard < credential &&
              credential < marker && marker < commit);
  EXPECT_LT(commit, batch.find("FROM sys.credentials\nWHERE name LIKE"));
}

TEST(CredentialBatches, TheDeadlineIsTheServersToCheck) {
  EXPECT_TRUE(
      contains(batch_for({"s3://b", std::nullopt, std::nullopt}),
               "IF SYSUTCDATETIME() > CONVERT(datetime2(3), N'2026-01-02T03:04:05', 126) THROW 50001"));
}

TEST(CredentialBatches, NamesAreQuotedWhereverTheyStand) {
  const std::string batch = batch_for({"s3://b/it's]odd", std::nullopt, std::nullopt});
  EXPECT_TRUE(contains(batch, "[s3://b/it's]]odd]"));
  EXPECT_TRUE(contains(batch, "N's3://b/it''s]odd'"));
  EXPECT_FALSE(contains(batch, "N's3://b/it's"));
}

TEST(CredentialBatches, TheSecretStandsOnceForEachNameAndIsNeverDynamic) {
  const std::string batch = std::string(
      write_batch({{"s3://a", std::nullopt, std::nullopt}, {"s3://b", std::nullopt, std::nullopt}}, kKey,
                  kNotAfter)
          .reveal());
  std::size_t count = 0;
  for (auto at = batch.find("wJalr"); at != std::string::npos; at = batch.find("wJalr", at + 1)) ++count;
  EXPECT_EQ(count, 2U);
  EXPECT_FALSE(contains(batch, "sp_executesql"));
  EXPECT_FALSE(contains(batch, "EXEC("));
}

}  // namespace
}  // namespace keyturn::sqlserver
