#include "lab/function_account.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace keyturn::lab {
namespace {

constexpr const char* kFunctionRole = "keyturn-lambda";
constexpr const char* kSchedulerRole = "keyturn-scheduler";
constexpr const char* kCommandDocument = "SQL-Credentials-UpdateCreds";

std::string role_arn(sim::World& world, const char* name) {
  return "arn:aws:iam::" + world.iam().account() + ":role/" + name;
}

void allow(sim::AccessPolicy& policy, std::initializer_list<const char*> actions,
           const std::string& resource) {
  for (const char* action : actions) policy.push_back({true, action, resource});
}

sim::AccessPolicy function_policy(const std::string& iam_user) {
  sim::AccessPolicy policy;
  allow(policy, {"iam:ListAccessKeys", "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey"},
        "arn:aws:iam::*:user/" + iam_user);
  allow(policy,
        {"iam:GetAccessKeyLastUsed", "ec2:DescribeInstances", "ssm:DescribeInstanceInformation",
         "ssm:ListCommands", "ssm:ListCommandInvocations", "ssm:GetCommandInvocation", "ssm:CancelCommand"},
        "*");
  allow(policy, {"ssm:SendCommand"}, std::string("arn:aws:ssm:*:*:document/") + kCommandDocument);
  allow(policy, {"ssm:SendCommand"}, "arn:aws:ec2:*:*:instance/*");
  for (const char* name : {"iamuser", "sqlcredential", "sqluser", "sqlpass", "bucketurl"}) {
    const std::string secret = "arn:aws:secretsmanager:*:*:secret:" + std::string(name) + "-??????";
    allow(policy, {"secretsmanager:GetSecretValue"}, secret);
    if (std::string_view(name) == "sqlcredential")
      allow(policy,
            {"secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds",
             "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage",
             "secretsmanager:TagResource", "secretsmanager:UntagResource"},
            secret);
  }
  return policy;
}

Result<void> refused(const std::string& what, const sim::ServiceError& error) {
  return fail(ErrorKind::invalid_reply, "The lab's account refuses " + what + ": " + error.message);
}

Result<void> add_functions(sim::World& world, const FunctionAccountSettings& settings) {
  const std::pair<const char*, const char*> functions[] = {
      {kRotateFunction, "rotate"}, {kUpdateFunction, "update"}, {kReconcileFunction, "reconcile"}};
  for (const auto& [name, handler] : functions) {
    sim::FunctionSettings made;
    made.handler = handler;
    made.role = role_arn(world, kFunctionRole);
    made.timeout = std::chrono::minutes{15};
    made.memory_mb = 256;
    made.environment = {{"KEYTURN_CONFIG_TEXT", settings.config}};
    if (auto created = world.lambda().create_function(name, made, {nullptr, settings.package.string()});
        !created)
      return refused(std::string("the function ") + name, created.error());
  }
  const std::pair<const char*, const char*> permissions[] = {
      {kRotateFunction, "secretsmanager.amazonaws.com"}, {kReconcileFunction, "events.amazonaws.com"}};
  for (const auto& [name, principal] : permissions)
    if (auto added = world.lambda().add_permission(name, {"lab", "lambda:InvokeFunction", principal, {}});
        !added)
      return refused(std::string("the permission of ") + name, added.error());
  return {};
}

Result<void> add_schedule(sim::World& world, bool enabled) {
  sim::Schedule schedule;
  schedule.name = kSchedule;
  schedule.expression = "rate(7 days)";
  schedule.enabled = enabled;
  schedule.window_json = R"({"Mode":"OFF"})";
  // The pause between two calls is short, as all times here.
  const nlohmann::json input{{"DocumentName", kAutomationDocument}, {"Parameters", {{"Pause", {"PT2S"}}}}};
  schedule.target = {"", "arn:aws:scheduler:::aws-sdk:ssm:startAutomationExecution",
                     role_arn(world, kSchedulerRole), input.dump()};
  schedule.target_json = nlohmann::json{{"Arn", schedule.target.arn},
                                        {"RoleArn", schedule.target.role_arn},
                                        {"Input", schedule.target.input}}
                             .dump();
  if (auto made = world.scheduler().create(schedule); !made) return refused("the schedule", made.error());
  return {};
}

Result<void> add_rule(sim::World& world, bool enabled) {
  sim::EventRule rule;
  rule.name = kInstanceRule;
  rule.description = "Brings an instance that starts up to date.";
  rule.enabled = enabled;
  rule.pattern = nlohmann::json{{"source", {"aws.ec2"}},
                                {"detail-type", {"EC2 Instance State-change Notification"}},
                                {"detail", {{"state", {"running"}}}}}
                     .dump();
  if (auto made = world.events().put_rule(rule); !made) return refused("the rule", made.error());
  const auto function = world.lambda().get_function(kReconcileFunction);
  const auto failed = world.events().put_targets(kInstanceRule, {{"reconcile", function->arn, "", ""}});
  if (!failed || !failed->empty())
    return refused("the rule's target", failed ? failed->front().error : failed.error());
  return {};
}

}  // namespace

Result<void> set_up_functions(sim::World& world, const FunctionAccountSettings& settings) {
  world.iam().add_role(kFunctionRole, function_policy(settings.iam_user));
  sim::AccessPolicy automation;
  allow(automation, {"lambda:InvokeFunction"}, "*");  // as the blog's Figure 8 has it
  world.iam().add_role(kAutomationRole, automation);
  sim::AccessPolicy scheduler;
  allow(scheduler, {"ssm:StartAutomationExecution"}, kAutomationDocument);
  world.iam().add_role(kSchedulerRole, scheduler);
  if (auto added = add_functions(world, settings); !added) return added;
  if (auto made = world.ssm().create_document(kAutomationDocument, "Automation", settings.automation); !made)
    return refused("the Automation document", made.error());
  if (auto made = world.sns().create_topic(kTopic); !made) return refused("the topic", made.error());
  (void)world.ec2().take_state_changes();  // of the fleet's making: nothing that a rule should hear of
  if (auto added = add_schedule(world, settings.schedules); !added) return added;
  return add_rule(world, settings.schedules);
}

Result<void> make_package(const std::filesystem::path& folder, const std::filesystem::path& keyturn) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (!problem) std::filesystem::create_symlink(keyturn, folder / "bootstrap", problem);
  if (problem)
    return fail(ErrorKind::unavailable, "The lab can't make the functions' package in " + folder.string() +
                                            ": " + problem.message() + ".");
  return {};
}

}  // namespace keyturn::lab
