#include "render/cleanup.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/version.h"
#include "sqlserver/tsql.h"

namespace keyturn::render {
namespace {

// For a shell: in single quotes where it is anything but a plain word.
std::string word(const std::string& text) {
  if (!text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                              "-_./:=,@+") == std::string::npos)
    return text;
  std::string safe;
  for (const char c : text) safe += c == '\'' ? "'\\''" : std::string(1, c);
  return "'" + safe + "'";
}

// Collects numbered steps: sentences, and below them the commands.
class Steps {
 public:
  explicit Steps(const CleanupSettings& settings)
      : all(settings), user(settings.backup_user.empty() ? "USER" : word(settings.backup_user)) {}

  void begin(const std::string& title) { text_ += fmt::format("\n{}. {}\n", ++number_, title); }
  void say(const std::string& line) { text_ += "   " + line + "\n"; }
  void type(const std::string& command) { text_ += "     " + command + "\n"; }
  void aws(const std::string& command) {
    type("aws " + command + (all.region.empty() ? "" : " --region " + word(all.region)));
  }
  void keyturn(const std::string& command) {
    const std::string config = all.config_file.empty() ? "" : " --config " + word(all.config_file);
    const std::string rotation = all.several_rotations ? " --rotation " + word(all.rotation.name) : "";
    const std::size_t into = std::min(command.find(" > "), command.size());
    type("keyturn " + command.substr(0, into) + config + rotation + command.substr(into));
  }
  [[nodiscard]] std::string text() && { return std::move(text_); }

  const CleanupSettings& all;
  const std::string user;

