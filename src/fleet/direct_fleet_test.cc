// The direct fleet over simulated SQL Servers.
#include "fleet/direct_fleet.h"

#include <gtest/gtest.h>

#include <deque>

#include "sim/faults.h"
#include "sim/sql_connector.h"
#include "sim/virtual_clock.h"

namespace keyturn::fleet {
namespace {

using namespace std::chrono_literals;
using rotation::Stage;
using rotation::Standing;

const rotation::KeyPair kOld{"AKIAOLDOLDOLDOLDOLD1", SecretString("old/secret+1")};
const rotation::KeyPair kNew{"AKIANEWNEWNEWNEWNEW2", SecretString("new/secret+2")};
constexpr const char* kUrl = "s3://bucket.s3.eu-west-1.amazonaws.com/sql";
constexpr int kTargets = 6;

// Two versions, "v-old" and "v-new", and whatever stages a test gives them. Only what a fleet asks of a store
// is there.
class TwoVersions final : public rotation::SecretStore {
 public:
  Result<rotation::SecretState> observe(const std::vector<rotation::KeyId>&) override { return not_here(); }
  Result<rotation::SecretState> stages() override {
    ++asked;
    if (fails) return fail(ErrorKind::unavailable, "Secrets Manager is ill.");
    rotation::SecretState state;
    state.versions = {{"v-old", old_stages, {}, std::nullopt}, {"v-new", new_stages, {}, std::nullopt}};
    return state;
  }
  Result<rotation::KeyPair> read(const rotation::VersionId& version) override {
    if (version == "v-odd") return rotation::KeyPair{"AKIAODDODDODDODDODD3", SecretString("a:b")};
    return version == "v-old" ? kOld : kNew;
  }
  Result<void> put_pending(const rotation::VersionId&, const rotation::KeyPair&, TimePoint) override {
    return not_here();
  }
  Result<void> promote(const std::optional<rotation::VersionId>&, const rotation::VersionId&,
                       TimePoint) override {
    return not_here();
  }
  Result<void> drop_pending(const rotation::VersionId&, TimePoint) override { return not_here(); }
  Result<void> write_intent(const rotation::Intent&, TimePoint) override { return not_here(); }
  Result<void> close_intent(const std::string&, TimePoint) override { return not_here(); }

  std::set<Stage> old_stages{Stage::current};
  std::set<Stage> new_stages{Stage::pending};
  bool fails = false;
  int asked = 0;

 private:
  static tl::unexpected<Error> not_here() { return fail(ErrorKind::unsupported, "Not asked of a fleet."); }
};

// Sessions whose first writes fail with an error of the server, after its rollback.
class FailingWrites final : public sqlserver::SqlConnector {
 public:
  FailingWrites(sqlserver::SqlConnector& inner, std::string number, int count)
      : inner_(inner), number_(std::move(number)), left_(count) {}

  Result<std::unique_ptr<sqlserver::SqlSession>> connect(const sqlserver::SqlAddress& address,
                                                         const sqlserver::SqlLogin& login,
                                                         Duration timeout) override {
    auto session = inner_.connect(address, login, timeout);
    if (!session) return session;
    return std::make_unique<Session>(*this, *std::move(session));
  }
  [[nodiscard]] int batches() const { return batches_; }

 private:
  class Session final : public sqlserver::SqlSession {
   public:
    Session(FailingWrites& owner, std::unique_ptr<SqlSession> inner)
        : owner_(owner), inner_(std::move(inner)) {}
    Result<std::vector<sqlserver::ResultSet>> run(const SecretString& batch, Duration timeout) override {
      ++owner_.batches_;
      const bool is_write = batch.reveal().find("BEGIN TRANSACTION") != std::string_view::npos;
      if (!is_write || owner_.left_-- <= 0) return inner_->run(batch, timeout);
      return fail(Error{ErrorKind::conflict, Effect::none, owner_.number_, "The write failed.", ""});
    }

   private:
    FailingWrites& owner_;
    std::unique_ptr<SqlSession> inner_;
  };

