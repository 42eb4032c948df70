"""Schedules, rules, topics and Secrets Manager's own rotation in the lab, set up and watched with AWS's own clients."""

import json
import time
import uuid

import pytest

import account
from account import client, code_of, wait_for
from lab import ONE_TARGET, QUIET, Lab

# A week passes in about six seconds.
TOML = QUIET + "[schedule]\nspeed = 100000\n" + ONE_TARGET
FUNCTION = f"arn:aws:lambda:us-east-1:{account.ACCOUNT}:function:heard"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(config=TOML, folder=tmp_path_factory.mktemp("lab")) as running:
        account.make_function(running, "heard")
        yield running


@pytest.fixture
def scheduler(lab):
    return client(lab, "scheduler")


def deliveries(lab, source):
    return [each for each in lab.state()["deliveries"] if each["source"] == source]


def schedule(name, target, expression="rate(7 days)", **more):
    return {"Name": name, "ScheduleExpression": expression, "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target, **more}


def test_the_account_has_the_blogs_schedule_and_it_sleeps(scheduler, lab):
    found = scheduler.get_schedule(Name="SQL-Credentials-Rotation")
    assert found["State"] == "DISABLED" and found["ScheduleExpression"] == "rate(7 days)"
    assert json.loads(found["Target"]["Input"]) == {"DocumentName": "SQL-Credentials-Automation",
                                                    "Parameters": {"Pause": ["PT2S"]}}
    rule = client(lab, "events").describe_rule(Name="SQL-Credentials-InstanceStarted")
    assert rule["State"] == "DISABLED"


def test_a_weekly_schedule_fires_in_the_labs_time(scheduler, lab):
    topic = client(lab, "sns").create_topic(Name="weekly")["TopicArn"]
    # keyturn-scheduler may start automations only: what it may not do is refused, and can be seen.
    target = {"Arn": topic, "RoleArn": account.role("keyturn-scheduler"), "Input": '"now"'}
    scheduler.create_schedule(**schedule("weekly", target))
    wait_for(lambda: deliveries(lab, "schedule/weekly"), seconds=20)
    assert deliveries(lab, "schedule/weekly")[0]["outcome"] == "AccessDeniedException"
    allowed = target | {"RoleArn": account.role("keyturn")}
    scheduler.update_schedule(**schedule("weekly", allowed))
    wait_for(lambda: [m for m in lab.state()["messages"] if m["topic"] == topic], seconds=20)
    scheduler.delete_schedule(Name="weekly")
    assert code_of(scheduler.get_schedule, Name="weekly") == "ResourceNotFoundException"


def test_a_schedule_starts_an_automation(scheduler, lab):
    content = {"schemaVersion": "0.3", "mainSteps": [{"name": "Call", "action": "aws:invokeLambdaFunction",
                                                      "inputs": {"FunctionName": "heard"}}]}
    client(lab, "ssm").create_document(Name="calls-heard", DocumentType="Automation", DocumentFormat="JSON",
                                       Content=json.dumps(content))
    account.cli(lab, "scheduler", "create-schedule", "--name", "hourly", "--schedule-expression", "cron(0 * * * ? *)",
                "--flexible-time-window", "Mode=OFF", "--target", json.dumps({
                    "Arn": "arn:aws:scheduler:::aws-sdk:ssm:startAutomationExecution",
                    "RoleArn": account.role("keyturn"), "Input": json.dumps({"DocumentName": "calls-heard"})}))
    wait_for(lambda: [e for e in lab.state()["automations"] if e["document"] == "calls-heard" and e["status"] == "Success"])
    names = [each["Name"] for each in account.cli(lab, "scheduler", "list-schedules")["Schedules"]]
    assert names == ["SQL-Credentials-Rotation", "hourly"]
    scheduler.delete_schedule(Name="hourly")


def test_schedules_that_cannot_be_are_refused(scheduler):
    target = {"Arn": FUNCTION, "RoleArn": account.role("keyturn"), "Input": "{}"}
    for bad in (schedule("bad", target, "rate(7 weeks)"), schedule("bad", target, "cron(0 3 * * * *)"),
                schedule("bad", target | {"Arn": "arn:aws:sqs:us-east-1:111122223333:q"})):
        assert code_of(scheduler.create_schedule, **bad) == "ValidationException"


def test_a_rule_with_a_schedule_and_one_with_a_pattern(lab):
    account.cli(lab, "lambda", "add-permission", "--function-name", "heard", "--statement-id", "events",
                "--action", "lambda:InvokeFunction", "--principal", "events.amazonaws.com")
    account.cli(lab, "events", "put-rule", "--name", "daily", "--schedule-expression", "rate(1 day)")
    account.cli(lab, "events", "put-targets", "--rule", "daily", "--targets",
                json.dumps([{"Id": "one", "Arn": FUNCTION, "Input": '{"word": "daily"}'}]))
    wait_for(lambda: [d for d in deliveries(lab, "rule/daily") if d["outcome"] == "ok"])
    events = client(lab, "events")
    events.remove_targets(Rule="daily", Ids=["one"])
    events.delete_rule(Name="daily")
    events.put_rule(Name="ours", EventPattern=json.dumps({"source": [{"prefix": "keyturn."}], "detail": {"result": ["failed"]}}))
    events.put_targets(Rule="ours", Targets=[{"Id": "one", "Arn": FUNCTION}])
    put = events.put_events(Entries=[
        {"Source": "keyturn.run", "DetailType": "Run", "Detail": '{"result": "done"}'},
        {"Source": "keyturn.run", "DetailType": "Run", "Detail": '{"result": "failed"}'},
        {"Source": "aws.ec2", "DetailType": "Run", "Detail": "{}"}])
    assert put["FailedEntryCount"] == 1 and "EventId" in put["Entries"][1]
    assert len(deliveries(lab, "rule/ours")) == 1
    assert [rule["Name"] for rule in events.list_rules(NamePrefix="o")["Rules"]] == ["ours"]
    assert events.list_targets_by_rule(Rule="ours")["Targets"] == [{"Id": "one", "Arn": FUNCTION}]
    assert code_of(events.put_rule, Name="bad", EventPattern='{"source": "x"}') == "InvalidEventPatternException"


def test_an_instance_that_stops_and_starts_is_heard_of(lab):
    events = client(lab, "events")
    topic = client(lab, "sns").create_topic(Name="instances")["TopicArn"]
    events.put_rule(Name="instances", EventPattern=json.dumps({"detail-type": ["EC2 Instance State-change Notification"]}))
    events.put_targets(Rule="instances", Targets=[{"Id": "one", "Arn": topic}])
    for action in ("stop", "start"):
        assert lab.control("POST", "targets/only", {"action": action})[0] == 200
    wait_for(lambda: len([m for m in lab.state()["messages"] if m["topic"] == topic]) >= 2)
    heard = [json.loads(m["message"]) for m in lab.state()["messages"] if m["topic"] == topic]
    assert [event["detail"]["state"] for event in heard][-2:] == ["stopped", "running"]
    assert heard[0]["detail"]["instance-id"].startswith("i-") and heard[0]["source"] == "aws.ec2"


def test_a_schedule_fires_when_the_lab_is_told(lab, scheduler):
    before = len(lab.state()["automations"])
    assert lab.control("POST", "schedules/none", {"action": "fire"})[0] == 404
    assert lab.control("POST", "schedules/SQL-Credentials-Rotation", {"action": "shout"})[0] == 400
    target = {"Arn": FUNCTION, "RoleArn": account.role("keyturn"), "Input": "{}"}
    scheduler.create_schedule(**schedule("far", target, "rate(9999 days)"))
    assert lab.control("POST", "schedules/far", {"action": "fire"})[0] == 200
    assert [d["outcome"] for d in deliveries(lab, "schedule/far")] == ["ok"]
    assert len(lab.state()["automations"]) == before


def test_topics(lab):
    sns = client(lab, "sns")
    topic = account.cli(lab, "sns", "create-topic", "--name", "pager")["TopicArn"]
    assert topic in [each["TopicArn"] for each in sns.list_topics()["Topics"]]
    subscribed = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="dba@example.com")["SubscriptionArn"]
    assert [each["SubscriptionArn"] for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]] == [subscribed]
    published = account.cli(lab, "sns", "publish", "--topic-arn", topic, "--subject", "A key", "--message", "was turned")
    assert published["MessageId"]
    message = lab.state()["messages"][-1]
    assert (message["topic"], message["subject"], message["message"]) == (topic, "A key", "was turned")
    sns.delete_topic(TopicArn=topic)
    assert code_of(sns.publish, TopicArn=topic, Message="x") == "NotFound"
    assert code_of(sns.publish, TopicArn=topic + "x", Message="x") == "NotFound"


