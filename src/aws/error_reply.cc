#include "aws/error_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "aws/http_date.h"
#include "aws/xml.h"

namespace keyturn::aws {
namespace {

struct Refusal {
  std::string code;
  std::string message;
};

template <std::size_t N>
bool one_of(std::string_view code, const std::array<std::string_view, N>& codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

Refusal read_xml(const std::string& body) {
  const XmlNode root = parse_xml(body);
  const XmlNode* error = &root;  // S3: the root itself
  if (const XmlNode& errors = root.child("Errors"))
    error = &errors.child("Error");
  else if (const XmlNode& inner = root.child("Error"))
    error = &inner;
  return {text_at(*error, "Code"), text_at(*error, "Message")};
}

// "com.amazonaws.x#Code:url" or "Code;Sender" -> "Code".
std::string bare_code(std::string_view code) {
  if (const std::size_t hash = code.find('#'); hash != std::string_view::npos) code.remove_prefix(hash + 1);
  return std::string(code.substr(0, code.find_first_of(":;")));
}

std::string text_of(const nlohmann::json& document, const char* name) {
  const auto found = document.find(name);
  return found != document.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Refusal read_json(const net::HttpResponse& reply) {
  Refusal refusal;
  const auto document = nlohmann::json::parse(reply.body, nullptr, false);
  if (document.is_object()) {
    refusal.code = bare_code(text_of(document, "__type"));
    refusal.message = text_of(document, "message");
    if (refusal.message.empty()) refusal.message = text_of(document, "Message");
  }
  if (const auto header = reply.header("x-amzn-query-error"); !header.empty())
    refusal.code = bare_code(header);
  if (refusal.code.empty()) refusal.code = bare_code(reply.header("x-amzn-errortype"));
  return refusal;
}

Refusal read_refusal(Protocol protocol, const net::HttpResponse& reply) {
  const bool is_json =
      protocol == Protocol::json && !reply.body.starts_with('<');  // some emulators answer in XML
  return is_json ? read_json(reply) : read_xml(reply.body);
}

// One line, of bounded length. AWS's explanation of a wrong signature repeats the signed request with its
// session token.
std::string tame(const std::string& message) {
  std::string_view text = message;
  text = text.substr(0, text.find_first_of("\r\n"));
  text = text.substr(0, text.find(" The Canonical String"));
  text = text.substr(0, 600);
  std::string tamed(text);
  std::replace_if(
      tamed.begin(), tamed.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  while (!tamed.empty() && (tamed.back() == '.' || tamed.back() == ' ')) tamed.pop_back();
  return tamed;
}

constexpr std::array<std::string_view, 3> kExpired{"ExpiredToken", "ExpiredTokenException",
                                                   "TokenRefreshRequired"};
constexpr std::array<std::string_view, 7> kUnknownKey{"InvalidClientTokenId",
                                                      "UnrecognizedClientException",
                                                      "InvalidAccessKeyId",
                                                      "SignatureDoesNotMatch",
                                                      "InvalidSignatureException",
                                                      "AuthFailure",
                                                      "NotSignedUp"};
constexpr std::array<std::string_view, 8> kOtherCredentials{"RequestTimeTooSkewed",
                                                            "RequestExpired",
                                                            "RequestInTheFuture",
                                                            "MissingAuthenticationToken",
                                                            "IncompleteSignature",
                                                            "InvalidToken",
                                                            "MissingAuthenticationTokenException",
                                                            "InvalidIdentityToken"};
constexpr std::array<std::string_view, 6> kDenied{"AccessDenied",          "AccessDeniedException",
                                                  "UnauthorizedOperation", "UnauthorizedAccess",
                                                  "AllAccessDisabled",     "AccountProblem"};
constexpr std::array<std::string_view, 10> kNotFound{
    "NoSuchEntity", "ResourceNotFoundException", "NoSuchBucket",      "NoSuchKey",        "NoSuchUpload",
    "NotFound",     "InvocationDoesNotExist",    "InvalidInstanceId", "InvalidCommandId", "InvalidDocument"};
constexpr std::array<std::string_view, 8> kConflict{
    "LimitExceeded",           "ResourceExistsException",
    "EntityAlreadyExists",     "PreconditionNotMetException",
    "ConcurrentModification",  "EntityTemporarilyUnmodifiable",
    "InvalidRequestException", "OperationAborted"};

ErrorKind kind_of(const std::string& code, int status) {
  if (is_throttling_code(code) || status == 429) return ErrorKind::throttled;
  if (is_transient_code(code)) return ErrorKind::unavailable;
  if (one_of(code, kExpired) || one_of(code, kUnknownKey) || one_of(code, kOtherCredentials))
    return ErrorKind::credentials;
  if (one_of(code, kDenied)) return ErrorKind::denied;
  if (one_of(code, kNotFound)) return ErrorKind::not_found;
  if (one_of(code, kConflict)) return ErrorKind::conflict;
  if (status >= 500) return ErrorKind::unavailable;
  if (status == 401 || status == 403) return ErrorKind::denied;
  if (status == 404) return ErrorKind::not_found;
  if (status == 409 || status == 412) return ErrorKind::conflict;
  return ErrorKind::usage;
}

Effect effect_of(ErrorKind kind, Nature nature, int status) {
  if (nature == Nature::read || kind == ErrorKind::throttled) return Effect::none;
  return status >= 500 || kind == ErrorKind::unavailable ? Effect::unknown : Effect::none;
}

std::string right_on(const Call& call) { return call.resource.empty() ? "" : " on " + call.resource; }

// As IAM calls it: S3's operations share rights (S3 User Guide, "Required permissions for Amazon S3 API
// operations").
std::string right_for(const ServiceTraits& service, const std::string& operation) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOfS3{
      {{"HeadBucket", "ListBucket"},
       {"ListObjectsV2", "ListBucket"},
       {"HeadObject", "GetObject"},
       {"CreateMultipartUpload", "PutObject"},
       {"UploadPart", "PutObject"},
       {"CompleteMultipartUpload", "PutObject"}}};
  std::string name = operation;
  if (service.prefix == "s3")
    for (const auto& [called, right] : kOfS3)
      if (called == operation) name = right;
  return service.prefix + ":" + name;
}

// What Secrets Manager does with the caller's rights to the secret's KMS key; its refusal names neither.
constexpr std::string_view kKmsRefusal = "Access to KMS is not allowed";
std::string kms_rights(const Call& call) {
  return call.nature == Nature::read ? "kms:Decrypt on the KMS key of the secret"
                                     : "kms:GenerateDataKey and kms:Decrypt on the KMS key of the secret";
}

// "… is not authorized to perform: iam:CreateAccessKey on resource: …" -> "iam:CreateAccessKey". S3 and older
// replies of EC2 name nothing.
std::string missing_right(const std::string& message, const ServiceTraits& service, const Call& call) {
  if (message.starts_with(kKmsRefusal)) return kms_rights(call);
  constexpr std::string_view kPhrase = "not authorized to perform: ";
  const std::size_t at = message.find(kPhrase);
  if (at == std::string::npos) return right_for(service, call.operation) + right_on(call);
  const std::size_t from = at + kPhrase.size();
  return message.substr(from, message.find_first_of(" ,", from) - from);
}

std::string clock_hint(const net::HttpResponse& reply, TimePoint now) {
  const auto theirs = parse_http_date(reply.header("Date"));
  if (!theirs || std::chrono::abs(now - *theirs) < std::chrono::minutes{4}) return {};
  return fmt::format("This machine's clock is {} {} AWS's: set it right.",
                     format_duration(std::chrono::abs(now - *theirs)), now > *theirs ? "ahead of" : "behind");
}

std::string hint_for(ErrorKind kind, const Refusal& refusal, const ServiceTraits& service, const Call& call,
                     const std::string& clock) {
  switch (kind) {
    case ErrorKind::denied:
      return fmt::format(
          "Grant {} to the identity that keyturn runs as; a service control policy, permissions boundary "
          "or key policy may also stand in the way.",
          missing_right(refusal.message, service, call));
    case ErrorKind::credentials:
      if (!clock.empty()) return clock;
      if (one_of(refusal.code, kExpired))
        return "Renew the AWS credentials (sign in again), then run keyturn once more.";
      return "Check which AWS credentials are in force (environment, AWS_PROFILE, instance role).";
    case ErrorKind::throttled:
      return "Run keyturn again in a minute.";
    case ErrorKind::unavailable:
      return "Run keyturn again later; it goes on from where it stopped.";
    default:
      return {};
  }
}

}  // namespace

std::string describe(const Call& call) {
  return call.resource.empty() ? call.operation : call.operation + " for " + call.resource;
}

bool is_expired_token(const Error& error) {
  return one_of(error.code, kExpired) || error.code == "RequestExpired";
}
bool is_unknown_key(const Error& error) { return one_of(error.code, kUnknownKey); }

Error error_of_reply(const ServiceTraits& service, const Call& call, const net::HttpResponse& reply,
                     TimePoint now) {
  const Refusal refusal = read_refusal(service.protocol, reply);
  Error error;
  error.code = refusal.code.empty() ? "HTTP" + std::to_string(reply.status) : refusal.code;
  error.kind = kind_of(refusal.code, reply.status);
  error.effect = effect_of(error.kind, call.nature, reply.status);
  const std::string why = tame(refusal.message);
  const std::string_view verb = error.kind == ErrorKind::throttled     ? "was throttled by"
                                : error.kind == ErrorKind::unavailable ? "failed at"
                                                                       : "was refused by";
  error.message = fmt::format("{} {} {}: {}{}{}.", describe(call), verb, service.name, error.code,
                              why.empty() ? "" : ": ", why);
  error.hint = hint_for(error.kind, refusal, service, call, clock_hint(reply, now));
  return error;
}

}  // namespace keyturn::aws
