// The account's Lambda functions, the automation that calls them, and the schedule that starts it: as the
// blog has them, with keyturn in the functions.
#pragma once

#include <filesystem>
#include <string>

#include "sim/world.h"

namespace keyturn::lab {

// Names are the blog's where it has one.
inline constexpr const char* kRotateFunction = "SQL-Credentials-RotateCreds";
inline constexpr const char* kUpdateFunction = "SQL-Credentials-UpdateCreds";
inline constexpr const char* kReconcileFunction = "keyturn-reconcile";
inline constexpr const char* kAutomationDocument = "SQL-Credentials-Automation";
inline constexpr const char* kAutomationRole = "AmazonSSMAutomationRole";
inline constexpr const char* kSchedule = "SQL-Credentials-Rotation";
inline constexpr const char* kInstanceRule = "SQL-Credentials-InstanceStarted";
inline constexpr const char* kTopic = "SQL-Credentials";

struct FunctionAccountSettings {
  std::string iam_user;           // whose keys are turned
  std::string config;             // TOML of the functions' keyturn, at most 4 KiB with their other variables
  std::filesystem::path package;  // a zip, or a folder with `bootstrap`
  std::string automation;         // the Automation document
  bool schedules = false;         // are the schedule and the rule for instances that start enabled?
};

// Roles with the calls that each needs and no more.
Result<void> set_up_functions(sim::World& world, const FunctionAccountSettings& settings);

// A package of the program itself, for a lab that was given none: `folder` with a `bootstrap` that leads to
// it.
Result<void> make_package(const std::filesystem::path& folder, const std::filesystem::path& keyturn);

}  // namespace keyturn::lab
