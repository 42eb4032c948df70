#include "lambda/rotations.h"

#include <fmt/format.h>

#include "lambda/metrics.h"

namespace keyturn::lambda {
namespace {

using rotation::Outcome;
using rotation::RunResult;

constexpr std::size_t kNamedTargets = 20;  // in an error's message

Result<rotation::Engine*> begin(const HandlerParts& parts, const setup::RotationSettings& settings) {
  parts.log.set_rotation(settings.name);
  if (parts.stop.flag().requested())
    return fail(ErrorKind::cancelled, "It was not begun, since the time of this invocation is over.",
                "Call the function again.");
  return parts.account.engine(settings);
}

void tell_end(const HandlerParts& parts, const setup::RotationSettings& settings, const Error& error) {
  if (error.kind == ErrorKind::cancelled) {
    parts.log.write(LogLevel::warn, error.sentence());
  } else {
    parts.log.write(LogLevel::error, error.sentence());
    parts.log.line(outcome_metrics(settings.name, report::outcome_of(error), parts.clock.now()));
  }
  parts.log.set_rotation({});
}

template <class T>
void tell_end(const HandlerParts& parts, const T& result, const std::string& metrics) {
  const LogLevel level = result.outcome == Outcome::done ? LogLevel::info : LogLevel::warn;
  parts.log.write(level, result.reason, {{"outcome", rotation::to_string(result.outcome)}});
  for (const rotation::Blocker& blocker : result.blockers)
    parts.log.write(LogLevel::warn, blocker.message,
                    {{"access_key_id", blocker.key}, {"hint", blocker.hint}});
  for (const rotation::Laggard& laggard : result.laggards)
    parts.log.write(LogLevel::warn, laggard.reason, {{"target", laggard.target}});
  parts.log.line(metrics);
  parts.log.set_rotation({});
}

std::string laggards_text(const std::vector<rotation::Laggard>& laggards) {
  std::string text;
  std::size_t named = 0;
  for (const rotation::Laggard& laggard : laggards) {
    if (laggard.written_off || ++named > kNamedTargets) continue;
    text += fmt::format(" {}: {}", laggard.target, laggard.reason);
  }
  if (named > kNamedTargets) text += fmt::format(" And {} more.", named - kNamedTargets);
  return text;
}

std::string message_of(const RunResult& run) {
  std::string text = run.reason;
  if (!run.hint.empty()) text += " " + run.hint;
  for (const rotation::Blocker& blocker : run.blockers)
    text += " " + blocker.message + (blocker.hint.empty() ? "" : " " + blocker.hint);
  return text + laggards_text(run.laggards);
}

// Of a run of either kind.
template <class Run>
bool was_stopped(const Run& run, bool stopped) {
  return stopped && run.outcome == Outcome::incomplete;
}

std::string message_of(const login::Report& login) {
  return "The SQL login's password: " + login.reason + (login.hint.empty() ? "" : " " + login.hint) +
         laggards_text(login.laggards);
}

template <class Run>
bool is_error(const Run& run, bool stopped, bool all_targets) {
  switch (run.outcome) {
    case Outcome::done:
    case Outcome::another_run:
      return false;
    case Outcome::incomplete:
      return all_targets && !was_stopped(run, stopped);
    case Outcome::failed:
    case Outcome::bad_usage:
    case Outcome::blocked:
      break;
  }
  return true;
}

void tell_login(const HandlerParts& parts, const setup::RotationSettings& settings,
                const login::Report& login) {
  parts.log.set_rotation(settings.name);
  const bool done = login.outcome == Outcome::done;
  parts.log.write(done ? LogLevel::info : LogLevel::warn, "The SQL login's password: " + login.reason,
                  {{"outcome", rotation::to_string(login.outcome)}});
  for (const rotation::Laggard& laggard : login.laggards)
    parts.log.write(LogLevel::warn, laggard.reason, {{"target", laggard.target}});
  if (!done) parts.log.line(outcome_metrics(settings.name, login.outcome, parts.clock.now()));
  parts.log.set_rotation({});
}

Outcome outcome_of(const report::Entry<RunResult>& entry) {
  if (!entry.result) return report::outcome_of(entry.result.error());
  return entry.login ? report::worst_of(entry.result->outcome, entry.login->outcome) : entry.result->outcome;
}

// Nothing: this entry is no error.
std::optional<FunctionError> error_of_entry(const report::Entry<RunResult>& entry, bool stopped,
                                            bool all_targets) {
  if (!entry.result) {
    const Error& error = entry.result.error();
    if (error.kind == ErrorKind::cancelled && stopped) return std::nullopt;
    return FunctionError{error_type_of(report::outcome_of(error)), error.sentence()};
  }
  const RunResult& run = *entry.result;
  if (is_error(run, stopped, all_targets)) return FunctionError{error_type_of(run.outcome), message_of(run)};
  if (entry.login && is_error(*entry.login, stopped, all_targets))
    return FunctionError{error_type_of(entry.login->outcome), message_of(*entry.login)};
  return std::nullopt;
}

}  // namespace

Result<RunResult> run_one(const HandlerParts& parts, const setup::RotationSettings& settings,
                          rotation::Command command, const rotation::RunOptions& options) {
  auto engine = begin(parts, settings);
  if (!engine) {
    tell_end(parts, settings, engine.error());
    return fail(engine.error());
  }
  RunResult run = (*engine)->run(command, options);
  tell_end(parts, run, run_metrics(settings.name, run, parts.clock.now()));
  return run;
}

report::Entry<RunResult> run_entry(const HandlerParts& parts, const setup::RotationSettings& settings,
                                   rotation::Command command, const rotation::RunOptions& options) {
  report::Entry<RunResult> entry{settings.name, run_one(parts, settings, command, options), std::nullopt};
  login::Rotator* rotator = entry.result ? parts.account.login() : nullptr;
  if (rotator == nullptr || parts.stop.flag().requested()) return entry;
  entry.login = rotator->run(command == rotation::Command::rotate, entry.result->after);
  tell_login(parts, settings, *entry.login);
  return entry;
}

report::Entry<rotation::Plan> plan_entry(const HandlerParts& parts, const setup::RotationSettings& settings) {
  auto engine = begin(parts, settings);
  auto plan = engine ? (*engine)->plan(rotation::Command::reconcile) : fail(engine.error());
  if (plan)
    tell_end(parts, *plan, plan_metrics(settings.name, *plan, parts.clock.now()));
  else
    tell_end(parts, settings, plan.error());
  report::Entry<rotation::Plan> entry{settings.name, std::move(plan), std::nullopt};
  if (login::Rotator* rotator = entry.result ? parts.account.login() : nullptr; rotator != nullptr) {
    entry.login = rotator->plan(false, entry.result->observation);
    tell_login(parts, settings, *entry.login);
  }
  return entry;
}

bool is_again(const report::Entry<RunResult>& entry, bool stopped) {
  const auto goes_on = [&](const auto& run) {
    return was_stopped(run, stopped) || run.outcome == Outcome::another_run;
  };
  if (!entry.result) return stopped && entry.result.error().kind == ErrorKind::cancelled;
  return goes_on(*entry.result) || (entry.login && goes_on(*entry.login));
}

std::string error_type_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::bad_usage:
      return "Function.BadUsage";
    case Outcome::blocked:
      return "Function.Blocked";
    case Outcome::incomplete:
      return "Function.Incomplete";
    case Outcome::another_run:
      return "Function.AnotherRun";
    case Outcome::done:
    case Outcome::failed:
      break;
  }
  return "Function.Failed";
}

std::optional<FunctionError> error_of(const report::RunEntries& entries, bool stopped, bool all_targets) {
  std::optional<FunctionError> whole;
  Outcome worst = Outcome::done;
  for (const auto& entry : entries) {
    const auto error = error_of_entry(entry, stopped, all_targets);
    if (!error) continue;
    worst = report::worst_of(worst, outcome_of(entry));
    const std::string message =
        entries.size() == 1 ? error->message : fmt::format("{}: {}", entry.rotation, error->message);
    whole = FunctionError{error_type_of(worst), whole ? whole->message + "\n" + message : message};
  }
  return whole;
}

}  // namespace keyturn::lambda
