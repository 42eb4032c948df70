"""The program against the lab: its documents, its text, a terminal, signals, and input that only a server can call bad."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import time

import pytest

import interop.lab
import program
from support import keyturn, package

jsonschema = package("jsonschema")


class Lab(interop.lab.Lab):
    """The lab as `keyturn-lab up` makes it without a word, with a home for keyturn."""

    def __init__(self, home):
        super().__init__()
        self.config = self.ready["keyturn_config"]
        self.targets = self.ready["targets"]
        self.env = program.environment(home, **self.env)
        self.home = home

    def run(self, *arguments, config=None, **options):
        return program.run(*arguments, "--config", config or self.config, env=self.env, **options)

    def start(self, *arguments, **options):
        return subprocess.Popen([keyturn(), *arguments, "--config", self.config], env=self.env, text=True, **options)

    def document(self, *arguments):
        """What a command answers in JSON, held against its schema."""
        result = self.run(*arguments, "--output", "json")
        document = program.document(result)
        jsonschema.Draft202012Validator(program.schema(document["kind"])).validate(document)
        assert document["exit_status"] == result.returncode
        return document

    def rotated(self):
        """Run until the key is turned; a new key's propagation may take more than one run."""
        first = self.state()["iam"]["sql-backups-user"][0]["access_key_id"]
        for _ in range(20):
            if self.current() != first:
                return self.current()
            self.run("rotate")
            time.sleep(1)
        return pytest.fail("the key was not turned")

    def current(self):
        version = next(v for v in self.state()["secrets"]["sqlcredential"] if "AWSCURRENT" in v["stages"])
        return version["access_key_id"]

    def faults(self, *faults):
        status, answer = self.control("POST", "faults", list(faults))
        assert status == 200, answer

    def changed(self, old, new):
        """Another configuration: this one with `old` replaced."""
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        assert old in text
        path = self.home / "changed.toml"
        path.write_text(text.replace(old, new, 1))
        return str(path)


@pytest.fixture
def lab(tmp_path):
    with Lab(tmp_path) as up:
        yield up


def test_documents_of_a_whole_rotation(lab):
    before = lab.current()
    plan = lab.document("plan")
    assert "promote" in [step["action"] for step in plan["rotations"][0]["steps"]]
    assert lab.current() == before  # a plan changes nothing
    lab.document("rotate")
    new = lab.rotated()
    status = lab.document("status")
    observed = status["rotations"][0]["observed"]
    holding = [t["name"] for t in observed["targets"] if t["confirmed_access_key_id"] == new]
    assert len(holding) >= 9
    standings = {target["name"]: target["standing"] for target in observed["targets"]}
    assert standings["sql19"] == "skipped" and standings["sqllate"] == "unreachable"
    lab.document("reconcile")
    lab.document("rollback")


def test_text_names_targets_keys_and_laggards(lab):
    new = lab.rotated()
    result = lab.run("status")
    assert re.search(rf"sql01 +16\.0\.\S+ +updatable +{new}", result.stdout)
    assert re.search(rf"{new} +Active +AWSCURRENT", result.stdout)
    assert "SQL Server 15.0" in result.stdout and "sqllate" in result.stdout
    assert "\033" not in result.stdout + result.stderr


def test_wait_sees_grace_and_quarantine_through(lab):
    old = lab.current()
    new = lab.rotated()
    config = lab.changed("name = 'sqllate'", "name = 'sqllate2'")
    result = lab.run("reconcile", "--wait", "100s", config=config, timeout=150)
    assert result.returncode == 3, result.stdout  # written off, but nobody knows since when it is away
    assert [key["access_key_id"] for key in lab.state()["iam"]["sql-backups-user"]] == [new] != [old]


