// AWS for one process: transport, settings and credentials.
#pragma once

#include <memory>

#include "aws/aws_context.h"
#include "base/clock.h"
#include "base/random.h"
#include "net/http_transport.h"
#include "setup/config.h"

namespace keyturn::setup {

aws::AwsOptions aws_options(const AwsSettings& settings);

class AwsDoor {
 public:
  // Finds the region and the CAs; asks no service but instance metadata. `clock`, `random` and `stop`, which
  // may be null, must outlive it.
  static Result<std::unique_ptr<AwsDoor>> open(const AwsSettings& settings,
                                               const aws::Environment& environment, Clock& clock,
                                               Random& random, const StopFlag* stop);

  [[nodiscard]] const aws::AwsContext& aws() const { return aws_; }
  [[nodiscard]] net::HttpTransport& transport() const { return *transport_; }

 private:
  AwsDoor(std::unique_ptr<net::HttpTransport> transport, aws::AwsContext aws)
      : transport_(std::move(transport)), aws_(std::move(aws)) {}

  const std::unique_ptr<net::HttpTransport> transport_;
  const aws::AwsContext aws_;
};

}  // namespace keyturn::setup
