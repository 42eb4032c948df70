// KMS as far as keys have a state: symmetric keys of the account. Facts: AWS KMS API reference 2014-11-01.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/random.h"
#include "sim/service_error.h"

namespace keyturn::sim {

struct KmsKey {
  std::string arn;
  bool enabled = true;
};

// Thread-safe. A key is named by its id or its ARN.
class Kms {
 public:
  explicit Kms(Random& random, std::string account = "111122223333", std::string region = "us-east-1")
      : random_(random), account_(std::move(account)), region_(std::move(region)) {}

  KmsKey create_key();
  [[nodiscard]] Reply<KmsKey> describe_key(const std::string& key) const;  // NotFoundException
  Reply<void> set_enabled(const std::string& key, bool enabled);

  // Can what the key encrypts be opened? Yes for keys of other accounts, which are not known here.
  [[nodiscard]] bool opens(const std::string& arn) const;

 private:
  Random& random_;
  const std::string account_;
  const std::string region_;
  mutable std::mutex mutex_;
  std::map<std::string, KmsKey> keys_;  // by ARN
};

}  // namespace keyturn::sim
