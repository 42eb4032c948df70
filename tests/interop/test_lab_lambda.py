"""The lab's Lambda as an operator meets it: packages, cold and warm environments, and every way in which they end."""

import base64
import json
import os
import signal
import threading

import pytest

import account
from account import boto3, client, invoke, wait_for
from lab import ONE_TARGET, QUIET, Lab

NAME = "does-as-told"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(config=QUIET + ONE_TARGET, folder=tmp_path_factory.mktemp("lab")) as running:
        account.make_function(running, NAME, Environment={"Variables": {"OWN": "yes"}})
        yield running


def test_environments_are_kept_and_frozen(lab):
    first, error, _ = invoke(lab, NAME, {"a": 1})
    second, _, _ = invoke(lab, NAME, {})
    assert error == "" and first["event"] == {"a": 1}
    assert second["process_id"] == first["process_id"] and second["calls"] == first["calls"] + 1
    wait_for(lambda: account.state_of(first["process_id"]) == "T", seconds=5)  # no time between invocations
    third, _, _ = invoke(lab, NAME, {})
    assert third["process_id"] == first["process_id"]


def test_the_environment_is_lambdas_own(lab):
    answer, _, _ = invoke(lab, NAME, {"environment": True})
    variables = answer["environment"]
    assert variables["OWN"] == "yes" and variables["AWS_LAMBDA_FUNCTION_NAME"] == NAME
    assert variables["_HANDLER"] == "bootstrap" and variables["AWS_REGION"] == "us-east-1"
    assert os.path.basename(variables["LAMBDA_TASK_ROOT"]) == "task"
    assert 50 < answer["left_s"] <= 60
    session = boto3.Session(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"],
                            variables["AWS_SESSION_TOKEN"], "us-east-1")
    assert session.client("sts", endpoint_url=variables["AWS_ENDPOINT_URL"]).get_caller_identity()["Arn"] == \
        f"arn:aws:sts::{account.ACCOUNT}:assumed-role/keyturn-lambda/{NAME}"
    denied = session.client("iam", endpoint_url=lab.url).delete_access_key
    assert account.code_of(denied, UserName="somebody-else", AccessKeyId="A" * 20) == "AccessDenied"


def test_errors_and_logs_reach_the_caller(lab):
    answer, error, reply = invoke(lab, NAME, {"print": "words of mine", "fail": "no luck"}, LogType="Tail")
    assert error == "Unhandled" and answer == {"errorMessage": "no luck", "errorType": "Test.Failure"}
    assert reply["StatusCode"] == 200
    log = base64.b64decode(reply["LogResult"]).decode()
    assert "words of mine" in log and "START RequestId" in log


def test_a_process_that_ends_is_an_error_and_is_replaced(lab):
    before, _, _ = invoke(lab, NAME, {})
    answer, error, _ = invoke(lab, NAME, {"exit": 3})
    assert error == "Unhandled" and answer["errorType"] == "Runtime.ExitError" and "exit status 3" in answer["errorMessage"]
    after, _, _ = invoke(lab, NAME, {})
    assert after["process_id"] != before["process_id"] and after["calls"] == 1


def test_a_process_that_is_killed_is_an_error(lab):
    process_id = invoke(lab, NAME, {})[0]["process_id"]
    answers = []
    thread = threading.Thread(target=lambda: answers.append(invoke(lab, NAME, {"sleep": 30})))
    thread.start()
    wait_for(lambda: account.state_of(process_id) != "T" and any(i["ended_at"] is None for i in lab.state()["invocations"]))
    os.kill(process_id, signal.SIGKILL)
    thread.join(timeout=20)
    answer, error, _ = answers[0]
    assert error == "Unhandled" and "signal: killed" in answer["errorMessage"]
    assert invoke(lab, NAME, {})[0]["calls"] == 1


def test_its_time_out_kills_it(lab):
    process_id = invoke(lab, NAME, {})[0]["process_id"]
    client(lab, "lambda").update_function_configuration(FunctionName=NAME, Timeout=1)
    answer, error, _ = invoke(lab, NAME, {"sleep": 30})
    assert error == "Unhandled" and "timed out after 1.00 seconds" in answer["errorMessage"]
    client(lab, "lambda").update_function_configuration(FunctionName=NAME, Timeout=60)
    after, _, _ = invoke(lab, NAME, {})
    assert after["process_id"] != process_id and after["calls"] == 1


def test_invocations_at_once_have_environments_each(lab):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(invoke(lab, NAME, {"sleep": 1})[0])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len({answer["process_id"] for answer in answers}) == 3


def test_events_are_not_waited_for(lab):
    _, error, reply = invoke(lab, NAME, {"exit": 0}, InvocationType="Event")
    assert reply["StatusCode"] == 202 and error == ""
    wait_for(lambda: lab.state()["invocations"][-1]["error_type"] == "Runtime.ExitError")


def test_the_aws_cli_drives_it(lab, tmp_path):
    out = tmp_path / "out.json"
    reply = account.cli(lab, "lambda", "invoke", "--function-name", NAME, "--payload", '{"b": 2}', str(out))
    assert reply["StatusCode"] == 200 and json.loads(out.read_text())["event"] == {"b": 2}
    names = [function["FunctionName"] for function in account.cli(lab, "lambda", "list-functions")["Functions"]]
    assert {"SQL-Credentials-RotateCreds", "SQL-Credentials-UpdateCreds", "keyturn-reconcile", NAME} <= set(names)


def test_nothing_outlives_the_lab(tmp_path):
    with Lab(config=QUIET + ONE_TARGET, folder=tmp_path) as lab:
        account.make_function(lab, NAME)
        process_id = invoke(lab, NAME, {})[0]["process_id"]
        wait_for(lambda: account.state_of(process_id) == "T", seconds=5)
    assert account.is_gone(process_id)