  sqlserver::SqlConnector& inner_;
  const std::string number_;
  int left_;
  int batches_ = 0;
};

class DirectFleetTest : public testing::Test {
 protected:
  DirectFleetTest() {
    for (int i = 1; i <= kTargets; ++i) {
      sim::SqlServerSettings settings;
      settings.target = "sql" + std::to_string(i);
      servers_.emplace_back(std::move(settings), clock_, nullptr);
      put_login(server(i), {"ALTER ANY CREDENTIAL", "VIEW SERVER STATE"});
      connector_.add("sql" + std::to_string(i), 1433, server(i));
      inventory_.push_back(
          {"sql" + std::to_string(i), {"sql" + std::to_string(i), 1433, ""}, "", std::nullopt});
    }
    settings_.visit.managed.urls = {kUrl};
    settings_.visit.login = "keyturn";
    settings_.concurrency = 3;
  }

  static void put_login(sim::SqlServer& server, std::set<std::string> permissions) {
    sim::ServerLogin login;
    login.name = "keyturn";
    login.password = SecretString("pass");
    login.permissions = std::move(permissions);
    server.put_login(std::move(login));
  }
  sim::SqlServer& server(int number) { return servers_.at(static_cast<std::size_t>(number - 1)); }
  std::string held(int number) {
    const auto table = server(number).credentials();
    const sim::CredentialRow* row = table.find(kUrl);
    return row == nullptr ? "" : row->access_key_id();
  }

  DirectFleet fleet(ProgressSink progress = {}) { return fleet_over(connector_, std::move(progress)); }
  DirectFleet fleet_over(sqlserver::SqlConnector& connector, ProgressSink progress = {}) {
    return {settings_, [this] { return list_targets(inventory_, {}); },
            connector, {"keyturn", SecretString("pass")},
            store_,    clock_,
            &stop_,    std::move(progress)};
  }
  rotation::Fleet::Order order(std::vector<rotation::TargetName> targets) {
    return {"v-new", Stage::pending, std::move(targets), clock_.now() + 15min};
  }
  rotation::Fleet::Order order_for_all() { return order({"sql1", "sql2", "sql3", "sql4", "sql5", "sql6"}); }

  sim::VirtualClock clock_{parse_iso8601("2026-03-01T12:00:00Z").value()};
  std::deque<sim::SqlServer> servers_;
  sim::FaultBoard faults_;
  sim::SimSqlConnector connector_{faults_};
  std::vector<InventoryTarget> inventory_;
  TwoVersions store_;
  DirectFleetSettings settings_;
  StopFlag stop_;
};

TEST_F(DirectFleetTest, WritesAllTargetsAndReadsThemBack) {
  DirectFleet all = fleet();
  const auto outcomes = all.write(order_for_all());
  ASSERT_EQ(outcomes.size(), std::size_t{kTargets});
  for (int i = 1; i <= kTargets; ++i) {
    const auto& outcome = outcomes[static_cast<std::size_t>(i - 1)];
    EXPECT_EQ(outcome.target, "sql" + std::to_string(i));
    EXPECT_FALSE(outcome.error) << outcome.error->sentence();
    EXPECT_TRUE(outcome.after->confirmed_on(kNew.id));
    EXPECT_EQ(held(i), kNew.id);
  }
  const auto states = all.observe();
  ASSERT_TRUE(states);
  for (const auto& state : *states) EXPECT_TRUE(state.confirmed_on(kNew.id)) << state.reason;
}

TEST_F(DirectFleetTest, WritesOnlyTheTargetsOfTheOrder) {
  DirectFleet all = fleet();
  (void)all.write(order({"sql2"}));
  EXPECT_EQ(held(2), kNew.id);
  EXPECT_EQ(held(1), "");
}

TEST_F(DirectFleetTest, OneTargetsFailureIsNeverAnothers) {
  connector_.set_reachable(server(1), false);
  put_login(server(2), {});
  faults_.add({"tds:sql3:query", sim::FaultKind::hang, 0, 1, 0ms});
  faults_.add({"tds:sql4:login", sim::FaultKind::refuse, 0, 1, 0ms});
  const auto outcomes = fleet().write(order_for_all());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(outcomes[i].error) << i;
  for (std::size_t i = 4; i < 6; ++i) EXPECT_FALSE(outcomes[i].error) << outcomes[i].error->sentence();
  EXPECT_EQ(held(5), kNew.id);
  EXPECT_EQ(held(6), kNew.id);
  EXPECT_EQ(held(2), "");
}

TEST_F(DirectFleetTest, WhatCannotBeReadIsUnreachableWithItsReason) {
  connector_.set_reachable(server(1), false);
  sim::ServerLogin other;
  other.name = "keyturn";
  other.password = SecretString("another");
  server(2).put_login(other);
  inventory_[2].unreachable_reason = "The EC2 instance i-3 is stopped.";
  inventory_[2].unreachable_since = clock_.now() - 24h;
  const auto states = fleet().observe();
  ASSERT_TRUE(states);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*states)[i].standing, Standing::unreachable);
    EXPECT_FALSE((*states)[i].reason.empty());
  }
  EXPECT_EQ((*states)[2].reason, "The EC2 instance i-3 is stopped.");
  EXPECT_EQ((*states)[2].since, clock_.now() - 24h);
  EXPECT_EQ((*states)[3].standing, Standing::updatable);
}

