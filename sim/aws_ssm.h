// What the two halves of the Systems Manager front share.
#pragma once

#include <nlohmann/json.hpp>

#include "sim/aws_service.h"

namespace keyturn::sim {

using SsmAnswer = Reply<nlohmann::json>;

// Members of a request; a member of another type than asked for throws nlohmann's type_error.
std::vector<SsmFilter> ssm_filters(const nlohmann::json& body, const char* member, const char* key,
                                   const char* values);
void add_token(nlohmann::json& reply, const std::string& next_token);

// Null where the operation is none of commands, invocations and nodes.
using SsmOperation = SsmAnswer (*)(const AwsCall& call, const nlohmann::json& body);
SsmOperation find_command_operation(const std::string& operation);
SsmOperation find_automation_operation(const std::string& operation);

}  // namespace keyturn::sim
