"""keyturn against moto, an AWS emulator that is nobody's of ours: what it holds at the end is read with boto3.

What moto does otherwise than AWS: it checks signatures only after it was told to, accepts Inactive keys, and needs the stage's
name to find a secret's value after the stage was moved. It dates every version of a secret anew at each listing.
"""

import urllib.request

import pytest

import emulator
from emulator import SECRET, USER, Account
from lab import NO_BACKUPS, Lab, server
from support import package, venv_program

exceptions = package("botocore.exceptions")
MOTO = venv_program("moto_server")

LAB = NO_BACKUPS + server("sql01") + server("sql02", credentials=[])


@pytest.fixture
def world(tmp_path):
    """(account, lab, the first key), with a moto that verifies what is signed."""
    port = emulator.free_port()
    with Lab(config=LAB, folder=tmp_path) as running:
        with emulator.serving([MOTO, "-H", "127.0.0.1", "-p", str(port)], port, "/moto-api/data.json") as url:
            login = running.ready["targets"][0]
            beginner = Account(url)
            old_key = beginner.fill(login["login"], login["password"])
            yield with_checked_signatures(beginner), running, old_key


def with_checked_signatures(beginner):
    """An operator whom moto knows, and from now on it refuses everybody whom it does not."""
    iam = beginner.client("iam")
    iam.create_user(UserName="operator")
    everything = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    iam.put_user_policy(UserName="operator", PolicyName="all", PolicyDocument=everything)
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    request = urllib.request.Request(f"{beginner.url}/moto-api/reset-auth", data=b"0", method="POST",
                                     headers={"Content-Type": "text/plain"})
    with emulator.opener().open(request, timeout=30) as reply:
        assert reply.status == 200
    return Account(beginner.url, key["AccessKeyId"], key["SecretAccessKey"])


def test_a_key_is_turned_and_retired(world, tmp_path):
    account, lab, old_key = world
    second_key = emulator.turn_and_retire(account, lab, tmp_path, old_key)
    assert emulator.turn_and_retire(account, lab, tmp_path, second_key) not in (old_key, second_key)


def test_signatures_are_really_checked(world, tmp_path):
    """Else the test above would show little: a wrong secret is refused, and keyturn says so."""
    account, lab, old_key = world
    wrong = Account(account.url, account.environment["AWS_ACCESS_KEY_ID"], "wrong")
    with pytest.raises(exceptions.ClientError):
        wrong.client("iam").list_access_keys(UserName=USER)
    refused = emulator.run_keyturn(wrong, lab, tmp_path, "rotate")
    assert refused.returncode == 1 and "refused" in refused.stderr
    assert account.keys() == {old_key: "Active"}


def test_a_missing_permission_of_the_backup_user_abandons_the_key(world, tmp_path):
    """What moto's own IAM decides: a key that may not do anything on S3 is never given to a target."""
    account, lab, old_key = world
    account.client("iam").delete_user_policy(UserName=USER, PolicyName="backups")
    before = emulator.key_ids_on_targets(lab)
    ended = emulator.run_keyturn(account, lab, tmp_path, "rotate")
    assert ended.returncode != 0, ended.stdout
    assert emulator.key_ids_on_targets(lab) == before
    assert account.keys()[old_key] == "Active" and account.staged()["AWSCURRENT"] == old_key


def test_a_secret_that_is_to_be_deleted(world, tmp_path):
    account, lab, old_key = world
    account.client("secretsmanager").delete_secret(SecretId=SECRET, RecoveryWindowInDays=7)
    ended = emulator.run_keyturn(account, lab, tmp_path, "rotate")
    assert ended.returncode == 2 and "restore-secret" in ended.stderr, ended.stderr
    assert account.keys() == {old_key: "Active"}