ROTATOR = '''#!{python}
import json, os, sys, urllib.request
sys.path[:0] = {path!r}
import boto3
BASE = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
secrets = boto3.client("secretsmanager", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
while True:
    with opener.open(BASE + "/next") as reply:
        request_id, event = reply.headers["Lambda-Runtime-Aws-Request-Id"], json.load(reply)
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    print(step, flush=True)
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert "AWSPENDING" in stages[token]
    if step == "createSecret":
        secrets.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString="new", VersionStages=["AWSPENDING"])
    if step == "finishSecret":
        current = [version for version, its in stages.items() if "AWSCURRENT" in its][0]
        secrets.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token,
                                            RemoveFromVersionId=current)
    opener.open(urllib.request.Request(BASE + "/" + request_id + "/response", data=b"null", method="POST")).close()
'''


@pytest.fixture
def rotator(lab, monkeypatch):
    import sys
    monkeypatch.setattr(account, "python_zip", lambda: zip_of(ROTATOR.format(python=sys.executable, path=sys.path)))
    account.make_function(lab, "rotator", Role=account.role("keyturn"))
    return f"arn:aws:lambda:us-east-1:{account.ACCOUNT}:function:rotator"


def zip_of(text):
    import io
    import zipfile
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, text)
    return data.getvalue()


