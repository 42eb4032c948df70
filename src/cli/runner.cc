#include "cli/runner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "base/version.h"
#include "cli/log.h"
#include "cli/process.h"
#include "cli/program.h"
#include "cli/progress.h"
#include "cli/waiting.h"
#include "doctor/doctor.h"
#include "report/report.h"
#include "setup/similar.h"
#include "setup/wiring.h"

namespace keyturn::cli {
namespace {

StopFlag& stop_flag() {
  static StopFlag flag;  // a signal handler refers to it until the process ends
  return flag;
}

ProgressMode progress_mode(const Options& options, const aws::Environment& environment) {
  if (logs_to_stderr(options)) return ProgressMode::silent;
  return can_redraw(kStderr, environment) ? ProgressMode::live : ProgressMode::lines;
}

Result<setup::Config> chosen_config(const Options& options, const aws::Environment& environment) {
  auto config = setup::load_config(options.config, environment);
  if (!config) return config;
  if (!options.region.empty()) config->aws.region = options.region;
  if (!options.profile.empty()) config->aws.profile = options.profile;
  if (options.rotation.empty()) return config;

  std::vector<std::string> names;
  for (const setup::RotationSettings& rotation : config->rotations) names.push_back(rotation.name);
  std::erase_if(config->rotations,
                [&](const setup::RotationSettings& r) { return r.name != options.rotation; });
  if (!config->rotations.empty()) return config;
  const std::string meant = setup::most_similar(options.rotation, names);
  return fail(ErrorKind::usage, fmt::format("The configuration has no rotation \"{}\".", options.rotation),
              fmt::format("{}It has: {}.", meant.empty() ? "" : fmt::format("Did you mean \"{}\"? ", meant),
                          fmt::join(names, ", ")));
}

// Everything that lives as long as one command.
class Session {
 public:
  explicit Session(const Options& options)
      : options_(options),
        environment_(aws::process_environment()),
        error_style_(style_for(kStderr, options.color, environment_)),
        progress_(progress_mode(options, environment_), kStderr, error_style_, clock_) {}

  Result<void> open() {
    auto config = chosen_config(options_, environment_);
    if (!config) return fail(config.error());
    config_ = std::move(*config);
    auto log = open_log(options_, [this](std::string_view line) { progress_.write_line(line); });
    if (!log) return fail(log.error());
    log_ = *log;
    progress_.log_to(std::move(*log));
    log_->info("keyturn {} {}, configuration: {}", program_version(), options_.command,
               config_.source.empty() ? "none" : config_.source);
    stop_on_signals(stop_flag());
    auto wiring = setup::Wiring::open(config_, environment_, {clock_, random_, stop_flag(), progress_});
    if (!wiring) return fail(wiring.error());
    wiring_ = std::move(*wiring);
    return {};
  }

  // One entry a rotation; one's failure never stops another's turn.
  template <class T, class Work>
  std::vector<report::Entry<T>> each_rotation(Work work) {
    std::vector<report::Entry<T>> entries;
    for (const setup::RotationSettings& settings : config_.rotations) {
      progress_.begin_rotation(settings.name);
      entries.push_back({settings.name, fail(ErrorKind::cancelled, ""), std::nullopt});
      entries.back().result = one_rotation<T>(settings, work, entries.back().login);
      progress_.end_rotation();
    }
    return entries;
  }

  std::vector<report::FindingsOf> examine() {
    auto found = doctor::examine(config_, *wiring_, clock_, stop_flag());
    progress_.end_rotation();
    return found;
  }

  int refuse(const report::SetupErrors& errors) {
    for (const report::SetupError& error : errors)
      if (log_) log_->error("{}", error.error.sentence());
    progress_.write_line(report::error_text(errors, error_style_));
    if (options_.output == OutputFormat::json) print(report::error_json(heading(), errors));
    return int(report::outcome_of(errors));
  }

  // The result on stdout. The work is done by now, so that a closed stdout loses the words only.
  int finish(rotation::Outcome outcome, const std::string& document) {
    log_->info("{}: exit status {}", rotation::to_string(outcome), int(outcome));
    if (print(document)) return int(outcome);
    progress_.write_line(
        fmt::format("keyturn: The work is finished ({}), but its result could not be written to stdout: {}. "
                    "`keyturn status` shows how things stand.\n",
                    rotation::to_string(outcome), write_failure()));
    return int(rotation::Outcome::failed);
  }

