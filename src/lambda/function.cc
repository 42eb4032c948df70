#include "lambda/function.h"

#include "base/version.h"
#include "lambda/handler.h"
#include "lambda/run_log.h"
#include "lambda/runtime_loop.h"
#include "lambda/stack.h"
#include "net/system_transport.h"

namespace keyturn::lambda {
namespace {

// A start that failed would leave CloudFormation without an answer, for which it waits. So invocations are
// taken all the same, and each is told why nothing can be done.
void serve_refusals(const aws::Environment& environment, RuntimeClient& runtime, Clock& clock, Log& log,
                    const FunctionError& reason) {
  const auto authorities = aws::ca_bundle(environment, {});
  const auto transport = net::system_transport(
      {authorities ? *authorities : std::string{}, std::string("keyturn/") + program_version()});
  serve(
      runtime,
      [&](const Invocation& invocation) {
        const auto event = parse_event(invocation.payload, {});
        const auto* stack = event ? std::get_if<StackEvent>(&*event) : nullptr;
        return refuse(*transport, clock, stack != nullptr ? std::optional(*stack) : std::nullopt, reason);
      },
      log);
}

}  // namespace

int run_function(const aws::Environment& environment, net::HttpTransport& runtime_transport,
                 const LineWriter& stdout_line) {
  SystemClock clock;
  SystemRandom random;
  Log log(stdout_line, log_level_of(environment("AWS_LAMBDA_LOG_LEVEL").value_or("")), clock);
  const auto address = environment("AWS_LAMBDA_RUNTIME_API");
  if (!address) {
    log.write(
        LogLevel::error,
        "AWS_LAMBDA_RUNTIME_API is not set: this is the program of a Lambda function, and Lambda starts "
        "it. docs/lambda.md tells how to make one.");
    return 2;
  }
  RuntimeClient runtime(runtime_transport, *address);
  InvocationStop stop;
  RunLog run_log(log);
  auto account = WiredAccount::open(environment, {clock, random, stop.flag(), run_log});
  if (!account) {
    log.write(LogLevel::error, account.error().sentence());
    serve_refusals(environment, runtime, clock, log,
                   {"Runtime.BadConfiguration", account.error().sentence()});
    return 2;
  }
  const setup::Config& config = (*account)->config();
  log.write(LogLevel::info, "Ready.",
            {{"keyturn_version", program_version()},
             {"configuration", config.source.empty() ? "defaults" : config.source}});
  const HandlerParts parts{
      **account,
      clock,
      stop,
      log,
      {environment("_HANDLER").value_or(""), environment("AWS_LAMBDA_FUNCTION_NAME").value_or("")}};
  const Error ended = serve(
      runtime, [&](const Invocation& invocation) { return handle(parts, invocation); }, log);
  log.write(LogLevel::error, ended.sentence());
  return 1;
}

}  // namespace keyturn::lambda
