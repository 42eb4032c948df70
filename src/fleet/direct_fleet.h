// The fleet over direct connections: every target is visited from here, several at a time.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "fleet/backup_proof.h"
#include "fleet/inventory.h"
#include "fleet/progress.h"
#include "fleet/target_login.h"
#include "rotation/ports.h"
#include "sqlserver/credential_visit.h"
#include "sqlserver/sql_session.h"

namespace keyturn::fleet {

struct DirectFleetSettings {
  sqlserver::VisitSettings visit;  // managed names, login name for sentences, query time-out
  Duration login_timeout = std::chrono::seconds{10};
  int concurrency = 8;  // targets visited at once; at least 1
};

using ListTargets = std::function<Result<std::vector<InventoryTarget>>()>;

// One connection a target and call, and at most four round trips. observe() and write() are not to be called
// at the same time. All references must outlive the fleet; `stop` may be null, `progress` empty.
class DirectFleet final : public rotation::Fleet, public login::PasswordChanger {
 public:
  // `passwords`: the versions of the login's password, where keyturn rotates it; null: the one in `login`.
  // `proofs`: where proof backups lie; null: none is ever ordered.
  DirectFleet(DirectFleetSettings settings, ListTargets list, sqlserver::SqlConnector& connector,
              sqlserver::SqlLogin login, rotation::SecretStore& store, Clock& clock, const StopFlag* stop,
              ProgressSink progress, login::PasswordSource* passwords = nullptr,
              ProofStore* proofs = nullptr);

  using rotation::Fleet::Order;
  using rotation::Fleet::Outcome;

  Result<std::vector<rotation::TargetState>> observe() override;
  std::vector<Outcome> write(const Order& order) override;
  std::vector<login::PasswordChanger::Outcome> change(const login::PasswordChanger::Order& order) override;

 private:
  using Connected = Result<TargetLogin::Entry>;
  using PasswordOrder = login::PasswordChanger::Order;

  struct Look {
    rotation::TargetState state;
    bool was_silent = false;  // accepted, and said nothing until the time was over
  };
  struct Silence {
    rotation::TargetState state;
    TimePoint until;
  };

  Result<void> refresh();
  Look look_at(const InventoryTarget& target);
  [[nodiscard]] Duration silence() const;
  Result<rotation::TargetState> read(const InventoryTarget& target);
  Outcome write_one(const rotation::TargetName& name, const Order& order, const rotation::KeyPair& key);
  Outcome write_to(const InventoryTarget& target, const Order& order, const rotation::KeyPair& key);
  Result<void> prove_backup(sqlserver::SqlSession& session, const Order& order, const rotation::KeyPair& key,
                            rotation::TargetState& state);
  Result<rotation::TargetState> read_then_write(sqlserver::CredentialVisit& visit,
                                                const InventoryTarget& target, const Order& order,
                                                const rotation::KeyPair& key);
  Connected connect(const InventoryTarget& target, bool is_write);
  Result<void> check_may_start(const rotation::TargetName& name) const;
  Result<void> check_deadline(const rotation::TargetName& name, TimePoint not_after) const;
  Result<void> check_stage(const Order& order);
  [[nodiscard]] const InventoryTarget* find(const rotation::TargetName& name) const;
  // Of change(), in direct_fleet_login.cc.
  Result<login::Password> ordered_password(const PasswordOrder& order);
  Result<void> change_one(const rotation::TargetName& name, const PasswordOrder& order,
                          const login::Password& wanted);
  Result<void> change_on(const InventoryTarget& target, const PasswordOrder& order,
                         const login::Password& wanted);
  void report(const rotation::TargetName& target, VisitPhase phase, bool is_write, std::string failure = {});

  const DirectFleetSettings settings_;
  const ListTargets list_;
  TargetLogin login_;
  ProofStore* const proofs_;
  rotation::SecretStore& store_;
  Clock& clock_;
  const StopFlag* const stop_;
  const ProgressSink progress_;
  std::mutex progress_mutex_;
  std::mutex store_mutex_;  // the store need not be thread-safe
  std::vector<InventoryTarget> targets_;
  // A target that hangs costs its whole time-out at every look, and would use up the deadline of everything
  // else: for a while it counts as unreachable without being asked. Changed between looks only.
  std::map<rotation::TargetName, Silence> silent_;
};

}  // namespace keyturn::fleet
