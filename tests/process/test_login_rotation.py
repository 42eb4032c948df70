"""The real keyturn rotates the password of its own login, over both ways: killed at any call, it never loses a server."""

import json
import pathlib

import pytest

import rehearsal
from leaks import forms
from rehearsal import Rehearsal, broken_promises, package
from ssm_rehearsal import SsmRehearsal

boto3 = package("boto3")

TARGETS = 3
KILLS = {
    "the password is stored": {"match": "secretsmanager:PutSecretValue", "skip": 1, "kind": "hang"},
    "it was stored": {"match": "secretsmanager:PutSecretValue", "skip": 1, "kind": "delay", "delay_s": 0.3},
    "it is promoted": {"match": "secretsmanager:UpdateSecretVersionStage", "skip": 2, "kind": "hang"},
    "it was promoted": {"match": "secretsmanager:UpdateSecretVersionStage", "skip": 2, "kind": "delay", "delay_s": 0.3},
}
# Of each server's logins the later ones are the password's.
DIRECT_KILLS = {f"login {skip} at sql02": {"match": "tds:sql02:login", "skip": skip, "kind": "hang"} for skip in (2, 3, 4)}
SSM_KILLS = {f"command {skip}": {"match": "ssm:SendCommand", "skip": skip, "kind": "hang"} for skip in (4, 5)}


def rotating(lab, folder):
    """The lab's keyturn, told to rotate its login's password."""
    text = pathlib.Path(lab.config).read_text(encoding="utf-8")
    lab.config = folder / "keyturn.toml"
    lab.config.write_text(text.replace("[sql]\n", "[sql]\nrotate_login = true\n") if "[sql]\n" in text
                          else "[sql]\nrotate_login = true\n" + text)
    return lab


@pytest.fixture(name="direct")
def _direct(tmp_path):
    with Rehearsal(tmp_path / "lab", rehearsal.config(rehearsal.targets(TARGETS))) as lab:
        yield rotating(lab, tmp_path)


@pytest.fixture(name="over_ssm")
def _over_ssm(tmp_path):
    with SsmRehearsal(tmp_path / "lab") as lab:
        yield rotating(lab, tmp_path)


def passwords(lab):
    """{stage: (version, password)} of the login's secret, as the account has it."""
    secrets = boto3.client("secretsmanager", endpoint_url=lab.url, region_name="us-east-1", aws_access_key_id=lab.operator_key,
                           aws_secret_access_key=lab.env["AWS_SECRET_ACCESS_KEY"])
    versions = secrets.list_secret_version_ids(SecretId="sqlpass")["Versions"]
    return {stage: (version["VersionId"], secrets.get_secret_value(SecretId="sqlpass", VersionId=version["VersionId"])["SecretString"])
            for version in versions for stage in version["VersionStages"]}


def login_of(ended):
    return ended.rotation["login"]


def every_server_lets_keyturn_in(lab):
    """And by which version: keyturn tries the labelled ones alone."""
    ended = lab.run("status", "--output", "json")
    targets = ended.rotation["observed"]["targets"]
    assert {target["standing"] for target in targets} == {"updatable"}, ended
    assert len(targets) == TARGETS
    return {target["login_version_id"] for target in targets}


def check_rotation(lab):
    before = passwords(lab)
    ended = lab.run("rotate", "--output", "json", "--log-level", "debug")
    assert ended.status == 0, ended
    after = passwords(lab)
    assert after["AWSPREVIOUS"] == before["AWSCURRENT"] and "AWSPENDING" not in after
    assert after["AWSCURRENT"][1] != before["AWSCURRENT"][1]
    assert login_of(ended)["outcome"] == "done"
    actions = [step["action"] for step in login_of(ended)["steps"]]
    assert actions[0] == "put_password" and actions[-2:] == ["promote_password", "drop_password_label"]
    assert every_server_lets_keyturn_in(lab) == {after["AWSCURRENT"][0]}
    assert broken_promises(lab.facts()) == []
    for version, password in (before["AWSCURRENT"], after["AWSCURRENT"]):
        for form in forms(password).values():
            assert form not in ended.out.encode() and form not in ended.err.encode(), version
    # The next key finds its way by the new password.
    ended = lab.run("reconcile", "--output", "json")
    assert ended.status in (0, 3) and login_of(ended)["steps"] == [], ended


def check_kill(lab, fault):
    before = passwords(lab)
    assert lab.kill_at(fault, "rotate"), "the call was never made"
    labelled = {version for version, _ in passwords(lab).values()}
    assert every_server_lets_keyturn_in(lab) <= labelled
    for _ in range(6):
        ended = lab.run("rotate", "--output", "json")
        assert ended.status in (0, 1, 3, 4, 5), ended  # 4: both of the key's slots are taken for a while
        after = passwords(lab)
        done = ended.rotation.get("login") and login_of(ended)["outcome"] == "done"
        if done and after["AWSCURRENT"][0] != before["AWSCURRENT"][0] and "AWSPENDING" not in after:
            break
    else:
        raise AssertionError(json.dumps(ended.rotation, indent=1))
    assert every_server_lets_keyturn_in(lab) == {after["AWSCURRENT"][0]}
    assert broken_promises(lab.facts()) == []


def test_directly(direct):
    check_rotation(direct)


def test_over_systems_manager(over_ssm):
    check_rotation(over_ssm)


@pytest.mark.parametrize("fault", [*KILLS.values(), *DIRECT_KILLS.values()], ids=[*KILLS, *DIRECT_KILLS])
def test_killed_directly(direct, fault):
    check_kill(direct, fault)


@pytest.mark.parametrize("fault", [KILLS["it was stored"], *SSM_KILLS.values()], ids=["it was stored", *SSM_KILLS])
def test_killed_over_systems_manager(over_ssm, fault):
    check_kill(over_ssm, fault)
