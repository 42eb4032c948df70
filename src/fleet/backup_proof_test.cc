// Proof backups through the direct fleet: simulated SQL Servers that back up to the simulated S3, with real
// signatures and real keys.
#include "fleet/backup_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sql_connector.h"
#include "sim/virtual_clock.h"
#include "sim/world.h"
#include "sim/world_transport.h"
#include "sqlserver/proof_backup.h"

namespace keyturn::fleet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kUrl = "s3://bkt.s3.us-east-1.amazonaws.com/sql";
constexpr const char* kObject = "sql/keyturn-proof/SQL01-payroll.bak";

// Of the world's S3, by a key that may delete there or not.
class WorldProofStore final : public ProofStore {
 public:
  explicit WorldProofStore(sim::S3& s3) : s3_(s3) {}
  std::string region_to_tell(const rotation::KeyPair&, const std::string&) override { return ""; }
  Result<void> remove(const rotation::KeyPair&, const std::string& url) override {
    if (!may_delete) return fail(ErrorKind::denied, "S3 denies DeleteObject.");
    EXPECT_EQ(url, "s3://bkt.s3.us-east-1.amazonaws.com/" + std::string(kObject));
    EXPECT_TRUE(s3_.delete_object("bkt", kObject));
    return {};
  }
  bool may_delete = true;

 private:
  sim::S3& s3_;
};

class BackupProofTest : public testing::Test {
 protected:
  BackupProofTest() {
    world_.s3().add_bucket("bkt", "us-east-1");
    world_.s3().set_min_part_bytes(1);
    world_.iam().add_user("backups", {sim::Statement{}});
    let_in({"ALTER ANY CREDENTIAL", "BACKUP DATABASE"});
    connector_.add("sql01", 1433, server_);
    use(world_.iam().add_key("backups", clock_.now()));
  }

  void let_in(std::set<std::string> permissions) {
    sim::ServerLogin login;
    login.name = "keyturn";
    login.password = SecretString("pass");
    login.permissions = std::move(permissions);
    server_.put_login(std::move(login));
  }
  // The server holds the key, as after a write.
  void use(const sim::IamKey& key) {
    key_ = {key.access_key_id, SecretString(key.secret)};
    sim::CredentialTable table;
    ASSERT_FALSE(table.create(kUrl, "S3 Access Key", SecretString(key.access_key_id + ":" + key.secret),
                              clock_.now()));
    server_.set_credentials(table);
    target_.name = "payroll";
    target_.credentials = {{kUrl, true, clock_.now(), key.access_key_id, clock_.now()},
                           {"s3://other/held/by/another/key", true, clock_.now(), "AKIAOTHER", clock_.now()}};
  }
  Result<void> make(Duration time_left = 10min) {
    auto session = connector_.connect({"sql01", 1433, ""}, {"keyturn", SecretString("pass")}, 10s);
    EXPECT_TRUE(session);
    return BackupProof(store_, clock_, &stop_)
        .make({**session, "keyturn", 30s, clock_.now() + time_left}, key_, target_);
  }
  std::vector<std::string> objects() {
    std::vector<std::string> keys;
    const auto listed = world_.s3().list_objects("bkt");
    for (const sim::S3Object& object : listed->objects) keys.push_back(object.key);
    return keys;
  }

  sim::VirtualClock clock_{TimePoint{Duration{1'767'323'045'678}}};
  SeededRandom random_{1};
  sim::World world_{clock_, random_};
  sim::WorldTransport transport_{world_};
  sim::SqlServer server_{{}, clock_, &transport_};
  sim::SimSqlConnector connector_{world_.faults()};
  WorldProofStore store_{world_.s3()};
  StopFlag stop_;
  rotation::KeyPair key_;
  rotation::TargetState target_;
};

TEST_F(BackupProofTest, BacksUpWithTheKeyAndLeavesNothing) {
  ASSERT_TRUE(make());
  ASSERT_EQ(server_.backups().size(), 1U);
  EXPECT_EQ(server_.backups()[0].access_key_id, key_.id);
  EXPECT_EQ(server_.backups()[0].database, "master");
  EXPECT_THAT(objects(), IsEmpty());
  EXPECT_THAT(target_.warnings, IsEmpty());
}

