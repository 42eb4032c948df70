#include "login_world.h"

#include <algorithm>

#include "sqlserver/login_password.h"

namespace keyturn::simulation {
namespace {

constexpr const char* kSecret = "sqlpass";
constexpr const char* kLogin = "keyturn";
constexpr int kLockout = 5;

// What the gate makes of a call.
template <class T, class Work>
Result<T> passed(LoginWorld& world, Gate& gate, const Call& call, const Work& work) {
  const Verdict verdict = gate.pass(call);
  if (verdict == Verdict::crash_before) throw Crash();
  if (verdict == Verdict::throttle) return fail(ErrorKind::throttled, call.operation + " was throttled.");
  if (verdict == Verdict::refuse) return fail(ErrorKind::denied, call.operation + " was denied.");
  Result<T> done = work();
  world.check(call.operation);
  if (verdict == Verdict::crash_after) throw Crash();
  if (verdict == Verdict::reply_lost && call.is_effect)
    return fail(Error{ErrorKind::timed_out, Effect::unknown, "", call.operation + ": no reply.", ""});
  return done;
}

Error of_service(const sim::ServiceError& error) {
  const bool conflict = error.code == "ResourceExistsException" || error.code == "InvalidParameterException";
  return {conflict ? ErrorKind::conflict : ErrorKind::not_found, Effect::none, error.code, error.message, ""};
}

class GatedPasswords final : public login::PasswordStore, public login::PasswordSource {
 public:
  GatedPasswords(LoginWorld& world, Gate& gate) : world_(world), gate_(gate) {}

  Result<rotation::SecretState> observe() override {
    return passed<rotation::SecretState>(world_, gate_, {"secret:Describe", false}, [&] {
      rotation::SecretState state;
      state.name = kSecret;
      const auto secret = world_.secrets.secret(kSecret);
      for (const sim::SecretVersion& version : secret->versions) {
        std::set<rotation::Stage> stages;
        for (const auto stage :
             {rotation::Stage::current, rotation::Stage::pending, rotation::Stage::previous})
          if (version.stages.contains(rotation::to_string(stage))) stages.insert(stage);
        state.versions.push_back({version.id, std::move(stages), version.created_at, std::nullopt});
      }
      return Result<rotation::SecretState>(std::move(state));
    });
  }
  Result<void> put_pending(const login::VersionId& token, const SecretString& password,
                           TimePoint not_after) override {
    return effect("secret:Put", not_after, [&] {
      return world_.secrets.put_secret_value(kSecret, token, std::string(password.reveal()), {"AWSPENDING"});
    });
  }
  Result<void> promote(const login::VersionId& from, const login::VersionId& to,
                       TimePoint not_after) override {
    return effect("secret:Promote", not_after,
                  [&] { return world_.secrets.update_version_stage(kSecret, "AWSCURRENT", from, to); });
  }
  Result<void> drop_pending(const login::VersionId& version, TimePoint not_after) override {
    return effect("secret:Drop", not_after, [&] {
      return world_.secrets.update_version_stage(kSecret, "AWSPENDING", version, std::nullopt);
    });
  }
  Result<std::optional<login::Password>> at(login::Stage stage) override {
    using Answer = std::optional<login::Password>;
    return passed<Answer>(world_, gate_, {"secret:Get", false}, [&]() -> Result<Answer> {
      const auto value = world_.secrets.get_secret_value(kSecret, std::nullopt, rotation::to_string(stage));
      if (!value) return Answer{};
      return Answer({value->version.id, SecretString(value->version.value)});
    });
  }

 private:
  template <class Work>
  Result<void> effect(const char* name, TimePoint not_after, const Work& work) {
    return passed<void>(world_, gate_, {name, true}, [&]() -> Result<void> {
      if (world_.clock.now() > not_after) return fail(ErrorKind::past_deadline, "Too late.");
      if (const auto done = work(); !done) return fail(of_service(done.error()));
      return {};
    });
  }

  LoginWorld& world_;
  Gate& gate_;
};

class GatedSession final : public sqlserver::SqlSession {
 public:
  GatedSession(LoginWorld& world, Gate& gate, std::string target, std::unique_ptr<SqlSession> inner)
      : world_(world), gate_(gate), target_(std::move(target)), inner_(std::move(inner)) {}

  Result<std::vector<sqlserver::ResultSet>> run(const SecretString& batch, Duration timeout) override {
    const bool changes = batch.reveal().find("ALTER LOGIN") != std::string_view::npos;
    const Call call{"tds:" + target_ + (changes ? ":change" : ":read"), changes};
    return passed<std::vector<sqlserver::ResultSet>>(world_, gate_, call,
                                                     [&] { return inner_->run(batch, timeout); });
  }

 private:
  LoginWorld& world_;
  Gate& gate_;
  const std::string target_;
  std::unique_ptr<SqlSession> inner_;
};

class GatedConnector final : public sqlserver::SqlConnector {
 public:
  GatedConnector(LoginWorld& world, Gate& gate, SqlConnector& inner)
      : world_(world), gate_(gate), inner_(inner) {}

