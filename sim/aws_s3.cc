// S3, API version 2006-03-01: REST with XML.
#include <charconv>
#include <map>
#include <pugixml.hpp>

#include "base/digest.h"
#include "sim/aws_s3_route.h"
#include "sim/aws_service.h"
#include "sim/http_date.h"
#include "sim/xml_text.h"

namespace keyturn::sim {
namespace {

using Answer = Reply<net::HttpResponse>;

net::HttpResponse xml_reply(const std::string& root, const std::string& inner) {
  return {200,
          {{"Content-Type", "application/xml"}},
          R"(<?xml version="1.0" encoding="UTF-8"?><)" + root +
              R"( xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)" + inner + "</" + root + ">"};
}

std::string quoted(const std::string& etag) { return "\"" + etag + "\""; }

int number_of(const AwsCall& call, const char* name, int fallback) {
  const std::string text = call.request.query.get_or(name, "");
  int number = fallback;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ptr != text.data() + text.size())
    return -1;
  return number;
}

Answer list_buckets(const AwsCall& call, const S3Route& /*route*/) {
  std::string buckets;
  for (const std::string& name : call.world.s3().buckets())
    buckets += xml_nest("Bucket", xml_text("Name", name));
  return xml_reply("ListAllMyBucketsResult", xml_nest("Owner", xml_text("ID", call.world.iam().account())) +
                                                 xml_nest("Buckets", buckets));
}

Answer head_bucket(const AwsCall& call, const S3Route& route) {
  return call.world.s3().region_of(route.bucket).map([](const std::string& region) {
    return net::HttpResponse{200, {{"x-amz-bucket-region", region}}, {}};
  });
}

Answer get_bucket_location(const AwsCall& call, const S3Route& route) {
  const auto region = call.world.s3().region_of(route.bucket);
  if (!region) return tl::unexpected(region.error());
  return xml_reply("LocationConstraint", *region == "us-east-1" ? "" : *region);
}

std::string objects_xml(const S3::Listing& listing, bool url_encoded) {
  const auto name = [&](const std::string& key) { return url_encoded ? percent_encode_key(key) : key; };
  std::string xml;
  for (const S3Object& object : listing.objects)
    xml += xml_nest("Contents", xml_text("Key", name(object.key)) +
                                    xml_text("LastModified", format_iso8601(object.modified_at)) +
                                    xml_text("ETag", quoted(object.etag)) +
                                    xml_text("Size", std::to_string(object.size)) +
                                    xml_text("StorageClass", "STANDARD"));
  for (const std::string& prefix : listing.common_prefixes)
    xml += xml_nest("CommonPrefixes", xml_text("Prefix", name(prefix)));
  return xml;
}

Answer list_objects(const AwsCall& call, const S3Route& route) {
  const Params& query = call.request.query;
  const bool second = route.operation == "ListObjectsV2";
  const std::string prefix = query.get_or("prefix", "");
  const std::string delimiter = query.get_or("delimiter", "");
  const int max_keys = std::min(number_of(call, "max-keys", 1000), 1000);
  const std::string after = second ? query.get_or("continuation-token", query.get_or("start-after", ""))
                                   : query.get_or("marker", "");
  const auto listing = call.world.s3().list_objects(route.bucket, prefix, delimiter, max_keys, after);
  if (!listing) return tl::unexpected(listing.error());
  const bool url_encoded = query.get_or("encoding-type", "") == "url";
  const std::size_t count = listing->objects.size() + listing->common_prefixes.size();
  std::string xml = xml_text("Name", route.bucket) + xml_text("Prefix", prefix) +
                    xml_text("MaxKeys", std::to_string(max_keys)) +
                    xml_text("IsTruncated", listing->next_token.empty() ? "false" : "true");
  if (second) xml += xml_text("KeyCount", std::to_string(count));
  if (!delimiter.empty()) xml += xml_text("Delimiter", delimiter);
  if (url_encoded) xml += xml_text("EncodingType", "url");
  if (!listing->next_token.empty())
    xml += xml_text(second ? "NextContinuationToken" : "NextMarker", listing->next_token);
  return xml_reply("ListBucketResult", xml + objects_xml(*listing, url_encoded));
}

Answer put_object(const AwsCall& call, const S3Route& route) {
  return call.world.s3()
      .put_object(route.bucket, route.key, call.request.body, call.caller.access_key_id)
      .map([](const S3Object& object) {
        return net::HttpResponse{200, {{"ETag", quoted(object.etag)}}, {}};
      });
}

net::Headers object_headers(const S3Object& object, std::uint64_t length) {
  return {{"Content-Type", "binary/octet-stream"},
          {"Content-Length", std::to_string(length)},
          {"ETag", quoted(object.etag)},
          {"Last-Modified", http_date(object.modified_at)},
          {"Accept-Ranges", "bytes"}};
}

Answer head_object(const AwsCall& call, const S3Route& route) {
  return call.world.s3().head_object(route.bucket, route.key).map([](const S3Object& object) {
    return net::HttpResponse{200, object_headers(object, object.size), {}};
  });
}

// "bytes=FIRST-LAST", "bytes=FIRST-", "bytes=-COUNT" as [first, end); nothing where it can't be satisfied.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_range(std::string_view text,
                                                                   std::uint64_t size) {
  if (!text.starts_with("bytes=")) return std::pair<std::uint64_t, std::uint64_t>{0, size};
  text.remove_prefix(6);
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    if (digits.empty() || std::from_chars(digits.begin(), digits.end(), value).ptr != digits.end())
      return std::nullopt;
    return value;
  };
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(std::min(dash + 1, text.size())));
  if (!first && last) return std::pair{size - std::min(*last, size), size};
  if (!first || *first >= size) return std::nullopt;
  return std::pair{*first, last ? std::min(*last + 1, size) : size};
}

