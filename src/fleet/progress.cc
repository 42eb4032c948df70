#include "fleet/progress.h"

namespace keyturn::fleet {

const char* to_string(VisitPhase phase) {
  switch (phase) {
    case VisitPhase::connecting:
      return "connecting";
    case VisitPhase::reading:
      return "reading";
    case VisitPhase::writing:
      return "writing";
    case VisitPhase::proving:
      return "proving";
    case VisitPhase::done:
      return "done";
  }
  return "unknown";
}

}  // namespace keyturn::fleet
