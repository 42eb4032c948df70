#include "sqlserver/credential_visit.h"

#include "sqlserver/errors.h"
#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
Result<rotation::TargetState> CredentialVisit::take(Result<std::vector<ResultSet>> answer) {
  if (!answer) return fail(std::move(answer).error());
  auto snapshot = parse_snapshot(*answer, clock_.now(), target_);
  if (!snapshot) return fail(std::move(snapshot).error());
  seen_ = *std::move(snapshot);
  return target_state(seen_, settings_.managed, target_, settings_.login);
}

Result<rotation::TargetState> CredentialVisit::read() {
  return take(session_.run(SecretString(read_batch()), settings_.query_timeout));
}

Result<rotation::TargetState> CredentialVisit::write(const rotation::KeyPair& key, TimePoint not_after) {
  if (auto sound = check_key(key); !sound) return fail(std::move(sound).error());
  const std::vector<GuardedName> names = guarded_names(seen_, settings_.managed);
  if (names.empty()) {
    return fail(ErrorKind::usage, "There is no credential to write on " + target_ + ".",
                "Name a bucket URL for the rotation, or a pattern that an existing credential matches.");
  }
  auto answer =
      session_.run(write_batch(names, key, seen_.on_server_clock(not_after)), settings_.query_timeout);
  if (!answer) return fail(redacted(std::move(answer).error(), key.secret));
  auto after = take(std::move(answer));
  if (!after) {
    after.error().effect = Effect::applied;
    return after;
  }
  if (!after->confirmed_on(key.id)) {
    return fail(Error{
        ErrorKind::conflict, Effect::applied, "",
        target_ +
            " was written, but shows another state when read back: somebody else alters its credentials.",
        "Look who else alters credentials there, then run again."});
  }
  return after;
}

bool CredentialVisit::worth_another_try(const Error& error) {
  for (const int number : {kErrorDeadlock, kErrorNoSuchCredential, kErrorCredentialExists}) {
    if (error.code == std::to_string(number)) return error.effect == Effect::none;
  }
  return false;
}

}  // namespace keyturn::sqlserver
