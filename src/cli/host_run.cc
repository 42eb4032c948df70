#include "cli/host_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/version.h"
#include "cli/host_instances.h"
#include "cli/host_log.h"
#include "cli/host_paths.h"
#include "cli/process.h"
#include "cli/time_limit.h"
#include "host/local_connector.h"
#include "host/machine.h"
#include "report/host_report.h"
#include "report/report.h"
#include "setup/host_wiring.h"

namespace keyturn::cli {
namespace {

using report::HostInstance;
using report::HostReport;
using rotation::Outcome;
using rotation::Standing;
using rotation::TargetState;

StopFlag& stop_flag() {
  static StopFlag flag;  // a signal handler refers to it until the process ends
  return flag;
}

HostReport empty_report(const std::string& command) {
  HostReport report;
  report.program_version = program_version();
  report.host = host_name();
  report.command = command;
  report.at = SystemClock().now();
  return report;
}

void add_error(HostReport& report, const Error& error) {
  report.outcome = report::outcome_of(error);
  report.reason = error.sentence();
}

// The exit status: a report that nobody can read is a failure.
int written(int stream, const std::string& document, int status) {
  return write_all(stream, document) || status != 0 ? status : int(Outcome::failed);
}

// One command on this host, from the configuration to the report.
class HostRun {
 public:
  HostRun(const Options& options, const std::string& command)
      : options_(options),
        environment_(aws::process_environment()),
        paths_(host_paths(environment_)),
        report_(empty_report(command)) {}

  // Finds the instances. False: the report says why not.
  bool open();
  void discover();
  void apply(const HostOrder& order);
  int finish();
  bool refuse(const Error& error) {
    add_error(report_, error);
    return false;
  }
  [[nodiscard]] const setup::Config& config() const { return config_; }

 private:
  Result<setup::Config> read_config() const;
  Result<void> connect(const setup::RotationSettings& rotation);
  Result<void> look();
  void write(const HostOrder& order);
  void change_password(const HostOrder& order);
  void conclude(const HostOrder& order);
  void give_up(const Error& error);
  HostInstance* instance_of(const rotation::TargetName& name);
  void log_instances();

