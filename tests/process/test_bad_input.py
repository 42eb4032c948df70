"""Wrong input against a world that works: a sentence that says what and what next, the exit status, and nothing changed.

What AWS says of expired credentials, which the lab does not have, is told to keyturn in tests/cli.
"""

import os
import re
import signal
import socket
import subprocess

import pytest

import rehearsal
from rehearsal import Rehearsal, broken_promises, package, write_config

boto3 = package("boto3")

DONE, FAILED, BAD_USAGE, INCOMPLETE, BLOCKED = 0, 1, 2, 3, 4
URL = "s3://sql-backups-2022.s3.us-east-1.amazonaws.com/backups"
CHANGES = {"CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey", "PutSecretValue", "UpdateSecretVersionStage"}
TOML = (rehearsal.config([*rehearsal.targets(3), ("noperm", "permissions = []\nbackups = false\n"),
                          ("old", 'product_version = "15.0.4430.1"\ncredentials = []\nbackups = false\n')])
        .replace('list_delay = "200ms"', 'list_delay = "0s"'))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    with Rehearsal(folder, TOML) as running:
        # From here on there is nothing left to do that a run could do besides.
        assert running.run("reconcile", config=configured(running, folder)).status == DONE
        yield running


def secrets_of(lab):
    return boto3.client("secretsmanager", endpoint_url=lab.url, region_name="us-east-1", aws_access_key_id=lab.operator_key,
                        aws_secret_access_key=lab.env["AWS_SECRET_ACCESS_KEY"])


def essence(lab):
    """What must not change: keys, stages, credentials and when they were altered; the record of what changed anything."""
    facts = lab.facts()
    changes = [call for call in lab.calls() if call["operation"] in CHANGES and call["outcome"] == "ok"]
    credentials = {target["name"]: target["credentials"] for target in facts["targets"]}
    return rehearsal.keys(facts), facts["secrets"][rehearsal.SECRET], credentials, changes


def configured(lab, tmp_path, only=("sql01", "sql02", "sql03"), target=None, sql=None, **rotation):
    """The lab's configuration with a part of its fleet and some settings changed."""
    def change(made):
        made["sql"] |= sql or {}
        of_it = made["rotation"][0]
        of_it |= rotation
        of_it["target"] = [t for t in of_it["target"] if t["name"] in only] + ([target] if target else [])

    return write_config(lab, tmp_path / "keyturn.toml", change=change)


def refused(lab, config, status, *said, command="rotate", env=None, arguments=()):
    before = essence(lab)
    ended = lab.run(command, *arguments, config=config, env=env)
    assert ended.status == status, ended
    everything = ended.out + ended.err
    for part in said:
        assert re.search(part, everything), f"{part!r} is not said: {ended}"
    assert essence(lab) == before
    assert broken_promises(lab.facts()) == []
    return ended


@pytest.mark.parametrize("setting", ["iam_user_secret", "credential_secret", "sql_user_secret", "sql_password_secret",
                                     "bucket_url_secret"])
def test_a_secret_is_missing(lab, tmp_path, setting):
    config = configured(lab, tmp_path, **{setting: "nowhere/none"})
    refused(lab, config, BAD_USAGE, 'no secret "nowhere/none" in us-east-1', "create-secret .*--name nowhere/none")


