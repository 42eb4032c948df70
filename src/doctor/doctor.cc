#include "doctor/doctor.h"

#include "doctor/destination.h"
#include "doctor/documents.h"
#include "doctor/identity.h"
#include "doctor/inventory.h"
#include "doctor/keys.h"
#include "doctor/rights.h"
#include "doctor/secrets.h"
#include "doctor/ssm.h"
#include "doctor/targets.h"

namespace keyturn::doctor {
namespace {

void add(Findings& all, const Findings& some) { all.insert(all.end(), some.begin(), some.end()); }

Findings examine_rotation(const Scene& scene, const aws::CallerIdentity& caller, setup::Wiring& wiring) {
  Knowledge known;
  Findings findings = examine_secrets(scene, known);
  add(findings, examine_keys(scene, known));
  add(findings, examine_rights(scene, known, caller));
  add(findings, examine_destination(scene, known));
  const Findings inventory = examine_inventory(scene, known);
  add(findings, inventory);
  add(findings, examine_documents(scene, known));
  if (any_failed(inventory)) {
    findings.push_back(skipped("targets", scene.rotation.name, "It is not known which servers there are."));
    return findings;
  }
  add(findings, examine_agents(scene, known));
  add(findings, examine_targets(scene, known, wiring));
  return findings;
}

}  // namespace

std::vector<report::FindingsOf> examine(const setup::Config& config, setup::Wiring& wiring, Clock& clock,
                                        const StopFlag& stop) {
  const Caller caller = examine_caller(wiring.aws(), clock);
  std::vector<report::FindingsOf> all{{"", caller.findings}};
  for (const setup::RotationSettings& rotation : config.rotations) {
    if (stop.requested())
      all.push_back(
          {rotation.name,
           {skipped("rotation", rotation.name, "It was not begun, since keyturn was asked to stop.")}});
    else if (!caller.identity)
      all.push_back({rotation.name,
                     {skipped("rotation", rotation.name, "Nothing of it can be looked at without AWS.")}});
    else
      all.push_back(
          {rotation.name, examine_rotation({config, rotation, wiring.aws()}, *caller.identity, wiring)});
  }
  return all;
}

}  // namespace keyturn::doctor
