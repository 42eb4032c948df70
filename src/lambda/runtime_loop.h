// The runtime's loop: one invocation after the other, whatever they hold.
#pragma once

#include <functional>

#include "lambda/log.h"
#include "lambda/runtime_client.h"

namespace keyturn::lambda {

using Handler = std::function<Answer(const Invocation&)>;

// Serves invocations until the Runtime API is broken, and says how. What a handler throws is its invocation's
// error. Sets _X_AMZN_TRACE_ID before each.
Error serve(RuntimeClient& runtime, const Handler& handler, Log& log);

}  // namespace keyturn::lambda
