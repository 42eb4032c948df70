#include "sim/sql_credentials.h"

#include <gtest/gtest.h>

namespace keyturn::sim {
namespace {

const TimePoint kNow{Duration{1'700'000'000'005}};

SecretString secret(const char* text) { return SecretString(text); }

TEST(CredentialTable, CreatesWithUserIdsAndDates) {
  CredentialTable table;
  EXPECT_FALSE(table.create("s3://b.x.y/p", "S3 Access Key", secret("AKIA1:abc"), kNow));
  EXPECT_FALSE(table.create("other", "me", std::nullopt, kNow));
  ASSERT_EQ(table.rows().size(), 2u);
  EXPECT_EQ(table.rows()[0].id, 65536);
  EXPECT_EQ(table.rows()[1].id, 65537);
  EXPECT_EQ(table.rows()[0].access_key_id(), "AKIA1");
  EXPECT_EQ(table.rows()[1].access_key_id(), "");
  EXPECT_EQ(table.rows()[0].create_date, TimePoint{Duration{1'700'000'000'007}});  // 1/300 s
}

TEST(CredentialTable, NamesIgnoreCase) {
  CredentialTable table;
  ASSERT_FALSE(table.create("S3://Bucket", "i", std::nullopt, kNow));
  const auto error = table.create("s3://bucket", "i", std::nullopt, kNow);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->number, 15530);
  EXPECT_EQ(error->text, "The credential with name \"s3://bucket\" already exists.");
  EXPECT_FALSE(table.drop("s3://BUCKET"));
  EXPECT_TRUE(table.rows().empty());
}

TEST(CredentialTable, AlterSetsBothIdentityAndSecret) {
  CredentialTable table;
  ASSERT_FALSE(table.create("c", "i", secret("A:b"), kNow));
  ASSERT_FALSE(table.alter("C", "j", std::nullopt, kNow + Duration{10'000}));
  const CredentialRow* row = table.find("c");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->identity, "j");
  EXPECT_FALSE(row->secret);
  EXPECT_GT(row->modify_date, row->create_date);
  const auto error = table.alter("missing", "i", std::nullopt, kNow);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->number, 15151);
  EXPECT_EQ(
      error->text,
      "Cannot alter the credential 'missing', because it does not exist or you do not have permission.");
}

TEST(CredentialTable, ACopyIsASnapshot) {
  CredentialTable table;
  ASSERT_FALSE(table.create("c", "i", secret("A:b"), kNow));
  const CredentialTable before = table;
  ASSERT_FALSE(table.alter("c", "i", secret("N:b"), kNow));
  table = before;
  EXPECT_EQ(table.find("c")->access_key_id(), "A");
}

TEST(CredentialTable, TheMostSpecificNameServesAUrl) {
  CredentialTable table;
  ASSERT_FALSE(table.create("s3://b.s3.us-east-1.amazonaws.com", "i", secret("HOST:x"), kNow));
  ASSERT_FALSE(table.create("s3://b.s3.us-east-1.amazonaws.com/backups", "i", secret("PATH:x"), kNow));
  EXPECT_EQ(table.find_for_url("s3://b.s3.us-east-1.amazonaws.com/backups/x/db.bak")->access_key_id(),
            "PATH");
  EXPECT_EQ(table.find_for_url("s3://b.s3.us-east-1.amazonaws.com/backups2/db.bak")->access_key_id(), "HOST");
  EXPECT_EQ(table.find_for_url("s3://c.s3.us-east-1.amazonaws.com/backups/db.bak"), nullptr);
  EXPECT_EQ(table.find_for_url("https://b.s3.us-east-1.amazonaws.com/backups/db.bak"), nullptr);
}

TEST(CredentialTable, PathStyleStopsAtTheBucket) {
  CredentialTable table;
  ASSERT_FALSE(table.create("s3://s3.us-east-1.amazonaws.com", "i", secret("HOST:x"), kNow));
  EXPECT_EQ(table.find_for_url("s3://s3.us-east-1.amazonaws.com/bucket/db.bak"), nullptr);
  ASSERT_FALSE(table.create("s3://s3.us-east-1.amazonaws.com/bucket", "i", secret("BUCKET:x"), kNow));
  EXPECT_EQ(table.find_for_url("s3://s3.us-east-1.amazonaws.com/bucket/db.bak")->access_key_id(), "BUCKET");
  EXPECT_EQ(table.find_for_url("s3://127.0.0.1:9000/db.bak"), nullptr);
}

}  // namespace
}  // namespace keyturn::sim
