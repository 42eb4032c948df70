#include "lambda/runtime_loop.h"

#include <fmt/format.h>

#include <exception>

#include "lambda/variable.h"

namespace keyturn::lambda {
namespace {

Answer guarded(const Handler& handler, const Invocation& invocation) {
  try {
    return handler(invocation);
  } catch (const std::exception& thrown) {
    return fail_with("Function.Exception",
                     fmt::format("keyturn met a defect of its own: {}. Please report it.", thrown.what()));
  }
}

}  // namespace

Error serve(RuntimeClient& runtime, const Handler& handler, Log& log) {
  while (true) {
    const auto invocation = runtime.next();
    if (!invocation) return invocation.error();
    set_variable("_X_AMZN_TRACE_ID", invocation->trace_id);
    log.set_request(invocation->request_id);
    Answer answer = guarded(handler, *invocation);
    if (!answer) log.write(LogLevel::error, answer.error().message, {{"error_type", answer.error().type}});
    const Posted posted = answer ? runtime.respond(invocation->request_id, *std::move(answer))
                                 : runtime.fail_invocation(invocation->request_id, answer.error());
    if (posted == Posted::refused)
      log.write(LogLevel::warn, "The Lambda Runtime API did not take the answer.");
    log.set_request({});
    if (posted == Posted::broken)
      return {ErrorKind::unavailable, Effect::unknown, "", "The Lambda Runtime API is broken.", ""};
  }
}

}  // namespace keyturn::lambda
