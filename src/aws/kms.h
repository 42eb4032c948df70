// AWS Key Management Service: whether a key can be used (json protocol 1.1, version 2014-11-01).
#pragma once

#include <string>

#include "aws/client.h"

namespace keyturn::aws {

struct KmsKey {
  std::string arn;
  std::string state;  // "Enabled", "Disabled", "PendingDeletion" …
};

// Thread-safe.
class Kms {
 public:
  explicit Kms(Client client) : client_(std::move(client)) {}
  static ServiceTraits traits() { return {"KMS", "kms", Protocol::json}; }

  // `key`: an id, ARN or alias.
  Result<KmsKey> describe(const std::string& key) const;

 private:
  Client client_;
};

}  // namespace keyturn::aws
