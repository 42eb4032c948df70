// FreeTDS, as keyturn configures it, against the lab's TDS server.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "lab/certificates.h"
#include "lab/tds_server.h"
#include "sim/call_log.h"
#include "sim/faults.h"
#include "sqlserver/credential_visit.h"
#include "sqlserver/odbc_connector.h"
#include "sqlserver/tsql.h"

namespace keyturn {
namespace {

using namespace std::chrono_literals;

const rotation::KeyPair kKey{"AKIANEWNEWNEWNEWNEW2", SecretString("new/secret+2")};
constexpr const char* kUrl = "s3://bucket.s3.eu-west-1.amazonaws.com/sql";

class FreetdsTest : public testing::Test {
 protected:
  FreetdsTest() : authority_(lab::CertificateAuthority::create("keyturn test CA").value()) {
    ca_file_ = (std::filesystem::temp_directory_path() /
                ("keyturn-ca-" + std::to_string(::getpid()) + "-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name() + ".pem"))
                   .string();
    EXPECT_TRUE(authority_.write_certificate(ca_file_));
    put_login("pass");
  }
  ~FreetdsTest() override { std::filesystem::remove(ca_file_); }

  void put_login(const std::string& password) {
    sim::ServerLogin login;
    login.name = "keyturn";
    login.password = SecretString(password);
    login.permissions = {"ALTER ANY CREDENTIAL", "VIEW SERVER STATE"};
    server_.put_login(std::move(login));
    login_.password = SecretString(password);
  }
  void serve(const lab::CertificateRequest& certificate = {},
             lab::EncryptionPolicy encryption = lab::EncryptionPolicy::off) {
    listener_.emplace(server_, faults_, calls_, encryption, authority_.issue(certificate).value());
    port_ = listener_->start(0).value();
  }
  sqlserver::OdbcSettings settings() const {
    sqlserver::OdbcSettings settings;
    settings.ca_file = ca_file_;
    return settings;
  }
  Result<std::unique_ptr<sqlserver::SqlSession>> connect(const std::string& host = "localhost",
                                                         Duration timeout = 5s) {
    return connect_with(settings(), host, timeout);
  }
  Result<std::unique_ptr<sqlserver::SqlSession>> connect_with(sqlserver::OdbcSettings settings,
                                                              const std::string& host = "localhost",
                                                              Duration timeout = 5s) {
    auto connector = sqlserver::OdbcConnector::open(std::move(settings));
    if (!connector) return fail(connector.error());
    connectors_.push_back(*std::move(connector));
    return connectors_.back()->connect({host, port_, ""}, login_, timeout);
  }
  void expect_refused_before_login(const Result<std::unique_ptr<sqlserver::SqlSession>>& session) {
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().kind, ErrorKind::unavailable) << session.error().sentence();
    EXPECT_NE(session.error().hint.find("certificate"), std::string::npos) << session.error().sentence();
    EXPECT_TRUE(calls_.snapshot().empty());  // the password was not sent
  }

  lab::CertificateAuthority authority_;
  std::string ca_file_;
  SystemClock clock_;
  sim::SqlServer server_{{}, clock_, nullptr};
  sim::FaultBoard faults_;
  sim::CallLog calls_;
  std::optional<lab::TdsServer> listener_;
  std::uint16_t port_ = 0;
  sqlserver::SqlLogin login_{"keyturn", SecretString("pass")};
  std::vector<std::unique_ptr<sqlserver::OdbcConnector>> connectors_;
  sqlserver::VisitSettings visit_{{{kUrl}, {}}, "keyturn", 5s};
};

TEST_F(FreetdsTest, AVisitReadsWritesAndReadsBack) {
  serve();
  auto session = connect();
  ASSERT_TRUE(session) << session.error().sentence();
  const std::string longest = "s3://" + std::string(120, 'b') + "]'x";
  visit_.managed.urls = {kUrl, longest};
  sqlserver::CredentialVisit visit(**session, clock_, visit_, "sql01");
  const auto before = visit.read();
  ASSERT_TRUE(before) << before.error().sentence();
  EXPECT_EQ(before->product_version, "16.0.4085.2");
  const auto after = visit.write(kKey, clock_.now() + 1min);
  ASSERT_TRUE(after) << after.error().sentence();
  EXPECT_TRUE(after->confirmed_on(kKey.id));
  for (const std::string& name : visit_.managed.urls) {
    EXPECT_EQ(server_.credentials().find(name)->secret->reveal(), "AKIANEWNEWNEWNEWNEW2:new/secret+2");
  }
}

TEST_F(FreetdsTest, AnAddressInTheCertificateIsAsGoodAsAName) {
  serve();
  EXPECT_TRUE(connect("127.0.0.1"));
}

TEST_F(FreetdsTest, ACertificateOfAnotherAuthorityIsRefused) {
  serve();
  auto others = settings();
  others.ca_file = ca_file_ + ".other";
  ASSERT_TRUE(lab::CertificateAuthority::create("somebody else").value().write_certificate(others.ca_file));
  expect_refused_before_login(connect_with(others));
  std::filesystem::remove(others.ca_file);
  auto system = settings();
  system.ca_file = "";
  expect_refused_before_login(connect_with(system));
}

TEST_F(FreetdsTest, ACertificateForAnotherHostIsRefused) {
  serve({{"sql99.example"}, true, false});
  expect_refused_before_login(connect());
}

TEST_F(FreetdsTest, AnExpiredCertificateIsRefused) {
  serve({{}, false, true});
  expect_refused_before_login(connect());
}

TEST_F(FreetdsTest, AServerWithoutEncryptionIsRefused) {
  serve({}, lab::EncryptionPolicy::not_supported);
  expect_refused_before_login(connect());
}

TEST_F(FreetdsTest, TrustTakesAnyCertificate) {
  serve({{"sql99.example"}, true, true});
  auto trusting = settings();
  trusting.trust_server_certificate = true;
  const auto session = connect_with(trusting);
  EXPECT_TRUE(session) << session.error().sentence();
}

TEST_F(FreetdsTest, AWrongPasswordIsDenied) {
  serve();
  login_.password = SecretString("hush-wrong");
  const auto session = connect();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::denied);
  EXPECT_EQ(session.error().code, "18456");
  EXPECT_EQ(session.error().sentence().find("hush"), std::string::npos);
}

TEST_F(FreetdsTest, OddPasswordsArriveAsTheyAre) {
  serve();
  for (const char* password :
       {"a;b}}c", "{p;a}ss", "ends}", "p'q\"r=s", "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x94\x91", " x "}) {
    put_login(password);
    const auto session = connect();
    EXPECT_TRUE(session) << password << ": " << session.error().sentence();
  }
}

TEST_F(FreetdsTest, ALoginThatHangsIsGivenUpInTime) {
  serve();
  faults_.add({"tds:sql01:login", sim::FaultKind::hang, 0, 1, 0ms});
  const auto start = std::chrono::steady_clock::now();
  const auto session = connect("localhost", 2s);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::timed_out) << session.error().sentence();
  EXPECT_EQ(session.error().effect, Effect::none);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 6s);
}

