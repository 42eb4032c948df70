// rotation::KeyIssuer over IAM, for one user.
#pragma once

#include "aws/iam.h"
#include "rotation/ports.h"

namespace keyturn::aws {

// Thread-safe.
class IamKeyIssuer final : public rotation::KeyIssuer {
 public:
  IamKeyIssuer(Iam iam, std::string user) : iam_(std::move(iam)), user_(std::move(user)) {}

  [[nodiscard]] std::string user() const override { return user_; }
  Result<std::vector<rotation::AccessKey>> list() override;
  Result<NewKey> create(TimePoint not_after) override;
  Result<void> set_status(const rotation::KeyId& key, rotation::KeyStatus status,
                          TimePoint not_after) override;
  Result<void> remove(const rotation::KeyId& key, TimePoint not_after) override;

 private:
  Iam iam_;
  std::string user_;
};

}  // namespace keyturn::aws