  const Options& options_;
  const aws::Environment environment_;
  const HostPaths paths_;
  HostReport report_;
  SystemClock clock_;
  SystemRandom random_;
  std::shared_ptr<spdlog::logger> log_;
  setup::Config config_;
  std::unique_ptr<TimeLimit> time_limit_;
  std::unique_ptr<host::Machine> machine_;
  std::vector<host::Instance> instances_;
  setup::RotationSettings rotation_;
  std::unique_ptr<setup::HostWiring> wiring_;
  std::unique_ptr<host::LocalConnector> connector_;
  std::unique_ptr<fleet::DirectFleet> fleet_;
  bool lost_to_another_run_ = false;
};

// On a host the file is the host's own: not a user's.
Result<setup::Config> HostRun::read_config() const {
  std::optional<std::filesystem::path> file = options_.config;
  std::error_code ignored;
  if (!file && std::filesystem::exists(paths_.configuration, ignored)) {
    if (const auto trusted = check_trusted(paths_.configuration); !trusted) return fail(trusted.error());
    file = paths_.configuration;
  }
  auto config = file ? setup::load_config(file, environment_) : setup::parse_config("", "");
  if (!config) return config;
  if (!options_.region.empty()) config->aws.region = options_.region;
  if (!options_.profile.empty()) config->aws.profile = options_.profile;
  return config;
}

bool HostRun::open() {
  auto log = open_host_log(options_, paths_, [](std::string_view line) { write_all(kStderr, line); });
  if (!log) return refuse(log.error());
  log_ = std::move(*log);
  auto config = read_config();
  if (!config) return refuse(config.error());
  config_ = std::move(*config);
  log_->info("keyturn {} {}, configuration: {}, command of Systems Manager: {}", program_version(),
             report_.command, config_.source.empty() ? "none" : config_.source,
             environment_("SSM_COMMAND_ID").value_or("none"));
  stop_on_signals(stop_flag());
  time_limit_ = std::make_unique<TimeLimit>(config_.host.time_limit, stop_flag());
  const setup::HostSettings& settings = config_.host;
  machine_ =
      host::this_machine({paths_.root, settings.service, settings.start_patience, settings.check_listener},
                         clock_, &stop_flag());
  auto instances = host::with_settings(machine_->instances(), instance_settings(config_.host));
  if (!instances) return refuse(instances.error());
  instances_ = std::move(*instances);
  report_.instances = unasked(instances_);
  return true;
}

void HostRun::discover() {
  for (const host::Instance& instance : instances_) {
    TargetState& state = instance_of(instance.name)->state;
    if (state.standing != Standing::updatable) continue;
    const auto listening = instance.is_local ? machine_->check_listener(instance.address) : Result<void>{};
    if (!listening) state.standing = Standing::unreachable;
    const bool checked = instance.is_local && config_.host.check_listener;
    state.reason = listening ? where(instance, checked) : listening.error().sentence();
  }
  report_.reason = fmt::format("{} instance{} found.", instances_.size(), instances_.size() == 1 ? "" : "s");
  log_instances();
}

Result<void> HostRun::connect(const setup::RotationSettings& rotation) {
  auto wiring = setup::HostWiring::open(config_, rotation, environment_, {clock_, random_, stop_flag()});
  if (!wiring) return fail(wiring.error());
  wiring_ = std::move(*wiring);
  auto configured = wiring_->configured_connector();
  if (!configured) return fail(configured.error());
  const auto unnamed = [this](const std::filesystem::path& certificate) {
    return wiring_->unnamed_connector(certificate);
  };
  auto connector = host::LocalConnector::open(
      *machine_, instances_, {std::move(*configured), unnamed, !config_.sql.ca_file.empty()});
  if (!connector) return fail(connector.error());
  connector_ = std::move(*connector);
  if (const auto read = wiring_->read_settings(); !read) return fail(read.error());
  const Duration correction = wiring_->clock().correction();
  if (std::chrono::abs(correction) > std::chrono::seconds{5})
    log_->warn("This host's clock is wrong by about {}; AWS's time is used.",
               format_duration(std::chrono::abs(correction)));
  auto fleet = wiring_->fleet(targets_of(instances_, correction), *connector_, {});
  if (!fleet) return fail(fleet.error());
  fleet_ = std::move(*fleet);
  return {};
}

Result<void> HostRun::look() {
  auto states = fleet_->observe();
  if (!states) return fail(states.error());
  for (TargetState& state : *states) {
    HostInstance* instance = instance_of(state.name);
    if (state.product_version.empty()) state.product_version = instance->state.product_version;
    if (state.edition.empty()) state.edition = instance->state.edition;
    instance->state = std::move(state);
  }
  return {};
}

void HostRun::write(const HostOrder& order) {
  rotation::Fleet::Order wanted{order.version, order.stage, {}, order.not_after, order.prove_backup};
  for (HostInstance& instance : report_.instances) {
    if (instance.state.standing == Standing::updatable)
      wanted.targets.push_back(instance.state.name);
    else if (instance.state.standing != Standing::skipped)
      instance.error = instance.state.reason;
  }
  if (wanted.targets.empty()) return;
  for (rotation::Fleet::Outcome& outcome : fleet_->write(wanted)) {
    HostInstance* instance = instance_of(outcome.target);
    if (outcome.after) instance->state = *std::move(outcome.after);
    if (!outcome.error) continue;
    instance->error = outcome.error->sentence();
    instance->backup_refused = outcome.error->kind == ErrorKind::backup_refused;
    if (outcome.error->kind == ErrorKind::conflict) lost_to_another_run_ = true;
  }
}

// Also of servers that are too old for S3: they are logged in to by the same password.
void HostRun::change_password(const HostOrder& order) {
  login::PasswordChanger::Order wanted{order.version, order.stage, {}, order.not_after};
  for (HostInstance& instance : report_.instances) {
    if (!instance.state.login_version.empty())
      wanted.targets.push_back(instance.state.name);
    else if (instance.state.standing == Standing::unreachable)
      instance.error = instance.state.reason;
  }
  if (wanted.targets.empty()) return;
  for (const auto& outcome : fleet_->change(wanted)) {
    HostInstance* instance = instance_of(outcome.target);
    if (!outcome.error) {
      instance->state.login_version = order.version;
      continue;
    }
    instance->error = outcome.error->sentence();
    if (outcome.error->kind == ErrorKind::conflict) lost_to_another_run_ = true;
  }
}

void HostRun::conclude(const HostOrder& order) {
  if (order.is_look) {
    report_.reason = "Looked at every instance, and changed nothing.";
    return;
  }
  const char* what = order.is_login ? "password" : "key";
  std::vector<std::string> missed, refused;
  for (const HostInstance& instance : report_.instances)
    if (!instance.error.empty()) (instance.backup_refused ? refused : missed).push_back(instance.state.name);
  if (missed.empty() && !refused.empty()) {
    report_.outcome = Outcome::incomplete;
    report_.reason = fmt::format("The key of version {} is written, but these could not back up with it: {}.",
                                 order.version, fmt::join(refused, ", "));
    return;
  }
  if (missed.empty()) {
    report_.reason =
        fmt::format("Every instance that is to holds the {} of version {}.", what, order.version);
    return;
  }
  report_.outcome = lost_to_another_run_ ? Outcome::another_run : Outcome::incomplete;
  report_.reason = fmt::format("{} of {} instances {} not hold the {} of version {}: {}.", missed.size(),
                               report_.instances.size(), missed.size() == 1 ? "does" : "do", what,
                               order.version, fmt::join(missed, ", "));
}

// Nothing could be asked: every instance that was worth asking is out of reach for that reason.
void HostRun::give_up(const Error& error) {
  add_error(report_, error);
  for (HostInstance& instance : report_.instances) {
    if (instance.state.standing != Standing::updatable) continue;
    instance.state.standing = Standing::unreachable;
    instance.state.reason = error.sentence();
    if (report_.command != "check") instance.error = error.sentence();
  }
}

void HostRun::apply(const HostOrder& order) {
  report_.version = order.version;
  auto rotation = host_rotation(config_, options_.host, options_.rotation);
  if (!rotation) return give_up(rotation.error());
  rotation_ = std::move(*rotation);
  if (const auto taken = take_authentication(options_.host, config_.sql); !taken)
    return give_up(taken.error());
  if (order.is_login && !config_.sql.rotate_login)
    return give_up({ErrorKind::usage, Effect::none, "",
                    "keyturn does not rotate this login's password: --login needs --rotate-login true.", ""});
  if (!order.is_look)
    log_->info("Version {} of {}, while it is {}, not after {}", order.version,
               order.is_login ? rotation_.sql_password_secret : rotation_.credential_secret,
               rotation::to_string(order.stage), format_iso8601(order.not_after));
  if (instances_.empty()) {
    report_.reason = report_.instances.front().state.reason;
    return;
  }
  auto done = connect(rotation_);
  if (done) done = look();
  if (!done) {
    give_up(done.error());
  } else {
    if (order.is_login)
      change_password(order);
    else if (!order.is_look)
      write(order);
    conclude(order);
  }
  if (wiring_) report_.at = wiring_->clock().now();
  log_instances();
}

HostInstance* HostRun::instance_of(const rotation::TargetName& name) {
  return &*std::find_if(report_.instances.begin(), report_.instances.end(),
                        [&](const HostInstance& each) { return each.state.name == name; });
}

void HostRun::log_instances() {
  for (const HostInstance& instance : report_.instances) {
    const std::string& why = instance.error.empty() ? instance.state.reason : instance.error;
    std::vector<std::string> markers;
    for (const auto& credential : instance.state.credentials)
      markers.push_back(
          fmt::format("{} on {}", credential.name, credential.marker_key.value_or("no key known")));
    log_->log(instance.error.empty() ? spdlog::level::info : spdlog::level::err, "{}: {}{}{}",
              instance.state.name, rotation::to_string(instance.state.standing),
              markers.empty() ? "" : fmt::format(", {}", fmt::join(markers, ", ")),
              why.empty() ? "" : fmt::format(": {}", why));
  }
}

int HostRun::finish() {
  const int status = int(report_.outcome);
  if (log_) {
    log_->log(status == 0 ? spdlog::level::info : spdlog::level::err, "{}: {} Exit status {}",
              rotation::to_string(report_.outcome), report_.reason, status);
    log_->flush();
  }
  if (options_.output == OutputFormat::json)
    return written(kStdout, report::host_report_json(report_) + "\n", status);
  // What was refused as a whole is no result.
  const int stream = status != 0 && report_.instances.empty() ? kStderr : kStdout;
  return written(stream, report::host_report_text(report_, style_for(stream, options_.color, environment_)),
                 status);
}

}  // namespace

int run_apply(const Options& options) {
  HostRun run(options, options.host.check ? "check" : options.host.login ? "login" : "apply");
  const auto order = host_order(options.host);
  if (!order)
    run.refuse(order.error());
  else if (run.open())
    run.apply(*order);
  return run.finish();
}

int run_discover(const Options& options) {
  HostRun run(options, "discover");
  if (run.open()) run.discover();
  return run.finish();
}

bool is_host_command(const std::string& command) { return command == "apply" || command == "discover"; }

std::string host_refusal_json(const std::string& command, const Error& error) {
  HostReport report = empty_report(command);
  add_error(report, error);
  return report::host_report_json(report) + "\n";
}

}  // namespace keyturn::cli
