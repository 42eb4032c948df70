"""The stack made and deleted in two emulators, each resource then looked for at its own service.

Both say CREATE_COMPLETE of a stack whatever became of its resources. What each leaves out:

- moto never asks a custom resource about a deletion, so that it is cut out here; it makes no secrets, schedules, alarms, topic policies, subscriptions and no rotation, without a word, fails at a KMS key's
  tags, and keeps managed policies that a role has: here it has the stack over existing secrets.
- ministack goes on deleting where a custom resource refuses; it refuses Systems Manager's documents, rotation and alarms over metric math, so that these are cut out of the template
  here; it makes managed policies of inline ones, reserves no concurrency, takes an empty list for a VPC, and puts punctuation
  into a random password that is to have none.

Together they make all but AWS::SecretsManager::RotationSchedule and the alarm over metric math, which test_terraform.py makes.
"""

import json
import re

import pytest

from support import keyturn, package

package("yaml")
package("boto3")
package("moto")

import clouds  # noqa: E402
import deployment  # noqa: E402
from clouds import FUNCTIONS, LOGS, ROLES, SECRETS  # noqa: E402

COMMON = {"CodeBucket": clouds.BUCKET, "HostRoles": "sql-hosts", "PackageSha256": "c" * 64, "AlarmEmail": "dba@example.com"}
# Its functions are not run; test_way_out.py runs one.
UNKNOWN_TO_MOTO = ["WayOut"]
UNKNOWN_TO_MINISTACK = ["CommandDocument", "AutomationDocument", "NativeRotation", "KeyAgeAlarm"]


def without(text, *resources):
    """The template less some resources, and the outputs that name them."""
    for name in resources:
        text, count = re.subn(rf"^  {name}:\n(?:(?:    .*)?\n)*?(?=^  \S|^\S)", "", text, flags=re.M)
        assert count == 1, name
        text = re.sub(rf"^  \w+:\n(?:    .*\n)*?    Value: !Ref {name}\n", "", text, flags=re.M)
        text = re.sub(rf"^ *- (?:{name}|!If \[\w+, !Ref {name}, !Ref AWS::NoValue\])\n", "", text, flags=re.M)  # the way out's
    return text


@pytest.fixture(scope="module")
def existing():
    """(account, outputs): moto with the blog's secrets and the stack over them."""
    with clouds.moto() as account:
        for name in SECRETS:
            account.client("secretsmanager").create_secret(Name=name, SecretString="as it was")
        yield account, clouds.create(account, without(deployment.text(), *UNKNOWN_TO_MOTO), CreateSecrets="false", **COMMON)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """(account, outputs): ministack, an account with nothing, and all that the stack can make."""
    with clouds.ministack(tmp_path_factory.mktemp("ministack")) as account:
        template = without(deployment.text(), *UNKNOWN_TO_MINISTACK)
        yield account, clouds.create(account, template, CreateKmsKey="true", NativeRotationDays=30,
                                     BucketUrl="s3://backups.s3.us-east-1.amazonaws.com/sql", **COMMON)


def test_moto_has_all_that_it_can_make(existing):
    account, _ = existing
    found = clouds.inventory(account)
    assert found["functions"] == FUNCTIONS and found["logs"] == LOGS and found["roles"] == ROLES
    assert found["policies"] == {"keyturn-host", "keyturn-host-package"}
    assert found["rules"] == {"keyturn-instances"} and found["topics"] == {"keyturn-alarms"}
    assert set(clouds.documents(account)) == {"keyturn-UpdateCreds", "keyturn-Automation"}


def test_documents_arrive_as_keyturn_prints_them(existing):
    account, outputs = existing
    render = deployment.make.render
    found = clouds.documents(account)
    assert found["keyturn-UpdateCreds"] == render(
        keyturn(), "ssm-command", ["--package-url", "s3://tools/keyturn.zip", "--package-sha256", "c" * 64])
    assert found["keyturn-Automation"] == render(
        keyturn(), "ssm-automation", ["--rotate-function", "keyturn-RotateCreds", "--update-function", "keyturn-UpdateCreds",
                                      "--assume-role", "arn:aws:iam::123456789012:role/keyturn-automation"])
    assert outputs["CommandDocumentName"] == "keyturn-UpdateCreds"


def test_functions_run_the_program_with_its_configuration(existing):
    account, outputs = existing
    client = account.client("lambda")
    for name, task in {"RotateCreds": "rotate", "UpdateCreds": "update", "Reconcile": "reconcile"}.items():
        function = client.get_function(FunctionName=f"keyturn-{name}")
        configuration = function["Configuration"]
        assert (configuration["Runtime"], configuration["Handler"], configuration["Timeout"]) == ("provided.al2023", task, 900)
        assert 'document = "keyturn-UpdateCreds"' in configuration["Environment"]["Variables"]["KEYTURN_CONFIG_TEXT"]
        assert function["Concurrency"]["ReservedConcurrentExecutions"] == 1
        assert configuration["Role"] == outputs["FunctionsRoleArn"]


