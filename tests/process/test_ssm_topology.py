"""The real keyturn over the lab's Systems Manager: on every host the real keyturn again, in the shell step that is shipped.

Backups run all the while; whoever is killed, wherever, none of them may fail, and the next runs finish the work.
"""

import datetime
import json
import os
import pathlib
import threading
import time

import pytest

import rehearsal
from leaks import forms
from rehearsal import broken_promises, credentials, everybody_backs_up, keyturn_calls, package, unsettled
from ssm_rehearsal import Position, SsmRehearsal, each, finish, unfinished

boto3 = package("boto3")

DOCUMENT = "SQL-Credentials-UpdateCreds"
FULL = os.environ.get("KEYTURN_FULL_MATRIX", "") not in ("", "0")
CHANGES = ["secretsmanager:TagResource", "iam:CreateAccessKey", "secretsmanager:PutSecretValue",
           "secretsmanager:UntagResource", "secretsmanager:UpdateSecretVersionStage", "ssm:SendCommand"]


@pytest.fixture
def lab(tmp_path):
    with SsmRehearsal(tmp_path / "lab") as running:
        yield running


def client(lab, service):
    return boto3.client(service, endpoint_url=lab.url, region_name="us-east-1", aws_access_key_id=lab.operator_key,
                        aws_secret_access_key=lab.env["AWS_SECRET_ACCESS_KEY"])