def test_secrets_manager_rotates_by_itself(lab, rotator):
    secrets = client(lab, "secretsmanager")
    secrets.create_secret(Name="turned", SecretString="old")
    arguments = {"SecretId": "turned", "RotationLambdaARN": rotator, "RotationRules": {"AutomaticallyAfterDays": 7}}
    assert code_of(secrets.rotate_secret, **arguments) == "AccessDeniedException"  # the function does not let it
    account.cli(lab, "lambda", "add-permission", "--function-name", "rotator", "--statement-id", "sm",
                "--action", "lambda:InvokeFunction", "--principal", "secretsmanager.amazonaws.com")
    token = str(uuid.uuid4())
    rotated = account.cli(lab, "secretsmanager", "rotate-secret", "--secret-id", "turned", "--client-request-token", token,
                          "--rotation-lambda-arn", rotator, "--rotation-rules", "AutomaticallyAfterDays=7")
    assert rotated["VersionId"] == token
    wait_for(lambda: secrets.get_secret_value(SecretId="turned")["SecretString"] == "new")
    wait_for(lambda: "LastRotatedDate" in secrets.describe_secret(SecretId="turned"))
    described = secrets.describe_secret(SecretId="turned")
    assert described["RotationEnabled"] and described["RotationRules"] == {"AutomaticallyAfterDays": 7}
    assert described["RotationLambdaARN"] == rotator
    # A week later, that is some seconds, it is due again.
    wait_for(lambda: secrets.get_secret_value(SecretId="turned")["VersionId"] != token, seconds=30)
    secrets.cancel_rotate_secret(SecretId="turned")
    assert not secrets.describe_secret(SecretId="turned")["RotationEnabled"]
    time.sleep(0.5)
    calls = [i for i in lab.state()["invocations"] if i["function"] == "rotator"]
    assert all(call["error_type"] == "" for call in calls) and len(calls) % 4 == 0


def test_a_rotation_that_is_not_complete_stands_in_the_way(lab):
    secrets = client(lab, "secretsmanager")
    secrets.create_secret(Name="stuck", SecretString="old")
    account.make_function(lab, "stuck")
    client(lab, "lambda").add_permission(FunctionName="stuck", StatementId="sm", Action="lambda:InvokeFunction",
                                         Principal="secretsmanager.amazonaws.com")
    # It answers every step and does nothing: finishSecret leaves AWSCURRENT where it was.
    secrets.rotate_secret(SecretId="stuck", RotationLambdaARN="stuck", RotationRules={"AutomaticallyAfterDays": 1000})
    assert code_of(secrets.rotate_secret, SecretId="stuck") == "InvalidRequestException"
    assert code_of(secrets.get_secret_value, SecretId="stuck", VersionStage="AWSPENDING") == "ResourceNotFoundException"
    secrets.cancel_rotate_secret(SecretId="stuck")
