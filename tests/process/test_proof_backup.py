"""Proof backups on the lab: the real keyturn, over direct connections and over Systems Manager.

The canary's engine backs up with the new key before any other server gets it; one that can't puts everything back.
"""

import pathlib

import pytest

import rehearsal
from rehearsal import Rehearsal, broken_promises, credentials, keys, package, staged, unsettled
from ssm_rehearsal import SsmRehearsal, toml

boto3 = package("boto3")

BUCKET = "sql-backups-2022"
ROTATES = 'permissions = ["ALTER ANY CREDENTIAL", "VIEW SERVER STATE"]'
BACKS_UP = 'permissions = ["ALTER ANY CREDENTIAL", "VIEW SERVER STATE", "BACKUP DATABASE"]'
WAYS = {"direct": (Rehearsal, rehearsal.config), "ssm": (SsmRehearsal, lambda fleet: toml(fleet=fleet))}


def start(way, folder, proof, rights):
    make, config = WAYS[way]
    lab = make(folder, config([(f"sql{number + 1:02}", right) for number, right in enumerate(rights)]))
    set_proof(lab, proof)
    return lab


def set_proof(lab, proof):
    """Of the next runs."""
    lines = pathlib.Path(lab.config).read_text().splitlines()
    at = lines.index("[[rotation]]") + 1
    file = lab.home / "proof.toml"
    file.write_text("\n".join([*lines[:at], f'proof_backup = "{proof}"', *lines[at:], ""]))
    lab.config = file


def held(lab):
    return {key for target in lab.facts()["targets"] for key in credentials(target).values()}


def proof_objects(lab):
    """What lies in the bucket, as the backup user sees it."""
    def client(service, key, secret):
        return boto3.client(service, endpoint_url=lab.url, region_name="us-east-1", aws_access_key_id=key,
                            aws_secret_access_key=secret)

    operator = client("secretsmanager", lab.operator_key, lab.env["AWS_SECRET_ACCESS_KEY"])
    key, secret = operator.get_secret_value(SecretId="sqlcredential")["SecretString"].split(":")
    listed = client("s3", key, secret).list_objects_v2(Bucket=BUCKET)
    return [each["Key"] for each in listed.get("Contents", []) if "keyturn-proof/" in each["Key"]]


def proofs(lab):
    return [call for call in lab.calls() if call["service"] == "s3" and call["operation"] == "DeleteObject"]


@pytest.mark.parametrize("way", WAYS)
def test_a_canary_whose_engine_cannot_back_up_puts_everything_back(way, tmp_path):
    with start(way, tmp_path, "canary", [ROTATES, BACKS_UP, BACKS_UP]) as lab:
        old_key = lab.current_key()
        refused = lab.run("rotate", "--output", "json")
        assert refused.status == 1, refused
        assert "BACKUP DATABASE permission denied" in refused.rotation["reason"]
        assert "ALTER ROLE db_backupoperator ADD MEMBER" in refused.rotation["reason"]
        actions = [step["action"] for step in refused.rotation["steps"]]
        new = [action for action in actions[actions.index("create"):] if action != "prove"]
        assert new == ["create", "distribute", "drop_pending", "repair"], "one canary, the label, the canary back"
        facts = lab.facts()
        assert broken_promises(facts) == []
        assert held(lab) == {old_key} == {lab.current_key()} and staged(facts, "AWSPENDING") is None
        assert len(keys(facts)) == 2, "the new key goes when its quiet time is over"
        if way == "direct":  # what follows is the same over both
            ended = lab.run("reconcile", "--wait", rehearsal.WHOLE_LIFE)
            assert ended.status == 0, ended
            assert unsettled(lab.facts()) == [] and lab.current_key() == old_key


@pytest.mark.parametrize("way", WAYS)
def test_every_server_proves_the_key_and_nothing_is_left_of_it(way, tmp_path):
    with start(way, tmp_path, "all", [BACKS_UP] * 3) as lab:
        old_key = lab.current_key()
        turned = lab.run("rotate", "--output", "json")
        assert turned.status == 0, turned
        assert held(lab) == {lab.current_key()} != {old_key}
        assert len(proofs(lab)) == 3 and proof_objects(lab) == []
        assert broken_promises(lab.facts()) == []


def test_an_object_that_cannot_be_removed_is_a_warning(tmp_path):
    with start("direct", tmp_path, "canary", [BACKS_UP, ROTATES]) as lab:
        lab.set_faults({"match": "s3:DeleteObject", "kind": "refuse", "count": -1})
        turned = lab.run("rotate", "--output", "json")
        assert turned.status == 0, turned
        assert len(proof_objects(lab)) == 1
        warnings = [w for target in turned.rotation["after"]["targets"] for w in target.get("warnings", [])]
        assert len(warnings) == 1 and "s3:DeleteObject on */keyturn-proof/*" in warnings[0], turned