 private:
  int number_ = 0;
  std::string text_;
};

bool over_ssm(const Steps& steps) { return steps.all.rotation.fleet.via == setup::FleetWay::ssm; }

void stop_schedule(Steps& steps) {
  steps.begin("Stop whatever starts keyturn, so that nothing begins anew.");
  switch (steps.all.installed) {
    case Installed::stack:
      steps.say(
          "BUCKET is the bucket that the template went through; all other parameters stay as they are.");
      steps.aws(
          fmt::format("cloudformation deploy --stack-name {} --s3-bucket BUCKET --capabilities "
                      "CAPABILITY_NAMED_IAM --template-file deploy/cloudformation/keyturn.yaml "
                      "--parameter-overrides ScheduleState=DISABLED",
                      word(steps.all.stack)));
      break;
    case Installed::terraform:
      steps.say("Set schedule_state = \"DISABLED\" in the module, then:");
      steps.type("terraform apply");
      break;
    case Installed::hand:
      steps.say("Rules and schedules that you made; RULE is each one's name.");
      steps.aws("events list-rules --query 'Rules[].Name'");
      steps.aws("events disable-rule --name RULE");
      steps.say("Cron jobs, and where the Debian package's timer runs:");
      steps.type("systemctl disable --now keyturn.timer");
  }
  steps.say("Secrets Manager's own rotation, where it is on:");
  steps.aws("secretsmanager cancel-rotate-secret --secret-id " + word(steps.all.rotation.credential_secret));
}

void end_rotation(Steps& steps) {
  steps.begin(
      "End the rotation that is under way, or give it up. The outcome must be done, and nothing AWSPENDING.");
  steps.keyturn("status");
  steps.keyturn("reconcile");
  steps.say("Or, to go back to the key in force:");
  steps.keyturn("rollback");
  steps.say(
      "Servers that are away keep the older key alive; status names them. Bring them up, or decide to leave "
      "them.");
}

void save_what_goes(Steps& steps) {
  steps.begin("While the secrets are there, keep what they alone can give.");
  if (!steps.all.integrated) steps.keyturn("render sql-login --drop > drop-login.sql");
  steps.say(
      "The secret key in force is nowhere else, if the system that comes next must put it onto new servers:");
  steps.aws("secretsmanager get-secret-value --query SecretString --output text --secret-id " +
            word(steps.all.rotation.credential_secret));
}

void delete_stack(Steps& steps) {
  const std::string& name = steps.all.stack;
  const auto detach = [&] {
    steps.say(
        "First detach the hosts' policies from roles that you gave them yourself; HostRoles go with it.");
    steps.aws("iam list-policies --scope Local --query \"Policies[?starts_with(PolicyName, '" + name +
              "-host')].Arn\"");
    steps.aws("iam list-entities-for-policy --policy-arn ARN");
    steps.aws("iam detach-role-policy --role-name ROLE --policy-arn ARN");
  };
  if (steps.all.installed == Installed::stack) {
    steps.begin(
        "Delete the stack: functions, roles, policies, documents, schedule, alarms, logs, and secrets that "
        "it made.");
    detach();
    steps.aws("cloudformation delete-stack --stack-name " + word(name));
    steps.aws("cloudformation wait stack-delete-complete --stack-name " + word(name));
    steps.say(
        "It fails, and nothing is deleted, while a key is left that nobody would look after. Why, and what "
        "to do:");
    steps.aws(
        fmt::format("cloudformation describe-stack-events --stack-name {} --query "
                    "\"StackEvents[?ResourceStatus=='DELETE_FAILED'].ResourceStatusReason\"",
                    word(name)));
  } else if (steps.all.installed == Installed::terraform) {
    steps.begin(
        "Destroy the module: functions, roles, policies, documents, schedule, alarms, logs, and secrets that "
        "it made.");
    detach();
    steps.type("terraform destroy");
    steps.say("It fails, and says why, while a key is left that nobody would look after.");
  } else if (over_ssm(steps)) {
    steps.begin("Delete documents, functions and what calls them; then their roles, policies and logs.");
    steps.aws("ssm delete-document --name " + word(steps.all.rotation.fleet.document));
    steps.aws("ssm delete-document --name SQL-Credentials-Automation");
    for (const std::string& function : {steps.all.rotate_function, steps.all.update_function}) {
      steps.aws("lambda delete-function --function-name " + word(function));
      steps.aws("logs delete-log-group --log-group-name " + word("/aws/lambda/" + function));
    }
    steps.aws("events remove-targets --rule RULE --ids 1");
    steps.aws("events delete-rule --name RULE");
    steps.say(
        "Roles and policies are those that you made: the functions', the Automation's, and what the hosts' "
        "role has");
    steps.say("of keyturn's (the secrets, the package).");
    steps.aws("iam detach-role-policy --role-name ROLE --policy-arn ARN");
    steps.aws("iam delete-policy --policy-arn ARN");
    steps.aws("iam delete-role --role-name ROLE");
  }
}

void list_servers(Steps& steps) {
  const setup::FleetSettings& fleet = steps.all.rotation.fleet;
  for (const setup::TargetSettings& target : fleet.targets) steps.type("# " + target.name);
  if (!fleet.ec2_tags.empty()) {
    std::string filters;
    for (const auto& [key, value] : fleet.ec2_tags)
      filters += " " + word("Name=tag:" + key + ",Values=" + value);
    steps.aws("ec2 describe-instances --query 'Reservations[].Instances[].InstanceId' --filters" + filters);
  }
  for (const std::string& id : fleet.instance_ids) steps.type("# " + id);
}

void clean_servers(Steps& steps) {
  steps.begin(
      "On every SQL Server instance, as a sysadmin: the login, and the markers beside the credentials.");
  list_servers(steps);
  if (steps.all.integrated) {
    steps.say(
        "Windows hosts log in as the account of the SSM agent: keep that login, and take its rights back. "
        "Linux hosts");
    steps.say("have a SQL login, whose name the secret of the user holds: LOGIN.");
    steps.type(
        "sqlcmd -S HOST -E -b -Q \"REVOKE ALTER ANY CREDENTIAL, VIEW SERVER STATE FROM [NT "
        "AUTHORITY\\SYSTEM]\"");
    steps.type("sqlcmd -S HOST -E -b -Q \"DROP LOGIN [LOGIN]\"");
  } else {
    steps.type("sqlcmd -S HOST -E -b -i drop-login.sql");
  }
  steps.type(
      "sqlcmd -S HOST -E -b -Q \"SELECT name FROM sys.credentials WHERE name LIKE N'keyturn:s3://%'\"");
  if (steps.all.rotation.bucket_urls.empty()) {
    steps.say("And for each that it lists:");
    steps.type("sqlcmd -S HOST -E -b -Q \"DROP CREDENTIAL [keyturn:s3://...]\"");
  }
  for (const std::string& url : steps.all.rotation.bucket_urls)
    steps.type("sqlcmd -S HOST -E -b -Q " +
               word("DROP CREDENTIAL " + sqlserver::quote_identifier("keyturn:" + url)));
  steps.say("A marker holds no secret and matches no URL; one that stays does no harm.");
  steps.say(
      "KEEP the credentials [s3://...] themselves: backups run with them. Nobody turns their key any more, "
      "and it");
  steps.say(
      "does not expire by itself: it works until somebody deletes it at IAM, and backups fail from then on.");
}

void clean_hosts(Steps& steps) {
  steps.begin("On hosts that ran keyturn: the program, its cache and its logs.");
  steps.say("Debian package, or the package that was unpacked or fetched on other Linux hosts:");
  steps.type("apt purge keyturn");
  steps.type(
      "rm -rf /opt/keyturn /usr/local/bin/keyturn /etc/keyturn /etc/credstore/keyturn.aws /var/cache/keyturn "
      "/var/log/keyturn");
  steps.say("Windows, in PowerShell as an administrator; the last one is the source of the event log:");
  steps.type("Remove-Item -Recurse \"$env:ProgramFiles\\keyturn\", \"$env:ProgramData\\keyturn\"");
  steps.type("Remove-Item 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\keyturn'");
}

void clean_tags(Steps& steps) {
  const auto& tags = steps.all.rotation.fleet.ec2_tags;
  if (tags.empty()) return;
  steps.begin("The tags by which the servers were found, unless something else goes by them.");
  for (const auto& [key, value] : tags)
    steps.aws("ec2 delete-tags --resources INSTANCE-ID --tags " + word("Key=" + key));
}

void clean_secrets(Steps& steps) {
  const setup::RotationSettings& rotation = steps.all.rotation;
  std::vector<std::string> secrets{rotation.credential_secret};
  if (rotation.bucket_urls.empty()) secrets.push_back(rotation.bucket_url_secret);
  if (rotation.iam_user.empty()) secrets.push_back(rotation.iam_user_secret);
  if (rotation.sql_user.empty()) secrets.push_back(rotation.sql_user_secret);
  secrets.push_back(rotation.sql_password_secret);
  steps.begin("Secrets, if nothing else reads them. Those that a stack made are gone with it.");
  steps.say("Each can be restored for seven days, and for as long its name can't be used again.");
  for (const std::string& secret : secrets)
    steps.aws("secretsmanager delete-secret --recovery-window-in-days 7 --secret-id " + word(secret));
  steps.say("Taken back:");
  steps.aws("secretsmanager restore-secret --secret-id " + word(secrets.front()));
  steps.say("One that stays may have tags of keyturn's, which say nothing any more:");
  steps.aws(
      "secretsmanager describe-secret --query \"Tags[?starts_with(Key, 'keyturn:')].Key\" --secret-id " +
      word(secrets.front()));
  steps.aws("secretsmanager untag-resource --tag-keys KEY --secret-id " + word(secrets.front()));
}

void settle_keys(Steps& steps) {
  steps.begin("The access keys of the backup user. The one in force stays: every server backs up with it.");
  if (steps.all.backup_user.empty())
    steps.say(fmt::format("USER is what the secret {} holds.", steps.all.rotation.iam_user_secret));
  steps.say("Which one that is, the status of step 2 says, and on a server the identity of a marker.");
  steps.aws("iam list-access-keys --user-name " + steps.user);
  steps.say("An older one, once no server and no backup uses it:");
  steps.aws("iam get-access-key-last-used --access-key-id KEY-ID");
  steps.aws("iam update-access-key --status Inactive --user-name " + steps.user + " --access-key-id KEY-ID");
  steps.aws("iam delete-access-key --user-name " + steps.user + " --access-key-id KEY-ID");
  steps.say("The last one only when the servers' credentials were replaced, or backups to S3 are over.");
}

void clean_rest(Steps& steps) {
  steps.begin("What is left: the package in its bucket, and this machine's configuration.");
  steps.type("aws s3 rm s3://BUCKET/keyturn.zip");
  steps.type("rm -rf ~/.config/keyturn");
  steps.say(
      "Systems Manager keeps the history of commands for 30 days, CloudTrail its own. Neither holds a secret "
      "of keyturn's.");
}

}  // namespace

std::string cleanup_steps(const CleanupSettings& settings) {
  Steps steps(settings);
  stop_schedule(steps);
  end_rotation(steps);
  save_what_goes(steps);
  delete_stack(steps);
  clean_servers(steps);
  clean_hosts(steps);
  clean_tags(steps);
  clean_secrets(steps);
  settle_keys(steps);
  clean_rest(steps);
  return fmt::format(
             "To take keyturn out again: rotation {}, in this order. Nothing was done yet. Words in capitals "
             "are yours\n"
             "to fill in. Made by keyturn {}.\n",
             settings.rotation.name, program_version()) +
         std::move(steps).text();
}

}  // namespace keyturn::render
