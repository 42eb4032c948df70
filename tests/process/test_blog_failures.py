"""The faults under which the scripts that people copy lose their fleet, over sockets: five servers, the fault, a rerun.

On each of them every server keeps a key that works, at every moment and at the end; the exit status says how things stand.
"""

import pytest

import rehearsal
from rehearsal import Rehearsal, bring_to_rest, broken_promises, current_key, keys, staged, unsettled

NAMES = [name for name, _ in rehearsal.targets(5)]
# What IAM shows late is the crash matrix's matter; here each run can be told its exit status.
TOML = rehearsal.config(rehearsal.targets(5)).replace('list_delay = "200ms"', 'list_delay = "0s"')
DONE, FAILED, INCOMPLETE, BLOCKED, ANOTHER_RUN = 0, 1, 3, 4, 5


@pytest.fixture
def lab(tmp_path):
    with Rehearsal(tmp_path, TOML) as running:
        yield running


def all_keep_working(lab):
    assert broken_promises(lab.facts()) == []
    rehearsal.everybody_backs_up(lab, NAMES)


def comes_to_rest(lab, old_key):
    bring_to_rest(lab, old_key)
    facts = lab.facts()
    assert unsettled(facts) == []
    assert current_key(facts) != old_key
    all_keep_working(lab)


def test_killed_between_creating_and_storing(lab):
    old_key = lab.current_key()
    assert lab.kill_at({"match": "secretsmanager:PutSecretValue", "kind": "hang"}, "rotate")
    assert len(keys(lab.facts())) == 2 and staged(lab.facts(), "AWSPENDING") is None
    all_keep_working(lab)
    again = lab.run("rotate")
    # The stray key may be another run's, which is about to store it: too young to be touched.
    assert again.status == ANOTHER_RUN, again
    all_keep_working(lab)
    comes_to_rest(lab, old_key)


def test_the_reply_of_create_access_key_is_lost(lab):
    old_key = lab.current_key()
    lab.set_faults({"match": "iam:CreateAccessKey", "kind": "reply_lost"})
    first = lab.run("rotate")
    assert first.status in (INCOMPLETE, ANOTHER_RUN), first
    # It was not asked for once more: there is one stray key, not two.
    assert sum(call["operation"] == "CreateAccessKey" for call in lab.calls()) == 1
    assert len(keys(lab.facts())) == 2 and current_key(lab.facts()) == old_key
    all_keep_working(lab)
    comes_to_rest(lab, old_key)


def test_rotate_is_run_twice(lab):
    old_key = lab.current_key()
    assert lab.run("rotate").status == DONE
    new_key = lab.current_key()
    assert new_key != old_key
    all_keep_working(lab)
    twice = lab.run("rotate", "--output", "json")
    assert twice.status == BLOCKED, twice
    assert twice.rotation["blockers"] and old_key in str(twice.rotation["blockers"])
    assert lab.current_key() == new_key and set(keys(lab.facts())) == {old_key, new_key}
    all_keep_working(lab)
    comes_to_rest(lab, old_key)


def test_an_untagged_instance_is_listed_first(lab, tmp_path):
    boto3 = rehearsal.package("boto3")
    ec2 = boto3.client("ec2", endpoint_url=lab.url, region_name="us-east-1", aws_access_key_id=lab.operator_key,
                       aws_secret_access_key=lab.env["AWS_SECRET_ACCESS_KEY"])
    listed = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    assert not listed[0].get("Tags"), listed[0]
    config = rehearsal.write_config(lab, tmp_path / "ec2.toml", fleet='[rotation.fleet]\nvia = "direct"\nec2_tags = { SQL = "2022" }\n')
    old_key = lab.current_key()
    ended = lab.run("rotate", "--output", "json", config=config)
    assert ended.status == DONE, ended
    assert len(ended.rotation["after"]["targets"]) == len(NAMES)
    facts = lab.facts()
    assert {key for target in facts["targets"] for key in rehearsal.credentials(target).values()} == {current_key(facts)}
    assert current_key(facts) != old_key
    all_keep_working(lab)


def test_put_secret_value_is_denied(lab):
    old_key = lab.current_key()
    lab.set_faults({"match": "secretsmanager:PutSecretValue", "kind": "refuse", "count": -1})
    denied = lab.run("rotate")
    assert denied.status == FAILED, denied
    assert "PutSecretValue" in denied.err + denied.out
    # The key that could not be stored is gone, and the secret names the one that lives.
    assert keys(lab.facts()) == {old_key: "Active"} and current_key(lab.facts()) == old_key
    all_keep_working(lab)
    lab.clear_faults()
    comes_to_rest(lab, old_key)


@pytest.mark.parametrize("slowed", ["iam:CreateAccessKey", "secretsmanager:PutSecretValue", "tds:sql01:commit",
                                    "secretsmanager:UpdateSecretVersionStage"])
def test_two_runs_overlap(lab, slowed):
    """Both begin together; a call that one of them makes is held, so that the other comes past."""
    old_key = lab.current_key()
    lab.set_faults({"match": slowed, "kind": "delay", "delay_s": 1.5})
    runs = [lab.start("rotate"), lab.start("rotate")]
    ended = [rehearsal.Ended(run.wait(60), run.stdout.read(), run.stderr.read()) for run in runs]
    for run in runs:
        rehearsal.end(run)
    facts = lab.facts()
    assert broken_promises(facts) == []
    # One advances: there is one new key, and it was promoted once.
    assert {run.status for run in ended} <= {DONE, INCOMPLETE, BLOCKED, ANOTHER_RUN}, ended
    assert len({v["access_key_id"] for v in facts["secrets"][rehearsal.SECRET]} - {old_key}) == 1, ended
    all_keep_working(lab)
    if current_key(facts) == old_key:
        assert DONE not in {run.status for run in ended}, ended
    comes_to_rest(lab, old_key)


def test_one_target_refuses(lab):
    old_key = lab.current_key()
    lab.set_faults({"match": "tds:sql03:commit", "kind": "refuse", "count": -1})
    ended = lab.run("rotate", "--output", "json")
    assert ended.status == INCOMPLETE, ended
    assert [laggard["target"] for laggard in ended.rotation["laggards"]] == ["sql03"]
    facts = lab.facts()
    holds = {target["name"]: set(rehearsal.credentials(target).values()) for target in facts["targets"]}
    assert holds == {name: {old_key if name == "sql03" else current_key(facts)} for name in NAMES}
    assert keys(facts)[old_key] == "Active"
    all_keep_working(lab)
    lab.clear_faults()
    comes_to_rest(lab, old_key)


def test_one_target_is_off_for_two_cycles(lab):
    old_key = lab.current_key()
    assert lab.control("POST", "targets/sql05", {"action": "stop"})[0] == 200
    first = lab.run("rotate", "--output", "json")
    assert first.status == INCOMPLETE, first
    assert [laggard["target"] for laggard in first.rotation["laggards"]] == ["sql05"]
    new_key = lab.current_key()
    assert new_key != old_key
    # Past the grace its key still works: what can't be reached keeps the key that it holds.
    assert lab.run("reconcile", "--wait", "10s").status == INCOMPLETE
    second = lab.run("rotate", "--output", "json")
    assert second.status == BLOCKED, second
    assert "sql05" in str(second.rotation["blockers"]) + str(second.rotation["laggards"])
    assert keys(lab.facts()) == {old_key: "Active", new_key: "Active"}
    assert broken_promises(lab.facts()) == []
    assert lab.control("POST", "targets/sql05", {"action": "start"})[0] == 200
    all_keep_working(lab)
    comes_to_rest(lab, old_key)
