// The wire protocols of the simulated services, and how each words the errors that all of them share.
#pragma once

#include <string>

#include "net/http_transport.h"
#include "sim/service_error.h"

namespace keyturn::sim {

enum class Protocol { query, ec2, json, rest_json, s3 };

// What can be wrong with a request before any service looks at it.
enum class AuthProblem {
  missing,      // not signed at all
  malformed,    // an Authorization header that can't be understood
  unknown_key,  // no such key, Inactive, or not known everywhere yet
  bad_signature,
  clock_skew,
  expired_token,
  wrong_region,  // of the scope; for services that have one region only
};
ServiceError auth_error(Protocol protocol, AuthProblem problem, const std::string& detail = {});
ServiceError access_denied(Protocol protocol, const std::string& caller_arn, const std::string& action,
                           const std::string& resource);
ServiceError throttled(Protocol protocol);
ServiceError service_ill(Protocol protocol);
ServiceError unknown_operation(Protocol protocol, const std::string& operation);

// `extra_xml`: further elements of an S3 error ("<Region>…</Region>"). `head`: the answer to HEAD has no
// body.
net::HttpResponse render_error(Protocol protocol, const ServiceError& error, const std::string& request_id,
                               bool head = false, const std::string& extra_xml = {});

}  // namespace keyturn::sim
