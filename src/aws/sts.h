// AWS Security Token Service (query protocol, version 2011-06-15).
#pragma once

#include <string>

#include "aws/client.h"

namespace keyturn::aws {

struct CallerIdentity {
  std::string arn;
  std::string account;
  std::string user_id;

  // The user's name where the ARN is an IAM user's ("arn:aws:iam::1:user/path/name"), else empty.
  [[nodiscard]] std::string user_name() const;
};

struct AssumeRoleRequest {
  std::string role_arn;
  std::string session_name;
  std::string external_id;  // may be empty
  int duration_s = 3600;    // 900 to 43200
};

// Thread-safe.
class Sts {
 public:
  explicit Sts(Client client) : client_(std::move(client)) {}
  static ServiceTraits traits() { return {"STS", "sts", Protocol::query}; }

  [[nodiscard]] const std::string& endpoint() const { return client_.endpoint().url; }

  Result<CallerIdentity> get_caller_identity() const;
  // AWS's time, in whole seconds, by an unsigned call that is refused: needs no credentials and no right
  // clock.
  Result<TimePoint> date() const;
  Result<Credentials> assume_role(const AssumeRoleRequest& request) const;
  // Unsigned: the token is the proof.
  Result<Credentials> assume_role_with_web_identity(const AssumeRoleRequest& request,
                                                    const SecretString& token) const;

 private:
  Result<Credentials> credentials_of(Call call, const char* result_name) const;
  Client client_;
};

}  // namespace keyturn::aws
