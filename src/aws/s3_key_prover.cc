#include "aws/s3_key_prover.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/error_reply.h"

namespace keyturn::aws {
namespace {

using std::chrono::seconds;
using Verdict = rotation::KeyProver::Verdict;

// IAM's changes reach its many front ends one by one: a single success may be followed by a refusal.
constexpr int kSuccessesInARow = 3;
constexpr Duration kFirstPause = seconds{1};
constexpr Duration kLongestPause = seconds{5};

// Answers that a key gets while it is still spreading, and for ever if it is wrong.
bool may_be_propagation(const Error& error) {
  return error.kind == ErrorKind::denied || is_unknown_key(error);
}

}  // namespace

S3KeyProver::S3KeyProver(ClientContext context, Settings settings, std::shared_ptr<CredentialSource> own,
                         const std::vector<S3Url>& urls, std::string user)
    : context_(context), settings_(std::move(settings)), own_(std::move(own)), user_(std::move(user)) {
  for (const S3Url& url : urls) {
    const bool known = std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
      return place.url.bucket == url.bucket && place.url.endpoint == url.endpoint;
    });
    if (!known) places_.push_back({url, resolve_s3(settings_, url)});
  }
}

S3 S3KeyProver::s3_at(const Place& place, std::shared_ptr<CredentialSource> credentials) const {
  return {Client(context_, std::move(credentials), place.at.endpoint, S3::traits()), place.url.bucket,
          place.at.style};
}

std::vector<S3KeyProver::Place> S3KeyProver::places() const {
  const std::lock_guard lock(mutex_);
  return places_;
}

void S3KeyProver::adopt_region(std::size_t index, const std::string& region) {
  const std::lock_guard lock(mutex_);
  places_[index].at.endpoint.scope.region = region;
}

Result<void> S3KeyProver::check_destination() {
  std::vector<Place> all = places();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (auto done = check(all[i]); !done) return done;
    adopt_region(i, all[i].at.endpoint.scope.region);
  }
  return {};
}

Result<void> S3KeyProver::check(Place& place) {
  const auto answer = s3_at(place, own_).head_bucket();
  if (!answer) return fail(answer.error());
  if (answer->status == 404)
    return fail(ErrorKind::usage,
                fmt::format("The bucket {} of {} does not exist.", place.url.bucket, place.url.text),
                "Create it, or mend the backup URL: SQL Server does not create buckets.");
  std::string& region = place.at.endpoint.scope.region;
  if (answer->region.empty() || answer->region == region) return {};
  if (place.url.region)
    return fail(ErrorKind::usage,
                fmt::format("The bucket {} is in region {}, but the backup URL {} says {}.", place.url.bucket,
                            answer->region, place.url.text, region),
                fmt::format("Write the region {} in the URL.", answer->region));
  region = answer->region;
  return {};
}

std::optional<Error> S3KeyProver::identify(const Sts& sts) const {
  const auto identity = sts.get_caller_identity();
  if (!identity) return identity.error();
  if (user_.empty() || identity->user_name() == user_) return std::nullopt;
  return Error{ErrorKind::conflict, Effect::none, "",
               fmt::format("The new key belongs to {}, not to the user {}.", identity->arn, user_), ""};
}

rotation::KeyProver::Proof S3KeyProver::insist(const Step& step, int needed, const rotation::KeyId& key,
                                               TimePoint give_up_at) const {
  Duration pause = kFirstPause;
  for (int good = 0; good < needed;) {
    const auto error = step();
    if (!error) {
      ++good;
      continue;
    }
    good = 0;
    if (error->kind == ErrorKind::conflict) return {Verdict::refused, error->message};
    if (!may_be_propagation(*error)) return {Verdict::ill, error->sentence()};
    if (context_.clock.now() + pause >= give_up_at)
      return {Verdict::refused,
              fmt::format("The new access key {} was still refused after IAM's usual delay: {}", key,
                          error->sentence())};
    context_.clock.sleep_for(pause, context_.stop);
    if (context_.stop != nullptr && context_.stop->requested())
      return {Verdict::ill, "The proof of the new key was interrupted."};
    pause = std::min(pause * 2, kLongestPause);
  }
  return {Verdict::proven, ""};
}

rotation::KeyProver::Proof S3KeyProver::prove(const rotation::KeyPair& pair, TimePoint give_up_at) {
  const auto credentials = std::make_shared<StaticCredentials>(Credentials{pair.id, pair.secret, {}, {}});
  const auto sts_endpoint = resolve_endpoint(settings_, "sts");
  if (!sts_endpoint) return {Verdict::ill, sts_endpoint.error().sentence()};
  const Sts sts(Client(context_, credentials, *sts_endpoint, Sts::traits()));
  Proof proof = insist([&] { return identify(sts); }, 1, pair.id, give_up_at);
  const std::vector<Place> all = places();
  for (std::size_t i = 0; i < all.size() && proof.verdict == Verdict::proven; ++i) {
    Place place = all[i];
    // The bucket's own region, where the URL leaves it open and no check_destination() came before.
    if (!place.url.region)
      if (const auto answer = s3_at(place, credentials).head_bucket(); answer && !answer->region.empty())
        place.at.endpoint.scope.region = answer->region;
    const S3 s3 = s3_at(place, credentials);
    const Step step = [&]() -> std::optional<Error> {
      const auto done = s3.probe();
      return done ? std::nullopt : std::optional(done.error());
    };
    proof = insist(step, kSuccessesInARow, pair.id, give_up_at);
  }
  return proof;
}

}  // namespace keyturn::aws
