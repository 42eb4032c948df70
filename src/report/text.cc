// The answers as text for people at a terminal or in a mail of cron.
#include <fmt/format.h>

#include <algorithm>

#include "report/report.h"
#include "report/text_table.h"
#include "report/world.h"

namespace keyturn::report {
namespace {

using rotation::Observation;
using rotation::Outcome;
using rotation::Standing;
using rotation::TargetState;

Tone tone_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return Tone::good;
    case Outcome::incomplete:
    case Outcome::another_run:
      return Tone::warn;
    case Outcome::failed:
    case Outcome::bad_usage:
    case Outcome::blocked:
      return Tone::bad;
  }
  return Tone::plain;
}

std::string words_of(Outcome outcome) {
  std::string words = rotation::to_string(outcome);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

// "default: done. Every target …"
std::string headline(const std::string& rotation, Outcome outcome, const std::string& reason,
                     const TextStyle& style) {
  const std::string head = fmt::format("{}: {}", rotation, words_of(outcome));
  return fmt::format("{}{}\n", paint(head + ".", tone_of(outcome), style),
                     reason.empty() ? "" : " " + wrap(printable(reason), 2, style));
}

std::string item(std::string_view text, Tone tone, const TextStyle& style) {
  return "  " + paint("-", tone, style) + " " + wrap(printable(text), 4, style) + "\n";
}

std::string title(std::string_view text, const TextStyle& style) {
  return "\n" + paint(text, Tone::bold, style) + "\n";
}

std::string age(TimePoint then, TimePoint now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now - then);
  return seconds.count() <= 0 ? "just now" : format_duration(seconds) + " ago";
}

std::string note_of(const TargetState& target, TimePoint now) {
  std::string note = target.reason;
  if (target.since && !target.readable()) note += fmt::format(" (since {})", age(*target.since, now));
  for (const std::string& warning : target.warnings) note += (note.empty() ? "" : " ") + warning;
  if (!target.backups.empty())
    note += fmt::format("{}{} backup{} running.", note.empty() ? "" : " ", target.backups.size(),
                        target.backups.size() == 1 ? "" : "s");
  return printable(note);
}

// The key that the target was confirmed on, and what that key is to the rotation.
Cell key_cell(const TargetState& target, const Observation& world) {
  const auto key = confirmed_key(target);
  if (!key) return target.readable() ? Cell{"not confirmed", Tone::warn} : Cell{"-", Tone::dim};
  const rotation::SecretVersion* current = world.secret.at(rotation::Stage::current);
  const bool holds_current = current != nullptr && current->key_id == *key;
  return {printable(*key), holds_current ? Tone::good : Tone::warn};
}

std::string targets_table(const Observation& world, const TextStyle& style) {
  if (world.targets.empty()) return {};
  TextTable table({"TARGET", "VERSION", "STANDING", "KEY", "NOTE"});
  for (const TargetState& target : world.targets)
    table.add({{printable(target.name)},
               {target.product_version.empty() ? "-" : printable(target.product_version)},
               standing_cell(target.standing),
               key_cell(target, world),
               {note_of(target, world.began_at)}});
  return "\n" + table.render(style);
}

std::string keys_table(const Observation& world, const TextStyle& style) {
  if (world.keys.empty()) return {};
  TextTable table({"ACCESS KEY", "STATUS", "STAGE", "CREATED", "LAST USED"});
  for (const rotation::AccessKey& key : world.keys) {
    const std::string stages = stages_of(key.id, world.secret);
    const bool active = key.status == rotation::KeyStatus::active;
    std::string used = "not known";
    if (key.last_used)
      used = fmt::format("{}, {} {}", age(key.last_used->at, world.began_at), key.last_used->service,
                         key.last_used->region);
    table.add(
        {{printable(key.id)},
         {to_string(key.status), active ? Tone::good : Tone::dim},
         {stages.empty() ? "-" : stages, stages.empty() ? Tone::warn : Tone::plain},
         {fmt::format("{} ({})", format_iso8601(std::chrono::floor<std::chrono::seconds>(key.created_at)),
                      age(key.created_at, world.began_at))},
         {printable(used)}});
  }
  return "\n" + table.render(style);
}

std::string world_text(const Observation& world, const TextStyle& style) {
  return targets_table(world, style) + keys_table(world, style);
}

// What stands in the way, and what comes next.
template <class T>
std::string outlook(const T& result, const TextStyle& style) {
  std::string text;
  if (!result.blockers.empty()) text += title("A person must decide:", style);
  for (const rotation::Blocker& blocker : result.blockers) {
    text += item(blocker.message, Tone::bad, style);
    if (!blocker.hint.empty()) text += "    " + wrap(printable(blocker.hint), 4, style) + "\n";
  }
  if (!result.laggards.empty()) text += title("Not confirmed on the key that they should hold:", style);
  for (const rotation::Laggard& laggard : result.laggards) {
    const bool named = laggard.reason.starts_with(laggard.target);  // most sentences begin with the name
    std::string line = named ? laggard.reason : fmt::format("{}: {}", laggard.target, laggard.reason);
    if (laggard.since) line += fmt::format(" Since {}.", format_iso8601(*laggard.since));
    if (laggard.written_off) line += " Written off: it no longer holds up retirement.";
    text += item(line, laggard.written_off ? Tone::dim : Tone::warn, style);
  }
  if (!result.pending_work.empty()) text += title("Later:", style);
  for (const std::string& work : result.pending_work) text += item(work, Tone::dim, style);
  return text;
}

