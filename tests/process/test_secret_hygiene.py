"""A key's whole life at the highest log level: no secret shows in output, logs, argv, environment or files, in any form."""

import sys

import pytest

import rehearsal
from cli import program
from leaks import Collector, SecretReader, forms
from rehearsal import Rehearsal, package, unsettled

boto3 = package("boto3")

TOML = rehearsal.config(rehearsal.targets(2)).replace('list_delay = "200ms"', 'list_delay = "0s"')


class Household:
    """The folders and files that a user's keyturn could write to, and operator credentials that come from a child process."""

    def __init__(self, lab, folder):
        self.folders = [folder / name for name in ("tmp", "state", "cache", "home", "logs")]
        for made in self.folders:
            made.mkdir()
        self.log = folder / "logs" / "keyturn.log"
        answer = folder / "credentials.json"
        answer.write_text('{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s"}'
                          % (lab.operator_key, lab.env["AWS_SECRET_ACCESS_KEY"]))
        script = folder / "credentials.sh"
        script.write_text(f"sleep 0.2; cat '{answer}'\n")
        profile = folder / "aws_config"
        profile.write_text(f"[default]\nregion = us-east-1\ncredential_process = /bin/sh '{script}'\n")
        self.env = program.environment(folder / "home", AWS_ENDPOINT_URL=lab.url, AWS_CONFIG_FILE=str(profile),
                                       AWS_SHARED_CREDENTIALS_FILE=str(folder / "none"), TMPDIR=str(folder / "tmp"),
                                       XDG_STATE_HOME=str(folder / "state"), XDG_CACHE_HOME=str(folder / "cache"))


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """(what was seen, all secrets) of a life with every turn: rotation, retirement, faults, a crash, a rollback."""
    folder = tmp_path_factory.mktemp("hygiene")
    with Rehearsal(folder / "lab", TOML) as lab:
        household = Household(lab, folder)
        seen = Collector(household.folders)
        session = boto3.Session(lab.operator_key, lab.env["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
        reader = SecretReader(session.client("secretsmanager", endpoint_url=lab.url), rehearsal.SECRET)

        def run(*arguments, log_file=True, expect=(0,)):
            more = ["--log-level", "trace", "--log-format", "json", "--output", "json"]
            more += ["--log-file", str(household.log)] if log_file else []
            ended = rehearsal.Ended(*seen.run(lab.arguments(*arguments, *more), household.env))
            assert ended.status in expect, ended

        with reader:
            run("plan", "rotate", log_file=False)
            run("rotate")
            run("reconcile", "--wait", rehearsal.WHOLE_LIFE)
            assert unsettled(lab.facts()) == []
            # What goes wrong is told in sentences, which hold parts of what others said.
            for fault in [{"match": "secretsmanager:PutSecretValue", "kind": "refuse"},
                          {"match": "secretsmanager:GetSecretValue", "kind": "cut", "count": 3, "skip": 4},
                          {"match": "tds:sql01:commit", "kind": "refuse"},
                          {"match": "tds:sql01:login", "kind": "refuse"},
                          {"match": "iam:CreateAccessKey", "kind": "cut"}]:
                lab.set_faults(fault)
                run("rotate", log_file=False, expect=(0, 1, 3, 5))
                lab.clear_faults()
                run("reconcile", "--wait", rehearsal.WHOLE_LIFE, expect=(0, 1, 3, 5))
            old_key = lab.current_key()
            assert lab.kill_at({"match": "tds:sql02:commit", "kind": "hang"}, "rotate")
            run("rollback", expect=(0, 3))
            assert lab.current_key() == old_key
            run("reconcile", "--wait", rehearsal.WHOLE_LIFE)
            run("status")
        password = lab.ready["targets"][0]["password"]
        secrets = {"the SQL password": password, "the operator's secret": lab.env["AWS_SECRET_ACCESS_KEY"]}
        for number, value in enumerate(reader.values.values()):
            secrets |= {f"pair {number}": value, f"secret {number}": value.split(":")[1]}
        return seen, secrets


def test_everything_was_looked_at(life):
    seen, secrets = life
    assert len([name for name in secrets if name.startswith("pair")]) >= 4
    assert {"stdout", "stderr", "cmdline of keyturn", "environ of keyturn", "cmdline of a child", "environ of a child",
            "file logs/keyturn.log"} <= set(seen.seen)
    log = b"".join(seen.seen["file logs/keyturn.log"]).decode()
    for word in ("rotate", "promote", "deactivate", "delete", '"level"'):
        assert word in log
    # The file tells what FreeTDS and others say only at the highest level: it is on.
    assert any(b"AKIA" in content for content in seen.seen["stdout"])


def test_no_secret_is_seen(life):
    seen, secrets = life
    assert seen.leaks(secrets) == []


SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE"
LEAK = "import os, sys, time; form = sys.argv[1]; {}; time.sleep(0.3)"


@pytest.mark.parametrize("form", forms(SECRET))
@pytest.mark.parametrize("place, code", [
    ("stderr", "sys.stderr.buffer.write(b'x ' + bytes.fromhex(form))"),
    ("stdout", "sys.stdout.buffer.write(bytes.fromhex(form) + b' x')"),
    ("file tmp/dump", "open(os.environ['TMPDIR'] + '/dump', 'wb').write(bytes.fromhex(form))"),
])
def test_a_planted_leak_is_found(tmp_path, place, code, form):
    (tmp_path / "tmp").mkdir()
    seen = Collector([tmp_path / "tmp"])
    process = [sys.executable, "-c", LEAK.format(code), forms(SECRET)[form].hex()]
    assert seen.run(process, {"TMPDIR": str(tmp_path / "tmp")})[0] == 0
    assert f"{place}: canary, {form}" in seen.leaks({"canary": SECRET})


@pytest.mark.parametrize("place, shell, env", [
    ("cmdline of keyturn", 'sleep 0.3; : "$0"', {}),
    ("environ of keyturn", "sleep 0.3; :", {"LEAKED": SECRET}),
    ("cmdline of a child", "sh -c 'sleep 0.3; :' \"$0\"; :", {}),
    ("environ of a child", "LEAKED=$0 sleep 0.3; :", {}),
])
def test_a_planted_leak_of_a_process_is_found(place, shell, env):
    seen = Collector([])
    assert seen.run(["/bin/sh", "-c", shell, SECRET], {"PATH": "/usr/bin:/bin"} | env)[0] == 0
    assert f"{place}: canary, plain" in seen.leaks({"canary": SECRET})


def test_a_wrapper_that_leaks_is_found(tmp_path):
    """The real program behind a wrapper that prints the password that it was given: how a leak would look."""
    with Rehearsal(tmp_path / "lab", TOML) as lab:
        password = lab.ready["targets"][0]["password"]
        wrapper = tmp_path / "wrapper.sh"
        wrapper.write_text(f'echo "debug: login with {password}" >&2\nexec "$@"\n')
        seen = Collector([])
        status, out, _ = seen.run(["/bin/sh", str(wrapper), *lab.arguments("status")], lab.environment())
        assert status == 0 and out
        leaks = seen.leaks({"the SQL password": password})
        assert "stderr: the SQL password, plain" in leaks
        assert [leak for leak in leaks if not leak.startswith("stderr: ")] == []
