#include "cli/render_region.h"

#include "aws/profile_files.h"
#include "aws/settings.h"

namespace keyturn::cli {

Result<std::string> known_region(const Options& options, const setup::Config& config) {
  aws::AwsOptions asked;
  if (!config.aws.region.empty()) asked.region = config.aws.region;
  if (!config.aws.profile.empty()) asked.profile = config.aws.profile;
  if (!options.region.empty()) asked.region = options.region;
  if (!options.profile.empty()) asked.profile = options.profile;
  const aws::Environment environment = aws::process_environment();
  const auto files = aws::load_profile_files(environment);
  if (!files) return fail(files.error());
  const auto settings = aws::load_settings(environment, *files, asked);
  if (!settings) return fail(settings.error());
  return settings->region;
}

}  // namespace keyturn::cli
