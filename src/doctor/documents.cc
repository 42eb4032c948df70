#include "doctor/documents.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "render/ssm_automation.h"
#include "render/ssm_command.h"

namespace keyturn::doctor {
namespace {

constexpr const char* kAutomation =
    "SQL-Credentials-Automation";  // as `keyturn render` and the templates name it

nlohmann::json without_defaults(const std::string& text) {
  auto document = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return {};
  if (const auto parameters = document.find("parameters");
      parameters != document.end() && parameters->is_object())
    for (auto& parameter : *parameters)
      if (parameter.is_object()) parameter.erase("default");
  return document;
}

std::string update_commands(const Scene& scene, const char* rendered, const std::string& name) {
  return fmt::format(
      "`keyturn render {0} > document.json`, `aws ssm update-document --region {1} --name {2} "
      "--document-version "
      "'$LATEST' --content file://document.json`, `aws ssm update-document-default-version --region {1} "
      "--name {2} "
      "--document-version N` with the version that the second one answers; or update the stack.",
      rendered, scene.region(), name);
}

Finding changed(const char* check, const std::string& name, std::string mend) {
  return failed(
      check, name,
      "It is not what this version of keyturn renders: of another version, or changed by hand. Hosts may not "
      "do what they are told.",
      std::move(mend));
}

Finding examine_command(const Scene& scene, const aws::Ssm& ssm, Knowledge& known) {
  const std::string& name = scene.rotation.fleet.document;
  const auto found = ssm.document(name);
  if (!found) {
    Error error = found.error();
    known.has_document = error.kind != ErrorKind::not_found;
    if (!known.has_document)
      error.hint = fmt::format(
          "Make it: `keyturn render ssm-command > document.json`, `aws ssm create-document --region "
          "{} --name {} --document-type Command --content file://document.json --target-type "
          "/AWS::EC2::Instance`.",
          scene.region(), name);
    if (error.kind == ErrorKind::denied)
      return skipped("ssm.document", name, "Whether it is up to date can't be told: " + error.message,
                     error.hint);
    return failed("ssm.document", name, error);
  }
  const auto rendered = render::ssm_command_document({});
  if (!rendered) return failed("ssm.document", name, rendered.error());
  if (same_document(*found, *rendered))
    return ok("ssm.document", name, "It is what this version of keyturn renders.");
  return changed("ssm.document", name, update_commands(scene, "ssm-command", name));
}

// Only who turns the key by an Automation needs it.
Finding examine_automation(const Scene& scene, const aws::Ssm& ssm) {
  const auto found = ssm.document(kAutomation);
  if (!found)
    return skipped(
        "ssm.automation", kAutomation,
        "It was not compared, and only a rotation by Automation needs it: " + found.error().message);
  // It may be for one rotation of several.
  for (const std::string& rotation : {std::string(), scene.rotation.name}) {
    render::SsmAutomationSettings settings;
    settings.rotation = rotation;
    const auto rendered = render::ssm_automation_document(settings);
    if (rendered && same_document(*found, *rendered))
      return ok("ssm.automation", kAutomation, "It is what this version of keyturn renders.");
  }
  return changed("ssm.automation", kAutomation, update_commands(scene, "ssm-automation", kAutomation));
}

}  // namespace

bool same_document(const std::string& one, const std::string& other) {
  const nlohmann::json document = without_defaults(one);
  return document.is_object() && document == without_defaults(other);
}

Findings examine_documents(const Scene& scene, Knowledge& known) {
  if (scene.rotation.fleet.via != setup::FleetWay::ssm) return {};
  const auto ssm = scene.aws.ssm();
  if (!ssm) return {failed("ssm.document", scene.rotation.fleet.document, ssm.error())};
  return {examine_command(scene, *ssm, known), examine_automation(scene, *ssm)};
}

}  // namespace keyturn::doctor
