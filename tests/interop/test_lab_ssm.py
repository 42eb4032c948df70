"""The lab's Systems Manager, its hosts and their metadata, as the AWS CLI and boto3 meet them."""

import json
import os
import pathlib
import subprocess
import time

import pytest

from interop.lab import Lab
from support import package, venv_program

boto3 = package("boto3")
package("botocore")

from botocore.credentials import ContainerProvider, InstanceMetadataProvider  # noqa: E402
from botocore.exceptions import ClientError, WaiterError  # noqa: E402
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher  # noqa: E402

CONFIG = """
[aws]
untagged_instances = 1
[backups]
running = false
[[target]]
name = "one"
[[target]]
name = "two"
[[target]]
name = "win"
platform = "windows"
"""
SCRIPT = "test-script"


def document(*lines, timeout="60", more=None):
    return json.dumps({
        "schemaVersion": "2.2", "description": "for a test",
        "parameters": {"Word": {"type": "String", "default": "nothing", "allowedPattern": "^[a-z]+$"}},
        "mainSteps": [{"action": "aws:runShellScript", "name": "run",
                       "precondition": {"StringEquals": ["platformType", "Linux"]},
                       "inputs": {"runCommand": list(lines), "timeoutSeconds": timeout}}, *(more or [])]})


@pytest.fixture
def lab(tmp_path):
    with Lab(config=CONFIG, folder=tmp_path) as running:
        yield running


@pytest.fixture
def ssm(lab):
    return client(lab, "ssm")


def client(lab, service, credentials=None):
    key, secret, token = credentials or (lab.env["AWS_ACCESS_KEY_ID"], lab.env["AWS_SECRET_ACCESS_KEY"], None)
    return boto3.client(service, endpoint_url=lab.url, region_name="us-east-1", aws_access_key_id=key,
                        aws_secret_access_key=secret, aws_session_token=token)


def host(lab, name):
    return next(host for host in lab.ready["hosts"] if host["name"] == name)


def send(ssm, lab, name, *lines, parameters=None, timeout="60", **more):
    """The command's id, of a document that has these lines."""
    ssm.create_document(Name=SCRIPT, DocumentType="Command", Content=document(*lines, timeout=timeout))
    return ssm.send_command(DocumentName=SCRIPT, InstanceIds=[host(lab, name)["instance_id"]], Parameters=parameters or {},
                            **more)["Command"]["CommandId"]