Answer get_object(const AwsCall& call, const S3Route& route) {
  const auto object = call.world.s3().get_object(route.bucket, route.key);
  if (!object) return tl::unexpected(object.error());
  const std::string wanted = call.request.header("range");
  const auto range = parse_range(wanted, object->size);
  if (!range) return refuse("InvalidRange", 416, "The requested range is not satisfiable");
  const auto [first, end] = *range;
  if (end > object->body.size())
    return refuse("InternalError", 500,
                  "Only the first " + std::to_string(object->body.size()) +
                      " bytes of an object this large are kept here.");
  net::HttpResponse response{wanted.empty() ? 200 : 206, object_headers(*object, end - first),
                             object->body.substr(first, end - first)};
  if (!wanted.empty())
    response.headers.emplace_back("Content-Range", "bytes " + std::to_string(first) + "-" +
                                                       std::to_string(end - 1) + "/" +
                                                       std::to_string(object->size));
  return response;
}

Answer delete_object(const AwsCall& call, const S3Route& route) {
  return call.world.s3().delete_object(route.bucket, route.key).map([] {
    return net::HttpResponse{204, {}, {}};
  });
}

Answer create_upload(const AwsCall& call, const S3Route& route) {
  return call.world.s3()
      .create_upload(route.bucket, route.key, call.caller.access_key_id)
      .map([&](const auto& id) {
        return xml_reply(
            "InitiateMultipartUploadResult",
            xml_text("Bucket", route.bucket) + xml_text("Key", route.key) + xml_text("UploadId", id));
      });
}

std::string upload_id(const AwsCall& call) { return call.request.query.get_or("uploadId", ""); }

Answer upload_part(const AwsCall& call, const S3Route& route) {
  return call.world.s3()
      .upload_part(route.bucket, route.key, upload_id(call), number_of(call, "partNumber", 0),
                   call.request.body)
      .map([](const std::string& etag) {
        return net::HttpResponse{200, {{"ETag", quoted(etag)}}, {}};
      });
}

std::string unquoted(std::string etag) {
  std::erase(etag, '"');
  return etag;
}

Answer complete_upload(const AwsCall& call, const S3Route& route) {
  pugi::xml_document document;
  std::vector<S3Part> parts;
  if (document.load_buffer(call.request.body.data(), call.request.body.size()))
    for (const pugi::xml_node part : document.child("CompleteMultipartUpload").children("Part"))
      parts.push_back(
          {part.child("PartNumber").text().as_int(), unquoted(part.child("ETag").text().as_string())});
  const auto object = call.world.s3().complete_upload(route.bucket, route.key, upload_id(call), parts);
  if (!object) return tl::unexpected(object.error());
  return xml_reply(
      "CompleteMultipartUploadResult",
      xml_text("Bucket", route.bucket) + xml_text("Key", route.key) + xml_text("ETag", quoted(object->etag)));
}

Answer abort_upload(const AwsCall& call, const S3Route& route) {
  return call.world.s3().abort_upload(route.bucket, route.key, upload_id(call)).map([] {
    return net::HttpResponse{204, {}, {}};
  });
}

using Operation = Answer (*)(const AwsCall&, const S3Route&);
const std::map<std::string, Operation> kOperations{{"ListBuckets", list_buckets},
                                                   {"HeadBucket", head_bucket},
                                                   {"GetBucketLocation", get_bucket_location},
                                                   {"ListObjects", list_objects},
                                                   {"ListObjectsV2", list_objects},
                                                   {"PutObject", put_object},
                                                   {"GetObject", get_object},
                                                   {"HeadObject", head_object},
                                                   {"DeleteObject", delete_object},
                                                   {"CreateMultipartUpload", create_upload},
                                                   {"UploadPart", upload_part},
                                                   {"CompleteMultipartUpload", complete_upload},
                                                   {"AbortMultipartUpload", abort_upload}};

}  // namespace

Reply<net::HttpResponse> serve_s3(const AwsCall& call, const S3Route& route) {
  const auto operation = kOperations.find(route.operation);
  if (operation == kOperations.end()) return tl::unexpected(unknown_operation(Protocol::s3, route.operation));
  if (auto may = authorize(call, Protocol::s3, "s3", route.action, route.resource()); !may)
    return tl::unexpected(may.error());
  return operation->second(call, route);
}

}  // namespace keyturn::sim
