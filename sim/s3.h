// S3: buckets, objects, multipart uploads. Facts: Amazon S3 API reference 2006-03-01.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/service_error.h"

namespace keyturn::sim {

struct S3Object {
  std::string key;
  std::uint64_t size = 0;  // bytes
  std::string etag;        // hex without quotes; of a multipart upload with "-PARTS" at its end
  std::string body;        // at most `body_limit` bytes of it
  TimePoint modified_at;
  std::string written_by;  // access key id
};

struct S3Part {
  int number = 0;  // 1..10000
  std::string etag;
};

// Thread-safe.
class S3 {
 public:
  S3(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  // --- The service's operations ---
  [[nodiscard]] Reply<std::string> region_of(
      const std::string& bucket) const;  // HeadBucket, GetBucketLocation
  Reply<S3Object> put_object(const std::string& bucket, const std::string& key, std::string_view body,
                             const std::string& access_key_id);
  // The body is left out by head_object, and is what is kept of it in get_object.
  [[nodiscard]] Reply<S3Object> head_object(const std::string& bucket, const std::string& key) const;
  [[nodiscard]] Reply<S3Object> get_object(const std::string& bucket, const std::string& key) const;
  // Succeeds for keys that don't exist, as S3 does.
  Reply<void> delete_object(const std::string& bucket, const std::string& key);

  struct Listing {
    std::vector<S3Object> objects;  // bodies left out
    std::vector<std::string> common_prefixes;
    std::string next_token;  // empty: that was the last page
  };
  [[nodiscard]] Reply<Listing> list_objects(const std::string& bucket, const std::string& prefix = {},
                                            const std::string& delimiter = {}, int max_keys = 1000,
                                            const std::string& start_after = {}) const;

  Reply<std::string> create_upload(const std::string& bucket, const std::string& key,
                                   const std::string& access_key_id);
  Reply<std::string> upload_part(const std::string& bucket, const std::string& key,
                                 const std::string& upload_id, int number,
                                 std::string_view body);  // the part's ETag
  // Parts in ascending order with the ETags that upload_part answered; each but the last of 5 MiB at least.
  Reply<S3Object> complete_upload(const std::string& bucket, const std::string& key,
                                  const std::string& upload_id, const std::vector<S3Part>& parts);
  Reply<void> abort_upload(const std::string& bucket, const std::string& key, const std::string& upload_id);

  struct Upload {
    std::string id;
    std::string bucket;
    std::string key;
    TimePoint started_at;
    std::string started_by;  // access key id
    struct Part {
      std::uint64_t size = 0;
      std::string etag;
      std::string body;
    };
    std::map<int, Part> parts;
  };

  // --- Setting the world up, and the truth ---
  void add_bucket(const std::string& name, const std::string& region);
  // Of larger objects only the first `bytes` are kept, with size and ETag of the whole: bounds memory.
  // Default 1 MiB.
  void limit_bodies(std::uint64_t bytes);
  // What every part but the last must have at least: 5 MiB as in S3, less for a lab whose backups are small.
  void set_min_part_bytes(std::uint64_t bytes);
  [[nodiscard]] std::vector<std::string> buckets() const;
  [[nodiscard]] std::vector<Upload> uploads() const;  // unfinished ones

 private:
  struct Bucket {
    std::string region;
    TimePoint created_at;
    std::map<std::string, S3Object> objects;
  };
  [[nodiscard]] Reply<const Bucket*> find(const std::string& bucket) const;
  [[nodiscard]] Reply<Upload*> find_upload(const std::string& bucket, const std::string& key,
                                           const std::string& upload_id);

  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
  std::map<std::string, Upload> uploads_;  // by id
  std::uint64_t body_limit_ = 1U << 20U;
  std::uint64_t min_part_bytes_ = 5U << 20U;
};

}  // namespace keyturn::sim