def ended(ssm, lab, command, name):
    """GetCommandInvocation, once it is over."""
    arguments = {"CommandId": command, "InstanceId": host(lab, name)["instance_id"]}
    ssm.get_waiter("command_executed").wait(**arguments, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return ssm.get_command_invocation(**arguments)


def processes_of(folder):
    """The ids of processes that run a script below a host's folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and folder.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def test_a_step_is_a_process_with_the_agents_environment(lab, ssm):
    command = send(ssm, lab, "ONE", "set -eu", "env | sort", "echo {{ Word }}", "echo complaint >&2", "exit 0",
                   parameters={"Word": ["hello"]})
    result = ended(ssm, lab, command, "ONE")
    assert (result["Status"], result["ResponseCode"], result["PluginName"]) == ("Success", 0, "run")
    lines = result["StandardOutputContent"].splitlines()
    assert lines[-1] == "hello" and result["StandardErrorContent"] == "complaint\n"
    environment = dict(line.split("=", 1) for line in lines[:-1])
    root = host(lab, "ONE")["root"]
    assert environment["SSM_COMMAND_ID"] == command and environment["KEYTURN_HOST_ROOT"] == root
    assert environment["PATH"].startswith(f"{root}/bin:")
    allowed = set(host(lab, "ONE")["environment"]) | {"SSM_COMMAND_ID", "PWD", "OLDPWD", "SHLVL", "_"}
    assert set(environment) <= allowed
    assert "AWS_SECRET_ACCESS_KEY" not in environment and "AWS_CONTAINER_AUTHORIZATION_TOKEN" not in environment


def test_a_failing_step_keeps_its_exit_code(lab, ssm):
    command = send(ssm, lab, "ONE", "echo before", "exit 3")
    with pytest.raises(WaiterError):
        ended(ssm, lab, command, "ONE")
    (listed,) = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
    assert (listed["Status"], listed["CommandPlugins"][0]["ResponseCode"]) == ("Failed", 3)
    assert "before" in listed["CommandPlugins"][0]["Output"]
    assert ssm.list_commands(CommandId=command)["Commands"][0]["ErrorCount"] == 1


def test_parameters_are_held_to_their_patterns(lab, ssm):
    with pytest.raises(ClientError) as refused:
        send(ssm, lab, "ONE", "echo {{ Word }}", parameters={"Word": ["$(id)"]})
    assert refused.value.response["Error"]["Code"] == "InvalidParameters"


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@pytest.mark.parametrize("way", ["time-out", "cancel"])
def test_what_runs_too_long_or_is_cancelled_is_killed(lab, ssm, way):
    root = host(lab, "ONE")["root"]
    command = send(ssm, lab, "ONE", "sleep 300 &", "sleep 300", timeout="5" if way == "time-out" else "60")
    wait_for(lambda: processes_of(root))
    if way == "cancel":
        ssm.cancel_command(CommandId=command)
    wait_for(lambda: not processes_of(root))
    details = "ExecutionTimedOut" if way == "time-out" else "Cancelled"
    wait_for(lambda: [i["StatusDetails"] for i in
                      ssm.list_command_invocations(CommandId=command)["CommandInvocations"]] == [details])


def test_nothing_is_left_when_the_lab_ends(tmp_path):
    running = Lab(config=CONFIG, folder=tmp_path)
    root = host(running, "ONE")["root"]
    try:
        send(client(running, "ssm"), running, "ONE", "trap '' TERM HUP", "sleep 300")
        wait_for(lambda: processes_of(root))
    finally:
        assert running.stop() == 0
    assert processes_of(root) == []
    assert not os.path.exists(root)


def test_nodes_as_describe_instance_information_shows_them(lab, ssm):
    def nodes():
        return {n["ComputerName"]: (n["PingStatus"], n["PlatformType"])
                for n in ssm.describe_instance_information()["InstanceInformationList"]}

    assert nodes() == {"ONE": ("Online", "Linux"), "TWO": ("Online", "Linux"), "WIN": ("Online", "Windows")}
    assert lab.control("POST", "hosts/ONE", {"action": "offline"})[1]["online"] is False
    assert lab.control("POST", "hosts/TWO", {"action": "unmanage"})[1]["managed"] is False
    assert nodes() == {"ONE": ("ConnectionLost", "Linux"), "WIN": ("Online", "Windows")}
    lab.control("POST", "hosts/ONE", {"action": "online"})
    assert lab.control("POST", "hosts/TWO", {"action": "manage"})[0] == 200
    assert lab.control("POST", "hosts/ONE", {"action": "stop"})[1]["running"] is False
    assert nodes()["ONE"] == ("ConnectionLost", "Linux") and nodes()["TWO"] == ("Online", "Linux")
    lab.control("POST", "hosts/ONE", {"action": "start"})
    assert nodes()["ONE"] == ("Online", "Linux")


def test_offline_slow_and_late_hosts(lab, ssm):
    one = host(lab, "ONE")["instance_id"]
    lab.control("POST", "hosts/ONE", {"action": "offline"})
    command = send(ssm, lab, "ONE", "echo late")
    wait_for(lambda: ssm.list_command_invocations(CommandId=command)["CommandInvocations"])
    assert ssm.list_command_invocations(CommandId=command)["CommandInvocations"][0]["Status"] == "Pending"
    lab.control("POST", "hosts/ONE", {"action": "online"})
    assert ended(ssm, lab, command, "ONE")["StandardOutputContent"] == "late\n"

    lab.control("POST", "hosts/ONE", {"action": "slow", "delay_s": 3})
    began = time.monotonic()
    slow = ssm.send_command(DocumentName=SCRIPT, InstanceIds=[one])["Command"]["CommandId"]
    ended(ssm, lab, slow, "ONE")
    assert time.monotonic() - began >= 3

    lab.control("POST", "hosts/ONE", {"action": "delivery", "kind": "undeliverable"})
    lost = ssm.send_command(DocumentName=SCRIPT, InstanceIds=[one])["Command"]["CommandId"]
    wait_for(lambda: [i["StatusDetails"] for i in
                      ssm.list_command_invocations(CommandId=lost)["CommandInvocations"]] == ["Undeliverable"])


def test_a_tag_is_put_on_later(lab, ssm):
    def targets():
        command = ssm.send_command(DocumentName=SCRIPT, Targets=[{"Key": "tag:SQL", "Values": ["2022"]}])["Command"]["CommandId"]
        wait_for(lambda: ssm.list_commands(CommandId=command)["Commands"][0]["Status"] == "Success")
        return ssm.list_commands(CommandId=command)["Commands"][0]["TargetCount"]

    lab.control("POST", "hosts/TWO", {"action": "tag", "tags": {}})
    lab.control("POST", "hosts/WIN", {"action": "tag", "tags": {"Name": "win"}})
    send(ssm, lab, "ONE", "true")
    assert targets() == 1
    lab.control("POST", "hosts/TWO", {"action": "tag", "tags": {"SQL": "2022"}})
    assert targets() == 2


@pytest.mark.parametrize("body, says", [
    ({"action": "explode"}, "must be start, stop, offline"), ({"action": "slow", "delay_s": -1}, "seconds from 0"),
    ({"action": "delivery", "kind": "pigeon"}, "must be normal, never"), ({"action": "tag"}, "an object of texts"),
    ({"action": "stop", "colour": 1}, "no member \"colour\""), ([], "must be an object")])
def test_bad_host_actions_are_refused_with_a_sentence(lab, body, says):
    status, answer = lab.control("POST", "hosts/ONE", body)
    assert status == 400 and says in answer["error"], answer
    assert lab.control("POST", "hosts/NOBODY", {"action": "stop"})[0] == 404


def test_windows_steps_are_not_pretended(lab, ssm):
    step = {"action": "aws:runPowerShellScript", "name": "powershell", "inputs": {"runCommand": ["exit 0"]},
            "precondition": {"StringEquals": ["platformType", "Windows"]}}
    ssm.create_document(Name="both", DocumentType="Command", Content=document("true", more=[step]))
    command = ssm.send_command(DocumentName="both", InstanceIds=[host(lab, "WIN")["instance_id"]])["Command"]["CommandId"]
    wait_for(lambda: ssm.list_commands(CommandId=command)["Commands"][0]["Status"] == "Failed")
    said = ssm.get_command_invocation(CommandId=command, InstanceId=host(lab, "WIN")["instance_id"], PluginName="powershell")
    assert "keyturn-lab can't run aws:runPowerShellScript on WIN (windows)" in said["StandardErrorContent"]


def test_the_shipped_document_runs_by_the_aws_cli(lab):
    program = venv_program("aws")

    def answer(*arguments):
        done = subprocess.run([program, "ssm", *arguments, "--output", "json"], env=lab.client_environment(), text=True,
                              capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    name = "SQL-Credentials-UpdateCreds"
    assert answer("describe-document", "--name", name)["Document"]["Status"] == "Active"
    one = host(lab, "ONE")["instance_id"]
    command = answer("send-command", "--document-name", name, "--instance-ids", one, "--parameters",
                     "Mode=check")["Command"]["CommandId"]
    wait_for(lambda: answer("list-commands", "--command-id", command)["Commands"][0]["Status"] == "Success")
    (listed,) = answer("list-command-invocations", "--command-id", command, "--details")["CommandInvocations"]
    report = json.loads(listed["CommandPlugins"][0]["Output"])
    assert (report["kind"], report["command"], report["exit_status"]) == ("host", "check", 0)
    assert [i["name"] for i in report["instances"]] == ["MSSQLSERVER"]
    assert answer("describe-instance-information", "--filters", "Key=PingStatus,Values=Online")["InstanceInformationList"]
    assert answer("get-document", "--name", name)["DocumentType"] == "Command"


def credentials_of(lab, name, monkeypatch):
    """By botocore's own providers, from what the host's processes have in their environment."""
    environment = host(lab, name)["environment"]
    for variable in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        monkeypatch.delenv(variable, raising=False)
        if variable in environment:
            monkeypatch.setenv(variable, environment[variable])
    if "AWS_CONTAINER_CREDENTIALS_FULL_URI" in environment:
        return ContainerProvider(fetcher=ContainerMetadataFetcher()).load()
    fetcher = InstanceMetadataFetcher(base_url=environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"],
                                      config={"ec2_metadata_v1_disabled": True}, env={})
    return InstanceMetadataProvider(iam_role_fetcher=fetcher).load()


def test_hosts_get_their_roles_credentials_from_metadata_or_container(lab, monkeypatch):
    sources = {host["name"]: host["credentials"] for host in lab.state()["hosts"]}
    assert sources["ONE"] == "imds" and sources["TWO"] == "container"
    for name in ("ONE", "TWO"):
        frozen = credentials_of(lab, name, monkeypatch).get_frozen_credentials()
        keys = (frozen.access_key, frozen.secret_key, frozen.token)
        arn = client(lab, "sts", keys)
        with pytest.raises(ClientError):  # the role may read five secrets, and nothing else
            client(lab, "iam", keys).list_users()
        assert arn.get_caller_identity()["Arn"].endswith(f":assumed-role/keyturn-host/{host(lab, name)['instance_id']}")
        secrets = client(lab, "secretsmanager", keys)
        for secret in ("iamuser", "sqlcredential", "sqluser", "sqlpass", "bucketurl"):
            assert secrets.get_secret_value(SecretId=secret)["SecretString"]
        for forbidden in (lambda: secrets.describe_secret(SecretId="sqlcredential"),
                          lambda: secrets.put_secret_value(SecretId="sqlcredential", SecretString="x"),
                          lambda: secrets.get_secret_value(SecretId="another")):
            with pytest.raises(ClientError) as refused:
                forbidden()
            assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_fault_kills_the_process_that_called(lab, ssm):
    command = None
    for kind, count in (("kill_before", 1), ("kill_after", 2)):
        status, answer = lab.control("POST", "faults", [{"match": "secretsmanager:GetSecretValue", "kind": kind}])
        assert status == 200, answer
        command = ssm.send_command(DocumentName="SQL-Credentials-UpdateCreds", Parameters={"Mode": ["check"]},
                                   InstanceIds=[host(lab, "ONE")["instance_id"]])["Command"]["CommandId"]
        wait_for(lambda: ssm.list_commands(CommandId=command)["Commands"][0]["Status"] == "Failed")
        plugins = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"][0]["CommandPlugins"]
        assert 137 in [plugin["ResponseCode"] for plugin in plugins]
        killed = [c for c in lab.state()["calls"] if c["outcome"].startswith("fault:kill")]
        assert [c["outcome"] for c in killed][-1] == f"fault:{kind}" and len(killed) == count


def test_hosts_reach_aws_over_tls(tmp_path):
    with Lab("--tls", config=CONFIG, folder=tmp_path) as running:
        ssm = boto3.client("ssm", endpoint_url=running.url, region_name="us-east-1", verify=running.ready["ca_bundle"],
                           aws_access_key_id=running.env["AWS_ACCESS_KEY_ID"],
                           aws_secret_access_key=running.env["AWS_SECRET_ACCESS_KEY"])
        ids = [host(running, name)["instance_id"] for name in ("ONE", "TWO")]
        command = ssm.send_command(DocumentName="SQL-Credentials-UpdateCreds", InstanceIds=ids,
                                   Parameters={"Mode": ["check"]})["Command"]["CommandId"]
        over = ("Success", "Failed")
        wait_for(lambda: ssm.list_commands(CommandId=command)["Commands"][0]["Status"] in over)
        assert ssm.list_commands(CommandId=command)["Commands"][0]["Status"] == "Success"
