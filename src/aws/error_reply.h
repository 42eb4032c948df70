// What AWS says when it refuses, as an Error.
#pragma once

#include "aws/client.h"

namespace keyturn::aws {

// For any status outside 2xx, with or without a body that can be read. Throttling and refusals have
// Effect::none, other 5xx replies Effect::unknown unless the call is a read. Shapes: botocore's parsers.
Error error_of_reply(const ServiceTraits& service, const Call& call, const net::HttpResponse& reply,
                     TimePoint now);

// "CreateAccessKey for user sql-backups".
std::string describe(const Call& call);

bool is_expired_token(const Error& error);
// The service does not know the key, or found its signature wrong: right after a key's creation this may
// pass.
bool is_unknown_key(const Error& error);

}  // namespace keyturn::aws
