"""The whole chain as the blog has it, with real processes: schedule, Automation, Lambda, Run Command, hosts, SQL Servers.

Backups run all the while, and none may fail: whatever is killed, refused, late, or done twice.
"""

import json
import os
import pathlib
import threading
import time
import uuid

import pytest

import rehearsal
from interop import account
from interop.account import client, end_of, execution, invoke
from rehearsal import Rehearsal, broken_promises, current_key, everybody_backs_up, keys, staged, unsettled, wait_for
from support import ROOT

ROTATE, UPDATE, RECONCILE = "SQL-Credentials-RotateCreds", "SQL-Credentials-UpdateCreds", "keyturn-reconcile"
SCHEDULE = "SQL-Credentials-Rotation"
NAMES = [name for name, _ in rehearsal.targets(3)]
PACKAGE = pathlib.Path(os.environ.get("KEYTURN_LAMBDA_ZIP", ROOT / "build/lambda/keyturn-lambda.zip"))
# How long an Automation, or what is left of a key's life, may take on a slow machine.
PATIENCE_S = 240


@pytest.fixture
def lab(tmp_path):
    with Rehearsal(tmp_path, rehearsal.config(rehearsal.targets(3))) as running:
        yield running


def fire(lab):
    """Lets the schedule fire, and answers the execution that it starts, once that has ended."""
    assert lab.control("POST", f"schedules/{SCHEDULE}", {"action": "fire"})[0] == 200
    delivery = lab.facts()["deliveries"][-1]
    assert (delivery["source"], delivery["outcome"]) == (f"schedule/{SCHEDULE}", "ok"), delivery
    return end_of(lab, delivery["answer"], PATIENCE_S)


def fire_until_success(lab, times=4):
    for _ in range(times):
        ended = fire(lab)
        if ended["AutomationExecutionStatus"] == "Success":
            return ended
        assert broken_promises(lab.facts()) == []
        time.sleep(2)
    raise AssertionError(f"{times} executions were not enough: {ended['FailureMessage']}")


def holds_everywhere(facts):
    """The one key that every target holds, None where they differ."""
    held = {key for target in facts["targets"] for key in rehearsal.credentials(target).values()}
    return held.pop() if len(held) == 1 else None


def comes_to_rest(lab, old_key):
    """The old key's life ends without anybody's help but that of the function for schedules."""
    end_at = time.monotonic() + PATIENCE_S
    while unsettled(lab.facts()):
        assert time.monotonic() < end_at, unsettled(lab.facts())
        invoke(lab, RECONCILE, {"max_s": 20})
        assert broken_promises(lab.facts()) == []
        time.sleep(1)
    assert current_key(lab.facts()) != old_key
    everybody_backs_up(lab, NAMES)


def test_a_schedule_turns_the_key_of_every_server(lab):
    old_key = lab.current_key()
    ended = fire(lab)
    assert ended["AutomationExecutionStatus"] == "Success", ended
    facts = lab.facts()
    assert current_key(facts) != old_key and holds_everywhere(facts) == current_key(facts)
    assert broken_promises(facts) == []
    status = json.loads(ended["Outputs"]["Step3_Status.Payload"][0])
    assert status["kind"] == "status"
    # The roles have the rights that are needed. Hosts may read secrets and no more, and do without DescribeSecret; whether
    # the bucket is there is asked without a signature, and a refusal says that it is.
    denied = {c["operation"] for c in lab.calls() if c["outcome"].startswith("AccessDenied")}
    assert denied <= {"DescribeSecret", "HeadBucket"}
    comes_to_rest(lab, old_key)


def test_the_package_as_it_is_shipped(tmp_path):
    if not PACKAGE.exists():
        pytest.skip(f"{PACKAGE} is not there; run make lambda")
    toml = rehearsal.config(rehearsal.targets(1), f'[lambda]\npackage = "{PACKAGE}"\n')
    with Rehearsal(tmp_path, toml) as lab:
        old_key = lab.current_key()
        ended = fire(lab)
        assert ended["AutomationExecutionStatus"] == "Success", ended
        invocations = lab.facts()["invocations"]
        assert [each["cold"] for each in invocations if each["function"] == ROTATE][0]
        assert current_key(lab.facts()) != old_key
        everybody_backs_up(lab, NAMES[:1])


def test_the_blogs_own_runbook_works_unchanged(lab):
    old_key = lab.current_key()
    steps = [{"name": name, "action": "aws:invokeLambdaFunction",
              "inputs": {"InvocationType": "RequestResponse", "FunctionName": function}}
             for name, function in (("Step1_RotateCreds", ROTATE), ("Step2_UpdateCreds", UPDATE))]
    ssm = client(lab, "ssm")
    ssm.create_document(Name="As-Before", DocumentType="Automation", DocumentFormat="JSON", Content=json.dumps(
        {"schemaVersion": "0.3", "assumeRole": account.role("AmazonSSMAutomationRole"), "mainSteps": steps}))
    started = account.cli(lab, "ssm", "start-automation-execution", "--document-name", "As-Before")
    ended = end_of(lab, started["AutomationExecutionId"], PATIENCE_S)
    assert ended["AutomationExecutionStatus"] == "Success", ended
    facts = lab.facts()
    assert current_key(facts) != old_key and holds_everywhere(facts) == current_key(facts)
    everybody_backs_up(lab, NAMES)