  [[nodiscard]] report::Heading heading() const { return {options_.command, program_version()}; }
  [[nodiscard]] report::TextStyle style() const { return style_for(kStdout, options_.color, environment_); }
  [[nodiscard]] const Options& options() const { return options_; }
  Clock& clock() { return clock_; }

 private:
  template <class T, class Work>
  Result<T> one_rotation(const setup::RotationSettings& settings, Work work,
                         std::optional<login::Report>& login) {
    if (stop_flag().requested())
      return fail(ErrorKind::cancelled, "It was not begun, since keyturn was asked to stop.",
                  "Run the same command again.");
    auto wired = wiring_->wire(settings);
    if (!wired) return fail(wired.error());
    return work(**wired, login);
  }

  static bool print(const std::string& text) { return write_all(kStdout, text); }

  const Options& options_;
  const aws::Environment environment_;
  const report::TextStyle error_style_;
  SystemClock clock_;
  SystemRandom random_;
  Progress progress_;
  std::shared_ptr<spdlog::logger> log_;  // null until it is open
  setup::Config config_;
  std::unique_ptr<setup::Wiring> wiring_;
};

rotation::RunOptions run_options(const Options& options) {
  rotation::RunOptions chosen;
  chosen.compromised = options.compromised;
  return chosen;
}

// Errors of all rotations, where none of them got as far as a result.
template <class T>
report::SetupErrors only_errors(const std::vector<report::Entry<T>>& entries) {
  report::SetupErrors errors;
  for (const auto& entry : entries)
    if (!entry.result) errors.push_back({entries.size() == 1 ? "" : entry.rotation, entry.result.error()});
  return errors.size() == entries.size() ? errors : report::SetupErrors{};
}

}  // namespace

// The login's turn comes after the key's, and again after each of its runs. A rollback leaves it alone.
void run_login(login::Rotator* rotator, rotation::Command command, const rotation::RunResult& key,
               std::optional<login::Report>& login) {
  if (rotator == nullptr || command == rotation::Command::rollback) return;
  const bool asked = command == rotation::Command::rotate && !login;
  login::Report report = rotator->run(asked, key.after);
  if (login) report.steps.insert(report.steps.begin(), login->steps.begin(), login->steps.end());
  login = std::move(report);
}

int run_rotations(const Options& options, rotation::Command command) {
  Session session(options);
  if (const auto open = session.open(); !open) return session.refuse({{"", open.error()}});
  const auto entries = session.each_rotation<rotation::RunResult>(
      [&](setup::WiredRotation& wired, std::optional<login::Report>& login) {
        const RunOnce run_once = [&](rotation::Command each) {
          rotation::RunResult result = wired.engine().run(each, run_options(options));
          run_login(wired.login(), each, result, login);
          return result;
        };
        return Result<rotation::RunResult>(
            run_and_wait(run_once, command, options.wait, session.clock(), stop_flag()));
      });
  if (const auto errors = only_errors(entries); !errors.empty()) return session.refuse(errors);
  return session.finish(report::outcome_of(entries), options.output == OutputFormat::json
                                                         ? report::run_json(session.heading(), entries)
                                                         : report::run_text(entries, session.style()));
}

int run_doctor(const Options& options) {
  Session session(options);
  if (const auto open = session.open(); !open) return session.refuse({{"", open.error()}});
  const auto found = session.examine();
  return session.finish(report::outcome_of(found), options.output == OutputFormat::json
                                                       ? report::findings_json(session.heading(), found)
                                                       : report::findings_text(found, session.style()));
}

int run_plans(const Options& options, rotation::Command command, PlanView view) {
  Session session(options);
  if (const auto open = session.open(); !open) return session.refuse({{"", open.error()}});
  const auto entries = session.each_rotation<rotation::Plan>(
      [&](setup::WiredRotation& wired, std::optional<login::Report>& login) {
        auto plan = wired.engine().plan(command, run_options(options));
        if (plan && wired.login() != nullptr && command != rotation::Command::rollback)
          login = wired.login()->plan(command == rotation::Command::rotate, plan->observation);
        return plan;
      });
  if (const auto errors = only_errors(entries); !errors.empty()) return session.refuse(errors);
  const bool json = options.output == OutputFormat::json;
  const std::string document = view == PlanView::plan
                                   ? (json ? report::plan_json(session.heading(), command, entries)
                                           : report::plan_text(entries, session.style()))
                                   : (json ? report::status_json(session.heading(), entries)
                                           : report::status_text(entries, session.style()));
  return session.finish(report::outcome_of(entries), document);
}

}  // namespace keyturn::cli
