// What a command answers, as a stable JSON document (docs/json.md) or as text for people. Pure: no I/O, no
// clock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "login/rotator.h"
#include "report/text_style.h"
#include "rotation/run_result.h"

namespace keyturn::report {

constexpr int kDocumentVersion = 1;

// One rotation's part of an answer: its result, or why it could not even be set up.
template <class T>
struct Entry {
  std::string rotation;
  Result<T> result;
  std::optional<login::Report> login{};  // nothing: keyturn does not rotate the SQL login's password
};
using RunEntries = std::vector<Entry<rotation::RunResult>>;
using PlanEntries = std::vector<Entry<rotation::Plan>>;

// An error before anything ran; `rotation` is empty where it concerns all of them.
struct SetupError {
  std::string rotation;
  Error error;
};
using SetupErrors = std::vector<SetupError>;

// What the program as a whole answers for several rotations: the outcome that needs a person most. In this
// order: bad_usage, failed, blocked, another_run, incomplete, done.
rotation::Outcome worst_of(rotation::Outcome a, rotation::Outcome b);
rotation::Outcome outcome_of(const Error& error);
rotation::Outcome outcome_of(const RunEntries& entries);
rotation::Outcome outcome_of(const PlanEntries& entries);
rotation::Outcome outcome_of(const SetupErrors& errors);

// What heads every document.
struct Heading {
  std::string command;          // as typed: "rotate"
  std::string keyturn_version;  // "0.1.0"
};

// One JSON object each, indented, with a newline at its end.
std::string run_json(const Heading& heading, const RunEntries& entries);
std::string plan_json(const Heading& heading, rotation::Command command, const PlanEntries& entries);
std::string status_json(const Heading& heading, const PlanEntries& entries);
std::string error_json(const Heading& heading, const SetupErrors& errors);

// Several lines each. Control characters in what servers and services said are made visible, so that none of
// them can drive the terminal.
std::string run_text(const RunEntries& entries, const TextStyle& style);
std::string plan_text(const PlanEntries& entries, const TextStyle& style);
std::string status_text(const PlanEntries& entries, const TextStyle& style);
std::string error_text(const SetupErrors& errors, const TextStyle& style);

}  // namespace keyturn::report
