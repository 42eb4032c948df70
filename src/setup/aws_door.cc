#include "setup/aws_door.h"

#include "base/version.h"
#include "net/system_transport.h"

namespace keyturn::setup {

aws::AwsOptions aws_options(const AwsSettings& settings) {
  aws::AwsOptions options;
  if (!settings.region.empty()) options.region = settings.region;
  if (!settings.profile.empty()) options.profile = settings.profile;
  return options;
}

Result<std::unique_ptr<AwsDoor>> AwsDoor::open(const AwsSettings& settings,
                                               const aws::Environment& environment, Clock& clock,
                                               Random& random, const StopFlag* stop) {
  const aws::AwsOptions options = aws_options(settings);
  const auto ca_file = aws::ca_bundle(environment, options);
  if (!ca_file) return fail(ca_file.error());
  auto transport = net::system_transport({*ca_file, std::string("keyturn/") + program_version()});
  auto aws = aws::AwsContext::create({*transport, clock, random, stop}, environment, options);
  if (!aws) return fail(aws.error());
  return std::unique_ptr<AwsDoor>(new AwsDoor(std::move(transport), std::move(*aws)));
}

}  // namespace keyturn::setup