TEST_F(BackupProofTest, AnObjectThatCannotBeRemovedIsAWarningAndTheNextOneTakesItsPlace) {
  store_.may_delete = false;
  ASSERT_TRUE(make());
  ASSERT_TRUE(make());
  EXPECT_THAT(objects(), ElementsAre(kObject));
  ASSERT_EQ(target_.warnings.size(), 2U);
  EXPECT_THAT(target_.warnings[0], HasSubstr("s3:DeleteObject on */keyturn-proof/*"));
}

TEST_F(BackupProofTest, AMissingPermissionIsARefusalAtOnceAndSaysWhatToGrant) {
  let_in({"ALTER ANY CREDENTIAL"});
  const TimePoint before = clock_.now();
  const auto made = make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::backup_refused);
  EXPECT_THAT(made.error().message, HasSubstr("BACKUP DATABASE permission denied in database 'master'"));
  EXPECT_THAT(made.error().hint, HasSubstr("ALTER ROLE db_backupoperator ADD MEMBER [keyturn]"));
  EXPECT_EQ(clock_.now(), before);
}

TEST_F(BackupProofTest, AKeyThatStillSpreadsIsTriedAgain) {
  world_.iam().configure({.usable_delay = 6s});
  use(world_.iam().add_key("backups", clock_.now()));
  EXPECT_TRUE(make()) << server_.backups().size();
  EXPECT_EQ(server_.backups().back().access_key_id, key_.id);
  EXPECT_GT(server_.backups().size(), 1U);
}

TEST_F(BackupProofTest, AKeyThatS3RefusesForGoodIsARefusalAfterAMinute) {
  ASSERT_TRUE(world_.iam().update_access_key("backups", key_.id, sim::KeyStatus::inactive));
  const TimePoint before = clock_.now();
  const auto made = make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::backup_refused);
  EXPECT_THAT(made.error().message, HasSubstr("Operating system error 5("));
  EXPECT_THAT(made.error().hint, HasSubstr("s3:PutObject"));
  EXPECT_LE(clock_.now() - before, 2min);
}

TEST_F(BackupProofTest, WhatIsCutShortIsNoRefusal) {
  ASSERT_TRUE(world_.iam().update_access_key("backups", key_.id, sim::KeyStatus::inactive));
  const auto late = make(5s);
  EXPECT_EQ(late.error().kind, ErrorKind::past_deadline);
  EXPECT_THAT(late.error().message, HasSubstr("Operating system error 5("));
  stop_.request();
  EXPECT_EQ(make().error().kind, ErrorKind::cancelled);
  world_.faults().add({.match = "tds:sql01:query", .kind = sim::FaultKind::reply_lost});
  const auto lost = make();
  ASSERT_FALSE(lost);
  EXPECT_NE(lost.error().kind, ErrorKind::backup_refused);
}

TEST(ProofUrl, FitsForTheLongestNamesAndStaysBelowTheCredential) {
  const std::string credential = "s3://" + std::string(123, 'c');
  const std::string url = sqlserver::proof_url(credential, std::string(128, 's'), std::string(300, 't'));
  EXPECT_LE(url.size(), 259U);
  EXPECT_TRUE(url.starts_with(credential + "/keyturn-proof/"));
  EXPECT_EQ(sqlserver::proof_url("s3://b/p/", "SQL01\\PAY'ROLL", "a b"),
            "s3://b/p/keyturn-proof/SQL01_PAY_ROLL-a_b.bak");
}

TEST(ProofBatch, TellsTheRegionWhereTheUrlDoesNot) {
  EXPECT_EQ(sqlserver::proof_batch("s3://b/p/x.bak", ""),
            "BACKUP DATABASE [master] TO URL = N's3://b/p/x.bak' WITH COPY_ONLY, FORMAT;\n");
  EXPECT_THAT(sqlserver::proof_batch("s3://b/p/x.bak", "eu-west-1"),
              HasSubstr(R"(, BACKUP_OPTIONS = N'{"s3": {"region":"eu-west-1"}}';)"));
}

}  // namespace
}  // namespace keyturn::fleet
