// What read_batch() brought back from a target, and what it means. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "rotation/observation.h"
#include "sqlserver/credential_batches.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sqlserver {

// Which credentials of a target carry the rotation's key.
struct ManagedNames {
  std::vector<std::string> urls;      // names that every target is to have: made where missing
  std::vector<std::string> patterns;  // names that are kept up to date where they exist: "s3://host/bucket/*"
};

// One reading. Dates are the server's; `read_at` is the controller's clock just after the answer came.
struct TargetSnapshot {
  std::string product_version;
  std::string edition;
  int major_version = 0;
  int engine_edition = 0;
  bool may_alter = false;
  bool may_see_backups = false;
  TimePoint local_now;
  TimePoint utc_now;
  TimePoint read_at;
  std::vector<SeenCredential> credentials;  // named s3://…
  std::vector<SeenCredential> markers;      // named keyturn:…
  std::vector<TimePoint> backups_started;   // server local time

  // The same instant on the controller's clock. Counted by its age, so that neither a wrong clock nor a time
  // zone of the server matters; `read_at` is late by the answer's travel time, which makes ages err on the
  // young side. An hour that a change to winter time repeats may yield a date in the future: younger still,
  // and no harm.
  [[nodiscard]] TimePoint on_controller_clock(TimePoint server_local) const {
    return read_at - (local_now - server_local);
  }
  // A deadline on the server's UTC clock, in T-SQL's style 126. Errs on the early side.
  [[nodiscard]] std::string on_server_clock(TimePoint controller_time) const;
};

// ErrorKind::invalid_reply where the result sets are not those of read_batch().
Result<TargetSnapshot> parse_snapshot(const std::vector<ResultSet>& sets, TimePoint read_at,
                                      const std::string& where);

// What a warning of target_state() says of a clock that is off by more than S3 takes.
inline constexpr std::string_view kClockBreaksBackups =
    "S3 refuses this server's backups, since it takes no more than fifteen minutes";

// Every managed name, spelt as the server spells it, with what the server has of it now.
std::vector<GuardedName> guarded_names(const TargetSnapshot& snapshot, const ManagedNames& managed);

// `login` is named in the GRANT that a missing permission asks for.
rotation::TargetState target_state(const TargetSnapshot& snapshot, const ManagedNames& managed,
                                   const rotation::TargetName& name, const std::string& login);

}  // namespace keyturn::sqlserver
