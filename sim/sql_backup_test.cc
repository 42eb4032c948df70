// BACKUP and RESTORE against the simulated S3: real signatures, real keys.
#include "sim/sql_backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/backup_load.h"
#include "sim/backup_s3.h"
#include "sim/tsql_testing.h"
#include "sim/world.h"
#include "sim/world_transport.h"

namespace keyturn::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kCredential = "s3://bkt.s3.us-east-1.amazonaws.com/backups";
const std::string kUrl = kCredential + "/db1.bak";

// Lets a test act between two of the backup's requests.
class WatchedTransport final : public net::HttpTransport {
 public:
  explicit WatchedTransport(net::HttpTransport& inner) : inner_(inner) {}
  Result<net::HttpResponse> send(net::HttpRequest request) override {
    ++requests;
    if (requests == act_before && act) act();
    return inner_.send(std::move(request));
  }
  int requests = 0;
  int act_before = 0;
  std::function<void()> act;

 private:
  net::HttpTransport& inner_;
};

class Backup : public ::testing::Test {
 protected:
  explicit Backup(SqlServerSettings settings = {}) : sql_(std::move(settings), &transport_) {
    world_.s3().add_bucket("bkt", "us-east-1");
    world_.s3().set_min_part_bytes(1);
    world_.iam().add_user("backup", backup_policy());
    key_ = world_.iam().add_key("backup", world_.clock().now());
    put_credential(key_);
  }
  static AccessPolicy backup_policy() { return {Statement{}}; }

  void put_credential(const IamKey& key, const std::string& name = kCredential) {
    CredentialTable table = sql_.server.credentials();
    const SecretString secret(key.access_key_id + ":" + key.secret);
    const bool missing = table.find(name) == nullptr;
    ASSERT_FALSE(missing ? table.create(name, "S3 Access Key", secret, sql_.clock.now())
                         : table.alter(name, "S3 Access Key", secret, sql_.clock.now()));
    sql_.server.set_credentials(table);
  }
  std::vector<std::string> run_lines(const std::string& text) { return lines(*session_, text); }
  static std::string os_error_line(int number, const std::string& url = kUrl) {
    return "3201: Cannot open backup device '" + url + "'. Operating system error " +
           os_error(number).shown() + ".";
  }
  static constexpr const char* kEnd = "3013: BACKUP DATABASE is terminating abnormally.";

  VirtualClock clock_{TimePoint{Duration{1'767'323'045'678}}};
  SeededRandom random_{1};
  World world_{clock_, random_};
  WorldTransport inner_{world_};
  WatchedTransport transport_{inner_};
  TestServer sql_;
  std::unique_ptr<TsqlSession> session_ = sql_.session();
  IamKey key_;
};

TEST_F(Backup, TheBlogsFigure12) {
  const auto result = run_lines(blog_backup_statement("db1", kUrl));
  ASSERT_EQ(result.size(), 3u) << ::testing::PrintToString(result);
  EXPECT_EQ(result[0], "info: Processed 480 pages for database 'db1', file 'db1' on file 1.");
  EXPECT_THAT(result[2], HasSubstr("info: BACKUP DATABASE successfully processed 482 pages in "));
  const auto object = world_.s3().head_object("bkt", "backups/db1.bak");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->size, 3u * 64 * 1024);
  EXPECT_EQ(object->written_by, key_.access_key_id);
  ASSERT_EQ(sql_.server.backups().size(), 1u);
  EXPECT_EQ(sql_.server.backups()[0].access_key_id, key_.access_key_id);
}

TEST_F(Backup, CanBeReadBack) {
  ASSERT_EQ(
      run_lines("BACKUP DATABASE db1 TO URL = '" + kUrl + "' WITH FORMAT, COMPRESSION, COPY_ONLY, STATS = 50")
          .size(),
      5u);
  EXPECT_THAT(run_lines("RESTORE VERIFYONLY FROM URL = '" + kUrl + "'"),
              ElementsAre("info: The backup set on file 1 is valid."));
  EXPECT_THAT(run_lines("RESTORE HEADERONLY FROM URL = '" + kUrl + "'"),
              ElementsAre(HasSubstr("|SQL01|db1|")));
  EXPECT_EQ(run_lines("RESTORE FILELISTONLY FROM URL = '" + kUrl + "'").size(), 2u);
  EXPECT_THAT(run_lines("RESTORE VERIFYONLY FROM URL = '" + kCredential + "/none.bak'"),
              ElementsAre(os_error_line(50, kCredential + "/none.bak"),
                          "3013: VERIFY DATABASE is terminating abnormally."));
}

