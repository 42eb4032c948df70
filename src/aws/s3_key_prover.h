// rotation::KeyProver over STS and S3, for the buckets of one rotation.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "aws/client.h"
#include "aws/endpoints.h"
#include "aws/s3.h"
#include "aws/sts.h"
#include "rotation/ports.h"

namespace keyturn::aws {

// Thread-safe.
class S3KeyProver final : public rotation::KeyProver {
 public:
  // `own`: the controller's credentials, for check_destination(). `user`: whose key it must be; empty: not
  // checked. Several URLs of one bucket count once.
  S3KeyProver(ClientContext context, Settings settings, std::shared_ptr<CredentialSource> own,
              const std::vector<S3Url>& urls, std::string user);

  Result<void> check_destination() override;
  Proof prove(const rotation::KeyPair& pair, TimePoint give_up_at) override;

 private:
  struct Place {
    S3Url url;
    S3Place at;
  };
  // One step of a proof: nothing when done, else why not.
  using Step = std::function<std::optional<Error>()>;

  [[nodiscard]] S3 s3_at(const Place& place, std::shared_ptr<CredentialSource> credentials) const;
  Result<void> check(Place& place);
  // Repeats `step` while the key is unknown, until `needed` successes in a row.
  Proof insist(const Step& step, int needed, const rotation::KeyId& key, TimePoint give_up_at) const;
  std::optional<Error> identify(const Sts& sts) const;
  std::vector<Place> places() const;
  void adopt_region(std::size_t index, const std::string& region);

  ClientContext context_;
  Settings settings_;
  std::shared_ptr<CredentialSource> own_;
  std::string user_;
  mutable std::mutex mutex_;
  std::vector<Place> places_;
};

}  // namespace keyturn::aws