def test_each_role_has_its_policy(existing):
    account, outputs = existing
    iam = account.client("iam")
    for role in ("functions", "automation", "schedule"):
        document = iam.get_role_policy(RoleName=f"keyturn-{role}", PolicyName=f"keyturn-{role}")["PolicyDocument"]
        assert document["Statement"]
        trust = iam.get_role(RoleName=f"keyturn-{role}")["Role"]["AssumeRolePolicyDocument"]
        assert trust["Statement"][0]["Condition"]
    attached = iam.list_attached_role_policies(RoleName="sql-hosts")["AttachedPolicies"]
    assert {policy["PolicyName"] for policy in attached} == {"keyturn-host", "keyturn-host-package"}
    assert outputs["HostPolicyArn"] in {policy["PolicyArn"] for policy in attached}


def test_an_instance_that_starts_may_call_the_function(existing):
    account, _ = existing
    (target,) = account.client("events").list_targets_by_rule(Rule="keyturn-instances")["Targets"]
    assert target["Arn"].endswith(":function:keyturn-Reconcile")
    policy = json.loads(account.client("lambda").get_policy(FunctionName="keyturn-Reconcile")["Policy"])
    assert [statement["Principal"]["Service"] for statement in policy["Statement"]] == ["events.amazonaws.com"]


def test_deleting_it_leaves_what_was_there_before(existing):
    account, _ = existing
    clouds.delete(account)
    left = clouds.inventory(account)
    assert left.pop("roles") == {"sql-hosts"} and left.pop("secrets") == SECRETS
    del left["policies"], left["of the hosts' role"]  # the emulator's own remainder; ministack deletes them
    assert left == {kind: set() for kind in left} and clouds.documents(account) == {}
    secret = account.client("secretsmanager").get_secret_value(SecretId="sqlcredential")
    assert secret["SecretString"] == "as it was"


def test_ministack_has_all_that_it_can_make(empty):
    account, _ = empty
    found = clouds.inventory(account)
    assert found["functions"] == FUNCTIONS and found["logs"] == LOGS and found["roles"] == ROLES
    assert found["secrets"] == SECRETS and found["schedules"] == {"keyturn-reconcile"}
    assert found["alarms"] == clouds.ALARMS - {"keyturn-key-age"}
    assert found["rules"] == {"keyturn-instances"} and found["topics"] == {"keyturn-alarms"}
    assert len(account.client("kms").list_keys()["Keys"]) == 1


def test_new_secrets_hold_what_they_should(empty):
    account, _ = empty
    client = account.client("secretsmanager")
    value = {name: client.get_secret_value(SecretId=name)["SecretString"] for name in SECRETS}
    assert value["sqlcredential"] == "AAA:bbbbbb", "the placeholder that the first run replaces"
    assert value["bucketurl"] == "s3://backups.s3.us-east-1.amazonaws.com/sql" and value["sqluser"] == "keyturn"
    assert len(value["sqlpass"]) == 40
    (key,) = account.client("kms").list_keys()["Keys"]
    assert all(client.describe_secret(SecretId=name)["KmsKeyId"] == key["KeyArn"] for name in SECRETS)


def test_the_schedule_calls_the_function(empty):
    account, outputs = empty
    schedule = account.client("scheduler").get_schedule(GroupName="keyturn", Name="keyturn-reconcile")
    assert schedule["ScheduleExpression"] == "rate(1 day)" and schedule["State"] == "ENABLED"
    assert schedule["Target"]["Arn"] == outputs["ReconcileFunctionArn"]
    assert json.loads(schedule["Target"]["Input"]) == {"task": "reconcile"}
    assert schedule["Target"]["RoleArn"].endswith(":role/keyturn-schedule")


def test_alarms_speak_to_the_topic(empty):
    account, outputs = empty
    alarms = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(outputs["AlarmTopicArn"],)}
    periods = {alarm["AlarmName"]: (alarm["EvaluationPeriods"], alarm["Period"]) for alarm in alarms}
    assert periods["keyturn-laggards"] == (3, 86_400) and periods["keyturn-no-run"] == (2, 86_400)
    (mail,) = account.client("sns").list_subscriptions()["Subscriptions"]
    assert (mail["Protocol"], mail["Endpoint"]) == ("email", "dba@example.com")
    attributes = account.client("sns").get_topic_attributes(TopicArn=outputs["AlarmTopicArn"])["Attributes"]
    assert "cloudwatch.amazonaws.com" in attributes["Policy"]


def test_secrets_manager_may_call_the_function(empty):
    account, _ = empty
    policy = account.client("lambda").get_policy(FunctionName="keyturn-Reconcile")["Policy"]
    assert "secretsmanager.amazonaws.com" in policy


def test_deleting_it_asks_first_and_leaves_nothing(empty):
    account, _ = empty
    clouds.delete(account)
    events = account.client("cloudformation").describe_stack_events(StackName="keyturn")["StackEvents"]
    deleted = [event for event in sorted(events, key=lambda event: event["Timestamp"])
               if event["ResourceStatus"].startswith("DELETE") and event["ResourceType"] != "AWS::CloudFormation::Stack"]
    assert [event["LogicalResourceId"] for event in deleted][:2] == ["WayOut", "WayOut"]
    assert {event["ResourceStatus"] for event in deleted} == {"DELETE_IN_PROGRESS", "DELETE_COMPLETE"}
    left = clouds.inventory(account)
    assert left.pop("roles") == {"sql-hosts"}
    assert left == {kind: set() for kind in left}
    states = {account.client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
              for key in account.client("kms").list_keys()["Keys"]}
    assert states <= {"PendingDeletion"}
