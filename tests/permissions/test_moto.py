"""A key's whole life in moto with its enforcement of IAM on: another project's reading of the same policies.

moto knows no conditions here, and no resource but "*" for the calls of IAM, Secrets Manager and STS; the actions are what it judges.
"""

import json
import subprocess
import sys
import urllib.request

import pytest

from cli import program
from interop.lab import NO_BACKUPS, Lab, server
from support import ROOT, package, venv_program

sys.path.insert(0, str(ROOT / "tests" / "interop"))

import emulator  # noqa: E402
from emulator import USER, Account  # noqa: E402

package("moto")
MOTO = venv_program("moto_server")
CONTROLLER = "keyturn"


def policy(role, lab, folder):
    """As keyturn prints it, in the words that moto understands."""
    config = folder / "keyturn.toml"
    config.write_text(f"[[rotation]]\n{lab.rotation_targets()}")
    done = subprocess.run([program.keyturn(), "render", "policy", role, "--config", str(config), "--region", emulator.REGION,
                           "--aws-account", "123456789012", "--backup-user", USER, "--bucket-url", emulator.URL],
                          env=program.environment(folder), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    return printed | {"Statement": [{name: value for name, value in statement.items() if name != "Condition"} | {"Resource": "*"}
                                    for statement in printed["Statement"]]}


def enforce(account):
    """From now on moto refuses whatever no policy allows."""
    request = urllib.request.Request(f"{account.url}/moto-api/reset-auth", data=b"0", method="POST", headers={"Content-Type": "text/plain"})
    with emulator.opener().open(request, timeout=30) as reply:
        assert reply.status == 200


def identity(account, name, document):
    iam = account.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Account(account.url, key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture
def world(tmp_path):
    """(an administrator, keyturn's own identity, the lab, the first key)"""
    port = emulator.free_port()
    with Lab(config=NO_BACKUPS + server("sql01"), folder=tmp_path) as running:
        with emulator.serving([MOTO, "-H", "127.0.0.1", "-p", str(port)], port, "/moto-api/data.json") as url:
            login = running.ready["targets"][0]
            beginner = Account(url)
            old_key = beginner.fill(login["login"], login["password"])
            beginner.client("iam").put_user_policy(UserName=USER, PolicyName="backups",
                                                   PolicyDocument=json.dumps(policy("backup-user", running, tmp_path)))
            everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
            administrator = identity(beginner, "administrator", everything)
            ruled = identity(beginner, CONTROLLER, policy("controller", running, tmp_path))
            enforce(beginner)
            yield administrator, ruled, running, old_key


class Both:
    """keyturn runs as one identity; what is there afterwards is read as another."""

    def __init__(self, administrator, ruled):
        self.environment = ruled.environment
        self.client, self.keys, self.staged = administrator.client, administrator.keys, administrator.staged


def test_a_key_is_turned_and_retired(world, tmp_path):
    administrator, ruled, lab, old_key = world
    assert emulator.turn_and_retire(Both(administrator, ruled), lab, tmp_path, old_key) != old_key


def test_a_missing_right_is_named(world, tmp_path):
    administrator, ruled, lab, old_key = world
    document = policy("controller", lab, tmp_path)
    for statement in document["Statement"]:
        if statement["Sid"] == "TurnTheKey":
            statement["Action"].remove("iam:CreateAccessKey")
    administrator.client("iam").put_user_policy(UserName=CONTROLLER, PolicyName="only", PolicyDocument=json.dumps(document))
    ended = emulator.run_keyturn(ruled, lab, tmp_path, "rotate")
    assert ended.returncode == 1 and "iam:CreateAccessKey" in ended.stdout, ended.stdout + ended.stderr
    assert administrator.keys() == {old_key: "Active"}