TEST_F(DirectFleetTest, ATargetThatHangsIsNotAskedAgainForAWhile) {
  faults_.add({"tds:sql3:query", sim::FaultKind::hang, 0, 1, 0ms});  // it would answer the second time
  DirectFleet all = fleet();
  EXPECT_EQ((*all.observe())[2].standing, Standing::unreachable);
  const auto soon = all.observe();
  EXPECT_EQ((*soon)[2].standing, Standing::unreachable);
  EXPECT_FALSE((*soon)[2].reason.empty());
  EXPECT_EQ((*soon)[3].standing, Standing::updatable);
  clock_.sleep_for(1h, nullptr);
  EXPECT_EQ((*all.observe())[2].standing, Standing::updatable);
}

TEST_F(DirectFleetTest, APendingVersionThatLostItsStageIsNotWritten) {
  store_.new_stages.clear();
  const auto outcomes = fleet().write(order({"sql1"}));
  ASSERT_TRUE(outcomes[0].error);
  EXPECT_EQ(outcomes[0].error->kind, ErrorKind::conflict);
  EXPECT_EQ(held(1), "");
}

TEST_F(DirectFleetTest, TheCurrentVersionIsNotWrittenWhileSomethingIsPending) {
  auto current = order({"sql1"});
  current.version = "v-old";
  current.stage = Stage::current;
  ASSERT_TRUE(fleet().write(current)[0].error);
  EXPECT_EQ(held(1), "");

  store_.new_stages.clear();
  const auto outcomes = fleet().write(current);
  EXPECT_FALSE(outcomes[0].error) << outcomes[0].error->sentence();
  EXPECT_EQ(held(1), kOld.id);
}

TEST_F(DirectFleetTest, TheStageIsCheckedAfterTheReadAndForEachTarget) {
  DirectFleet all = fleet([this](const Progress& progress) {
    if (progress.phase == VisitPhase::reading) store_.new_stages.clear();  // another run rolls back just then
  });
  ASSERT_TRUE(all.write(order({"sql1"}))[0].error);
  EXPECT_EQ(held(1), "");
  EXPECT_EQ(store_.asked, 1);
}

TEST_F(DirectFleetTest, AStoreThatDoesNotAnswerMeansNoWrite) {
  store_.fails = true;
  ASSERT_TRUE(fleet().write(order({"sql1"}))[0].error);
  EXPECT_EQ(held(1), "");
}

TEST_F(DirectFleetTest, NothingStartsAfterTheDeadline) {
  auto late = order_for_all();
  late.not_after = clock_.now() - 1ms;
  for (const auto& outcome : fleet().write(late)) {
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind, ErrorKind::past_deadline);
  }
  EXPECT_EQ(held(1), "");
}

