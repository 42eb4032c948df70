#include "lambda/native_rotation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/version.h"
#include "lambda/response.h"
#include "lambda/rotations.h"

namespace keyturn::lambda {
namespace {

using rotation::Command;
using rotation::Outcome;
using rotation::Reach;
using rotation::RunResult;
using rotation::Stage;
using rotation::Standing;

tl::unexpected<FunctionError> failed(const Error& error) {
  return fail_with(error_type_of(report::outcome_of(error)), error.sentence());
}

// "arn:…:secret:NAME-XXXXXX" -> "NAME"; a name as it is.
std::string name_in(const std::string& secret_id) {
  constexpr std::string_view kMark = ":secret:";
  const auto mark = secret_id.find(kMark);
  if (mark == std::string::npos) return secret_id;
  std::string name = secret_id.substr(mark + kMark.size());
  if (name.size() > 7 && name[name.size() - 7] == '-') name.resize(name.size() - 7);
  return name;
}

const setup::RotationSettings* rotation_of(const setup::Config& config, const std::string& secret_id) {
  const auto found = std::find_if(config.rotations.begin(), config.rotations.end(),
                                  [&](const setup::RotationSettings& settings) {
                                    return settings.credential_secret == secret_id ||
                                           name_in(settings.credential_secret) == name_in(secret_id);
                                  });
  return found == config.rotations.end() ? nullptr : &*found;
}

// What the contract has a function check before each step.
enum class Claim { go_on, finished };
tl::expected<Claim, FunctionError> check_claim(const aws::SecretDescription& secret,
                                               const SecretStepEvent& event) {
  const auto refused = [&](const std::string& what) {
    return fail_with("Function.BadUsage",
                     fmt::format("{} of {}: {}", to_string(event.step), secret.name, what));
  };
  if (!secret.rotation_enabled) return refused("Secrets Manager's rotation is not enabled for this secret.");
  const auto version = secret.stages_of.find(event.token);
  if (version == secret.stages_of.end())
    return refused(fmt::format("the secret has no version {}.", event.token));
  if (version->second.contains("AWSCURRENT")) return Claim::finished;
  if (!version->second.contains("AWSPENDING"))
    return refused(fmt::format("version {} does not have AWSPENDING.", event.token));
  return Claim::go_on;
}

struct StepRun {
  Command command;
  Reach reach;
};
StepRun run_of(SecretStep step) {
  switch (step) {
    case SecretStep::create:
      return {Command::rotate, Reach::create};
    case SecretStep::set:
    case SecretStep::test:
      return {Command::reconcile, Reach::distribute};
    case SecretStep::finish:
      break;
  }
  return {Command::reconcile, Reach::everything};
}

const rotation::SecretVersion* version_of(const RunResult& run, const std::string& token) {
  if (!run.after) return nullptr;
  const auto& versions = run.after->secret.versions;
  const auto found =
      std::find_if(versions.begin(), versions.end(),
                   [&](const rotation::SecretVersion& version) { return version.id == token; });
  return found == versions.end() ? nullptr : &*found;
}

// Targets that can be written and do not hold the key.
std::string behind(const RunResult& run, const rotation::KeyId& key) {
  std::string names;
  for (const rotation::TargetState& target : run.after->targets)
    if (target.standing == Standing::updatable && !target.confirmed_on(key))
      names += (names.empty() ? "" : ", ") + target.name;
  return names;
}

// Empty: the step has brought about what it is for. Else what is missing, a sentence.
std::string missing(const RunResult& run, const SecretStepEvent& event) {
  const rotation::SecretVersion* version = version_of(run, event.token);
  if (version == nullptr || !version->key_id)
    return fmt::format("Version {} holds no access key.", event.token);
  if (event.step == SecretStep::finish)
    return version->stages.contains(Stage::current)
               ? std::string{}
               : fmt::format("Version {} is not AWSCURRENT yet.", event.token);
  if (event.step == SecretStep::create) return {};
  if (!version->stages.contains(Stage::pending))
    return fmt::format("Version {} lost AWSPENDING: its key was refused, or the rotation was rolled back.",
                       event.token);
  if (run.outcome != Outcome::done) return "The new key is not on every server that can be reached.";
  if (event.step == SecretStep::set) return {};
  const std::string names = behind(run, *version->key_id);
  return names.empty() ? names : fmt::format("The new key is not confirmed on: {}.", names);
}

Answer answered(const SecretStepEvent& event, Command command, report::RunEntries entries) {
  const report::Heading heading{rotation::to_string(command), program_version()};
  return response_json(report::run_json(heading, entries), {to_string(event.step), false, false});
}

}  // namespace

Answer handle_step(const HandlerParts& parts, const SecretStepEvent& event) {
  const setup::RotationSettings* settings = rotation_of(parts.account.config(), event.secret_id);
  if (settings == nullptr)
    return fail_with("Function.BadUsage",
                     fmt::format("No rotation of the configuration has {} as its credential_secret.",
                                 name_in(event.secret_id)));
  const auto secrets = parts.account.aws().secrets_manager();
  if (!secrets) return failed(secrets.error());
  const auto secret = secrets->describe(event.secret_id);
  if (!secret) return failed(secret.error());
  const auto claim = check_claim(*secret, event);
  if (!claim) return tl::unexpected(claim.error());
  const StepRun what = run_of(event.step);
  if (*claim == Claim::finished) {
    parts.log.write(LogLevel::info, fmt::format("Version {} is AWSCURRENT already.", event.token));
    return answered(event, what.command, {});
  }
  rotation::RunOptions options;
  options.reach = what.reach;
  options.token = event.token;
  auto run = run_one(parts, *settings, what.command, options);
  if (!run) return failed(run.error());
  if (const std::string lack = missing(*run, event); !lack.empty())
    return fail_with(error_type_of(run->outcome == Outcome::done ? Outcome::incomplete : run->outcome),
                     fmt::format("{} {}{}", lack, run->reason, run->hint.empty() ? "" : " " + run->hint));
  return answered(event, what.command, {{settings->name, std::move(*run)}});
}

}  // namespace keyturn::lambda
