// One execution of an Automation document, from its first step to its end.
#pragma once

#include <memory>

#include "sim/automation.h"
#include "sim/automation_values.h"

namespace keyturn::sim {

struct AutomationParts {
  const Clock& clock;
  Random& random;
  Ssm& ssm;
  Lambda& lambda;
};

// How a step, or an attempt at one, came out.
struct StepEnding {
  AutomationStatus status = AutomationStatus::success;
  std::string message;   // why it failed
  std::string response;  // JSON object: the predefined outputs, and what selectors look into
  std::string jump;      // the step to go on with, chosen by aws:branch
};

// What a step set going in another service.
class AutomationAction {
 public:
  virtual ~AutomationAction() = default;
  // Nothing: not at its end yet.
  virtual std::optional<StepEnding> poll() = 0;
  virtual void cancel() {}
};

// `inputs`: JSON, without references any more. An error fails the step. sim/automation_actions.cc.
Reply<std::unique_ptr<AutomationAction>> start_action(const AutomationParts& parts, const Actor& actor,
                                                      const AutomationStep& step, const std::string& inputs);
// How long the action may take at the most.
Duration longest(const AutomationStep& step);

class AutomationRun {
 public:
  AutomationRun(AutomationParts parts, AutomationDocument document, AutomationExecution execution,
                Actor actor);
  ~AutomationRun();

  void advance();
  void fail(const std::string& message);
  void stop(bool complete);
  [[nodiscard]] const AutomationExecution& execution() const { return execution_; }

 private:
  // Where the execution stands in a list of steps: the document's own, or that of a loop.
  struct Frame {
    const std::vector<AutomationStep>* steps = nullptr;
    std::size_t index = 0;
    const AutomationStep* loop = nullptr;  // null: the document's own
    std::size_t record = 0;                // of the loop, in execution_.steps
    std::vector<std::string> iterators;    // JSON each; none: do-while
    int iteration = 1;
    int most = 0;
    std::optional<TimePoint> deadline;
  };

  [[nodiscard]] const AutomationStep* step() const;  // null: past the last
  StepExecution& record() { return execution_.steps.at(record_); }
  void bind_parameters();
  void begin_step();
  void begin_attempt();
  void begin_loop();
  void begin_iteration();
  void end_of_list();
  [[nodiscard]] std::optional<StepEnding> look() const;  // at what is under way, and the time
  void end_step(const StepEnding& ending);
  void keep_outputs(const AutomationStep& of, StepExecution& in, const std::string& response);
  void after_failure(const AutomationStep& of, const StepEnding& ending);
  void go_on(const AutomationStep& from, const std::string& jump);
  void jump_to(const std::string& name);
  void leave_loop(AutomationStatus status, const std::string& message);
  void finish(AutomationStatus status, const std::string& message);

  const AutomationParts parts_;
  const AutomationDocument document_;
  AutomationExecution execution_;
  const Actor actor_;
  std::unique_ptr<AutomationBindings> bindings_;
  std::vector<Frame> frames_;
  std::unique_ptr<AutomationAction> action_;
  std::optional<TimePoint> deadline_;  // of the attempt under way
  std::size_t record_ = 0;             // of the step under way
  std::string critical_failure_;       // of a step that the execution went on after
  bool stopping_ = false;
};

}  // namespace keyturn::sim