@pytest.mark.parametrize("match, kind, skip", [
    ("iam:CreateAccessKey", "kill_before", 0),
    ("iam:CreateAccessKey", "kill_after", 0),
    ("secretsmanager:PutSecretValue", "kill_after", 0),
    ("ssm:SendCommand", "kill_after", 8),
    ("secretsmanager:UpdateSecretVersionStage", "kill_after", 0),
])
def test_a_function_that_is_killed_fails_the_automation_and_nothing_else(lab, match, kind, skip):
    old_key = lab.current_key()
    lab.set_faults({"match": match, "kind": kind, "skip": skip})
    ended = fire(lab)
    assert ended["AutomationExecutionStatus"] == "Failed" and "signal: killed" in ended["FailureMessage"], ended
    assert lab.faults_left() == []
    assert broken_promises(lab.facts()) == []
    assert len(keys(lab.facts())) <= 2
    fire_until_success(lab)
    comes_to_rest(lab, old_key)


def test_a_function_whose_answer_never_comes_is_gone_on_with(lab):
    old_key = lab.current_key()
    functions = client(lab, "lambda")
    functions.update_function_configuration(FunctionName=ROTATE, Timeout=20)
    lab.set_faults({"match": "lambda-runtime:response", "kind": "hang"})
    ended = fire(lab)
    assert ended["AutomationExecutionStatus"] == "Failed" and "timed out" in ended["FailureMessage"], ended
    assert broken_promises(lab.facts()) == []
    functions.update_function_configuration(FunctionName=ROTATE, Timeout=900)
    fire_until_success(lab)
    assert current_key(lab.facts()) != old_key
    everybody_backs_up(lab, NAMES)


def test_functions_that_overlap_make_one_key(lab):
    old_key = lab.current_key()
    threads = [threading.Thread(target=invoke, args=(lab, name, {})) for name in (ROTATE, UPDATE, ROTATE, UPDATE)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert broken_promises(lab.facts()) == []
        time.sleep(0.2)
    created = [call for call in lab.calls() if call["operation"] == "CreateAccessKey" and call["outcome"] == "ok"]
    assert len({each["access_key_id"] for each in lab.facts()["secrets"][rehearsal.SECRET]}) <= 2
    assert 1 <= len(created) <= 2  # a second one is deleted by whoever lost
    fire_until_success(lab)
    comes_to_rest(lab, old_key)


def test_a_function_that_fails_makes_the_automation_fail(lab):
    old_key = lab.current_key()
    lab.set_faults({"match": "secretsmanager:PutSecretValue", "kind": "refuse", "count": -1})
    ended = fire(lab)
    assert ended["AutomationExecutionStatus"] == "Failed", ended
    assert [step["StepName"] for step in ended["StepExecutions"]] == ["Step1_RotateCreds", "RotateCreds"]
    assert "PutSecretValue" in ended["FailureMessage"], ended["FailureMessage"]
    assert current_key(lab.facts()) == old_key and broken_promises(lab.facts()) == []
    lab.clear_faults()
    fire_until_success(lab)
    assert current_key(lab.facts()) != old_key
    everybody_backs_up(lab, NAMES)


def test_an_instance_that_starts_late_is_brought_up_by_its_own_event(lab):
    old_key = lab.current_key()
    assert lab.control("POST", "targets/sql03", {"action": "stop"})[0] == 200
    ended = fire(lab)
    # The others go on; who is left behind is told by a failure, for somebody must know.
    assert ended["AutomationExecutionStatus"] == "Failed" and "SQL03" in ended["FailureMessage"], ended
    facts = lab.facts()
    new_key = staged(facts, "AWSCURRENT")
    assert new_key != old_key and keys(facts)[old_key] == "Active"
    assert lab.control("POST", "schedules/SQL-Credentials-InstanceStarted", {"action": "enable"})[0] == 200
    assert lab.control("POST", "targets/sql03", {"action": "start"})[0] == 200
    wait_for(lambda: holds_everywhere(lab.facts()) == new_key, seconds=120)
    told = [each for each in lab.facts()["invocations"] if each["function"] == RECONCILE]
    assert len(told) == 1 and len(lab.facts()["automations"]) == 1
    everybody_backs_up(lab, NAMES)


def test_secrets_manager_rotates_with_the_blogs_function(lab):
    old_key = lab.current_key()
    function = f"arn:aws:lambda:us-east-1:{account.ACCOUNT}:function:{ROTATE}"
    token = str(uuid.uuid4())
    account.cli(lab, "secretsmanager", "rotate-secret", "--secret-id", rehearsal.SECRET, "--client-request-token", token,
                "--rotation-lambda-arn", function, "--rotation-rules", "AutomaticallyAfterDays=30")
    wait_for(lambda: "LastRotatedDate" in client(lab, "secretsmanager").describe_secret(SecretId=rehearsal.SECRET),
             seconds=PATIENCE_S)
    facts = lab.facts()
    assert [version["version_id"] for version in facts["secrets"][rehearsal.SECRET] if "AWSCURRENT" in version["stages"]] == [token]
    assert current_key(facts) != old_key and holds_everywhere(facts) == current_key(facts)
    everybody_backs_up(lab, NAMES)


def test_what_happened_can_be_read_afterwards(lab):
    ended = fire(lab)
    steps = client(lab, "ssm").describe_automation_step_executions(
        AutomationExecutionId=ended["AutomationExecutionId"])["StepExecutions"]
    assert {step["StepName"] for step in steps} == {step["StepName"] for step in ended["StepExecutions"]}
    assert execution(lab, ended["AutomationExecutionId"])["ExecutedBy"].endswith("role/keyturn-scheduler/scheduler")
    # Neither outputs nor inputs hold a secret.
    secrets = client(lab, "secretsmanager")
    hidden = [secrets.get_secret_value(SecretId=rehearsal.SECRET)["SecretString"].split(":")[1],
              secrets.get_secret_value(SecretId="sqlpass")["SecretString"]]
    assert not any(secret in json.dumps(ended, default=str) for secret in hidden)
