// The rotation's ports over the simulated account, each call through a gate. One set a run: a run has its own
// gate.
#pragma once

#include <set>
#include <string>

#include "gate.h"
#include "rotation/ports.h"
#include "sim/world.h"

namespace keyturn::simulation {

inline constexpr const char* kUser = "sql-backups-user";
inline constexpr const char* kSecret = "sqlcredential";

// Lets one call through the gate, checks its deadline, carries it out.
class Passage {
 public:
  Passage(sim::World& world, Gate& gate) : world_(world), gate_(gate) {}

  // `carry_out` answers a sim::Reply<T>.
  template <class F>
  auto read(const std::string& operation, F carry_out) {
    return go(Call{operation, false}, TimePoint::max(), carry_out);
  }
  template <class F>
  auto effect(const std::string& operation, TimePoint not_after, F carry_out) {
    return go(Call{operation, true}, not_after, carry_out);
  }

  [[nodiscard]] sim::World& world() { return world_; }
  [[nodiscard]] Gate& gate() { return gate_; }

 private:
  template <class F>
  auto go(const Call& call, TimePoint not_after, F carry_out)
      -> Result<typename decltype(carry_out())::value_type> {
    const Verdict verdict = gate_.pass(call);
    if (verdict == Verdict::crash_before) throw Crash{};
    if (world_.clock().now() >= not_after)
      return fail(ErrorKind::past_deadline, call.operation + ": past the deadline.");
    if (verdict == Verdict::throttle) return fail(ErrorKind::throttled, call.operation + ": throttled.");
    if (verdict == Verdict::refuse) return fail(ErrorKind::denied, call.operation + ": access denied.");
    auto reply = carry_out();
    if (verdict == Verdict::crash_after) throw Crash{};
    if (verdict == Verdict::reply_lost)
      return fail(Error{ErrorKind::unavailable,
                        call.is_effect ? Effect::unknown : Effect::none,
                        {},
                        call.operation + ": no reply.",
                        {}});
    if (!reply) return fail(translate(call, reply.error()));
    if constexpr (std::is_void_v<typename decltype(carry_out())::value_type>)
      return {};
    else
      return std::move(*reply);
  }
  static Error translate(const Call& call, const sim::ServiceError& error);

  sim::World& world_;
  Gate& gate_;
};

class SimKeyIssuer final : public rotation::KeyIssuer {
 public:
  explicit SimKeyIssuer(Passage passage) : passage_(passage) {}
  [[nodiscard]] std::string user() const override { return kUser; }
  Result<std::vector<rotation::AccessKey>> list() override;
  Result<NewKey> create(TimePoint not_after) override;
  Result<void> set_status(const rotation::KeyId& key, rotation::KeyStatus status,
                          TimePoint not_after) override;
  Result<void> remove(const rotation::KeyId& key, TimePoint not_after) override;

 private:
  Passage passage_;
};

class SimSecretStore final : public rotation::SecretStore {
 public:
  explicit SimSecretStore(Passage passage) : passage_(passage) {}
  Result<rotation::SecretState> observe(const std::vector<rotation::KeyId>& keys) override;
  Result<rotation::SecretState> stages() override;
  Result<rotation::KeyPair> read(const rotation::VersionId& version) override;
  Result<void> put_pending(const rotation::VersionId& token, const rotation::KeyPair& pair,
                           TimePoint not_after) override;
  Result<void> promote(const std::optional<rotation::VersionId>& from, const rotation::VersionId& to,
                       TimePoint not_after) override;
  Result<void> drop_pending(const rotation::VersionId& version, TimePoint not_after) override;
  Result<void> write_intent(const rotation::Intent& intent, TimePoint not_after) override;
  Result<void> close_intent(const std::string& run_id, TimePoint not_after) override;

 private:
  Passage passage_;
};

// Asks IAM's truth whether the key works now, and waits for it in virtual time.
class SimKeyProver final : public rotation::KeyProver {
 public:
  SimKeyProver(Passage passage, const std::set<std::string>& refused_keys)
      : passage_(passage), refused_keys_(refused_keys) {}
  Result<void> check_destination() override { return {}; }
  Proof prove(const rotation::KeyPair& pair, TimePoint give_up_at) override;

 private:
  Passage passage_;
  const std::set<std::string>& refused_keys_;
};

}  // namespace keyturn::simulation
