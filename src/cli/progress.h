// What a run tells while it works: lines on stderr, a live view below them where stderr is a terminal, and
// the log.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/clock.h"
#include "cli/live_area.h"
#include "cli/rollout.h"
#include "report/text_style.h"
#include "setup/watcher.h"

namespace spdlog {
class logger;
}

namespace keyturn::cli {

enum class ProgressMode {
  silent,  // the log only
  lines,   // a line when a step begins and when it ends
  live,    // and the roll-out below, redrawn in place
};

// Thread-safe.
class Progress final : public setup::Watcher {
 public:
  Progress(ProgressMode mode, int descriptor, report::TextStyle style, const Clock& clock);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() override;

  // Set once, before anything is told.
  void log_to(std::shared_ptr<spdlog::logger> log) { log_ = std::move(log); }

  void begin_rotation(const std::string& name);
  void end_rotation();  // takes the live view away

  void step_began(const rotation::Step& step) override;
  void step_ended(const rotation::Step& step) override;

  void observing() override;
  void observed(const std::vector<rotation::TargetState>& targets) override;
  void visited(const fleet::Progress& visit) override;

  // A sentence of its own, in every mode but `silent`.
  void say(std::string_view sentence);
  // As it is, above the live view, in every mode: for the log.
  void write_line(std::string_view line);

 private:
  void tick(const std::stop_token& stop);
  void print(std::string_view text, report::Tone tone = report::Tone::plain);
  void draw();

  const ProgressMode mode_;
  const int descriptor_;
  const report::TextStyle style_;
  const Clock& clock_;
  std::shared_ptr<spdlog::logger> log_;

  std::mutex mutex_;
  std::condition_variable_any ticked_;
  Rollout rollout_;
  bool active_ = false;
  std::string last_action_;
  std::set<rotation::TargetName> updatable_;  // as last observed
  std::map<rotation::TargetName, rotation::KeyId>
      holders_;  // which key a target is confirmed on, writes included
  LiveArea area_;
  std::jthread ticker_;  // last: it uses all of the above
};

}  // namespace keyturn::cli
