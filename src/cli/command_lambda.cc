
#include <CLI/CLI.hpp>

#include "base/version.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "lambda/function.h"
#include "net/system_transport.h"

namespace keyturn::cli {
namespace {

// Everything else comes from the environment, as Lambda sets it.
int run_lambda(const Options& /*options*/) {
  const auto runtime = net::system_transport({{}, std::string("keyturn/") + program_version()});
  return lambda::run_function(aws::process_environment(), *runtime,
                              [](std::string_view line) { write_all(kStdout, line); });
}

}  // namespace

void add_lambda(CLI::App& app, Options& options, Handler& handler) {
  add_command(app, options, handler, "lambda",
              "Serve a function of AWS Lambda: its custom runtime; also when started as `bootstrap`",
              "  keyturn lambda                              as Lambda starts it, see docs/lambda.md\n"
              "  AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001 keyturn lambda    against a Runtime API of your own",
              run_lambda);
}

}  // namespace keyturn::cli
