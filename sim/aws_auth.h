// Is a request signed by who it says, with Signature Version 4? In headers, or in the query (presigned).
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "sim/aws_protocol.h"
#include "sim/aws_request.h"
#include "sim/iam.h"

namespace keyturn::sim {

// What the request claims.
struct SignatureClaim {
  std::string access_key_id;
  std::string date;  // of the scope: "20260102"
  std::string region;
  std::string service;
  std::string signed_headers;
  std::string signature;
  std::string amz_date;       // "20260102T030405Z"
  std::string session_token;  // empty: none
  bool presigned = false;
  Duration valid_for{0};  // of a presigned request
};

// Nothing where the request is not signed. A claim with an empty access_key_id is malformed.
std::optional<SignatureClaim> read_claim(const AwsRequest& request);

struct AuthFailure {
  AuthProblem problem;
  std::string detail;
  std::string extra_xml;  // for S3's error document
};
using Verdict = tl::expected<Caller, AuthFailure>;

Verdict verify(const AwsRequest& request, const SignatureClaim& claim, const Iam& iam, TimePoint now);

}  // namespace keyturn::sim
