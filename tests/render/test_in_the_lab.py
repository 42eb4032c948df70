"""Both documents as they are rendered, in the lab: the AWS CLI starts the Automation, the functions are processes of keyturn, and
the Command document's shell step runs on each host."""

import json
import subprocess
import time

import pytest
import support
from interop.lab import Lab

CONFIG = """
[aws]
list_delay = "200ms"
usable_delay = "300ms"
status_delay = "100ms"
[policy]
deadline = "60s"
orphan_min_age = "70s"
intent_window = "5s"
grace = "70s"
longest_backup = "30s"
quarantine = "70s"
propagation = "10s"
patience = "600s"
max_age = "3650d"
[[target]]
name = "sql01"
[[target]]
name = "sql02"
"""


@pytest.fixture(name="lab")
def _lab(tmp_path):
    with Lab("--keyturn", support.keyturn(), config=CONFIG, folder=tmp_path) as running:
        yield running


def aws(lab, *arguments):
    result = subprocess.run([support.venv_program("aws"), *arguments, "--output", "json"], env=lab.client_environment(),
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def automation(lab):
    """Of one execution, once it is over."""
    started = aws(lab, "ssm", "start-automation-execution", "--document-name", "SQL-Credentials-Automation", "--parameters",
                  "Pause=PT1S")
    end = time.monotonic() + 240
    while time.monotonic() < end:
        execution = aws(lab, "ssm", "get-automation-execution", "--automation-execution-id",
                        started["AutomationExecutionId"])["AutomationExecution"]
        if execution["AutomationExecutionStatus"] not in ("Pending", "InProgress"):
            return execution
        time.sleep(0.5)
    raise AssertionError(f"the Automation did not end: {execution}")


def current_key(lab):
    return aws(lab, "secretsmanager", "get-secret-value", "--secret-id", "sqlcredential")["SecretString"].split(":")[0]


def test_the_automation_turns_the_key_and_says_how_things_stand(lab):
    old = current_key(lab)
    execution = automation(lab)
    assert execution["AutomationExecutionStatus"] == "Success", execution.get("FailureMessage")
    assert [step["StepName"] for step in execution["StepExecutions"] if "Step" in step["StepName"]] == [
        "Step1_RotateCreds", "Step2_UpdateCreds", "Step3_Status"]
    answer = json.loads(execution["Outputs"]["Step3_Status.Payload"][0])
    assert answer["outcome"] == "done" and answer["again"] is False
    assert current_key(lab) != old


def test_the_automation_fails_and_names_the_host_that_is_away(lab):
    assert lab.control("POST", "hosts/SQL02", {"action": "offline"})[0] == 200
    old = current_key(lab)
    execution = automation(lab)
    assert execution["AutomationExecutionStatus"] == "Failed"
    assert "SQL02" in execution["FailureMessage"].upper()
    assert current_key(lab) != old  # of the others' sake
    keys = aws(lab, "iam", "list-access-keys", "--user-name", "sql-backups-user")["AccessKeyMetadata"]
    assert {"AccessKeyId": old, "Status": "Active"}.items() <= next(
        key for key in keys if key["AccessKeyId"] == old).items()
