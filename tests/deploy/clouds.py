"""Two AWS emulators with keyturn's package in a bucket, and the stack in them."""

import contextlib
import io
import sys
import time
import urllib.request
import zipfile

from interop import emulator
from support import venv_program

BUCKET = "tools"


# In keyturn's place: lets the stack come and go as it likes. What keyturn answers, tests/process/test_way_out.py shows.
BOOTSTRAP = """#!{python}
import json, os, urllib.request
base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(base + "next") as reply:
        identity, event = reply.headers["Lambda-Runtime-Aws-Request-Id"], json.load(reply)
    answer = {{name: event.get(name) for name in ("StackId", "RequestId", "LogicalResourceId")}}
    answer |= {{"Status": "SUCCESS", "PhysicalResourceId": "way-out"}}
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")).close()
    urllib.request.urlopen(base + identity + "/response", b"{{}}").close()
"""


def package_zip():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, BOOTSTRAP.format(python=sys.executable))
    return data.getvalue()


def filled(url):
    """The emulator's account with what exists before the stack: the package, and an instance profile's role."""
    account = emulator.Account(url)
    account.client("s3").create_bucket(Bucket=BUCKET)
    account.client("s3").put_object(Bucket=BUCKET, Key="keyturn.zip", Body=package_zip())
    trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
    account.client("iam").create_role(RoleName="sql-hosts", AssumeRolePolicyDocument=trust)
    return account


@contextlib.contextmanager
def moto():
    port = emulator.free_port()
    program = [venv_program("moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with emulator.serving(program, port, "/moto-api/data.json") as url:
        # Functions are containers there, unless told to answer without being run.
        config = urllib.request.Request(f"{url}/moto-api/config", data=b'{"lambda": {"use_docker": false}}',
                                        headers={"Content-Type": "application/json"})
        emulator.opener().open(config, timeout=10).close()
        yield filled(url)


@contextlib.contextmanager
def ministack(folder):
    port = emulator.free_port()
    env = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "TMPDIR": str(folder), "HOME": str(folder)}
    with emulator.serving([venv_program("ministack")], port, "/_ministack/health", env) as url:
        yield filled(url)


def create(account, template, **parameters):
    """Creates the stack, and waits until it stands."""
    given = [{"ParameterKey": name, "ParameterValue": str(value)} for name, value in parameters.items()]
    client = account.client("cloudformation")
    client.create_stack(StackName="keyturn", TemplateBody=template, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"])
    for _ in range(300):
        (stack,) = client.describe_stacks(StackName="keyturn")["Stacks"]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        time.sleep(0.1)
    events = client.describe_stack_events(StackName="keyturn")["StackEvents"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", [event.get("ResourceStatusReason") for event in events]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def delete(account):
    client = account.client("cloudformation")
    client.delete_stack(StackName="keyturn")
    for _ in range(300):
        try:
            (stack,) = client.describe_stacks(StackName="keyturn")["Stacks"]
        except client.exceptions.ClientError:
            return
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return
        time.sleep(0.1)
    raise AssertionError(f"the stack is still {stack['StackStatus']}")


def inventory(account):
    """What there is in the account, by kind: names alone."""
    iam, functions, events = account.client("iam"), account.client("lambda"), account.client("events")
    return {
        "roles": {role["RoleName"] for role in iam.list_roles()["Roles"]},
        "policies": {policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]},
        "secrets": {secret["Name"] for secret in account.client("secretsmanager").list_secrets()["SecretList"]},
        "functions": {function["FunctionName"] for function in functions.list_functions()["Functions"]},
        "logs": {group["logGroupName"] for group in account.client("logs").describe_log_groups()["logGroups"]},
        "rules": {rule["Name"] for rule in events.list_rules()["Rules"]},
        "topics": {topic["TopicArn"].split(":")[-1] for topic in account.client("sns").list_topics()["Topics"]},
        "alarms": {alarm["AlarmName"] for alarm in account.client("cloudwatch").describe_alarms()["MetricAlarms"]},
        "schedules": {schedule["Name"] for schedule in account.client("scheduler").list_schedules()["Schedules"]},
        "groups": {group["Name"] for group in account.client("scheduler").list_schedule_groups()["ScheduleGroups"]} - {"default"},
        "subscriptions": {each["Endpoint"] for each in account.client("sns").list_subscriptions()["Subscriptions"]},
        "of the hosts' role": {policy["PolicyName"] for policy in
                               iam.list_attached_role_policies(RoleName="sql-hosts")["AttachedPolicies"]},
    }


def documents(account):
    """Of Systems Manager, where the emulator has it: {name: content}"""
    client = account.client("ssm")
    listed = client.list_documents(Filters=[{"Key": "Owner", "Values": ["Self"]}])["DocumentIdentifiers"]
    return {document["Name"]: client.get_document(Name=document["Name"])["Content"] for document in listed}


FUNCTIONS = {"keyturn-RotateCreds", "keyturn-UpdateCreds", "keyturn-Reconcile"}
LOGS = {f"/aws/lambda/{function}" for function in FUNCTIONS}
ROLES = {"sql-hosts", "keyturn-functions", "keyturn-automation", "keyturn-schedule"}
ALARMS = {"keyturn-failed", "keyturn-blocked", "keyturn-key-age", "keyturn-laggards", "keyturn-no-run"}
SECRETS = {"sqlcredential", "bucketurl", "sqluser", "sqlpass"}