std::string step_line(const rotation::Step& step, const TextStyle& style) {
  const auto failed = std::count_if(step.targets.begin(), step.targets.end(),
                                    [](const rotation::StepTarget& target) { return !target.error.empty(); });
  std::string line = step.key.empty() ? step.action : fmt::format("{} {}", step.action, step.key);
  if (!step.targets.empty())
    line +=
        fmt::format(", {} of {} targets", std::ptrdiff_t(step.targets.size()) - failed, step.targets.size());
  line += fmt::format(" ({})", format_duration(step.ended_at - step.at));
  if (step.error) line += ": " + step.error->sentence();
  const Tone tone = step.error || failed > 0 ? Tone::bad : Tone::good;
  return item(line, tone, style);
}

std::string run_entry(const std::string& name, const rotation::RunResult& result, const TextStyle& style) {
  std::string text = headline(name, result.outcome, result.reason, style);
  if (!result.hint.empty()) text += "  " + wrap(printable(result.hint), 2, style) + "\n";
  const auto& world = result.after ? result.after : result.before;
  if (world) text += world_text(*world, style);
  if (!result.steps.empty()) text += title("Done:", style);
  for (const rotation::Step& step : result.steps) text += step_line(step, style);
  return text + outlook(result, style);
}

std::string planned_line(const rotation::PlannedStep& step, const TextStyle& style) {
  std::string line = step.key.empty() ? step.action : fmt::format("{} {}", step.action, step.key);
  if (!step.targets.empty()) {
    line += " to";
    for (std::size_t i = 0; i < step.targets.size(); ++i) line += (i == 0 ? " " : ", ") + step.targets[i];
  }
  return item(fmt::format("{}: {}", line, step.reason), Tone::bold, style);
}

std::string planned_steps(const rotation::Plan& plan, const char* heading, const TextStyle& style) {
  if (plan.steps.empty()) return {};
  std::string text = title(heading, style);
  for (const rotation::PlannedStep& step : plan.steps) text += planned_line(step, style);
  return text;
}

// What became of the SQL login's password, or what would.
std::string login_text(const std::string& name, const login::Report& report, const TextStyle& style) {
  std::string text =
      "\n" + headline(name + ", the SQL login's password", report.outcome, report.reason, style);
  if (!report.hint.empty()) text += "  " + wrap(printable(report.hint), 2, style) + "\n";
  if (report.next) text += title("Next:", style) + planned_line(*report.next, style);
  if (!report.steps.empty()) text += title("Done:", style);
  for (const rotation::Step& step : report.steps) text += step_line(step, style);
  if (!report.laggards.empty()) text += title("Not on the password that they should have:", style);
  for (const rotation::Laggard& laggard : report.laggards)
    text += item(fmt::format("{}: {}", laggard.target, laggard.reason), Tone::warn, style);
  if (!report.pending_work.empty()) text += title("Later:", style);
  for (const std::string& work : report.pending_work) text += item(work, Tone::dim, style);
  return text;
}

template <class T, class Each>
std::string entries_text(const std::vector<Entry<T>>& entries, const TextStyle& style, Each each) {
  std::string text;
  for (const Entry<T>& entry : entries) {
    if (!text.empty()) text += "\n";
    text += entry.result ? each(entry.rotation, *entry.result)
                         : headline(entry.rotation, outcome_of(entry.result.error()),
                                    entry.result.error().sentence(), style);
    if (entry.login) text += login_text(entry.rotation, *entry.login, style);
  }
  return text;
}

}  // namespace

std::string run_text(const RunEntries& entries, const TextStyle& style) {
  return entries_text(entries, style, [&](const std::string& name, const rotation::RunResult& result) {
    return run_entry(name, result, style);
  });
}

std::string plan_text(const PlanEntries& entries, const TextStyle& style) {
  return entries_text(entries, style, [&](const std::string& name, const rotation::Plan& plan) {
    const std::string none = plan.steps.empty() ? "Nothing would be done. " : "";
    return headline(name, plan.outcome, none + plan.reason, style) +
           planned_steps(plan, "Would be done:", style) + world_text(plan.observation, style) +
           outlook(plan, style);
  });
}

std::string status_text(const PlanEntries& entries, const TextStyle& style) {
  return entries_text(entries, style, [&](const std::string& name, const rotation::Plan& plan) {
    const std::string due =
        plan.steps.empty() ? "" : fmt::format("Work is due, {} steps; when it is done: ", plan.steps.size());
    return headline(name, plan.outcome, due + plan.reason, style) + world_text(plan.observation, style) +
           planned_steps(plan, "Due, by `keyturn reconcile`:", style) + outlook(plan, style);
  });
}

std::string error_text(const SetupErrors& errors, const TextStyle& style) {
  std::string text;
  for (const SetupError& error : errors) {
    text += paint("keyturn:", Tone::bad, style) + " ";
    if (!error.rotation.empty()) text += fmt::format("rotation {}: ", error.rotation);
    // The configuration's problems come one a line, and stay so.
    std::string_view rest = error.error.message;
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      text += printable(rest.substr(0, end)) + "\n  ";
      rest.remove_prefix(end + 1);
    }
    text += wrap(printable(rest), 2, style) + "\n";
    if (!error.error.hint.empty()) text += "  " + wrap(printable(error.error.hint), 2, style) + "\n";
  }
  return text;
}

}  // namespace keyturn::report
