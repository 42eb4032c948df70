#include "setup/s3_proof_store.h"

namespace keyturn::setup {
namespace {

// A URL of a whole object may be longer than a credential's name may be: the bucket is parsed without the
// key.
struct Place {
  aws::S3Url bucket;
  std::string key;
};

Result<Place> place_of(const std::string& url) {
  const std::size_t host = url.find("//") + 2;
  for (std::size_t slash = url.find('/', host); slash != std::string::npos;
       slash = url.find('/', slash + 1)) {
    auto bucket = aws::parse_s3_url(url.substr(0, slash));
    if (bucket) return Place{std::move(*bucket), url.substr(slash + 1)};
  }
  return fail(ErrorKind::usage, url + " names no bucket that keyturn can find.");
}

}  // namespace

std::string S3ProofStore::region_to_tell(const rotation::KeyPair& key, const std::string& url) {
  const auto place = place_of(url);
  if (!place || place->bucket.region || !place->bucket.is_aws) return "";
  const auto answer = aws_.as(key).s3(place->bucket).head_bucket();
  return answer ? answer->region : "";
}

Result<void> S3ProofStore::remove(const rotation::KeyPair& key, const std::string& url) {
  auto place = place_of(url);
  if (!place) return fail(place.error());
  // Requests are signed for the bucket's region, whether the URL says it or not.
  if (const std::string region = region_to_tell(key, url); !region.empty()) place->bucket.region = region;
  return aws_.as(key).s3(place->bucket).delete_object(place->key);
}

}  // namespace keyturn::setup