TEST_F(Backup, StripesAndOverwriting) {
  const std::string stripes =
      "BACKUP DATABASE db1 TO URL = '" + kCredential + "/a.bak', URL = '" + kCredential + "/b.bak'";
  EXPECT_EQ(run_lines(stripes).size(), 3u);
  EXPECT_THAT(run_lines("RESTORE VERIFYONLY FROM URL = '" + kCredential + "/a.bak'").front(),
              HasSubstr("3132: The media set has 2 media families but only 1"));
  EXPECT_THAT(run_lines(stripes).front(), HasSubstr("3271: A nonrecoverable I/O error occurred on file"));
}

TEST_F(Backup, NoCredentialOrNoBucket) {
  const std::string other = "s3://other.s3.us-east-1.amazonaws.com/db1.bak";
  EXPECT_THAT(run_lines("BACKUP DATABASE db1 TO URL = '" + other + "'"),
              ElementsAre(os_error_line(50, other), kEnd));
  put_credential(key_, "s3://other.s3.us-east-1.amazonaws.com");
  EXPECT_THAT(run_lines("BACKUP DATABASE db1 TO URL = '" + other + "'"),
              ElementsAre(os_error_line(50, other), kEnd));
}

TEST_F(Backup, AnInactiveOrUnknownKeyIsDenied) {
  ASSERT_TRUE(world_.iam().update_access_key("backup", key_.access_key_id, KeyStatus::inactive));
  EXPECT_THAT(run_lines("BACKUP DATABASE db1 TO URL = '" + kUrl + "'"), ElementsAre(os_error_line(5), kEnd));
  key_.access_key_id = "AKIAUNKNOWN000000000";
  put_credential(key_);
  EXPECT_THAT(run_lines("BACKUP DATABASE db1 TO URL = '" + kUrl + "'"), ElementsAre(os_error_line(5), kEnd));
}

TEST_F(Backup, ABackupEndsOnTheKeyItBeganWith) {
  const IamKey newer = world_.iam().add_key("backup", world_.clock().now());
  transport_.act_before = 4;  // a part is on its way
  transport_.act = [&] { put_credential(newer); };
  EXPECT_EQ(run_lines("BACKUP DATABASE db1 TO URL = '" + kUrl + "'").size(), 3u);
  EXPECT_EQ(world_.s3().head_object("bkt", "backups/db1.bak")->written_by, key_.access_key_id);
  EXPECT_EQ(run_lines("BACKUP DATABASE db1 TO URL = '" + kUrl + "' WITH FORMAT").size(), 3u);
  EXPECT_EQ(world_.s3().head_object("bkt", "backups/db1.bak")->written_by, newer.access_key_id);
}

TEST_F(Backup, AKeyTakenAwayInMidBackupFailsTheWrite) {
  transport_.act_before = 4;
  transport_.act = [&] {
    static_cast<void>(world_.iam().update_access_key("backup", key_.access_key_id, KeyStatus::inactive));
  };
  EXPECT_THAT(run_lines("BACKUP DATABASE db1 TO URL = '" + kUrl + "'"),
              ElementsAre("3202: Write on '" + kUrl + "' failed: 5(Access is denied.)", kEnd));
  EXPECT_EQ(world_.s3().uploads().size(), 1u);  // SQL Server leaves the parts behind
}

TEST_F(Backup, RefusalsBeforeAnythingIsWritten) {
  const std::string to = " TO URL = '" + kUrl + "'";
  EXPECT_THAT(run_lines("BACKUP DATABASE none" + to).front(),
              HasSubstr("911: Database 'none' does not exist."));
  EXPECT_THAT(run_lines("BACKUP DATABASE db1" + to + " WITH MAXTRANSFERSIZE = 20971520").front(),
              HasSubstr("3217"));
  EXPECT_THAT(run_lines("BACKUP DATABASE db1" + to + " WITH INIT").front(), HasSubstr("3217"));
  EXPECT_THAT(run_lines("BEGIN TRAN; BACKUP DATABASE db1" + to + "; ROLLBACK").front(), HasSubstr("3021"));
  EXPECT_THAT(lines(*sql_.session("rotator"), "BACKUP DATABASE db1" + to).front(),
              HasSubstr("262: BACKUP DATABASE permission denied in database 'db1'."));
  EXPECT_EQ(transport_.requests, 0);
}

