#include "lambda/function.h"

#include "base/version.h"
#include "lambda/handler.h"
#include "lambda/run_log.h"
#include "lambda/runtime_loop.h"

namespace keyturn::lambda {

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
    runtime.fail_init({"Runtime.BadConfiguration", account.error().sentence()});
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
