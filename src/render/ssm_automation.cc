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
// after four; a status is told to.
constexpr int kCallTimeout = 300;
constexpr int kStatusTimeout = 240;
// A loop's own limit. With the pause, it is longer than the half hour that a run waits for another one's
// orphan.
constexpr int kMostCalls = 100;
constexpr const char* kPausePattern = "^PT([1-9]|[1-5][0-9]|60)S$";

std::string reference(const std::string& name) { return "{{ " + name + " }}"; }

Json event(const char* task, const std::string& rotation) {
  Json json{{"task", task}, {"brief", true}};
  if (!rotation.empty()) json["rotation"] = rotation;
  return json;
}

Json call(const std::string& name, const char* function, const Json& event) {
  return {{"name", name},
          {"action", "aws:invokeLambdaFunction"},
          {"timeoutSeconds", kCallTimeout},
          {"onFailure", "Abort"},
          {"inputs",
           {{"FunctionName", reference(function)},
            {"InvocationType", "RequestResponse"},
            {"Payload", event.dump()}}}};
}

Json pause(const std::string& name) {
  return {{"name", name}, {"action", "aws:sleep"}, {"inputs", {{"Duration", reference("Pause")}}}};
}

// Calls the function until nothing is left that another call could go on with at once.
Json calls(const char* name, const std::string& inner, const char* function, const Json& event) {
  return {{"name", name},
          {"action", "aws:loop"},
          {"inputs",
           {{"Steps", Json::array({call(inner, function, event), pause(inner + "Pause")})},
            {"LoopCondition", {{"Variable", reference(inner + ".Payload")}, {"Contains", kAgainMark}}},
            {"MaxIterations", kMostCalls}}}};
}

Json steps(const std::string& rotation) {
  Json status = event("status", rotation);
  status["strict"] = true;
  status["max_s"] = kStatusTimeout;
  return Json::array({calls("Step1_RotateCreds", "RotateCreds", "RotateFunction", event("rotate", rotation)),
                      calls("Step2_UpdateCreds", "UpdateCreds", "UpdateFunction", event("update", rotation)),
                      call("Step3_Status", "UpdateFunction", status)});
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
  parameters.text("Pause", "Between two calls of a function, such as PT20S; PT1S to PT60S.", "PT20S",
                  kPausePattern, "pause");
  if (const auto checked = parameters.check(); !checked) return fail(checked.error());

  const Json document{
      {"schemaVersion", "0.3"},
      {"description", fmt::format("keyturn {}: turns the access key that SQL Server backs up to S3 with. "
                                  "Fails where a function fails "
                                  "and where a known server does not hold the key in the end.",
                                  program_version())},
      {"assumeRole", "{{ AutomationAssumeRole }}"},
      {"parameters", parameters.json()},
      {"mainSteps", steps(settings.rotation)},
      {"outputs", Json::array({"Step3_Status.Payload"})}};
  return document.dump(2) + "\n";
}

}  // namespace keyturn::render
