#include "lab/fault_request.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "lab/json_request.h"

namespace keyturn::lab {
namespace {

using nlohmann::json;

// As sim/aws_*.cc serve them; fault_request_test.cc holds this list to that.
const std::map<std::string, std::vector<std::string>>& services() {
  static const std::map<std::string, std::vector<std::string>> kServices{
      {"iam",
       {"CreateAccessKey", "ListAccessKeys", "UpdateAccessKey", "DeleteAccessKey", "GetAccessKeyLastUsed",
        "GetUser", "ListUsers", "SimulatePrincipalPolicy"}},
      {"kms", {"CreateKey", "DescribeKey", "EnableKey", "DisableKey"}},
      {"sts", {"GetCallerIdentity", "AssumeRole"}},
      {"ec2", {"DescribeInstances"}},
      {"secretsmanager",
       {"CreateSecret", "PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage", "GetSecretValue",
        "DescribeSecret", "ListSecretVersionIds", "ListSecrets", "TagResource", "UntagResource",
        "DeleteSecret", "RestoreSecret", "RotateSecret", "CancelRotateSecret"}},
      {"ssm",
       {"CreateDocument", "UpdateDocument", "UpdateDocumentDefaultVersion", "DescribeDocument", "GetDocument",
        "DeleteDocument", "ListDocuments", "SendCommand", "ListCommands", "ListCommandInvocations",
        "GetCommandInvocation", "CancelCommand", "DescribeInstanceInformation", "StartAutomationExecution",
        "GetAutomationExecution", "StopAutomationExecution", "DescribeAutomationExecutions",
        "DescribeAutomationStepExecutions"}},
      {"lambda",
       {"CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration", "GetFunctionConfiguration",
        "GetFunction", "DeleteFunction", "ListFunctions", "AddPermission", "GetPolicy",
        "PutFunctionConcurrency", "DeleteFunctionConcurrency", "Invoke"}},
      {"lambda-runtime", {"next", "response", "error", "init"}},
      {"events",
       {"PutRule", "DescribeRule", "ListRules", "DeleteRule", "EnableRule", "DisableRule", "PutTargets",
        "ListTargetsByRule", "RemoveTargets", "PutEvents"}},
      {"scheduler", {"CreateSchedule", "UpdateSchedule", "GetSchedule", "DeleteSchedule", "ListSchedules"}},
      {"sns",
       {"CreateTopic", "ListTopics", "GetTopicAttributes", "DeleteTopic", "Subscribe", "Unsubscribe",
        "ListSubscriptions", "ListSubscriptionsByTopic", "Publish"}},
      {"s3",
       {"ListBuckets", "HeadBucket", "GetBucketLocation", "ListObjects", "ListObjectsV2", "PutObject",
        "GetObject", "HeadObject", "DeleteObject", "CreateMultipartUpload", "UploadPart",
        "CompleteMultipartUpload", "AbortMultipartUpload"}},
  };
  return kServices;
}

bool matches(const std::string& pattern, const std::string& operation) {
  if (pattern.ends_with('*')) return operation.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == operation;
}

Result<int> whole_number(const json& object, const char* name, int fallback) {
  const auto found = object.find(name);
  if (found == object.end()) return fallback;
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (!found->is_number_integer() || std::abs(found->get<double>()) > double(kMost))
    return fail(ErrorKind::usage, std::string("A fault's \"") + name + "\" must be a whole number.");
  return found->get<int>();
}

Result<std::string> read_match(const json& object, const std::vector<std::string>& operations) {
  const json match = object.value("match", json());
  const auto same = [&](const std::string& operation) {
    return matches(match.get<std::string>(), operation);
  };
  if (match.is_string() && std::any_of(operations.begin(), operations.end(), same))
    return match.get<std::string>();
  const std::string given =
      match.is_string() ? " Nothing here is called " + match.get<std::string>() + "." : "";
  return fail(
      ErrorKind::usage,
      "A fault's \"match\" must be like \"iam:CreateAccessKey\", \"s3:*\" or \"tds:TARGET:login\"." + given);
}

Result<sim::FaultKind> read_kind(const json& object) {
  const json kind = object.value("kind", json());
  const auto parsed = kind.is_string() ? sim::parse_fault_kind(kind.get<std::string>()) : std::nullopt;
  if (!parsed)
    return fail(ErrorKind::usage,
                "A fault's \"kind\" must be refuse, throttle, error_5xx, delay, reply_lost, hang, cut, "
                "kill_before or kill_after.");
  return *parsed;
}

}  // namespace

std::vector<std::string> known_operations(const std::vector<std::string>& targets) {
  std::vector<std::string> all;
  for (const auto& [service, operations] : services())
    for (const std::string& operation : operations) all.push_back(service + ":" + operation);
  for (const std::string& target : targets)
    for (const char* point : {"login", "query", "commit"}) all.push_back("tds:" + target + ":" + point);
  return all;
}

Result<sim::Fault> parse_fault(const json& object, const std::vector<std::string>& operations) {
  if (!object.is_object())
    return fail(ErrorKind::usage, "A fault must be an object with \"match\" and \"kind\".");
  if (auto problem = unknown_member(object, {"match", "kind", "skip", "count", "delay_s"}, "A fault");
      !problem.empty())
    return fail(ErrorKind::usage, problem);
  sim::Fault fault;
  auto match = read_match(object, operations);
  if (!match) return tl::unexpected(match.error());
  const auto kind = read_kind(object);
  if (!kind) return tl::unexpected(kind.error());
  fault.match = *std::move(match);
  fault.kind = *kind;
  const auto skip = whole_number(object, "skip", 0);
  const auto count = whole_number(object, "count", 1);
  if (!skip) return tl::unexpected(skip.error());
  if (!count) return tl::unexpected(count.error());
  if (*skip < 0 || *count == 0)
    return fail(ErrorKind::usage,
                "A fault's \"skip\" must be 0 or more, its \"count\" 1 or more, or -1 for all.");
  fault.skip = *skip;
  fault.count = *count;
  const auto delay = read_seconds(object, "delay_s", "A fault's");
  if (!delay) return tl::unexpected(delay.error());
  fault.delay = *delay;
  if (fault.kind == sim::FaultKind::delay && fault.delay.count() == 0)
    return fail(ErrorKind::usage, "A fault of the kind delay needs \"delay_s\".");
  return fault;
}

json to_json(const sim::Fault& fault) {
  json made{
      {"match", fault.match}, {"kind", to_string(fault.kind)}, {"skip", fault.skip}, {"count", fault.count}};
  if (fault.delay.count() != 0) made["delay_s"] = double(fault.delay.count()) / 1000.0;
  return made;
}

}  // namespace keyturn::lab