def test_a_terminal_sees_colours_and_the_roll_out(lab):
    lab.faults({"match": "tds:sql04:query", "kind": "delay", "count": 20, "delay_s": 0.5})
    lab.env["TERM"] = "xterm"
    parent, child = pty.openpty()
    process = lab.start("rotate", stdin=subprocess.DEVNULL, stdout=child, stderr=child)
    os.close(child)
    seen = b""
    with contextlib.suppress(OSError):  # the terminal's end is an error
        while chunk := os.read(parent, 65536):
            seen += chunk
    process.wait(timeout=60)
    os.close(parent)
    text = seen.decode()
    assert "\033[J" in text and "\033[32m" in text
    assert re.search(r"now: .*sql04", text)
    assert "\033[J" not in text[text.index("TARGET"):]  # the live view is gone before the result comes


def test_no_color_is_honoured_on_a_terminal(lab):
    lab.env |= {"NO_COLOR": "1", "TERM": "xterm"}
    parent, child = pty.openpty()
    process = lab.start("status", stdin=subprocess.DEVNULL, stdout=child, stderr=subprocess.DEVNULL)
    os.close(child)
    seen = b""
    with contextlib.suppress(OSError):
        while chunk := os.read(parent, 65536):
            seen += chunk
    process.wait(timeout=60)
    os.close(parent)
    assert b"TARGET" in seen and b"\033" not in seen


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_what_is_in_flight_and_says_how_to_go_on(lab, name):
    lab.faults({"match": "tds:sql01:query", "kind": "delay", "count": 4, "delay_s": 2})
    process = lab.start("rotate", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1)
    process.send_signal(name)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 3, output + errors
    assert "Stopped as asked" in output and "again" in output
    lab.rotated()  # the next run goes on


def test_a_second_signal_ends_it_at_once(lab):
    lab.faults({"match": "tds:sql01:query", "kind": "delay", "count": 1, "delay_s": 20})
    process = lab.start("rotate", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=5) == -signal.SIGINT


def test_a_closed_stdout_does_not_stop_the_work(lab):
    read_end, write_end = os.pipe()
    os.close(read_end)
    old = lab.current()
    for _ in range(20):
        result = lab.run("rotate", stdout=write_end)
        assert result.returncode == 1
        assert "could not be written to stdout" in result.stderr and "keyturn status" in result.stderr
        if lab.current() != old:
            break
        time.sleep(1)
    os.close(write_end)
    assert lab.current() != old


def test_a_full_disk_for_the_log_does_not_stop_the_work(lab):
    old = lab.current()
    for _ in range(20):
        result = lab.run("rotate", "--log-file", "/dev/full")
        assert result.stderr.count("the log file /dev/full can't be written") == 1
        if lab.current() != old:
            return
        time.sleep(1)
    pytest.fail("the key was not turned")


def test_a_wrong_sql_login_changes_nothing(lab):
    old = lab.current()
    config = lab.changed("name = 'lab'", "name = 'lab'\nsql_user = 'nobody'")
    result = lab.run("rotate", config=config)
    assert result.returncode == 3
    assert "nobody" in result.stdout and "login" in result.stdout.lower()
    assert lab.current() == old


def test_a_target_that_is_no_sql_server_is_told(lab):
    port = next(target["port"] for target in lab.targets if target["name"] == "sql01")
    config = lab.changed(f"port = {port}", f"port = {lab.url.rsplit(':', 1)[1]}")
    result = lab.run("status", config=config, timeout=120)
    row = next(line for line in result.stdout.splitlines() if line.strip().startswith("sql01 "))
    assert "unreachable" in row


def test_expired_credentials_change_nothing(lab):
    lab.env["AWS_SECRET_ACCESS_KEY"] = "wrong"
    result = lab.run("rotate")
    assert result.returncode == 1
    assert "signature" in result.stderr.lower() or "credentials" in result.stderr.lower()


def test_no_secret_at_the_highest_log_level(lab):
    log = lab.home / "log"
    result = lab.run("rotate", "--log-level", "trace", "--log-file", str(log), "--output", "json")
    everything = result.stdout + result.stderr + log.read_text()
    assert "sql01" in everything
    for secret in (lab.targets[0]["password"], lab.env["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in everything