  Result<std::unique_ptr<sqlserver::SqlSession>> connect(const sqlserver::SqlAddress& address,
                                                         const sqlserver::SqlLogin& login,
                                                         Duration timeout) override {
    using Session = std::unique_ptr<sqlserver::SqlSession>;
    auto session = passed<Session>(world_, gate_, {"tds:" + address.host + ":connect", false},
                                   [&] { return inner_.connect(address, login, timeout); });
    if (!session) return session;
    return std::make_unique<GatedSession>(world_, gate_, address.host, *std::move(session));
  }

 private:
  LoginWorld& world_;
  Gate& gate_;
  SqlConnector& inner_;
};

// No key is written here.
class NoKeys final : public rotation::SecretStore {
 public:
  Result<rotation::SecretState> observe(const std::vector<rotation::KeyId>&) override { return none(); }
  Result<rotation::SecretState> stages() override { return none(); }
  Result<rotation::KeyPair> read(const rotation::VersionId&) override { return none(); }
  Result<void> put_pending(const rotation::VersionId&, const rotation::KeyPair&, TimePoint) override {
    return none();
  }
  Result<void> promote(const std::optional<rotation::VersionId>&, const rotation::VersionId&,
                       TimePoint) override {
    return none();
  }
  Result<void> drop_pending(const rotation::VersionId&, TimePoint) override { return none(); }
  Result<void> write_intent(const rotation::Intent&, TimePoint) override { return none(); }
  Result<void> close_intent(const std::string&, TimePoint) override { return none(); }

 private:
  static tl::unexpected<Error> none() { return fail(ErrorKind::unsupported, "No key is written here."); }
};

class NoEvents final : public rotation::EventSink {
 public:
  void step_began(const rotation::Step& /*step*/) override {}
  void step_ended(const rotation::Step& /*step*/) override {}
};

}  // namespace

LoginWorld::LoginWorld(int targets, std::uint64_t seed) : random(seed) {
  const SecretString first = sqlserver::generate_login_password(random);
  static_cast<void>(secrets.create_secret(kSecret, random.uuid(), std::string(first.reveal())));
  for (int i = 0; i < targets; ++i) {
    sim::SqlServerSettings settings;
    settings.target = "sql" + std::to_string(i);
    settings.lockout_threshold = kLockout;
    // One is too old for S3: it is logged in to all the same.
    if (i == 1) settings.product_version = "15.0.4000.1";
    sim::SqlServer& server = servers.emplace_back(settings, clock, nullptr);
    sim::ServerLogin login;
    login.name = kLogin;
    login.password = first;
    login.check_policy = true;
    server.put_login(std::move(login));
    connector_.add(settings.target, 1433, server);
    inventory_.push_back({settings.target, {settings.target, 1433, ""}, "", std::nullopt});
  }
}

void LoginWorld::set_reachable(int target, bool reachable) {
  connector_.set_reachable(servers[std::size_t(target)], reachable);
}

void LoginWorld::set_may_change(int target, bool may) {
  sim::SqlServer& server = servers[std::size_t(target)];
  auto login = server.find_login(kLogin).value();
  login.may_not_change = !may;
  server.put_login(std::move(login));
}

std::optional<login::Report> LoginWorld::run(bool asked, Gate& gate) {
  GatedPasswords passwords(*this, gate);
  GatedConnector connector(*this, gate, connector_);
  NoKeys no_keys;
  NoEvents no_events;
  fleet::DirectFleetSettings settings;
  settings.visit.login = kLogin;
  settings.visit.managed.urls = {"s3://b.s3.us-east-1.amazonaws.com/sql"};
  settings.concurrency = 1;
  fleet::DirectFleet fleet(
      settings, [this] { return Result<std::vector<fleet::InventoryTarget>>(inventory_); }, connector,
      sqlserver::SqlLogin{kLogin, {}}, no_keys, clock, nullptr, {}, &passwords);
  login::Policy policy;
  policy.wave_percent = 50;
  login::Rotator rotator(
      policy, {fleet, fleet, passwords, [this] { return sqlserver::generate_login_password(random); }}, clock,
      nullptr, no_events);
  try {
    return rotator.run(asked, std::nullopt);
  } catch (const Crash&) {
    return std::nullopt;
  }
}

bool LoginWorld::takes_a_labelled_password(const sim::SqlServer& server) const {
  const auto login = server.find_login(kLogin).value();
  const auto secret = secrets.secret(kSecret);
  return !login.locked_out && std::any_of(secret->versions.begin(), secret->versions.end(),
                                          [&](const sim::SecretVersion& version) {
                                            return !version.stages.empty() &&
                                                   login.has_password(SecretString(version.value));
                                          });
}

void LoginWorld::check(const std::string& when) {
  if (!violations_.empty()) return;
  for (const sim::SqlServer& server : servers)
    if (!takes_a_labelled_password(server))
      violations_.push_back(server.settings().target + " lets nobody in after " + when);
}

std::string LoginWorld::version_at(const std::string& stage) const {
  const auto secret = secrets.secret(kSecret);
  const sim::SecretVersion* version = secret->at_stage(stage);
  return version == nullptr ? "" : version->id;
}

bool LoginWorld::all_on(const std::string& stage) const {
  const auto secret = secrets.secret(kSecret);
  const sim::SecretVersion* version = secret->at_stage(stage);
  return version != nullptr && std::all_of(servers.begin(), servers.end(), [&](const sim::SqlServer& server) {
           return server.find_login(kLogin)->has_password(SecretString(version->value));
         });
}

}  // namespace keyturn::simulation