TEST_F(Backup, TheCatchBlockSeesTheLastErrorAndThrowSendsBoth) {
  const std::string failing =
      "BEGIN TRY BACKUP DATABASE db1 TO URL = 's3://x.s3.us-east-1.amazonaws.com/d.bak' END TRY BEGIN CATCH "
      "SELECT ERROR_NUMBER(); THROW; END CATCH";
  EXPECT_THAT(run_lines(failing), ElementsAre("row 3013", HasSubstr("3201: "), kEnd));
}

TEST_F(Backup, RunningBackupsAreVisible) {
  transport_.act_before = 4;
  std::vector<std::string> seen;
  const auto observer = sql_.session();
  transport_.act = [&] {
    seen = lines(*observer, "SELECT command FROM sys.dm_exec_requests WHERE command LIKE 'BACKUP%'");
  };
  run_lines("BACKUP DATABASE db1 TO URL = '" + kUrl + "'");
  EXPECT_THAT(seen, ElementsAre("row BACKUP DATABASE"));
  EXPECT_THAT(lines(*observer, "SELECT command FROM sys.dm_exec_requests WHERE command LIKE 'BACKUP%'"),
              IsEmpty());
}

class OldBackup : public Backup {
 protected:
  OldBackup()
      : Backup([] {
          SqlServerSettings settings;
          settings.product_version = "15.0.4415.2";
          return settings;
        }()) {}
};
TEST_F(OldBackup, Version2019KnowsNoS3) {
  EXPECT_THAT(run_lines("BACKUP DATABASE db1 TO URL = '" + kUrl + "'").front(),
              HasSubstr("3078: The file name"));
}

class ExpressBackup : public Backup {
 protected:
  ExpressBackup()
      : Backup([] {
          SqlServerSettings settings;
          settings.edition = "Express Edition (64-bit)";
          return settings;
        }()) {}
};
TEST_F(ExpressBackup, ExpressDoesNotBackUpToS3) {
  EXPECT_THAT(run_lines("BACKUP DATABASE db1 TO URL = '" + kUrl + "'").front(), HasSubstr("1844: "));
  EXPECT_THAT(run_lines("SELECT SERVERPROPERTY('EngineEdition')"), ElementsAre("row 4"));
}

TEST_F(Backup, TheLoadCountsWhatHappens) {
  BackupLoad load(sql_.server, {"admin", blog_backup_statement("db1", kUrl), Duration{1000}});
  load.start();
  while (load.counters().succeeded < 3) std::this_thread::yield();
  ASSERT_TRUE(world_.iam().update_access_key("backup", key_.access_key_id, KeyStatus::inactive));
  while (load.counters().failed < 1) std::this_thread::yield();
  load.stop();
  EXPECT_FALSE(load.running());
  EXPECT_THAT(load.counters().last_error, HasSubstr("(Access is denied.)"));
}

TEST(BackupUrl, TellsHostBucketKeyAndRegion) {
  const auto virtual_host = parse_backup_url("s3://bkt.s3.us-west-2.amazonaws.com/a/b.bak");
  ASSERT_TRUE(virtual_host);
  EXPECT_EQ(virtual_host->bucket, "bkt");
  EXPECT_EQ(virtual_host->key, "a/b.bak");
  EXPECT_EQ(virtual_host->region, "us-west-2");
  const auto path_style = parse_backup_url("s3://s3.eu-west-1.amazonaws.com/bkt/a.bak");
  ASSERT_TRUE(path_style);
  EXPECT_EQ(path_style->bucket, "bkt");
  EXPECT_EQ(path_style->key, "a.bak");
  EXPECT_EQ(parse_backup_url("s3://bkt.s3.amazonaws.com/a.bak")->region, "");
  EXPECT_FALSE(parse_backup_url("s3:/x/y"));
  EXPECT_FALSE(parse_backup_url("s3://host"));
}

}  // namespace
}  // namespace keyturn::sim
