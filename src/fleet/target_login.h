// How keyturn gets into its targets: by the one password it was given or, where it rotates that password, by
// whichever labelled version of it lets it in.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "login/ports.h"
#include "sqlserver/sql_session.h"

namespace keyturn::fleet {

// Servers lock an account out that shows too many wrong passwords, and a right one resets their count: so a
// target is shown first what let keyturn in the last time, never the same set of wrong ones again for a
// while, and another one only after error 18456. Thread-safe.
class TargetLogin {
 public:
  // `passwords` null: the one of `login`. All must outlive this.
  TargetLogin(sqlserver::SqlConnector& connector, sqlserver::SqlLogin login, login::PasswordSource* passwords,
              Clock& clock)
      : connector_(connector), login_(std::move(login)), passwords_(passwords), clock_(clock) {}

  struct Entry {
    std::unique_ptr<sqlserver::SqlSession> session;
    rotation::VersionId version;  // of the password; empty where there is no choice
  };
  Result<Entry> enter(const rotation::TargetName& target, const sqlserver::SqlAddress& address,
                      Duration timeout);

  // Has the labels read anew before they are needed next. Not during an enter().
  void begin_look();

  // The passwords with their labels, in the order in which they are tried: AWSCURRENT first. ErrorKind::usage
  // where there is no choice. Reads them where that was not done since begin_look().
  struct Labelled {
    login::Password password;
    login::Stage stage;
  };
  Result<std::vector<Labelled>> passwords();

  // Only this password, and only once: for a change to be confirmed. It is what lets in from then on.
  Result<void> confirm(const rotation::TargetName& target, const sqlserver::SqlAddress& address,
                       const login::Password& password, Duration timeout);

  [[nodiscard]] const std::string& user() const { return login_.user; }

 private:
  struct Refusal {
    std::set<rotation::VersionId> versions;  // all of them were shown
    TimePoint until;
    Error error;
  };
  using Session = Result<std::unique_ptr<sqlserver::SqlSession>>;

  Session connect(const sqlserver::SqlAddress& address, const SecretString& password, Duration timeout);
  Result<std::vector<Labelled>> in_order_for(const rotation::TargetName& target);
  Result<Entry> try_all(const rotation::TargetName& target, const sqlserver::SqlAddress& address,
                        const std::vector<Labelled>& all, Duration timeout);

  sqlserver::SqlConnector& connector_;
  const sqlserver::SqlLogin login_;
  login::PasswordSource* const passwords_;
  Clock& clock_;

  std::mutex mutex_;
  std::vector<Labelled> labelled_;
  bool is_read_ = false;
  std::map<rotation::TargetName, rotation::VersionId> let_in_;  // what did the last time
  std::map<rotation::TargetName, Refusal> refused_;
};

}  // namespace keyturn::fleet
