#include "rotation/create_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "rotation/key_rules.h"

namespace keyturn::rotation {
namespace {

// IAM does not issue keys with odd characters; should it ever, so many are thrown away before keyturn gives
// up.
constexpr int kUsableAttempts = 5;
// Storing is the one call that may be repeated with its effect unknown: its token makes it idempotent.
constexpr int kStoreAttempts = 3;

class Creator {
 public:
  Creator(const Ports& ports, const Clock& clock, std::string run_id, TimePoint not_after)
      : ports_(ports), clock_(clock), run_id_(std::move(run_id)), not_after_(not_after) {}

  Creation run(const Policy& policy, const Observation& world, const VersionId& token) {
    Intent intent{run_id_, clock_.now(), {}};
    for (const AccessKey& key : world.keys) intent.existing.push_back(key.id);
    // Intent before effect: a key that a dead run left behind must be told apart from a key that a person
    // made.
    if (auto written = ports_.store.write_intent(intent, not_after_); !written)
      return stopped(written.error());
    // Created outside of the window, the key would not be explained by the intent.
    const auto pair = create_usable(std::min(not_after_, intent.at + policy.intent_window));
    if (!pair) return not_created(pair.error());
    return store(*pair, token);
  }

 private:
  static Creation stopped(Error error) { return {{}, std::move(error), std::nullopt}; }

  Result<KeyPair> create_usable(TimePoint not_after) {
    for (int attempt = 0; attempt < kUsableAttempts; ++attempt) {
      auto key = ports_.issuer.create(not_after);
      if (!key) return fail(key.error());
      has_made_a_key_ = true;
      if (is_usable(key->pair)) return std::move(key->pair);
      if (auto removed = ports_.issuer.remove(key->pair.id, not_after_); !removed)
        return fail(removed.error());
    }
    return fail(
        ErrorKind::invalid_reply,
        fmt::format(
            "IAM issued {} keys in a row with characters that a SQL Server credential can't hold; all "
            "were deleted again.",
            kUsableAttempts),
        "Run keyturn again; if this persists, ask AWS support.");
  }

  Creation not_created(Error error) {
    Creation creation;
    if (error.effect == Effect::unknown) {
      // Perhaps there is a key now whose secret nobody knows. The intent stays, so that row 8 can tell.
      creation.give_up =
          RunMemory::CreateFailure{Outcome::incomplete,
                                   "The reply to CreateAccessKey was lost, so there may be a key that nobody "
                                   "knows the secret of; it is deleted "
                                   "by a later run, once it is certain that it is not another run's."};
    } else if (!has_made_a_key_) {
      close_intent();
    }
    if (error.kind == ErrorKind::conflict)  // LimitExceeded
      creation.give_up = RunMemory::CreateFailure{Outcome::another_run,
                                                  "IAM has two keys already, one of which it does not list "
                                                  "yet: another run has made it, or one that died. Run "
                                                  "keyturn again in a few minutes."};
    creation.error = std::move(error);
    return creation;
  }

  Creation store(const KeyPair& pair, const VersionId& token) {
    Result<void> stored;
    for (int attempt = 0; attempt < kStoreAttempts; ++attempt) {
      stored = ports_.store.put_pending(token, pair, not_after_);
      if (stored || stored.error().effect != Effect::unknown) break;
    }
    if (stored) {
      close_intent();
      return {pair.id, std::nullopt, std::nullopt};
    }
    if (stored.error().effect == Effect::unknown)  // stored or not: the next observation tells
      return {{}, stored.error(), RunMemory::CreateFailure{Outcome::incomplete, stored.error().sentence()}};
    return discard(pair.id, stored.error());
  }

  // Not stored for certain, and ours for certain: this reply, and no other, told its id. The intent stays
  // open: IAM may say "no such key" of one that it has only just made, and row 8 finds it then.
  Creation discard(const KeyId& key, Error error) {
    static_cast<void>(ports_.issuer.remove(key, not_after_));
    Creation creation = stopped(std::move(error));
    if (creation.error->kind == ErrorKind::conflict)
      creation.give_up = RunMemory::CreateFailure{
          Outcome::another_run,
          "Another run stored a key first; the key that this run had made was deleted again."};
    return creation;
  }

  // Left open by a failure here it does no harm: row 8 closes it when it is old.
  void close_intent() { static_cast<void>(ports_.store.close_intent(run_id_, not_after_)); }

  const Ports& ports_;
  const Clock& clock_;
  std::string run_id_;
  TimePoint not_after_;
  bool has_made_a_key_ = false;
};

}  // namespace

VersionId pending_token(const SecretState& secret) {
  std::vector<VersionId> ids;
  for (const SecretVersion& version : secret.versions) ids.push_back(version.id);
  std::sort(ids.begin(), ids.end());
  const SecretVersion* current = secret.at(Stage::current);
  std::string seen = "keyturn pending " + secret.name + " after " + (current == nullptr ? "" : current->id);
  for (const VersionId& id : ids) seen += " " + id;
  return uuid_of(seen);
}

Creation create_and_store(const Policy& policy, const Ports& ports, const Clock& clock,
                          const Observation& world, const std::string& run_id,
                          const std::optional<VersionId>& token, TimePoint not_after) {
  return Creator(ports, clock, run_id, not_after)
      .run(policy, world, token.value_or(pending_token(world.secret)));
}

}  // namespace keyturn::rotation
