#include "rotation/decision.h"

namespace keyturn::rotation {
namespace {

struct Namer {
  const char* operator()(const DropPending&) const { return "drop_pending"; }
  const char* operator()(const Prove&) const { return "prove"; }
  const char* operator()(const Distribute&) const { return "distribute"; }
  const char* operator()(const Promote&) const { return "promote"; }
  const char* operator()(const Repair&) const { return "repair"; }
  const char* operator()(const Reactivate&) const { return "reactivate"; }
  const char* operator()(const DeleteKey&) const { return "delete_key"; }
  const char* operator()(const CloseIntent&) const { return "close_intent"; }
  const char* operator()(const Deactivate&) const { return "deactivate"; }
  const char* operator()(const Create&) const { return "create"; }
  const char* operator()(const Stop&) const { return "stop"; }
};

}  // namespace

std::string name_of(const Action& action) { return std::visit(Namer{}, action); }

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return "done";
    case Outcome::failed:
      return "failed";
    case Outcome::bad_usage:
      return "bad_usage";
    case Outcome::incomplete:
      return "incomplete";
    case Outcome::blocked:
      return "blocked";
    case Outcome::another_run:
      return "another_run";
  }
  return "unknown";
}

}  // namespace keyturn::rotation
