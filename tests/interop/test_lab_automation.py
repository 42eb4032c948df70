"""The lab's Automation as an operator meets it: the AWS CLI starts executions and looks on until they end."""

import json

import pytest

import account
from account import client, code_of, end_of, wait_for
from lab import ONE_TARGET, QUIET, Lab

# The shape of the runbook that people copy: two functions in order, no payloads.
TWO_CALLS = {
    "description": "Turns the key, then hands it out.",
    "schemaVersion": "0.3",
    "assumeRole": account.role("AmazonSSMAutomationRole"),
    "mainSteps": [
        {"name": "TurnTheKey", "action": "aws:invokeLambdaFunction",
         "inputs": {"InvocationType": "RequestResponse", "FunctionName": "turn"}},
        {"name": "HandItOut", "action": "aws:invokeLambdaFunction",
         "inputs": {"InvocationType": "RequestResponse", "FunctionName": "hand-out"}},
    ],
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(config=QUIET + ONE_TARGET, folder=tmp_path_factory.mktemp("lab")) as running:
        for name in ("turn", "hand-out"):
            account.make_function(running, name)
        yield running


def store(lab, name, content):
    client(lab, "ssm").create_document(Name=name, DocumentType="Automation", DocumentFormat="JSON",
                                       Content=json.dumps(content))


def run(lab, name, content, **parameters):
    store(lab, name, content)
    started = client(lab, "ssm").start_automation_execution(DocumentName=name, Parameters=parameters)
    return end_of(lab, started["AutomationExecutionId"])


def calling(function, payload=None, **properties):
    inputs = {"FunctionName": function} | ({"Payload": json.dumps(payload)} if payload else {})
    return {"name": "Call", "action": "aws:invokeLambdaFunction", "inputs": inputs, **properties}


def document(*steps, **more):
    return {"schemaVersion": "0.3", "mainSteps": list(steps), **more}


def test_the_aws_cli_runs_two_functions_in_order(lab):
    store(lab, "two-calls", TWO_CALLS)
    started = account.cli(lab, "ssm", "start-automation-execution", "--document-name", "two-calls")
    identity = ["--automation-execution-id", started["AutomationExecutionId"]]
    wait_for(lambda: account.cli(lab, "ssm", "get-automation-execution", *identity)["AutomationExecution"]
             ["AutomationExecutionStatus"] == "Success")
    execution = account.cli(lab, "ssm", "get-automation-execution", *identity)["AutomationExecution"]
    assert [(step["StepName"], step["StepStatus"]) for step in execution["StepExecutions"]] == \
        [("TurnTheKey", "Success"), ("HandItOut", "Success")]
    assert execution["StepExecutions"][0]["Outputs"]["StatusCode"] == ["200"]
    assert json.loads(execution["StepExecutions"][1]["Outputs"]["Payload"][0])["calls"] == 1
    steps = account.cli(lab, "ssm", "describe-automation-step-executions", *identity)["StepExecutions"]
    assert [step["Action"] for step in steps] == ["aws:invokeLambdaFunction"] * 2
    listed = account.cli(lab, "ssm", "describe-automation-executions", "--filters",
                         "Key=DocumentNamePrefix,Values=two-calls")["AutomationExecutionMetadataList"]
    assert [each["AutomationExecutionId"] for each in listed] == [started["AutomationExecutionId"]]


def test_a_function_that_fails_fails_it(lab):
    ended = run(lab, "fails", document(calling("turn", {"fail": "no key"}), {"name": "Never", "action": "aws:sleep",
                                                                              "inputs": {"Duration": "PT0S"}}))
    assert ended["AutomationExecutionStatus"] == "Failed" and "no key" in ended["FailureMessage"]
    assert [step["StepName"] for step in ended["StepExecutions"]] == ["Call"]
    assert ended["StepExecutions"][0]["Outputs"]["FunctionError"] == ["Unhandled"]


def test_loops_call_again_while_something_is_left(lab):
    loop = {"name": "Loop", "action": "aws:loop",
            "inputs": {"Steps": [calling("hand-out", {"again": 4})], "MaxIterations": 20,
                       "LoopCondition": {"Variable": "{{ Call.Payload }}", "Contains": '"again": true'}}}
    ended = run(lab, "loops", document(loop))
    assert ended["AutomationExecutionStatus"] == "Success", ended
    calls = [step for step in ended["StepExecutions"] if step["StepName"] == "Call"]
    assert [step["ParentStepDetails"]["Iteration"] for step in calls] == list(range(1, len(calls) + 1))
    assert len(calls) > 1 and json.loads(calls[-1]["Outputs"]["Payload"][0])["again"] is False


def test_outputs_and_parameters_go_from_step_to_step(lab):
    first = calling("turn", {"event": "{{ Word }}"}, outputs=[
        {"Name": "Said", "Selector": "$.Payload.event.event", "Type": "String"},
        {"Name": "Calls", "Selector": "$.Payload.calls", "Type": "Integer"}])
    branch = {"name": "Choose", "action": "aws:branch", "inputs": {"Default": "Other", "Choices": [
        {"NextStep": "Right", "And": [{"Variable": "{{ Call.Said }}", "StringEquals": "hello"},
                                      {"Variable": "{{ Call.Calls }}", "NumericGreater": 0}]}]}}
    ends = [{"name": name, "action": "aws:sleep", "inputs": {"Duration": "PT0S"}, "isEnd": True} for name in ("Other", "Right")]
    ended = run(lab, "branches", document(first, branch, *ends, outputs=["Call.Said"], parameters={
        "Word": {"type": "String", "allowedPattern": "^[a-z]+$"}}), Word=["hello"])
    assert [step["StepName"] for step in ended["StepExecutions"]] == ["Call", "Choose", "Right"]
    assert ended["Outputs"]["Call.Said"] == ["hello"]
    start = client(lab, "ssm").start_automation_execution
    assert code_of(start, DocumentName="branches", Parameters={"Word": ["no;"]}) == \
        "InvalidAutomationExecutionParametersException"
    assert code_of(start, DocumentName="branches") == "InvalidAutomationExecutionParametersException"
    assert code_of(start, DocumentName="no-such-document") == "AutomationDefinitionNotFoundException"


def test_an_operator_stops_one(lab):
    store(lab, "sleeps", document({"name": "Sleep", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}}))
    ssm = client(lab, "ssm")
    started = ssm.start_automation_execution(DocumentName="sleeps")["AutomationExecutionId"]
    assert account.execution(lab, started)["CurrentStepName"] == "Sleep"
    ssm.stop_automation_execution(AutomationExecutionId=started, Type="Cancel")
    ended = end_of(lab, started)
    assert ended["AutomationExecutionStatus"] == "Cancelled"
    assert ended["StepExecutions"][0]["StepStatus"] == "Cancelled"
    assert code_of(ssm.stop_automation_execution, AutomationExecutionId=started) == "InvalidAutomationStatusUpdateException"


