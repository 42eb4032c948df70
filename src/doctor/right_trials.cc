#include "doctor/right_trials.h"

#include <algorithm>

namespace keyturn::doctor {
namespace {

// What is no trial: nothing is known of it then.
Result<void> not_tried() { return fail(ErrorKind::unsupported, "It was not tried."); }

template <class T>
Result<void> outcome(const Result<T>& answer) {
  if (!answer) return fail(answer.error());
  return {};
}

// What is not there is told by no other error where the right is there.
Allowed verdict_of(const Result<void>& done) {
  if (done || done.error().kind == ErrorKind::not_found) return Allowed::yes;
  return done.error().kind == ErrorKind::denied ? Allowed::no : Allowed::unknown;
}

// "arn:…:secret:NAME-??????" -> "NAME".
std::string secret_in(const std::string& resource) {
  constexpr std::string_view kMark = ":secret:";
  constexpr std::size_t kRandomPart = 7;
  const std::size_t at = resource.find(kMark);
  if (at == std::string::npos || resource.size() < at + kMark.size() + kRandomPart) return resource;
  const std::size_t from = at + kMark.size();
  return resource.substr(from, resource.size() - kRandomPart - from);
}

}  // namespace

Result<void> RightTrials::of_iam(const std::string& action) const {
  const auto iam = scene_.aws.iam();
  if (!iam) return fail(iam.error());
  if (action == "iam:ListAccessKeys" && known_.user) return outcome(iam->list_access_keys(*known_.user));
  if (action == "iam:GetAccessKeyLastUsed" && known_.current)
    return outcome(iam->last_used(known_.current->id));
  return not_tried();
}

Result<void> RightTrials::of_secrets(const std::string& action, const std::string& secret) const {
  const auto secrets = scene_.aws.secrets_manager();
  if (!secrets) return fail(secrets.error());
  if (action == "secretsmanager:DescribeSecret") return outcome(secrets->describe(secret));
  if (action == "secretsmanager:ListSecretVersionIds") return outcome(secrets->list_versions(secret));
  if (action == "secretsmanager:GetSecretValue") return outcome(secrets->get_value(secret, "", "AWSCURRENT"));
  return not_tried();
}

Result<void> RightTrials::of_the_fleet(const std::string& action) const {
  const setup::FleetSettings& fleet = scene_.rotation.fleet;
  if (action == "ec2:DescribeInstances") {
    const auto ec2 = scene_.aws.ec2();
    return ec2 ? outcome(ec2->describe_instances(fleet.ec2_tags)) : Result<void>(fail(ec2.error()));
  }
  const auto ssm = scene_.aws.ssm();
  if (!ssm) return fail(ssm.error());
  if (action == "ssm:DescribeInstanceInformation")
    return outcome(fleet.instance_ids.empty() ? ssm->nodes_with(fleet.ec2_tags)
                                              : ssm->nodes(fleet.instance_ids));
  return not_tried();
}

Allowed RightTrials::attempt(const std::string& action, const std::vector<std::string>& resources) const {
  if (action.starts_with("iam:")) return verdict_of(of_iam(action));
  if (!action.starts_with("secretsmanager:")) return verdict_of(of_the_fleet(action));
  Allowed all = Allowed::yes;
  for (const std::string& resource : resources) {
    const Allowed one = verdict_of(of_secrets(action, secret_in(resource)));
    if (one == Allowed::no) return Allowed::no;
    if (one == Allowed::unknown) all = Allowed::unknown;
  }
  return all;
}

}  // namespace keyturn::doctor
