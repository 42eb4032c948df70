#include "sim/s3.h"

#include <algorithm>

#include "base/digest.h"

namespace keyturn::sim {
namespace {

S3Object without_body(const S3Object& object) {
  return {object.key, object.size, object.etag, {}, object.modified_at, object.written_by};
}

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += char(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

Reply<void> check_parts(const S3::Upload& upload, const std::vector<S3Part>& parts, std::uint64_t min_bytes) {
  if (parts.empty())
    return refuse(
        "MalformedXML", 400,
        "The XML you provided was not well-formed or did not validate against our published schema");
  const auto descends = [](const S3Part& a, const S3Part& b) { return a.number >= b.number; };
  if (std::adjacent_find(parts.begin(), parts.end(), descends) != parts.end())
    return refuse("InvalidPartOrder", 400,
                  "The list of parts was not in ascending order. Parts must be ordered by part number.");
  for (const S3Part& part : parts) {
    const auto held = upload.parts.find(part.number);
    if (held == upload.parts.end() || held->second.etag != part.etag)
      return refuse(
          "InvalidPart", 400,
          "One or more of the specified parts could not be found. The part may not have been uploaded, or "
          "the specified entity tag may not match the part's entity tag.");
    if (&part != &parts.back() && held->second.size < min_bytes)
      return refuse("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size");
  }
  return {};
}

tl::unexpected<ServiceError> no_key() {
  return refuse("NoSuchKey", 404, "The specified key does not exist.");
}

}  // namespace

Reply<const S3::Bucket*> S3::find(const std::string& bucket) const {
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return refuse("NoSuchBucket", 404, "The specified bucket does not exist");
  return &found->second;
}

Reply<std::string> S3::region_of(const std::string& bucket) const {
  const std::lock_guard lock(mutex_);
  auto found = find(bucket);
  if (!found) return tl::unexpected(found.error());
  return (*found)->region;
}

Reply<S3Object> S3::put_object(const std::string& bucket, const std::string& key, std::string_view body,
                               const std::string& access_key_id) {
  std::string etag = md5_hex(body);
  const std::lock_guard lock(mutex_);
  if (auto found = find(bucket); !found) return tl::unexpected(found.error());
  S3Object object{key,          body.size(),  std::move(etag), std::string(body.substr(0, body_limit_)),
                  clock_.now(), access_key_id};
  S3Object& stored = buckets_.at(bucket).objects[key] = std::move(object);
  return without_body(stored);
}

Reply<S3Object> S3::head_object(const std::string& bucket, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  auto found = find(bucket);
  if (!found) return tl::unexpected(found.error());
  const auto object = (*found)->objects.find(key);
  if (object == (*found)->objects.end()) return no_key();
  return without_body(object->second);
}

Reply<S3Object> S3::get_object(const std::string& bucket, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  auto found = find(bucket);
  if (!found) return tl::unexpected(found.error());
  const auto object = (*found)->objects.find(key);
  if (object == (*found)->objects.end()) return no_key();
  return object->second;
}

Reply<void> S3::delete_object(const std::string& bucket, const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (auto found = find(bucket); !found) return tl::unexpected(found.error());
  buckets_.at(bucket).objects.erase(key);
  return {};
}

Reply<S3::Listing> S3::list_objects(const std::string& bucket, const std::string& prefix,
                                    const std::string& delimiter, int max_keys,
                                    const std::string& start_after) const {
  const std::lock_guard lock(mutex_);
  auto found = find(bucket);
  if (!found) return tl::unexpected(found.error());
  if (max_keys < 0)
    return refuse("InvalidArgument", 400, "Argument max-keys must be an integer between 0 and 2147483647");
  Listing listing;
  std::string last;  // the key or common prefix listed last
  int listed = 0;
  for (const auto& [key, object] : (*found)->objects) {
    if (!key.starts_with(prefix)) continue;
    const std::size_t cut = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    const std::string entry = cut == std::string::npos ? key : key.substr(0, cut + delimiter.size());
    if (entry <= start_after || entry == last) continue;
    if (listed == max_keys) {
      if (max_keys > 0) listing.next_token = last;
      break;
    }
    ++listed;
    last = entry;
    if (cut == std::string::npos)
      listing.objects.push_back(without_body(object));
    else
      listing.common_prefixes.push_back(entry);
  }
  return listing;
}

Reply<S3::Upload*> S3::find_upload(const std::string& bucket, const std::string& key,
                                   const std::string& upload_id) {
  if (auto found = find(bucket); !found) return tl::unexpected(found.error());
  const auto upload = uploads_.find(upload_id);
  if (upload == uploads_.end() || upload->second.bucket != bucket || upload->second.key != key)
    return refuse(
        "NoSuchUpload", 404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
        "aborted or completed.");
  return &upload->second;
}

Reply<std::string> S3::create_upload(const std::string& bucket, const std::string& key,
                                     const std::string& access_key_id) {
  const std::lock_guard lock(mutex_);
  if (auto found = find(bucket); !found) return tl::unexpected(found.error());
  Upload upload;
  upload.id = random_.uuid() + random_.uuid();
  upload.bucket = bucket;
  upload.key = key;
  upload.started_at = clock_.now();
  upload.started_by = access_key_id;
  const std::string id = upload.id;
  uploads_.emplace(id, std::move(upload));
  return id;
}

Reply<std::string> S3::upload_part(const std::string& bucket, const std::string& key,
                                   const std::string& upload_id, int number, std::string_view body) {
  std::string etag = md5_hex(body);
  const std::lock_guard lock(mutex_);
  auto upload = find_upload(bucket, key, upload_id);
  if (!upload) return tl::unexpected(upload.error());
  if (number < 1 || number > 10'000)
    return refuse("InvalidArgument", 400, "Part number must be an integer between 1 and 10000, inclusive");
  (*upload)->parts[number] = {body.size(), etag, std::string(body.substr(0, body_limit_))};
  return etag;
}

Reply<S3Object> S3::complete_upload(const std::string& bucket, const std::string& key,
                                    const std::string& upload_id, const std::vector<S3Part>& parts) {
  const std::lock_guard lock(mutex_);
  auto upload = find_upload(bucket, key, upload_id);
  if (!upload) return tl::unexpected(upload.error());
  if (auto good = check_parts(**upload, parts, min_part_bytes_); !good) return tl::unexpected(good.error());
  S3Object object{key, 0, {}, {}, clock_.now(), (*upload)->started_by};
  std::string digests;
  for (const S3Part& part : parts) {
    const Upload::Part& held = (*upload)->parts.at(part.number);
    object.size += held.size;
    digests += bytes_of_hex(held.etag);
    // What is kept must be the beginning of the whole: nothing more once a part was cut.
    if (object.body.size() + held.size == object.size) object.body += held.body;
  }
  object.body.resize(std::min<std::uint64_t>(object.body.size(), body_limit_));
  object.etag = md5_hex(digests) + "-" + std::to_string(parts.size());
  S3Object& stored = buckets_.at(bucket).objects[key] = std::move(object);
  uploads_.erase(upload_id);
  return without_body(stored);
}

Reply<void> S3::abort_upload(const std::string& bucket, const std::string& key,
                             const std::string& upload_id) {
  const std::lock_guard lock(mutex_);
  auto upload = find_upload(bucket, key, upload_id);
  if (!upload) return tl::unexpected(upload.error());
  uploads_.erase(upload_id);
  return {};
}

void S3::add_bucket(const std::string& name, const std::string& region) {
  const std::lock_guard lock(mutex_);
  buckets_[name] = Bucket{region, clock_.now(), {}};
}

void S3::limit_bodies(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  body_limit_ = bytes;
}

void S3::set_min_part_bytes(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  min_part_bytes_ = bytes;
}

std::vector<std::string> S3::buckets() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, bucket] : buckets_) names.push_back(name);
  return names;
}

std::vector<S3::Upload> S3::uploads() const {
  const std::lock_guard lock(mutex_);
  std::vector<Upload> all;
  for (const auto& [id, upload] : uploads_) all.push_back(upload);
  return all;
}

}  // namespace keyturn::sim
