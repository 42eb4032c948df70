"""The real programs over Systems Manager on Linux hosts and on Windows ones: there keyturn.exe, under Wine, on a host of its own
with SQL Server's registry and services. None of it has run on real Windows."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

import rehearsal
import ssm_rehearsal
import support
import windows_hosts
from rehearsal import broken_promises, credentials, everybody_backs_up, wait_for
from ssm_rehearsal import SsmRehearsal, finish, unfinished

ARGUMENTS = windows_hosts.lab_arguments()
WINDOWS = 'machine = "WIN1"\nplatform = "windows"\n'
FLEET = [("lin1", ""), ("win1", WINDOWS), ("win1-payroll", WINDOWS + 'instance = "PAYROLL"\nproduct_version = "17.0.1000.7"'),
         ("win1-fci", WINDOWS + 'instance = "FCI"\ncluster = true')]
NAMES = [name for name, _ in FLEET]


@pytest.fixture
def lab(tmp_path):
    with SsmRehearsal(tmp_path / "lab", ssm_rehearsal.toml(fleet=FLEET), ARGUMENTS) as running:
        yield running


def service(lab, name, action):
    assert lab.control("POST", f"targets/{name}", {"action": action})[0] == 200


def wine_folders():
    return set(windows_hosts.WINE_FOLDER.glob("lab-*"))


def under(folder):
    """The processes that live in the Wine prefixes of a folder."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_every_instance_of_a_windows_host_is_confirmed(lab):
    old_key = lab.current_key()
    ended = lab.run("rotate", "--output", "json")
    assert ended.status == 0, ended
    assert unfinished(lab.facts(), old_key) == []
    everybody_backs_up(lab, NAMES)
    # keyturn.exe signed with the host's role, and read nothing but the secrets.
    by_hosts = {c["operation"] for c in lab.calls() if c["by"].startswith("ASIA") and c["outcome"] == "ok"}
    assert by_hosts == {"GetSecretValue"}
    log = pathlib.Path(lab.host("WIN1")["root"]) / "ProgramData/keyturn/logs/keyturn.log"
    assert "PAYROLL" in log.read_text()


def test_a_stopped_instance_is_a_laggard_and_so_is_a_cluster_without_an_active_node(lab):
    old_key = lab.current_key()
    service(lab, "win1-payroll", "stop_service")
    ended = lab.run("rotate", "--output", "json")
    assert ended.status == 3, ended
    (laggard,) = ended.rotation["laggards"]
    assert "PAYROLL" in laggard["target"] and "stopped" in laggard["reason"].lower(), laggard
    assert broken_promises(lab.facts()) == []
    service(lab, "win1-payroll", "start")
    finish(lab, old_key)
    service(lab, "win1-fci", "stop_service")
    ended = lab.run("status", "--output", "json")
    # Its only node calls itself a passive one, which nobody else makes up for.
    (down,) = ended.rotation["laggards"]
    assert down["reason"].startswith("The failover cluster instance localhost\\FCI is active on none of its nodes"), down


@pytest.mark.parametrize("kind", ["kill_before", "kill_after"])
def test_a_killed_keyturn_exe_is_recovered(lab, kind):
    old_key = lab.current_key()
    lab.set_faults({"match": "tds:win1-payroll:commit", "kind": kind})
    ended = lab.run("rotate")
    assert ended.status in (0, 3), ended
    assert broken_promises(lab.facts()) == []
    assert any(call["outcome"] == f"fault:{kind}" for call in lab.calls())
    lab.clear_faults()
    finish(lab, old_key)


def test_a_host_without_keyturn_exe_says_so(lab):
    (pathlib.Path(lab.host("WIN1")["root"]) / "Program Files/keyturn/keyturn.exe").unlink()
    ended = lab.run("rotate", "--output", "json")
    assert ended.status == 3, ended
    assert "Install keyturn.exe, or set WindowsPackageUrl." in json.dumps(ended.rotation["laggards"])
    assert set(credentials(lab.target("lin1")).values()) == {lab.current_key()}


def test_nothing_is_left_of_a_lab_that_is_killed(tmp_path):
    before = wine_folders()
    lab = SsmRehearsal(tmp_path / "lab", rehearsal.config([("win1", WINDOWS)]), ARGUMENTS)
    (folder,) = wine_folders() - before
    assert under(folder)
    os.kill(lab.process.pid, signal.SIGKILL)
    lab.process.wait()
    lab.process.stdout.close()
    wait_for(lambda: not folder.exists() and not under(folder))


def test_without_a_wine_there_is_a_sentence():
    said = subprocess.run([support.keyturn_lab(), "up", *ARGUMENTS, "--wine", "/no/such/wine64"], capture_output=True, text=True,
                          timeout=60, check=False)
    assert said.returncode == 2 and "There is no Wine at /no/such/wine64" in said.stderr, said
