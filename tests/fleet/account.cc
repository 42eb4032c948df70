#include "account.h"

#include <algorithm>

#include "fleet/ec2_machines.h"

namespace keyturn::test {
namespace {

// As `keyturn render ssm-command` has it, but for the script: the simulated hosts read the parameters off it.
constexpr const char* kContent = R"({
  "schemaVersion": "2.2",
  "parameters": {
    "Mode": {"type": "String", "default": "check", "allowedPattern": "^(check|apply)$"},
    "VersionId": {"type": "String", "default": "", "allowedPattern": "^([A-Za-z0-9-]{1,64})?$"},
    "Stage": {"type": "String", "default": "", "allowedPattern": "^(pending|current)?$"},
    "NotAfter": {"type": "String", "default": "", "allowedPattern": "^([0-9T:Z-]+)?$"},
    "CredentialSecret": {"type": "String", "default": "sqlcredential"},
    "BucketUrls": {"type": "StringList", "default": []},
    "ExecutionTimeout": {"type": "String", "default": "600"}
  },
  "mainSteps": [{
    "precondition": {"StringEquals": ["platformType", "Linux"]},
    "action": "aws:runShellScript",
    "name": "ApplyOnLinux",
    "inputs": {
      "timeoutSeconds": "{{ ExecutionTimeout }}",
      "runCommand": ["Mode={{ Mode }}", "VersionId={{ VersionId }}", "Stage={{ Stage }}", "NotAfter={{ NotAfter }}"]
    }
  }]
})";

class NoEvents final : public rotation::EventSink {
 public:
  void step_began(const rotation::Step& /*step*/) override {}
  void step_ended(const rotation::Step& /*step*/) override {}
};

}  // namespace

Account::Account()
    : operator_(world.iam().add_principal("operator", {{true, "*", "*"}})),
      aws(connect(operator_.access_key_id, operator_.secret, transport)),
      ssm(aws.ssm().value()),
      ec2(aws.ec2().value()) {
  world.iam().add_user(kBackupUser, {{true, "s3:*", "*"}, {true, "sts:*", "*"}});
  const sim::IamKey key = world.iam().add_key(kBackupUser, clock.now() - std::chrono::days{3});
  (void)world.secrets().create_secret("sqlcredential", random.uuid(), key.access_key_id + ":" + key.secret);
  world.s3().add_bucket("sql-backups", "us-east-1");
  (void)world.ssm().create_document(kDocument, "Command", kContent);
  world.ec2().add_instance({}, "10.0.0.1");
  policy.max_age = std::chrono::days{60};
  settings.region = "us-east-1";
  settings.document = kDocument;
  settings.tags = {{"SQL", "2022"}};
}

aws::AwsContext Account::connect(const std::string& access_key_id, const std::string& secret,
                                 net::HttpTransport& over) {
  return aws::AwsContext::create({over, clock, random, &stop},
                                 aws::fixed_environment({{"AWS_ACCESS_KEY_ID", access_key_id},
                                                         {"AWS_SECRET_ACCESS_KEY", secret},
                                                         {"AWS_REGION", "us-east-1"}}),
                                 {})
      .value();
}

std::string Account::add_host(const std::string& name, const std::string& platform) {
  const std::string id = world.ec2().add_instance({{"SQL", "2022"}, {"Name", name}}, "10.1.0.1",
                                                  platform == "Windows" ? "windows" : "");
  sim::ManagedNode node;
  node.id = id;
  node.platform_type = platform;
  node.computer_name = name;
  world.ssm().put_node(std::move(node));
  return id;
}

fleet::SsmFleet Account::fleet(fleet::ProgressSink progress) {
  return {settings, fleet::ec2_machines(ec2, settings.tags), ssm, clock, random, &stop, std::move(progress)};
}

rotation::RunResult Account::run(rotation::Fleet& fleet, rotation::Command command,
                                 const rotation::RunOptions& options) {
  const auto issuer = aws.key_issuer(kBackupUser).value();
  const auto store = aws.secret_store("sqlcredential").value();
  const auto prover = aws.key_prover({aws::parse_s3_url(kBucketUrl).value()}, kBackupUser);
  NoEvents events;
  rotation::Engine engine(policy, {*issuer, *store, *prover, fleet}, clock, random, &stop, events);
  return engine.run(command, options);
}

std::string Account::key_at(const std::string& stage) {
  const auto secret = world.secrets().secret("sqlcredential");
  const sim::SecretVersion* version = secret->at_stage(stage);
  return version == nullptr ? "" : version->value.substr(0, version->value.find(':'));
}

int Account::calls(const std::string& operation) {
  const auto records = world.calls().snapshot();
  return int(std::count_if(records.begin(), records.end(),
                           [&](const sim::CallRecord& record) { return record.operation == operation; }));
}

}  // namespace keyturn::test
