// AWS Signature Version 4, header form (AWS General Reference, "Signing AWS API requests"; rules checked
// against the official test suite). Ours rather than libcurl's: see docs/decisions.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/secret_string.h"
#include "base/time.h"
#include "net/http_transport.h"

namespace keyturn::aws {

struct Credentials {
  std::string access_key_id;
  SecretString secret_access_key;
  SecretString session_token;           // empty for long-lived keys
  std::optional<TimePoint> expires_at;  // unset: never
};

struct SigningScope {
  std::string region;
  std::string service;  // signing name: "iam", "s3" …
};

// Adds X-Amz-Date, X-Amz-Security-Token where there is a token, for service "s3" also x-amz-content-sha256,
// and Authorization. All headers present are signed except user-agent, expect, connection, transfer-encoding
// and x-amzn-trace-id; Host is derived from the URL. For "s3" the path is signed as it stands, else
// normalised and encoded once more.
void sign(net::HttpRequest& request, const Credentials& credentials, const SigningScope& scope,
          TimePoint now);

// The pieces, for tests and for a server that verifies.
struct SignedPieces {
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;  // hex
};
// `signed_headers`: lower-case names, sorted, ';'-joined; `payload_hash`: hex SHA-256 or "UNSIGNED-PAYLOAD".
// `target` is the request target as it stands on the request line ("/path?query").
SignedPieces compute_signature(const std::string& method, const std::string& target,
                               const net::Headers& headers, const std::string& signed_headers,
                               const std::string& payload_hash, const SecretString& secret_access_key,
                               const SigningScope& scope, const std::string& amz_date, bool normalize_path);

}  // namespace keyturn::aws
