#include "fleet/backup_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sqlserver/proof_backup.h"

namespace keyturn::fleet {
namespace {

using std::chrono::seconds;

// Longer than a small backup takes, and than SQL Server waits for an S3 that does not answer.
constexpr Duration kLongestBackup = seconds{120};
// S3's front ends learn of a new key one by one; the key was proven there already, so not much is left.
constexpr std::array<Duration, 5> kPauses{seconds{2}, seconds{5}, seconds{10}, seconds{15}, seconds{20}};

// `last` is what the server said before, or empty.
Error cut_short(ErrorKind kind, const rotation::TargetName& target, const char* why,
                const std::string& last) {
  return {kind, Effect::applied, "",
          fmt::format("The proof backup of {} was cut short: {}{}", target, why,
                      last.empty() ? "" : " Before: " + last),
          "Run again to go on."};
}

}  // namespace

Result<void> BackupProof::make(const Visit& visit, const rotation::KeyPair& key,
                               rotation::TargetState& target) const {
  const auto server = sqlserver::server_name(visit.session, visit.query_timeout);
  if (!server) return fail(server.error());
  for (const rotation::CredentialState& credential : target.credentials) {
    if (!credential.confirmed_on(key.id)) continue;
    const std::string url = sqlserver::proof_url(credential.name, *server, target.name);
    if (auto made = insist(visit, key, url, target.name); !made) return made;
    if (const auto removed = store_.remove(key, url); !removed)
      target.warnings.push_back(fmt::format(
          "The object of the proof backup stays at {}, since it could not be removed: {} Allow the "
          "backup user s3:DeleteObject on */{}/*, or have a life-cycle rule of the bucket expire "
          "what lies there.",
          url, removed.error().message, sqlserver::kProofFolder));
  }
  return {};
}

Result<void> BackupProof::insist(const Visit& visit, const rotation::KeyPair& key, const std::string& url,
                                 const rotation::TargetName& target) const {
  const std::string region = store_.region_to_tell(key, url);
  std::string last;
  for (std::size_t attempt = 0;; ++attempt) {
    const Duration left = visit.not_after - clock_.now();
    if (left <= Duration{0})
      return fail(cut_short(ErrorKind::past_deadline, target, "the run's deadline has passed.", last));
    auto made = sqlserver::make_proof_backup(visit.session, url, region, target, visit.login,
                                             std::min(kLongestBackup, left));
    if (made || attempt == kPauses.size() || made.error().kind != ErrorKind::backup_refused ||
        !sqlserver::may_pass_later(made.error()))
      return made;
    last = made.error().sentence();
    clock_.sleep_for(std::min(kPauses[attempt], visit.not_after - clock_.now()), stop_);
    if (stop_ != nullptr && stop_->requested())
      return fail(cut_short(ErrorKind::cancelled, target, "a stop was asked for.", last));
  }
}

}  // namespace keyturn::fleet
