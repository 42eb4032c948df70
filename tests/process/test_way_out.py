"""The stack's last question, as CloudFormation asks it: an event to the function, the answer by PUT to a signed URL.

The function is the lab's, a real process with its role's rights; backups run all the while. CloudFormation itself is played here.
"""

import json
import time
import uuid

import pytest

import rehearsal
from interop.account import client, invoke
from mailbox_server import SIGNATURE, mailbox
from rehearsal import Rehearsal, broken_promises, current_key, keys, unsettled

ROTATE, RECONCILE = "SQL-Credentials-RotateCreds", "keyturn-reconcile"
STACK = "arn:aws:cloudformation:us-east-1:111122223333:stack/keyturn/6f1d7e10"


@pytest.fixture
def lab(tmp_path):
    with Rehearsal(tmp_path, rehearsal.config(rehearsal.targets(2))) as running:
        yield running


@pytest.fixture
def ask(lab):
    """ask(request type): the answer's body, to an event as CloudFormation sends it."""
    with mailbox() as (url, came):
        def asked(kind):
            event = {"RequestType": kind, "ServiceToken": "arn", "ResponseURL": url, "StackId": STACK, "RequestId": str(uuid.uuid4()),
                     "LogicalResourceId": "WayOut", "ResourceType": "Custom::KeyturnWayOut", "ResourceProperties": {"ServiceToken": "arn"}}
            if kind != "Create":
                event["PhysicalResourceId"] = "keyturn-way-out"
            client(lab, "lambda").invoke(FunctionName=RECONCILE, Payload=json.dumps(event), InvocationType="Event")
            path, headers, body = came.get(timeout=120)
            assert path.endswith(SIGNATURE) and "Content-Type" not in headers, "it is part of what was signed"
            answer = json.loads(body)
            assert {name: answer[name] for name in ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")} == {
                "StackId": STACK, "RequestId": event["RequestId"], "LogicalResourceId": "WayOut", "PhysicalResourceId": "keyturn-way-out"}
            assert len(body) < 4096
            return answer
        yield asked
        assert came.empty(), "each request is answered once"


def test_a_stack_goes_only_when_nothing_of_its_keys_is_left_but_the_one_in_force(lab, ask):
    old_key = lab.current_key()
    assert ask("Create")["Status"] == "SUCCESS"
    assert list(keys(lab.facts())) == [old_key], "nothing is done when the stack is made"

    _, error, _ = invoke(lab, ROTATE, {})
    assert error == ""
    (new_key,) = set(keys(lab.facts())) - {old_key}
    answer = ask("Delete")
    # The rotation was ended first; the old key is in its grace.
    assert current_key(lab.facts()) == new_key
    assert answer["Status"] == "FAILED" and old_key in answer["Reason"] and "--retain-resources WayOut" in answer["Reason"], answer
    assert broken_promises(lab.facts()) == []

    end_at = time.monotonic() + 120
    while (answer := ask("Delete"))["Status"] != "SUCCESS":
        assert time.monotonic() < end_at, answer
        assert broken_promises(lab.facts()) == []
        time.sleep(1)
    assert unsettled(lab.facts()) == []
    assert list(keys(lab.facts())) == [new_key]


def test_a_right_that_is_missing_is_named_to_cloudformation(lab, ask):
    lab.set_faults({"match": "iam:ListAccessKeys", "kind": "refuse", "count": 100})
    answer = ask("Delete")
    assert answer["Status"] == "FAILED" and "ListAccessKeys" in answer["Reason"], answer
