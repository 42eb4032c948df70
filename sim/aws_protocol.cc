#include "sim/aws_protocol.h"

#include <nlohmann/json.hpp>

#include "sim/xml_text.h"

namespace keyturn::sim {
namespace {

// The REST services word errors as the JSON ones do, and mean their HTTP status.
ServiceError by_protocol(Protocol protocol, ServiceError query, ServiceError json, ServiceError ec2,
                         ServiceError s3, int rest_status = 403) {
  switch (protocol) {
    case Protocol::query:
      return query;
    case Protocol::json:
      return json;
    case Protocol::rest_json:
      json.http_status = rest_status;
      return json;
    case Protocol::ec2:
      return ec2;
    case Protocol::s3:
      return s3;
  }
  return query;
}

const std::string kBadSignature =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key "
    "and signing method. Consult the service documentation for details.";
const std::string kInvalidToken = "The security token included in the request is invalid.";
const std::string kExpiredToken = "The security token included in the request is expired";
const std::string kCannotValidate = "AWS was not able to validate the provided access credentials";

std::string error_body(Protocol protocol, const ServiceError& error, const std::string& request_id,
                       const std::string& extra_xml) {
  const std::string code_and_message = xml_text("Code", error.code) + xml_text("Message", error.message);
  switch (protocol) {
    case Protocol::query:
      return xml_nest("ErrorResponse",
                      xml_nest("Error", xml_text("Type", error.http_status < 500 ? "Sender" : "Receiver") +
                                            code_and_message) +
                          xml_text("RequestId", request_id));
    case Protocol::ec2:
      return R"(<?xml version="1.0" encoding="UTF-8"?>)" +
             xml_nest("Response", xml_nest("Errors", xml_nest("Error", code_and_message)) +
                                      xml_text("RequestID", request_id));
    case Protocol::s3:
      return R"(<?xml version="1.0" encoding="UTF-8"?>)" +
             xml_nest("Error", code_and_message + extra_xml + xml_text("RequestId", request_id) +
                                   xml_text("HostId", "lab"));
    case Protocol::json:
    case Protocol::rest_json:
      break;
  }
  return nlohmann::json{{"__type", error.code}, {"message", error.message}, {"Message", error.message}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

const char* content_type(Protocol protocol) {
  switch (protocol) {
    case Protocol::json:
      return "application/x-amz-json-1.1";
    case Protocol::rest_json:
      return "application/json";
    case Protocol::s3:
      return "application/xml";
    case Protocol::query:
    case Protocol::ec2:
      break;
  }
  return "text/xml";
}

}  // namespace

ServiceError auth_error(Protocol protocol, AuthProblem problem, const std::string& detail) {
  switch (problem) {
    case AuthProblem::missing:
      return by_protocol(
          protocol, {"MissingAuthenticationToken", 403, "Request is missing Authentication Token"},
          {"MissingAuthenticationTokenException", 400, "Request is missing Authentication Token"},
          {"AuthFailure", 401, kCannotValidate}, {"AccessDenied", 403, "Access Denied"});
    case AuthProblem::malformed:
      return by_protocol(protocol, {"IncompleteSignature", 400, detail},
                         {"IncompleteSignatureException", 400, detail}, {"AuthFailure", 401, kCannotValidate},
                         {"AuthorizationHeaderMalformed", 400, detail});
    case AuthProblem::unknown_key:
      return by_protocol(
          protocol, {"InvalidClientTokenId", 403, kInvalidToken},
          {"UnrecognizedClientException", 400, kInvalidToken}, {"AuthFailure", 401, kCannotValidate},
          {"InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."});
    case AuthProblem::bad_signature:
      return by_protocol(
          protocol, {"SignatureDoesNotMatch", 403, kBadSignature},
          {"InvalidSignatureException", 400, kBadSignature}, {"AuthFailure", 401, kCannotValidate},
          {"SignatureDoesNotMatch", 403,
           "The request signature we calculated does not match the signature you provided. Check your "
           "key and signing method."});
    case AuthProblem::clock_skew:
      return by_protocol(protocol, {"SignatureDoesNotMatch", 403, detail},
                         {"InvalidSignatureException", 400, detail},
                         {"RequestExpired", 400, "Request has expired."},
                         {"RequestTimeTooSkewed", 403,
                          "The difference between the request time and the current time is too large."});
    case AuthProblem::expired_token:
      return by_protocol(protocol, {"ExpiredToken", 403, kExpiredToken},
                         {"ExpiredTokenException", 400, kExpiredToken},
                         {"RequestExpired", 400, "Request has expired."},
                         {"ExpiredToken", 400, "The provided token has expired."});
    case AuthProblem::wrong_region:
      return {"SignatureDoesNotMatch", 403, "Credential should be scoped to a valid region."};
  }
  return {};
}

ServiceError access_denied(Protocol protocol, const std::string& caller_arn, const std::string& action,
                           const std::string& resource) {
  std::string text = "User: " + caller_arn + " is not authorized to perform: " + action;
  if (!resource.empty()) text += " on resource: " + resource;
  return by_protocol(
      protocol, {"AccessDenied", 403, text}, {"AccessDeniedException", 400, text},
      {"UnauthorizedOperation", 403, "You are not authorized to perform this operation. " + text},
      {"AccessDenied", 403, "Access Denied"});
}

ServiceError throttled(Protocol protocol) {
  return by_protocol(protocol, {"Throttling", 400, "Rate exceeded"},
                     {"ThrottlingException", 400, "Rate exceeded"},
                     {"RequestLimitExceeded", 503, "Request limit exceeded."},
                     {"SlowDown", 503, "Please reduce your request rate."}, 429);
}

ServiceError service_ill(Protocol protocol) {
  const std::string text = "An internal error occurred. Please retry your request.";
  return by_protocol(protocol, {"ServiceFailure", 500, text}, {"InternalServiceError", 500, text},
                     {"InternalError", 500, text}, {"InternalError", 500, text}, 500);
}

ServiceError unknown_operation(Protocol protocol, const std::string& operation) {
  return by_protocol(
      protocol, {"InvalidAction", 400, "Could not find operation " + operation},
      {"UnknownOperationException", 400, "The operation " + operation + " is not known."},
      {"InvalidAction", 400, "The action " + operation + " is not valid for this web service."},
      {"NotImplemented", 501,
       "A header or query you provided implies functionality that is not "
       "implemented: " +
           operation},
      404);
}

net::HttpResponse render_error(Protocol protocol, const ServiceError& error, const std::string& request_id,
                               bool head, const std::string& extra_xml) {
  net::HttpResponse response;
  response.status = error.http_status;
  if (!head) {
    response.headers.emplace_back("Content-Type", content_type(protocol));
    if (protocol == Protocol::rest_json) response.headers.emplace_back("x-amzn-ErrorType", error.code);
    response.body = error_body(protocol, error, request_id, extra_xml);
  }
  return response;
}

}  // namespace keyturn::sim