@pytest.mark.parametrize("value", ["AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE:sec:ret", "{live}:sec:ret", "{live}:sec'ret]"])
def test_a_secret_that_holds_no_key_or_a_broken_one(tmp_path, value):
    """No target is given it, and every target's key goes on working; a rotation then puts things right."""
    with Rehearsal(tmp_path / "lab", TOML) as lab:
        old_key = lab.current_key()
        value = value.format(live=old_key)
        secrets_of(lab).put_secret_value(SecretId=rehearsal.SECRET, SecretString=value)
        before = essence(lab)
        broken = lab.run("reconcile", config=configured(lab, tmp_path))
        if ":" in value:
            assert broken.status == BLOCKED, broken
            assert f"AWSCURRENT holds {value.partition(':')[0]}, but AWS refuses it" in broken.out
            assert "keyturn rotate" in broken.out and "sec" + value[-4:] not in broken.out + broken.err
        else:  # put there by mistake, and not keyturn's to replace
            assert broken.status == BAD_USAGE, broken
            assert "<id>:<secret>" in broken.out + broken.err
        assert essence(lab) == before
        if ":" not in value:
            return
        assert lab.run("rotate", config=configured(lab, tmp_path)).status == DONE
        facts = lab.facts()
        assert rehearsal.keys(facts)[old_key] == "Active"
        new_key = rehearsal.current_key(facts)
        assert new_key not in (None, old_key) and broken_promises(facts) == []
        holds = {target["name"]: list(rehearsal.credentials(target).values()) for target in facts["targets"]}
        assert [holds[name] for name in ("sql01", "sql02", "sql03")] == [[new_key]] * 3


@pytest.mark.parametrize("url, status, said", [
    (URL + "/a]b", BAD_USAGE, r"\]"),
    (URL + "/a'b", BAD_USAGE, "'"),
    (URL + "/" + "x" * 200, BAD_USAGE, "128"),
    ("https://sql-backups-2022.s3.us-east-1.amazonaws.com/x", BAD_USAGE, "s3://"),
    # What only S3 can tell is asked before the key is tried there.
    (URL.replace("us-east-1", "eu-west-1"), BAD_USAGE, "us-east-1.*eu-west-1|eu-west-1.*us-east-1"),
    (URL.replace("sql-backups-2022", "no-such-bucket"), BAD_USAGE, "no-such-bucket"),
])
def test_a_bucket_url_is_wrong(lab, tmp_path, url, status, said):
    refused(lab, configured(lab, tmp_path, bucket_urls=[url]), status, said)