TEST_F(DirectFleetTest, AfterAStopNoTargetIsStartedAndThoseInFlightEnd) {
  settings_.concurrency = 1;
  DirectFleet all = fleet([this](const Progress& progress) {
    if (progress.target == "sql2" && progress.phase == VisitPhase::writing) stop_.request();
  });
  const auto outcomes = all.write(order_for_all());
  EXPECT_FALSE(outcomes[0].error);
  EXPECT_FALSE(outcomes[1].error);
  for (std::size_t i = 2; i < outcomes.size(); ++i) {
    ASSERT_TRUE(outcomes[i].error);
    EXPECT_EQ(outcomes[i].error->kind, ErrorKind::cancelled);
  }
  EXPECT_EQ(held(2), kNew.id);
  EXPECT_EQ(held(3), "");
}

TEST_F(DirectFleetTest, ATargetThatHoldsTheKeyAlreadyIsLeftAlone) {
  DirectFleet all = fleet();
  (void)all.write(order({"sql1"}));
  const auto modified = [this] { return server(1).credentials().rows().at(0).modify_date; };
  const TimePoint before = modified();
  clock_.advance(1min);
  const auto outcomes = all.write(order({"sql1"}));
  EXPECT_FALSE(outcomes[0].error);
  EXPECT_EQ(modified(), before);
}

TEST_F(DirectFleetTest, WhatTheWorldUndidIsTriedOnceMoreAndNoMore) {
  for (const char* number : {"1205", "15151", "15530"}) {
    FailingWrites once(connector_, number, 1);
    const auto second = fleet_over(once).write(order({"sql1"}));
    EXPECT_FALSE(second[0].error) << second[0].error->sentence();
    EXPECT_EQ(once.batches(), 4);
    EXPECT_EQ(held(1), kNew.id);
    server(1).set_credentials({});

    FailingWrites always(connector_, number, 9);
    const auto given_up = fleet_over(always).write(order({"sql1"}));
    ASSERT_TRUE(given_up[0].error);
    EXPECT_EQ(given_up[0].error->code, number);
    EXPECT_EQ(always.batches(), 4);
    EXPECT_EQ(held(1), "");
  }
}

TEST_F(DirectFleetTest, OtherFailuresAreNotRepeated) {
  FailingWrites denied(connector_, "15247", 9);
  ASSERT_TRUE(fleet_over(denied).write(order({"sql1"}))[0].error);
  EXPECT_EQ(denied.batches(), 2);
}

TEST_F(DirectFleetTest, AKeyThatSqlServerCannotHoldGoesNowhere) {
  auto odd = order_for_all();
  odd.version = "v-odd";
  for (const auto& outcome : fleet().write(odd)) {
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind, ErrorKind::unsupported);
    EXPECT_EQ(outcome.error->sentence().find("a:b"), std::string::npos);
  }
}

TEST_F(DirectFleetTest, AnUnknownTargetIsSaid) {
  const auto outcomes = fleet().write(order({"sql9", "sql1"}));
  ASSERT_TRUE(outcomes[0].error);
  EXPECT_EQ(outcomes[0].error->kind, ErrorKind::not_found);
  EXPECT_FALSE(outcomes[1].error);
}

TEST_F(DirectFleetTest, ProgressTellsEachTargetsPhasesInOrder) {
  std::map<std::string, std::vector<VisitPhase>> phases;
  (void)fleet([&](const Progress& progress) {
    phases[progress.target].push_back(progress.phase);
  }).write(order_for_all());
  ASSERT_EQ(phases.size(), std::size_t{kTargets});
  for (const auto& [target, seen] : phases) {
    EXPECT_EQ(seen, (std::vector{VisitPhase::connecting, VisitPhase::reading, VisitPhase::writing,
                                 VisitPhase::done}))
        << target;
  }
}

}  // namespace
}  // namespace keyturn::fleet
