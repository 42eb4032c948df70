// An EC2 instance started: if it is of a fleet, it is brought up to date. Internal to lambda/.
#pragma once

#include "lambda/handler.h"

namespace keyturn::lambda {

// Where the fleet is reached over Systems Manager, waits for the instance's agent, at most until the
// invocation's stop; then the rotations whose fleet it belongs to are reconciled. Whatever is not of a fleet,
// and every state but running, is answered and left alone.
Answer handle_instance(const HandlerParts& parts, const InstanceEvent& event);

}  // namespace keyturn::lambda
