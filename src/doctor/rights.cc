#include "doctor/rights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "aws/endpoints.h"
#include "doctor/right_trials.h"
#include "render/rights_scope.h"

namespace keyturn::doctor {
namespace {

using render::Right;

std::vector<Right> rights_of(const Scene& scene, const Knowledge& known, const aws::CallerIdentity& caller) {
  const aws::Partition& partition = aws::partition_of(scene.region());
  render::AccountPlace place;
  place.account = caller.account;
  place.region = scene.region();
  place.partition = partition.name;
  place.dns_suffix = partition.suffix;
  render::RightsScope scope = render::scope_of(scene.config, scene.rotation, place);
  if (known.user) scope.values["user"] = {*known.user};
  for (const auto& [name, secret] : known.secrets) {
    if (!secret.kms_key.starts_with("arn:")) continue;
    std::vector<std::string>& keys = scope.values["kms_key"];
    if (std::find(keys.begin(), keys.end(), secret.kms_key) == keys.end()) keys.push_back(secret.kms_key);
  }
  auto rights = render::filled_rights(render::Role::controller, scope.needs, scope.values);
  std::erase_if(rights, [](const Right& right) { return !right.allow; });
  return rights;
}

// "…:secret:NAME-??????" as the secret's own, where it is known.
std::string exact(const std::string& resource, const Knowledge& known) {
  constexpr std::string_view kAny = "??????";
  if (!resource.ends_with(kAny)) return resource;
  const std::string_view stem = std::string_view(resource).substr(0, resource.size() - kAny.size());
  for (const auto& [name, secret] : known.secrets)
    if (secret.arn.size() == resource.size() && secret.arn.starts_with(stem)) return secret.arn;
  return resource;
}

// Values that meet the statement's own conditions.
std::map<std::string, std::string> context_of(const Right& right) {
  std::map<std::string, std::string> context;
  for (const render::RightCondition& condition : right.conditions) {
    std::string value = condition.value;
    std::replace(value.begin(), value.end(), '*', 'x');
    context[condition.key] = value;
  }
  return context;
}

class RightsCheck {
 public:
  RightsCheck(const Scene& scene, const Knowledge& known, const aws::CallerIdentity& caller)
      : scene_(scene),
        known_(known),
        caller_(caller),
        trials_(scene, known),
        principal_(principal_of(caller.arn)) {}

  Findings run() {
    Findings findings;
    for (const Right& right : rights_of(scene_, known_, caller_)) {
      const Findings some = judge_statement(right, verdicts(right), unknown_since_, caller_.arn);
      findings.insert(findings.end(), some.begin(), some.end());
    }
    return findings;
  }

 private:
  std::vector<ActionVerdict> verdicts(const Right& right) {
    std::vector<ActionVerdict> all;
    for (const std::string& action : right.actions)
      all.push_back({action, trials_.attempt(action, right.resources)});
    for (const aws::SimulatedDecision& decision : simulate(right))
      for (ActionVerdict& verdict : all) {
        if (verdict.action != decision.action) continue;
        const bool no = !decision.allowed || verdict.simulated == Allowed::no;
        verdict.simulated = no ? Allowed::no : Allowed::yes;
      }
    return all;
  }

  // Not asked a second time where it can't be asked.
  std::vector<aws::SimulatedDecision> simulate(const Right& right) {
    if (principal_.empty() && unknown_since_.empty())
      unknown_since_ = "IAM simulates the rights of users and roles alone.";
    if (!unknown_since_.empty()) return {};
    aws::SimulationRequest request{principal_, right.actions, {}, context_of(right)};
    for (const std::string& resource : right.resources) request.resources.push_back(exact(resource, known_));
    const auto iam = scene_.aws.iam();
    const auto decisions =
        iam ? iam->simulate(request) : Result<std::vector<aws::SimulatedDecision>>(fail(iam.error()));
    if (decisions) return *decisions;
    unknown_since_ = decisions.error().message;
    return {};
  }

  const Scene& scene_;
  const Knowledge& known_;
  const aws::CallerIdentity& caller_;
  RightTrials trials_;
  const std::string principal_;
  std::string unknown_since_;  // why IAM can't be asked
};

std::string simulate_command(const Right& right, const std::vector<std::string>& actions,
                             const std::string& caller) {
  const std::string principal = principal_of(caller);
  return fmt::format(
      "Somebody who may: `aws iam simulate-principal-policy --policy-source-arn {} --action-names {} "
      "--resource-arns '{}'`.",
      principal.empty() ? "ARN" : principal, fmt::join(actions, " "), fmt::join(right.resources, "' '"));
}

}  // namespace

std::string principal_of(const std::string& caller_arn) {
  if (caller_arn.find(":user/") != std::string::npos) return caller_arn;
  constexpr std::string_view kAssumed = ":assumed-role/";
  const std::size_t at = caller_arn.find(kAssumed);
  const std::size_t sts = caller_arn.find(":sts::");
  if (at == std::string::npos || sts == std::string::npos) return {};
  const std::size_t name = at + kAssumed.size();
  const std::size_t end = std::min(caller_arn.find('/', name), caller_arn.size());
  return caller_arn.substr(0, sts) + ":iam::" + caller_arn.substr(sts + 6, at - sts - 6) + ":role/" +
         caller_arn.substr(name, end - name);
}

Findings judge_statement(const Right& right, const std::vector<ActionVerdict>& actions,
                         const std::string& unknown_since, const std::string& caller) {
  const bool knows_all = std::none_of(actions.begin(), actions.end(), [](const ActionVerdict& verdict) {
    return verdict.tried == Allowed::yes && verdict.simulated == Allowed::no;
  });
  std::vector<std::string> allowed, untold;
  Findings findings;
  for (const ActionVerdict& verdict : actions) {
    const Allowed by_iam =
        knows_all || verdict.simulated == Allowed::yes ? verdict.simulated : Allowed::unknown;
    const Allowed final = verdict.tried != Allowed::unknown ? verdict.tried : by_iam;
    if (final == Allowed::yes) allowed.push_back(verdict.action);
    if (final == Allowed::unknown) untold.push_back(verdict.action);
    if (final == Allowed::no)
      findings.push_back(
          failed("right", verdict.action,
                 fmt::format("The caller lacks it on {}. {}", fmt::join(right.resources, ", "), right.why),
                 fmt::format("Allow it to {}: `keyturn render policy controller` prints the whole policy, "
                             "and this is its statement {}.",
                             caller, right.sid)));
  }
  if (!allowed.empty())
    findings.insert(findings.begin(),
                    ok("right", right.sid, fmt::format("Allowed: {}.", fmt::join(allowed, ", "))));
  if (!untold.empty())
    findings.push_back(skipped("right", right.sid,
                               fmt::format("Can't be told without doing it: {}.{}{}", fmt::join(untold, ", "),
                                           unknown_since.empty() ? "" : " ", unknown_since),
                               simulate_command(right, untold, caller)));
  return findings;
}

Findings examine_rights(const Scene& scene, const Knowledge& known, const aws::CallerIdentity& caller) {
  return RightsCheck(scene, known, caller).run();
}

}  // namespace keyturn::doctor
