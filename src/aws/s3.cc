#include "aws/s3.h"

#include <charconv>

#include "aws/error_reply.h"
#include "aws/uri.h"
#include "aws/xml.h"

namespace keyturn::aws {

S3::S3(Client client, std::string bucket, S3Style style)
    : client_(std::move(client)),
      bucket_(std::move(bucket)),
      root_(style == S3Style::path ? "/" + bucket_ + "/" : "/") {}

Call S3::make_call(const std::string& operation, Nature nature, const std::string& method,
                   const std::string& key, const std::string& query, std::string body) const {
  Call call;
  call.operation = operation;
  call.resource = key.empty() ? "bucket " + bucket_ : "object " + bucket_ + "/" + key;
  call.nature = nature;
  call.request.method = method;
  call.request.url = root_ + encode_object_key(key);
  // "/bucket", not "/bucket/": what the SDKs send for a bucket.
  if (key.empty() && root_.size() > 1) call.request.url.pop_back();
  if (!query.empty()) call.request.url += "?" + query;
  call.request.body = std::move(body);
  return call;
}

Result<S3::BucketAnswer> S3::head_bucket() const {
  Call call = make_call("HeadBucket", Nature::read, "HEAD", "");
  call.any_status = true;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  return BucketAnswer{reply->status, std::string(reply->header("x-amz-bucket-region"))};
}

Result<void> S3::probe() const {
  const auto reply =
      client_.call(make_call("ListObjectsV2", Nature::read, "GET", "", "list-type=2&max-keys=0"));
  if (!reply) {
    Error error = reply.error();
    if (error.kind == ErrorKind::denied)
      error.hint = "The backup user needs s3:ListBucket on the bucket " + bucket_ +
                   " and s3:PutObject on its objects: `keyturn render policy backup-user`.";
    return fail(std::move(error));
  }
  if (parse_xml(reply->body).name != "ListBucketResult")
    return fail(client_.not_understood("ListObjectsV2", "bucket " + bucket_, Nature::read));
  return {};
}

Result<S3::ObjectInfo> S3::head_object(const std::string& key) const {
  const auto reply = client_.call(make_call("HeadObject", Nature::read, "HEAD", key));
  if (!reply) return fail(reply.error());
  ObjectInfo info{std::string(reply->header("ETag")), 0};
  const std::string_view length = reply->header("Content-Length");
  std::from_chars(length.data(), length.data() + length.size(), info.size);
  return info;
}

Result<std::string> S3::get_object(const std::string& key) const {
  auto reply = client_.call(make_call("GetObject", Nature::read, "GET", key));
  if (!reply) return fail(reply.error());
  return std::move(reply->body);
}

Result<std::string> S3::etag_of(Call call) const {
  const std::string operation = call.operation;
  const std::string resource = call.resource;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  std::string etag(reply->header("ETag"));
  if (etag.empty()) return fail(client_.not_understood(operation, resource, Nature::repeatable));
  return etag;
}

Result<std::string> S3::put_object(const std::string& key, std::string body) const {
  return etag_of(make_call("PutObject", Nature::repeatable, "PUT", key, {}, std::move(body)));
}

Result<void> S3::delete_object(const std::string& key) const {
  const auto reply = client_.call(make_call("DeleteObject", Nature::repeatable, "DELETE", key));
  if (!reply) return fail(reply.error());
  return {};
}

Result<std::string> S3::create_multipart_upload(const std::string& key) const {
  // A repeated call leaves at worst an empty upload, which the bucket's lifecycle rule removes.
  const auto reply =
      client_.call(make_call("CreateMultipartUpload", Nature::repeatable, "POST", key, "uploads="));
  if (!reply) return fail(reply.error());
  const XmlNode root = parse_xml(reply->body);
  std::string id = text_at(root, "UploadId");
  if (root.name != "InitiateMultipartUploadResult" || id.empty())
    return fail(
        client_.not_understood("CreateMultipartUpload", "object " + bucket_ + "/" + key, Nature::repeatable));
  return id;
}

Result<std::string> S3::upload_part(const std::string& key, const std::string& upload_id, int number,
                                    std::string body) const {
  return etag_of(make_call("UploadPart", Nature::repeatable, "PUT", key,
                           "partNumber=" + std::to_string(number) + "&uploadId=" + percent_encode(upload_id),
                           std::move(body)));
}

Result<void> S3::complete_multipart_upload(const std::string& key, const std::string& upload_id,
                                           const std::vector<std::string>& etags) const {
  std::string body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t i = 0; i < etags.size(); ++i)
    body +=
        "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + etags[i] + "</ETag></Part>";
  body += "</CompleteMultipartUpload>";
  Call call = make_call("CompleteMultipartUpload", Nature::once, "POST", key,
                        "uploadId=" + percent_encode(upload_id), std::move(body));
  call.request.headers = {{"Content-Type", "application/xml"}};
  const std::string resource = call.resource;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  // S3 sends status 200 before it knows the outcome; an error may follow in the body.
  const XmlNode root = parse_xml(reply->body);
  if (root.child("ETag")) return {};  // the root's name differs between stores
  Error error = client_.not_understood("CompleteMultipartUpload", resource, Nature::once);
  if (root.name == "Error") {
    error.code = text_at(root, "Code");
    error.message = "CompleteMultipartUpload for " + resource + " failed at S3: " + error.code + ": " +
                    text_at(root, "Message");
    error.kind = ErrorKind::unavailable;
    error.hint.clear();
  }
  return fail(std::move(error));
}

Result<void> S3::abort_multipart_upload(const std::string& key, const std::string& upload_id) const {
  const auto reply = client_.call(make_call("AbortMultipartUpload", Nature::repeatable, "DELETE", key,
                                            "uploadId=" + percent_encode(upload_id)));
  if (!reply && reply.error().code != "NoSuchUpload") return fail(reply.error());
  return {};
}

}  // namespace keyturn::aws