TEST_F(FreetdsTest, AQueryThatHangsIsGivenUpInTimeWithUnknownEffect) {
  serve();
  auto session = connect();
  ASSERT_TRUE(session);
  faults_.add({"tds:sql01:query", sim::FaultKind::hang, 0, 1, 0ms});
  const auto start = std::chrono::steady_clock::now();
  const auto answer = (*session)->run(SecretString("SELECT 1"), 2s);
  session->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 6s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::timed_out) << answer.error().sentence();
  EXPECT_EQ(answer.error().effect, Effect::unknown);
}

TEST_F(FreetdsTest, ReadingEndsInTimeToo) {
  serve();
  auto session = connect();
  ASSERT_TRUE(session);
  faults_.add({"tds:sql01:query", sim::FaultKind::hang, 0, 1, 0ms});
  visit_.query_timeout = 1s;
  EXPECT_FALSE(sqlserver::CredentialVisit(**session, clock_, visit_, "sql01").read());
}

// The connection ends in the middle of the commit, before or after it took effect: unknown to the writer
// either way.
TEST_F(FreetdsTest, AConnectionLostInMidCommitIsOfUnknownEffect) {
  serve();
  for (const auto kind : {sim::FaultKind::reply_lost, sim::FaultKind::cut}) {
    auto session = connect();
    ASSERT_TRUE(session);
    sqlserver::CredentialVisit visit(**session, clock_, visit_, "sql01");
    ASSERT_TRUE(visit.read());
    faults_.add({"tds:sql01:commit", kind, 0, 1, 0ms});
    const auto lost = visit.write(kKey, clock_.now() + 1min);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().effect, Effect::unknown) << lost.error().sentence();
    EXPECT_EQ(lost.error().sentence().find("new/secret"), std::string::npos);
    EXPECT_EQ(server_.credentials().find(kUrl)->access_key_id(), kKey.id);
  }
}

TEST_F(FreetdsTest, AServerKilledBeforeTheCommitHasChangedNothing) {
  serve();
  auto session = connect();
  ASSERT_TRUE(session);
  sqlserver::CredentialVisit visit(**session, clock_, visit_, "sql01");
  ASSERT_TRUE(visit.read());
  faults_.add({"tds:sql01:commit", sim::FaultKind::hang, 0, 1, 0ms});
  std::jthread killer([this] {
    std::this_thread::sleep_for(500ms);
    listener_->stop();
  });
  const auto lost = visit.write(kKey, clock_.now() + 1min);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().effect, Effect::unknown) << lost.error().sentence();
  EXPECT_EQ(server_.credentials().find(kUrl), nullptr);
}

TEST_F(FreetdsTest, AnErrorOfALaterStatementIsNotMissed) {
  serve();
  auto session = connect();
  ASSERT_TRUE(session);
  const auto answer = (*session)->run(
      SecretString("SELECT 1 AS a; SELECT 2 AS b; ALTER CREDENTIAL [no such] WITH IDENTITY = 'x';"), 5s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "15151");
  EXPECT_EQ(answer.error().effect, Effect::none);
}

TEST_F(FreetdsTest, ValuesOfAnyLengthAndScriptArrive) {
  serve();
  auto session = connect();
  ASSERT_TRUE(session);
  const std::string text = "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x94\x91" + std::string(1500, 'x');
  const auto answer = (*session)->run(SecretString("SELECT " + sqlserver::quote_literal(text) +
                                                   " AS a, CAST(NULL AS nvarchar(10)) AS b, N'' AS c"),
                                      5s);
  ASSERT_TRUE(answer) << answer.error().sentence();
  ASSERT_EQ(answer->size(), 1U);
  EXPECT_EQ(answer->at(0).columns, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(answer->at(0).rows.at(0), (sqlserver::SqlRow{text, std::nullopt, ""}));
}

}  // namespace
}  // namespace keyturn
