// keyturn-lab: an AWS account and a fleet of SQL Servers on loopback, to rehearse with.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "lab/lab.h"

namespace {

using keyturn::lab::Lab;
using keyturn::lab::LabConfig;
using keyturn::lab::LabOptions;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int complain(const keyturn::Error& error) {
  std::fprintf(stderr, "keyturn-lab: %s\n", error.sentence().c_str());
  return error.kind == keyturn::ErrorKind::usage ? kUsage : kFailed;
}

// Threads inherit the mask, so that only wait_for_end() sees these.
sigset_t block_ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int up(const std::string& config_file, const LabOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // clients go away, and so may whoever reads stdout
  const sigset_t signals = block_ending_signals();
  auto config = config_file.empty() ? keyturn::Result<LabConfig>(keyturn::lab::default_lab_config())
                                    : keyturn::lab::load_lab_config(config_file);
  if (!config) return complain(config.error());
  auto lab = Lab::start(*std::move(config), options);
  if (!lab) return complain(lab.error());
  // Whether anybody reads it or not, the lab goes on.
  std::fprintf(stdout, "%s\n", (*lab)->ready_line(KEYTURN_VERSION).c_str());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "keyturn-lab: an AWS account and a fleet of SQL Servers on loopback, to rehearse key rotation with"};
  app.set_version_flag("--version", std::string("keyturn-lab ") + KEYTURN_VERSION);
  app.require_subcommand(1);
  CLI::App* command = app.add_subcommand(
      "up",
      "Run the lab in the foreground; prints one line of JSON when it is ready. SIGTERM or Ctrl-C ends it.");
  std::string config_file;
  LabOptions options;
  command->add_option("--config", config_file,
                      "The lab's configuration (TOML); default: a dozen varied targets");
  command->add_flag("--tls", options.tls, "Serve AWS over TLS, with a certificate of the lab's own CA");
  command->add_option("--keyturn", options.keyturn,
                      "The keyturn that its hosts run; default: the one beside it");
  command->add_option("--windows-keyturn", options.windows.keyturn,
                      "The keyturn.exe that its Windows hosts run, under Wine; default: they run nothing");
  command->add_option("--windows-service", options.windows.service,
                      "Stands in for SQL Server's services there; default: the one of the same build");
  command->add_option("--windows-odbc-driver", options.windows.odbc_driver,
                      "Microsoft's ODBC Driver 18, its library for Linux; default: FreeTDS in its place");
  command->add_option("--wine", options.wine.program, "The program wine64; default: /usr/lib/wine/wine64");
  command->add_option(
      "--wine-folder", options.wine.folder,
      "Where the Windows hosts live, 700 MB for the first; default: ~/.cache/keyturn-lab/wine");
  command->add_option("--port", options.port, "Of the AWS endpoint; default: a free one");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return up(config_file, options);
}
