// For tests only: the blog's account, simulated, with servers that are reached directly, and a function in
// it.
#pragma once

#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lambda/handler.h"
#include "lambda/run_log.h"
#include "sim/sql_connector.h"
#include "sim/virtual_clock.h"
#include "sim/world_transport.h"

namespace keyturn::lambda {

inline constexpr const char* kTestUser = "sql-backups-user";
inline constexpr const char* kTestUrl = "s3://sql-backups.s3.us-east-1.amazonaws.com/sql";
inline constexpr const char* kTestPassword = "Sql-Password-Of-The-Test";

class TestAccount final : public Account {
 public:
  explicit TestAccount(int targets = 3, Clock* given_clock = nullptr)
      : clock(given_clock == nullptr ? virtual_clock : *given_clock) {
    world.iam().add_user(kTestUser, {{true, "s3:*", "*"}});
    first_key = world.iam().add_key(kTestUser, clock.now() - std::chrono::days{3});
    secret_arn =
        world.secrets()
            .create_secret("sqlcredential", random.uuid(), first_key.access_key_id + ":" + first_key.secret)
            .value()
            .arn;
    world.s3().add_bucket("sql-backups", "us-east-1");
    for (int i = 1; i <= targets; ++i) add_target("sql" + std::to_string(i));
    settings.fleet.ec2_tags = {{"SQL", "2022"}};
    config_.rotations = {settings};
    const sim::Caller caller = world.iam().add_principal("function", {{true, "*", "*"}});
    aws_ = std::make_unique<aws::AwsContext>(
        aws::AwsContext::create({wire, clock, random, &stop.flag()},
                                aws::fixed_environment({{"AWS_ACCESS_KEY_ID", caller.access_key_id},
                                                        {"AWS_SECRET_ACCESS_KEY", caller.secret},
                                                        {"AWS_REGION", "us-east-1"}}),
                                {})
            .value());
  }

  sim::SqlServer& add_target(const std::string& name) {
    sim::SqlServerSettings server;
    server.target = name;
    sim::SqlServer& added = servers.emplace_back(std::move(server), clock, nullptr);
    sim::ServerLogin login;
    login.name = "keyturn";
    login.password = SecretString(kTestPassword);
    login.permissions = {"ALTER ANY CREDENTIAL", "VIEW SERVER STATE"};
    added.put_login(std::move(login));
    connector.add(name, 1433, added);
    inventory.push_back({name, {name, 1433, ""}, "", std::nullopt});
    return added;
  }

  // --- Account ---
  [[nodiscard]] const setup::Config& config() const override { return config_; }
  setup::Config& config() { return config_; }
  [[nodiscard]] const aws::AwsContext& aws() const override { return *aws_; }
  [[nodiscard]] net::HttpTransport& transport() const override { return *web; }
  Result<rotation::Engine*> engine(const setup::RotationSettings& of) override {
    ++engines_made;
    issuer_ = aws_->key_issuer(kTestUser).value();
    store_ = aws_->secret_store(of.credential_secret).value();
    prover_ = aws_->key_prover({aws::parse_s3_url(kTestUrl).value()}, kTestUser);
    fleet::DirectFleetSettings direct;
    direct.visit.managed.urls = {kTestUrl};
    direct.visit.login = "keyturn";
    direct.concurrency = 1;
    fleet_ = std::make_unique<fleet::DirectFleet>(
        direct, [this] { return Result<std::vector<fleet::InventoryTarget>>(inventory); }, connector,
        sqlserver::SqlLogin{"keyturn", SecretString(kTestPassword)}, *store_, clock, &stop.flag(),
        [this](const fleet::Progress& visit) { run_log.visited(visit); });
    watched_ = std::make_unique<setup::WatchedFleet>(*fleet_, run_log);
    engine_ =
        std::make_unique<rotation::Engine>(of.policy, rotation::Ports{*issuer_, *store_, *prover_, *watched_},
                                           clock, random, &stop.flag(), run_log);
    return engine_.get();
  }
  login::Rotator* login() override { return nullptr; }

  // --- The function ---
  Answer call(const std::string& payload, std::optional<Duration> time_left = std::chrono::minutes{15}) {
    Invocation invocation{"request-1", payload, {}, "arn:aws:lambda:us-east-1:111122223333:function:f", ""};
    if (time_left) invocation.deadline = clock.now() + *time_left;
    return handle({*this, clock, stop, log, names}, invocation);
  }
  // The response's JSON. What is an error throws.
  nlohmann::json response(const std::string& payload) { return nlohmann::json::parse(call(payload).value()); }

  // --- The truth ---
  [[nodiscard]] std::string key_at(const std::string& stage) const {
    const auto secret = world.secrets().secret("sqlcredential");
    const sim::SecretVersion* version = secret->at_stage(stage);
    return version == nullptr ? "" : version->value.substr(0, version->value.find(':'));
  }
  // The servers that hold this key.
  [[nodiscard]] int holders_of(const std::string& key) {
    int holders = 0;
    for (sim::SqlServer& server : servers) {
      const sim::CredentialTable table = server.credentials();
      const sim::CredentialRow* row = table.find(kTestUrl);
      if (row != nullptr && row->access_key_id() == key) ++holders;
    }
    return holders;
  }

  sim::VirtualClock virtual_clock{parse_iso8601("2026-03-01T12:00:00Z").value()};
  Clock& clock;
  SeededRandom random{7};
  mutable sim::World world{clock, random};
  sim::WorldTransport wire{world};
  net::HttpTransport* web = &wire;  // where what is not AWS goes
  sim::SimSqlConnector connector{world.faults()};
  std::deque<sim::SqlServer> servers;
  std::vector<fleet::InventoryTarget> inventory;
  sim::IamKey first_key;
  std::string secret_arn;
  setup::RotationSettings settings;
  InvocationStop stop;
  std::string logged;
  Log log{[this](std::string_view line) { logged += line; }, LogLevel::debug, clock};
  RunLog run_log{log};
  FunctionNames names{"bootstrap", "keyturn"};
  int engines_made = 0;

 private:
  setup::Config config_;
  std::unique_ptr<aws::AwsContext> aws_;
  std::unique_ptr<rotation::KeyIssuer> issuer_;
  std::unique_ptr<rotation::SecretStore> store_;
  std::unique_ptr<rotation::KeyProver> prover_;
  std::unique_ptr<fleet::DirectFleet> fleet_;
  std::unique_ptr<setup::WatchedFleet> watched_;
  std::unique_ptr<rotation::Engine> engine_;
};

}  // namespace keyturn::lambda