class ProcessList:
    """argv and environment of whatever runs on the lab's hosts, looked at over and over."""

    def __init__(self, lab):
        self._root = str(pathlib.Path(lab.host("SQL01")["root"]).parent).encode()
        self.seen, self._stop = set(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.wait(0.02):
            for entry in pathlib.Path("/proc").iterdir():
                if not entry.name.isdigit():
                    continue
                try:
                    found = [(entry / what).read_bytes() for what in ("cmdline", "environ")]
                except OSError:
                    continue
                if any(self._root in text for text in found):
                    self.seen |= set(found)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def test_a_keys_whole_life_and_no_secret_on_the_way(lab):
    secrets = client(lab, "secretsmanager")
    pairs = [secrets.get_secret_value(SecretId="sqlcredential")["SecretString"]]
    with ProcessList(lab) as processes:
        turned = lab.run("rotate", "--output", "json", "--log-level", "trace")
        pairs.append(secrets.get_secret_value(SecretId="sqlcredential")["SecretString"])
        retired = lab.run("reconcile", "--wait", rehearsal.WHOLE_LIFE, "--log-level", "trace")
    assert turned.status == 0, turned
    assert retired.status == 0, retired
    assert unsettled(lab.facts()) == []
    everybody_backs_up(lab, ["sql01", "sql02", "sql03"])
    assert {c["status"] for c in lab.facts()["commands"]} == {"Success"}
    # The hosts used their own role, and nothing but the secrets.
    by_hosts = {(c["service"], c["operation"]) for c in lab.calls() if c["by"].startswith("ASIA") and c["outcome"] == "ok"}
    assert by_hosts == {("secretsmanager", "GetSecretValue")}

    shown = {"output": (turned.out + turned.err + retired.out + retired.err).encode(),
             "state": json.dumps(lab.state()).encode(), "processes": b"\n".join(processes.seen)}
    ssm = client(lab, "ssm")
    for page in ssm.get_paginator("list_commands").paginate():
        for command in page["Commands"]:
            shown[f"command {command['CommandId']}"] = repr(command).encode()
            invocations = ssm.list_command_invocations(CommandId=command["CommandId"], Details=True)
            shown[f"invocations {command['CommandId']}"] = repr(invocations).encode()
    files = [f for f in pathlib.Path(lab.host("SQL01")["root"]).parent.rglob("*")
             if f.is_file() and not f.is_symlink() and f.name != "container-token"]
    shown |= {str(file): file.read_bytes() for file in files}
    assert any(file.name == "_script.sh" for file in files) and b"KEYTURN_HOST_ROOT" in shown["processes"]
    hidden = [pair.split(":")[1] for pair in pairs] + [lab.ready["targets"][0]["password"]]
    assert len(set(hidden)) == 3
    found = [(where, form) for where, content in shown.items() for secret in hidden
             for form, raw in forms(secret).items() if raw in content]
    assert found == []


def test_a_host_that_is_offline_is_a_laggard_until_it_is_back(lab):
    old_key = lab.current_key()
    lab.host_action("SQL02", action="offline")
    ended = lab.run("rotate", "--output", "json")
    assert ended.status == 3, ended
    (laggard,) = ended.rotation["laggards"]
    assert laggard["target"] == "SQL02" and "connection" in laggard["reason"].lower()
    new_key = lab.current_key()
    assert new_key != old_key and rehearsal.keys(lab.facts())[old_key] == "Active"
    assert set(credentials(lab.target("sql02")).values()) == {old_key}
    lab.host_action("SQL02", action="online")
    ended = lab.run("reconcile")
    assert ended.status == 0, ended
    assert unfinished(lab.facts(), old_key) == []
    everybody_backs_up(lab, ["sql01", "sql02", "sql03"])


def test_hosts_that_systems_manager_does_not_know_or_that_are_stopped(lab):
    old_key = lab.current_key()
    lab.host_action("SQL01", action="unmanage")
    lab.host_action("SQL03", action="stop")
    ended = lab.run("rotate", "--output", "json")
    assert ended.status == 3, ended
    reasons = {laggard["target"]: laggard["reason"] for laggard in ended.rotation["laggards"]}
    assert set(reasons) == {"SQL01", "SQL03"}
    assert "Systems Manager" in reasons["SQL01"] and "stopped" in reasons["SQL03"]
    assert broken_promises(lab.facts()) == []
    lab.host_action("SQL01", action="manage")
    lab.host_action("SQL03", action="start")
    finish(lab, old_key)


def test_a_machine_that_is_tagged_later_is_found(lab):
    old_key = lab.current_key()
    assert lab.control("POST", "targets/sql09", {"action": "add", "tags": {}})[0] == 200
    ended = lab.run("rotate", "--output", "json")
    assert ended.status == 0, ended
    assert "SQL09" not in ended.out
    assert credentials(lab.target("sql09")) == {}
    lab.host_action("SQL09", action="tag", tags={"SQL": "2022"})
    ended = lab.run("reconcile")
    assert ended.status == 0, ended
    assert unfinished(lab.facts(), old_key) == []


def apply_by_hand(lab, not_after):
    """Sends the shipped document to SQL01 as keyturn would, with AWSCURRENT; the host's report."""
    (version,) = [v["version_id"] for v in lab.facts()["secrets"]["sqlcredential"] if "AWSCURRENT" in v["stages"]]
    ssm = client(lab, "ssm")
    command = ssm.send_command(
        DocumentName=DOCUMENT, InstanceIds=[lab.host("SQL01")["instance_id"]],
        Parameters={"Mode": ["apply"], "VersionId": [version], "Stage": ["current"],
                    "NotAfter": [not_after.strftime("%Y-%m-%dT%H:%M:%SZ")]})["Command"]["CommandId"]
    rehearsal.wait_for(lambda: ssm.list_commands(CommandId=command)["Commands"][0]["Status"] in ("Success", "Failed"))
    plugins = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"][0]["CommandPlugins"]
    return json.loads(next(plugin["Output"] for plugin in plugins if plugin["Output"]).splitlines()[0])


def test_a_command_that_comes_too_late_writes_nothing(lab):
    def now(seconds):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)

    before = lab.target("sql01")["credentials"]
    lab.host_action("SQL01", action="slow", delay_s=5)
    report = apply_by_hand(lab, now(3))
    assert report["exit_status"] in (1, 3) and lab.target("sql01")["credentials"] == before, report
    lab.host_action("SQL01", action="slow", delay_s=0)
    report = apply_by_hand(lab, now(30))
    assert report["exit_status"] == 0 and lab.target("sql01")["credentials"] != before, report


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The calls of an undisturbed rotation, in their order."""
    with SsmRehearsal(tmp_path_factory.mktemp("record")) as lab:
        before = len(lab.calls())
        ended = lab.run("rotate")
        assert ended.status == 0, ended
        return lab.operator_key, keyturn_calls(lab, lab.calls()[before:])


def spread(positions, count):
    positions = list(positions)
    return positions if FULL or len(positions) <= count else [positions[i * len(positions) // count] for i in range(count)]


def host_positions(calls):
    """Every call of a host, killed before and after: its secrets, its login, its queries, its commit."""
    reads = [c for c in calls if (c["service"], c["operation"]) == ("secretsmanager", "GetSecretValue")]
    of_hosts = [i for i, call in enumerate(reads) if call["by"].startswith("ASIA")]
    yield from spread((Position("secretsmanager:GetSecretValue", i, kind) for i in of_hosts
                       for kind in ("kill_before", "kill_after")), 4)
    for point in ("login", "query", "commit"):
        count = sum(call["operation"] == f"sql02:{point}" for call in calls)
        assert count > 0
        yield from spread((Position(f"tds:sql02:{point}", i, kind) for i in range(count)
                           for kind in ("kill_before", "kill_after")), 2 if point != "commit" else 4)


def kill_a_host(lab, position):
    old_key = lab.current_key()
    lab.set_faults({"match": position.match, "skip": position.skip, "kind": position.kind})
    ended = lab.run("rotate")
    if ended.status not in (0, 3):
        return [f"the run in which a host was killed: {ended}"]
    wrong = broken_promises(lab.facts())
    killed = [c for c in lab.calls() if c["outcome"].startswith("fault:kill")]
    lab.clear_faults()
    if not killed and position.match.startswith("tds:"):
        return wrong + ["no host was killed"]
    finish(lab, old_key)
    return wrong + unfinished(lab.facts(), old_key)


def test_a_host_is_killed_at_its_calls(tmp_path_factory, record):
    cases = list(host_positions(record[1]))
    outcomes = each(tmp_path_factory, kill_a_host, cases)
    assert {tuple(case): wrong for case, wrong in outcomes.items() if wrong} == {}


def controller_positions(operator, calls):
    """What the controller changes, before and after; of what it reads, some."""
    own = [f"{c['service']}:{c['operation']}" for c in calls if c["by"] == operator]
    for match in CHANGES:
        count = own.count(match)
        assert count > 0, match
        yield from spread((Position(match, i, kind) for i in range(count) for kind in ("hang", "delay")),
                          2 if match != "ssm:SendCommand" else 4)
    reads = [Position(match, i, "hang") for match in sorted(set(own) - set(CHANGES)) for i in range(own.count(match))]
    yield from spread(reads, 4)


def kill_the_controller(lab, position):
    old_key = lab.current_key()
    fault = {"match": position.match, "skip": position.skip, "kind": position.kind, "count": 1}
    if position.kind == "delay":
        fault["delay_s"] = 0.3
    lab.kill_at(fault, "rotate")
    wrong = broken_promises(lab.facts())
    finish(lab, old_key)
    return wrong + unfinished(lab.facts(), old_key)


def test_the_controller_is_killed_at_its_calls(tmp_path_factory, record):
    began = time.monotonic()
    cases = list(controller_positions(*record))
    outcomes = each(tmp_path_factory, kill_the_controller, cases)
    assert {tuple(case): wrong for case, wrong in outcomes.items() if wrong} == {}
    print(f"{len(cases)} positions in {time.monotonic() - began:.0f} s")