def test_aws_credentials_are_wrong(lab, tmp_path):
    config = configured(lab, tmp_path)
    wrong = lab.environment(AWS_SECRET_ACCESS_KEY="wrong")
    refused(lab, config, FAILED, "signature|secret access key", env=wrong)
    unknown = lab.environment(AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")
    refused(lab, config, FAILED, "AKIAIOSFODNN7EXAMPLE|security token|credentials", env=unknown)


def test_no_network(lab, tmp_path):
    refused(lab, configured(lab, tmp_path), FAILED, "127.0.0.1:1", "network|reach", env=lab.environment(AWS_ENDPOINT_URL="http://127.0.0.1:1"))


def test_an_empty_configuration_of_aws_is_none(lab, tmp_path):
    """`AWS_CONFIG_FILE=/dev/null` is how people say that no profile is to count."""
    env = lab.environment(AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    refused(lab, configured(lab, tmp_path), DONE, command="plan", arguments=["reconcile"], env=env)


def test_no_target_is_found(lab, tmp_path):
    config = write_config(lab, tmp_path / "none.toml", fleet='[rotation.fleet]\nec2_tags = { SQL = "none" }\n')
    refused(lab, config, BAD_USAGE, "no EC2 instance in us-east-1 has the tag SQL=none", "ec2_tags")


def test_a_target_that_is_no_sql_server(lab, tmp_path):
    http = {"name": "web", "host": "127.0.0.1", "port": int(lab.url.rpartition(":")[2])}
    config = configured(lab, tmp_path, only=(), target=http, sql={"login_timeout": "2s"})
    refused(lab, config, INCOMPLETE, "web", "SQL Server", "nothing was changed")


def test_a_target_that_says_nothing(lab, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = {"name": "mute", "host": "127.0.0.1", "port": silent.getsockname()[1]}
        config = configured(lab, tmp_path, only=(), target=target, sql={"login_timeout": "2s"})
        refused(lab, config, INCOMPLETE, "mute", "nothing was changed")


def test_a_target_that_is_not_there(lab, tmp_path):
    target = {"name": "gone", "host": "127.0.0.1", "port": 1}
    refused(lab, configured(lab, tmp_path, only=(), target=target), INCOMPLETE, "gone", "127.0.0.1|refused|reached", "nothing was changed")


def test_the_sql_password_is_wrong(lab, tmp_path):
    secrets_of(lab).create_secret(Name="wrong-password", SecretString="not-the-password")
    config = configured(lab, tmp_path, sql_password_secret="wrong-password")
    ended = refused(lab, config, INCOMPLETE, "cred-rotation-user", "nothing was changed")
    assert "not-the-password" not in ended.out + ended.err


def test_a_permission_of_sql_server_is_missing(lab, tmp_path):
    refused(lab, configured(lab, tmp_path, only=("noperm",)), INCOMPLETE, "noperm", "ALTER ANY CREDENTIAL")


def test_a_server_is_too_old(lab, tmp_path):
    refused(lab, configured(lab, tmp_path, only=("old",)), INCOMPLETE, "2022")


@pytest.mark.parametrize("call", ["iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:CreateAccessKey",
                                  "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue",
                                  "secretsmanager:ListSecretVersionIds", "secretsmanager:TagResource", "secretsmanager:PutSecretValue"])
def test_a_permission_of_aws_is_missing(lab, tmp_path, call):
    lab.set_faults({"match": call, "kind": "refuse", "count": -1})
    try:
        before = essence(lab)[:3]
        ended = lab.run("rotate", config=configured(lab, tmp_path))
        assert ended.status == FAILED, ended
        assert call.split(":")[1] in ended.out + ended.err
        # A key that could not be stored was deleted again.
        assert essence(lab)[:3] == before
    finally:
        lab.clear_faults()
    assert broken_promises(lab.facts()) == []


def test_the_disk_is_full_for_the_log(lab, tmp_path):
    refused(lab, configured(lab, tmp_path), DONE, "/dev/full can't be written", "No space left", command="status",
            arguments=["--log-file", "/dev/full"])


@pytest.mark.parametrize("command", ["status", "plan"])
def test_stdout_is_closed(lab, tmp_path, command):
    read_end, write_end = os.pipe()
    os.close(read_end)
    before = essence(lab)
    try:
        process = lab.start(command, config=configured(lab, tmp_path), stdout=write_end)
        _, err = process.communicate(timeout=60)
    finally:
        os.close(write_end)
    assert process.returncode == FAILED, err
    assert "could not be written to stdout: Broken pipe" in err and "keyturn status" in err
    assert essence(lab) == before


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_mid_wave(tmp_path, signal_number):
    """No new work is begun, what is in flight ends, and it says how to go on."""
    with Rehearsal(tmp_path / "lab", rehearsal.config(rehearsal.targets(3)).replace('list_delay = "200ms"', 'list_delay = "0s"')) as lab:
        old_key = lab.current_key()
        # The first commit brings a target under the current key's marker, the second one the new key.
        lab.set_faults({"match": "tds:sql02:commit", "kind": "delay", "delay_s": 1.5, "skip": 1})
        process = lab.start("rotate")
        try:
            rehearsal.wait_for(lambda: lab.faults_left() == [], seconds=60)
            process.send_signal(signal_number)
            out, err = process.communicate(timeout=60)
        finally:
            rehearsal.end(process)
        assert process.returncode == INCOMPLETE, out + err
        assert "Stopped as asked" in out and "keyturn rotate" in out
        facts = lab.facts()
        new_key = rehearsal.staged(facts, "AWSPENDING")
        holds = {target["name"]: set(rehearsal.credentials(target).values()) for target in facts["targets"]}
        assert holds == {"sql01": {new_key}, "sql02": {new_key}, "sql03": {old_key}}
        assert rehearsal.current_key(facts) == old_key and broken_promises(facts) == []
        rehearsal.bring_to_rest(lab, old_key)
        assert rehearsal.unsettled(lab.facts()) == [] and lab.current_key() == new_key