def test_what_is_no_document_is_refused(lab):
    create = client(lab, "ssm").create_document
    good = document({"name": "A", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}})
    assert code_of(create, Name="yaml", DocumentType="Automation", DocumentFormat="YAML",
                   Content="schemaVersion: '0.3'") == "InvalidDocumentContent"
    for bad in ("schemaVersion: '0.3'", json.dumps(good | {"schemaVersion": "0.2"}),
                json.dumps(document({"name": "A", "action": "aws:dance"})),
                json.dumps(document({"name": "A", "action": "aws:sleep", "nextStep": "B"}))):
        assert code_of(create, Name="bad", DocumentType="Automation", DocumentFormat="JSON",
                       Content=bad) == "InvalidDocumentContent", bad


def test_what_the_lab_has_not_is_said(lab):
    ended = run(lab, "approves", document({"name": "Ask", "action": "aws:approve", "inputs": {"Approvers": ["me"]}}))
    assert ended["AutomationExecutionStatus"] == "Failed" and "aws:approve is not simulated" in ended["FailureMessage"]


def test_a_role_must_be_allowed_to(lab):
    ended = run(lab, "powerless", document(calling("turn"), assumeRole=account.role("keyturn-host")))
    assert ended["AutomationExecutionStatus"] == "Failed" and "lambda:InvokeFunction" in ended["FailureMessage"]
    ended = run(lab, "forgotten", document(calling("turn"), assumeRole=account.role("none")))
    assert ended["AutomationExecutionStatus"] == "Failed" and "unable to be assumed" in ended["FailureMessage"]
