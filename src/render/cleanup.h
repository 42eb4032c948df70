// What is to be done by hand to take keyturn out of an account and off its servers, in order: text for
// people, with the commands to type. A pure function.
#pragma once

#include <string>

#include "setup/config.h"

namespace keyturn::render {

// How keyturn was put into the account.
enum class Installed {
  stack,      // deploy/cloudformation
  terraform,  // deploy/terraform
  hand,       // docs/from-the-blog.md, docs/lambda.md, or the command line alone
};

struct CleanupSettings {
  setup::RotationSettings rotation;
  bool several_rotations = false;  // then commands of keyturn name this one
  std::string config_file;         // as given with --config; empty: not given
  std::string region;              // empty: whatever the AWS CLI is set to
  std::string backup_user;         // empty: the text of rotation.iam_user_secret
  Installed installed = Installed::stack;
  std::string stack = "keyturn";  // the stack's name and its parameter Name
  std::string rotate_function;    // of Installed::hand
  std::string update_function;
  bool integrated = false;  // Windows hosts log in without a SQL login
};

std::string cleanup_steps(const CleanupSettings& settings);

}  // namespace keyturn::render
