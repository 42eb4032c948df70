// Credentials and region from link-local HTTP services: the container endpoint (ECS, EKS Pod Identity) and
// EC2 instance metadata, version 2 only.
#pragma once

#include <optional>

#include "aws/client.h"
#include "aws/environment.h"

namespace keyturn::aws {

// Nothing where the environment names no container endpoint.
std::optional<Result<Credentials>> container_credentials(const Environment& environment,
                                                         const ClientContext& context);

// Nothing where metadata is switched off or does not answer, as on any machine that is not an EC2 instance.
std::optional<Result<Credentials>> instance_credentials(const Environment& environment,
                                                        const ClientContext& context);
std::optional<std::string> instance_region(const Environment& environment, const ClientContext& context);

}  // namespace keyturn::aws
