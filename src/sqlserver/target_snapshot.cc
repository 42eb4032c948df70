#include "sqlserver/target_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
namespace {

constexpr int kFirstMajorWithS3 = 16;  // SQL Server 2022
constexpr int kStandard = 2;           // EngineEdition: Standard, Web, Business Intelligence
constexpr int kEnterprise = 3;         // Enterprise, Developer, Evaluation
constexpr int kExpress = 4;

int to_int(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Reads one row's values by column name. A column that is missing or can't be read makes the whole answer
// invalid.
class RowReader {
 public:
  RowReader(const ResultSet& set, const SqlRow& row) : set_(set), row_(row) {}

  std::string text(std::string_view column) {
    const auto found = std::find(set_.columns.begin(), set_.columns.end(), column);
    const auto index = static_cast<std::size_t>(found - set_.columns.begin());
    if (index >= row_.size()) {
      valid_ = false;
      return "";
    }
    return row_[index].value_or("");
  }
  TimePoint date(std::string_view column) {
    const auto parsed = parse_iso8601(text(column) + "Z");
    if (!parsed) valid_ = false;
    return parsed.value_or(TimePoint{});
  }
  [[nodiscard]] bool valid() const { return valid_; }

 private:
  const ResultSet& set_;
  const SqlRow& row_;
  bool valid_ = true;
};

bool read_server(const ResultSet& set, TargetSnapshot& snapshot) {
  if (set.rows.size() != 1) return false;
  RowReader row(set, set.rows.front());
  snapshot.product_version = row.text("product_version");
  snapshot.major_version = to_int(snapshot.product_version);
  snapshot.edition = row.text("edition");
  snapshot.engine_edition = to_int(row.text("engine_edition"));
  snapshot.may_alter = row.text("may_alter") == "1";
  snapshot.may_see_backups = row.text("may_see_backups") == "1";
  snapshot.local_now = row.date("local_now");
  snapshot.utc_now = row.date("utc_now");
  return row.valid() && snapshot.major_version > 0;
}

bool read_credentials(const ResultSet& set, TargetSnapshot& snapshot) {
  for (const SqlRow& values : set.rows) {
    RowReader row(set, values);
    SeenCredential seen{row.text("name"), row.text("identity"), row.text("modified")};
    row.date("modified");  // must be one
    if (!row.valid()) return false;
    const bool is_marker = has_prefix(seen.name, kMarkerPrefix);
    (is_marker ? snapshot.markers : snapshot.credentials).push_back(std::move(seen));
  }
  return true;
}

bool read_backups(const ResultSet& set, TargetSnapshot& snapshot) {
  for (const SqlRow& values : set.rows) {
    RowReader row(set, values);
    snapshot.backups_started.push_back(row.date("started"));
    if (!row.valid()) return false;
  }
  return true;
}

// On a case-sensitive server two names may differ by case alone: the exact one comes first.
std::optional<SeenCredential> find_name(const std::vector<SeenCredential>& seen, std::string_view name) {
  auto found =
      std::find_if(seen.begin(), seen.end(), [&](const SeenCredential& c) { return c.name == name; });
  if (found == seen.end()) {
    found = std::find_if(seen.begin(), seen.end(),
                         [&](const SeenCredential& c) { return same_name(c.name, name); });
  }
  return found == seen.end() ? std::nullopt : std::optional(*found);
}

TimePoint modified_at(const TargetSnapshot& snapshot, const SeenCredential& seen) {
  return snapshot.on_controller_clock(parse_iso8601(seen.modified + "Z").value_or(TimePoint{}));
}

rotation::CredentialState credential_state(const TargetSnapshot& snapshot, const GuardedName& name) {
  rotation::CredentialState state;
  state.name = name.name;
  state.exists = name.credential.has_value();
  if (name.credential) state.modified_at = modified_at(snapshot, *name.credential);
  if (name.marker) {
    state.marker_key = name.marker->identity;
    state.marker_modified_at = modified_at(snapshot, *name.marker);
  }
  return state;
}

// SQL Server takes the credential with the longest name that the backup's URL begins with.
std::vector<std::string> shadowing_warnings(const TargetSnapshot& snapshot,
                                            const std::vector<GuardedName>& names) {
  std::vector<std::string> warnings;
  for (const SeenCredential& other : snapshot.credentials) {
    const bool is_managed =
        std::any_of(names.begin(), names.end(), [&](const GuardedName& n) { return n.name == other.name; });
    if (is_managed) continue;
    for (const GuardedName& name : names) {
      if (!has_prefix(other.name, name.name + "/")) continue;
      warnings.push_back("Backups to URLs below " + other.name + " use the credential of that name, not " +
                         name.name +
                         ", and keyturn does not manage it. Add it to the rotation's bucket_urls or "
                         "credential_patterns if it holds the same key.");
      break;
    }
  }
  return warnings;
}

// S3 refuses what is signed with a clock that is fifteen minutes off (RequestTimeTooSkewed), and so the
// server's backups.
std::optional<std::string> clock_warning(const TargetSnapshot& snapshot) {
  constexpr Duration kWorthTelling = std::chrono::minutes{5};
  constexpr Duration kRefusedByS3 = std::chrono::minutes{15};
  const Duration ahead = snapshot.utc_now - snapshot.read_at;
  if (std::chrono::abs(ahead) < kWorthTelling) return std::nullopt;
  return fmt::format("Its clock is {} {}: {}.",
                     format_duration(std::chrono::round<std::chrono::minutes>(std::chrono::abs(ahead))),
                     ahead > Duration{0} ? "ahead" : "behind",
                     std::chrono::abs(ahead) > kRefusedByS3
                         ? kClockBreaksBackups
                         : "S3 refuses the backups of a server whose clock is more than fifteen minutes off");
}

std::string skip_reason(const TargetSnapshot& snapshot) {
  if (snapshot.major_version < kFirstMajorWithS3) {
    return "SQL Server " + snapshot.product_version +
           " can't back up to S3: that came with SQL Server 2022 (16.x), so there is no key to turn.";
  }
  if (snapshot.engine_edition == kExpress) {
    return snapshot.edition + " can't back up to S3, so there is no key to turn.";
  }
  if (snapshot.engine_edition != kStandard && snapshot.engine_edition != kEnterprise) {
    return "\"" + snapshot.edition + "\" (EngineEdition " + std::to_string(snapshot.engine_edition) +
           ") is not an edition of SQL Server that backs up to S3.";
  }
  return "";
}

}  // namespace

std::string TargetSnapshot::on_server_clock(TimePoint controller_time) const {
  std::string text = format_iso8601(utc_now + (controller_time - read_at));
  text.pop_back();  // the 'Z', which datetime2 does not know
  return text;
}

Result<TargetSnapshot> parse_snapshot(const std::vector<ResultSet>& sets, TimePoint read_at,
                                      const std::string& where) {
  TargetSnapshot snapshot;
  snapshot.read_at = read_at;
  constexpr std::size_t kSets = 3;
  if (sets.size() != kSets || !read_server(sets[0], snapshot) || !read_credentials(sets[1], snapshot) ||
      !read_backups(sets[2], snapshot)) {
    return fail(ErrorKind::invalid_reply, where + " does not answer as a SQL Server does.",
                "Is this host and port a SQL Server's?");
  }
  return snapshot;
}

std::vector<GuardedName> guarded_names(const TargetSnapshot& snapshot, const ManagedNames& managed) {
  std::vector<GuardedName> names;
  const auto add = [&](const std::string& wanted) {
    auto credential = find_name(snapshot.credentials, wanted);
    const std::string name = credential ? credential->name : wanted;
    if (std::any_of(names.begin(), names.end(), [&](const GuardedName& n) { return n.name == name; })) return;
    names.push_back({name, std::move(credential), find_name(snapshot.markers, marker_name(name))});
  };
  for (const std::string& url : managed.urls) add(url);
  for (const SeenCredential& seen : snapshot.credentials) {
    const bool wanted =
        std::any_of(managed.patterns.begin(), managed.patterns.end(),
                    [&](const std::string& pattern) { return matches_pattern(seen.name, pattern); });
    if (wanted) add(seen.name);
  }
  return names;
}

rotation::TargetState target_state(const TargetSnapshot& snapshot, const ManagedNames& managed,
                                   const rotation::TargetName& name, const std::string& login) {
  using rotation::Standing;
  rotation::TargetState state;
  state.name = name;
  state.product_version = snapshot.product_version;
  state.edition = snapshot.edition;
  state.reason = skip_reason(snapshot);
  if (!state.reason.empty()) {
    state.standing = Standing::skipped;
    return state;
  }
  const std::vector<GuardedName> names = guarded_names(snapshot, managed);
  for (const GuardedName& guarded : names) state.credentials.push_back(credential_state(snapshot, guarded));
  for (const SeenCredential& marker : snapshot.markers) {
    const bool is_managed = std::any_of(names.begin(), names.end(), [&](const GuardedName& guarded) {
      return guarded.marker && guarded.marker->name == marker.name;
    });
    if (!is_managed) state.other_markers.push_back(marker.identity);
  }
  for (const TimePoint started : snapshot.backups_started) {
    state.backups.push_back({snapshot.on_controller_clock(started)});
  }
  state.warnings = shadowing_warnings(snapshot, names);
  if (auto warning = clock_warning(snapshot)) state.warnings.push_back(*std::move(warning));
  state.standing = snapshot.may_alter ? Standing::updatable : Standing::read_only;
  if (!snapshot.may_alter) {
    state.reason =
        "The login may not alter credentials, nor see them. As an administrator of it: GRANT ALTER ANY "
        "CREDENTIAL TO " +
        quote_identifier(login) + ";";
  } else if (!snapshot.may_see_backups) {
    state.warnings.push_back(
        "The login can't see running backups. As an administrator of it: GRANT VIEW SERVER STATE TO " +
        quote_identifier(login) + ";");
  }
  return state;
}

}  // namespace keyturn::sqlserver
