#include "render/ssm_automation.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/version.h"
#include "render/parameters.h"

namespace keyturn::render {
namespace {

using Json = nlohmann::ordered_json;

// A function's name or ARN, with an alias or version at its end.
constexpr const char* kFunctionPattern =
    "^(arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:)?[A-Za-z0-9_-]{1,64}"
    "(:[A-Za-z0-9_$-]{1,128})?$";
constexpr const char* kRolePattern = "^(arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,512})?$";

// aws:invokeLambdaFunction ends after five minutes whatever it is told. The functions stop by themselves
// after four.
constexpr int kCallTimeout = 300;
// A loop's own limit. 100 calls of four minutes are more than six hours.
constexpr int kMostCalls = 100;

std::string event(const char* task, const std::string& rotation) {
  nlohmann::ordered_json json{{"task", task}};
  if (!rotation.empty()) json["rotation"] = rotation;
  return json.dump();
}

Json call(const char* name, const char* function, const std::string& payload) {
  return {{"name", name},
          {"action", "aws:invokeLambdaFunction"},
          {"timeoutSeconds", kCallTimeout},
          {"onFailure", "Abort"},
          {"inputs",
           {{"FunctionName", fmt::format("{{{{ {} }}}}", function)},
            {"InvocationType", "RequestResponse"},
            {"Payload", payload}}}};
}

// Calls the function until nothing is left that another call could go on with at once.
Json calls(const char* name, const Json& call) {
  const std::string answer = fmt::format("{{{{ {}.Payload }}}}", call["name"].get<std::string>());
  return {{"name", name},
          {"action", "aws:loop"},
          {"inputs",
           {{"Steps", Json::array({call})},
            {"LoopCondition", {{"Variable", answer}, {"Contains", kAgainMark}}},
            {"MaxIterations", kMostCalls}}}};
}

}  // namespace

Result<std::string> ssm_automation_document(const SsmAutomationSettings& settings) {
  Parameters parameters;
  parameters.text("AutomationAssumeRole",
                  "The role that this acts with; it needs lambda:InvokeFunction for both.",
                  settings.assume_role, kRolePattern, "--assume-role");
  parameters.text("RotateFunction", "The Lambda function that makes a new key and stores it.",
                  settings.rotate_function, kFunctionPattern, "--rotate-function");
  parameters.text("UpdateFunction", "The Lambda function that puts it on every server, and then into force.",
                  settings.update_function, kFunctionPattern, "--update-function");
  if (const auto checked = parameters.check(); !checked) return fail(checked.error());

  const Json document{
      {"schemaVersion", "0.3"},
      {"description", fmt::format("keyturn {}: turns the access key that SQL Server backs up to S3 with. "
                                  "Fails where a function fails "
                                  "and where a known server does not hold the key in the end.",
                                  program_version())},
      {"assumeRole", "{{ AutomationAssumeRole }}"},
      {"parameters", parameters.json()},
      {"mainSteps",
       Json::array({calls("Step1_RotateCreds",
                          call("RotateCreds", "RotateFunction", event("rotate", settings.rotation))),
                    calls("Step2_UpdateCreds",
                          call("UpdateCreds", "UpdateFunction", event("update", settings.rotation))),
                    call("Step3_Status", "UpdateFunction", event("status", settings.rotation))})},
      {"outputs", Json::array({"Step3_Status.Payload"})}};
  return document.dump(2) + "\n";
}

}  // namespace keyturn::render
