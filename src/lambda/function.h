// The function as a whole: what `keyturn lambda`, or keyturn started as `bootstrap`, does in an environment
// of AWS Lambda.
#pragma once

#include "aws/environment.h"
#include "lambda/log.h"
#include "net/http_transport.h"

namespace keyturn::lambda {

// Initialises once and serves invocations until the environment ends. Answers the exit status: never 0, since
// a runtime that ends has failed; 2 where it is not run by Lambda or its configuration is wrong, of which
// every invocation is told. `runtime` leads to the Runtime API; `stdout_line` takes the log.
int run_function(const aws::Environment& environment, net::HttpTransport& runtime,
                 const LineWriter& stdout_line);

}  // namespace keyturn::lambda
