// The table itself, in the order of the policies. A row that no call uses, and a call that no row allows, is
// found by tests/permissions.
#include "render/rights.h"

namespace keyturn::render {
namespace {

using Texts = std::vector<std::string>;
using Conditions = std::vector<RightCondition>;

std::string arn(const std::string& service, const std::string& rest) {
  return "arn:{partition}:" + service + ":{region}:{account}:" + rest;
}

// Secrets Manager adds six characters to a secret's name.
std::string secret(const std::string& placeholder) {
  return arn("secretsmanager", "secret:{" + placeholder + "}-??????");
}

// Where IAM knows no resource, the region at least is this one.
Conditions in_this_region() { return {{"StringEquals", "aws:RequestedRegion", "{region}"}}; }
Conditions by_way_of_secrets_manager() {
  return {{"StringEquals", "kms:ViaService", "secretsmanager.{region}.{dns_suffix}"}};
}

std::vector<Right> of_the_key() {
  return {
      {Role::controller, Need::always, "TurnTheKey",
       Texts{"iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:CreateAccessKey", "iam:UpdateAccessKey",
             "iam:DeleteAccessKey"},
       Texts{"arn:{partition}:iam::{account}:user{user_path}{user}"}, Conditions{},
       "Every run looks at the user's keys and when they were last used; a rotation makes one; the old one "
       "is "
       "deactivated, in need reactivated, and deleted."},
      {Role::controller, Need::always, "KeepTheKey",
       Texts{"secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds",
             "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
             "secretsmanager:UpdateSecretVersionStage"},
       Texts{secret("credential_secret")}, Conditions{},
       "Every run reads which version has which stage and which key is in it; a rotation stores the new key "
       "and moves the stages."},
      {Role::controller, Need::always, "WriteIntents",
       Texts{"secretsmanager:TagResource", "secretsmanager:UntagResource"},
       Texts{secret("credential_secret")},
       Conditions{{"ForAllValues:StringLike", "aws:TagKeys", "keyturn:intent:*"}},
       "What a run is about to do is written down before CreateAccessKey, as a tag of the secret, and taken "
       "away afterwards. No other tag may be touched."},
      {Role::controller, Need::always, "ReadTheUser", Texts{"secretsmanager:GetSecretValue"},
       Texts{secret("user_secret")}, Conditions{},
       "The name of the backup user, where the configuration leaves it to a secret."},
      {Role::controller, Need::always, "ReadTheBackupUrl", Texts{"secretsmanager:GetSecretValue"},
       Texts{secret("url_secret")}, Conditions{},
       "The backup URL: which credentials the servers are to have, and the bucket that a new key is proven "
       "on; not where the configuration names it."},
  };
}

std::vector<Right> of_the_ways() {
  return {
      {Role::controller, Need::direct, "ReadTheLogin", Texts{"secretsmanager:GetSecretValue"},
       Texts{secret("login_secret"), secret("password_secret")}, Conditions{},
       "The SQL login that keyturn itself connects to the servers with. Over Systems Manager it is the "
       "hosts' alone."},
      {Role::controller, Need::rotate_login, "TurnThePassword",
       Texts{"secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds",
             "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"},
       Texts{secret("password_secret")}, Conditions{},
       "keyturn gives its login a new password: stored first, then brought to the servers, then in force. "
       "Over Systems Manager it reads none; directly by the right above."},
      {Role::controller, Need::instances, "FindInstances", Texts{"ec2:DescribeInstances"}, Texts{"*"},
       in_this_region(),
       "Which instances have the fleet's tags. IAM knows no resource for it; the region at least is this "
       "one."},
      {Role::controller, Need::ssm, "SendThisDocument", Texts{"ssm:SendCommand"},
       Texts{arn("ssm", "document/{document}")}, Conditions{}, "SendCommand is asked about the document …"},
      {Role::controller, Need::ssm, "SendToTheFleet", Texts{"ssm:SendCommand"},
       Texts{arn("ec2", "instance/*"), arn("ssm", "managed-instance/*")},
       Conditions{{"StringEquals", "ssm:resourceTag/{tag_key}", "{tag_value}"}},
       "… and about each host, which must have the fleet's tag."},
      {Role::controller, Need::ssm, "SendToTheHosts", Texts{"ssm:SendCommand"},
       Texts{arn("ec2", "instance/{instance}"), arn("ssm", "managed-instance/{managed_instance}")},
       Conditions{}, "… and about each host, where the configuration lists them by their ids."},
      {Role::controller, Need::ssm, "FollowCommands",
       Texts{"ssm:DescribeInstanceInformation", "ssm:ListCommands", "ssm:ListCommandInvocations",
             "ssm:GetCommandInvocation", "ssm:CancelCommand"},
       Texts{"*"}, in_this_region(),
       "Whose agents are online, and how the commands go. IAM knows no resource for these; the region at "
       "least is this one."},
  };
}

std::vector<Right> of_the_functions() {
  const Texts interfaces{"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
                         "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"};
  const Texts looks{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"};
  Texts both = interfaces;
  both.insert(both.end(), looks.begin(), looks.end());
  return {
      {Role::controller, Need::kms, "OpenAndCloseSecrets", Texts{"kms:Decrypt", "kms:GenerateDataKey"},
       Texts{"{kms_key}"}, by_way_of_secrets_manager(),
       "Secrets Manager opens and closes the secrets with the caller's rights; the key serves no other "
       "purpose."},
      {Role::controller, Need::functions, "WriteLogs", Texts{"logs:CreateLogStream", "logs:PutLogEvents"},
       Texts{arn("logs", "log-group:/aws/lambda/{functions}-*:log-stream:*")}, Conditions{},
       "Lambda writes the functions' logs with their role. The log groups are the stack's, so that no "
       "function needs to make one."},
      {Role::controller, Need::vpc, "MakeNetworkInterfaces", interfaces, Texts{arn("ec2", "*/*")},
       Conditions{},
       "Lambda makes the functions' network interfaces with their role. It insists on the right for any "
       "resource of the account's EC2."},
      {Role::controller, Need::vpc, "LookAtTheNetwork", looks, Texts{"*"}, in_this_region(),
       "It looks at them, too; IAM knows no resource for that."},
      {Role::controller, Need::vpc, "NotTheProgram", both, Texts{"*"},
       Conditions{{"ArnLike", "lambda:SourceFunctionArn", arn("lambda", "function:{functions}-*")}},
       "The program itself never may: it has no business with network interfaces.", false},
  };
}

std::vector<Right> of_hosts() {
  return {
      {Role::host, Need::always, "ReadTheSecrets", Texts{"secretsmanager:GetSecretValue"},
       Texts{secret("credential_secret"), secret("url_secret"), secret("login_secret"),
             secret("password_secret")},
       Conditions{}, "The key to write, where to, and the SQL login to write it with."},
      {Role::host, Need::always, "SeeTheStages", Texts{"secretsmanager:DescribeSecret"},
       Texts{secret("credential_secret")}, Conditions{},
       "Just before it writes, a host looks whether the version still has its stage. Without the right it "
       "reads the values of both stages instead."},
      {Role::host, Need::kms, "OpenSecrets", Texts{"kms:Decrypt"}, Texts{"{kms_key}"},
       by_way_of_secrets_manager(),
       "Secrets Manager opens the secrets with the caller's rights. A host never stores one."},
      {Role::host, Need::package, "FetchThePackage", Texts{"s3:GetObject"},
       Texts{"arn:{partition}:s3:::{package}"}, Conditions{},
       "A Linux host that has no keyturn fetches this one object, and runs it only with the right SHA-256."},
      {Role::host, Need::package, "FetchTheProgram", Texts{"s3:GetObject"},
       Texts{"arn:{partition}:s3:::{windows_package}"}, Conditions{},
       "The same for keyturn.exe on a Windows host."},
  };
}

std::vector<Right> of_the_backup_user() {
  return {
      {Role::backup_user, Need::always, "FindTheBucket", Texts{"s3:ListBucket"},
       Texts{"arn:{partition}:s3:::{bucket}"}, Conditions{},
       "SQL Server looks for the bucket before it backs up, and keyturn proves a new key by it."},
      {Role::backup_user, Need::always, "WriteBackups", Texts{"s3:PutObject"},
       Texts{"arn:{partition}:s3:::{object_prefix}*"}, Conditions{}, "Backups are written, part by part."},
      {Role::backup_user, Need::restore, "ReadBackups", Texts{"s3:GetObject"},
       Texts{"arn:{partition}:s3:::{object_prefix}*"}, Conditions{},
       "RESTORE reads them with the same credential. keyturn itself reads none."},
      {Role::backup_user, Need::proof_backup, "RemoveProofs", Texts{"s3:DeleteObject"},
       Texts{"arn:{partition}:s3:::{object_prefix}keyturn-proof/*"}, Conditions{},
       "A proof backup is taken away after it was made; no other backup can be."},
  };
}

}  // namespace

const std::vector<Right>& rights_table() {
  static const std::vector<Right> kTable = [] {
    std::vector<Right> all;
    for (const auto& part :
         {of_the_key(), of_the_ways(), of_the_functions(), of_hosts(), of_the_backup_user()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return kTable;
}

}  // namespace keyturn::render
