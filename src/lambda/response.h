// The response of an invocation: the document that the command line would print, and what only a function
// says.
#pragma once

#include <string>

namespace keyturn::lambda {

// Lambda takes 6 MiB (quota "Invocation payload", synchronous); some room is left.
inline constexpr std::size_t kResponseLimit = (6U << 20U) - 1024;

struct ResponseNotes {
  std::string task;    // what was asked for: "update", "setSecret" …
  bool again = false;  // work is left that another call can go on with at once
  bool brief = false;  // leave the world out
};

// `document` is one of report's, with "again", "task" and "left_out" put in front, so that whoever sees its
// begin only (an Automation cuts long answers) knows whether to call again. On one line. What does not fit is
// left out whole and named in "left_out", in this order: before, details of targets, after, targets of steps
// that went well, steps and everything else that grows with the fleet.
std::string response_json(const std::string& document, const ResponseNotes& notes,
                          std::size_t limit = kResponseLimit);

}  // namespace keyturn::lambda
