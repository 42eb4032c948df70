"""A key's whole life with exactly the rights that `keyturn render policy` prints: all of them are used, and no other is asked for."""

import pytest

import ruled
from ruled import BACKUPS, CONTROLLER, FUNCTIONS, HOST, NEEDLESS, REGION, Ruled
from rehearsal import WHOLE_LIFE, everybody_backs_up, unsettled
from ssm_rehearsal import unfinished

NAMES = [name for name, _ in ruled.FLEET]


@pytest.fixture(name="lab", scope="module")
def _lab(tmp_path_factory):
    with Ruled(tmp_path_factory.mktemp("lab")) as running:
        yield running


def refused(lab):
    return {name for name, allowed in lab.asked().items() if not allowed}


def test_over_systems_manager(lab):
    for arguments in (["rotate"], ["reconcile", "--wait", WHOLE_LIFE], ["status"]):
        ended = lab.run(*arguments)
        assert ended.status == 0, ended
    assert unsettled(lab.facts()) == []
    everybody_backs_up(lab, NAMES)
    # A host that does not answer in time: the command for it is taken back.
    lab.host_action("SQL01", action="slow", delay_s=30)
    assert lab.run("status").status == 3
    lab.host_action("SQL01", action="slow", delay_s=0)
    assert refused(lab) == NEEDLESS & set(lab.asked())


def test_every_right_was_used(lab):
    """After the test before; else a right would be granted that nobody needs."""
    asked = lab.asked()
    assert len(asked) > 20
    for identity in (CONTROLLER, HOST, BACKUPS):
        policy = lab.policies[identity]
        assert lab.unused(identity, policy) == [], "granted, and never used"
        granted = {(identity, action) for _, action in ruled.rights_of(policy)}
        assert {name for name in asked if name[0] == identity} - granted <= NEEDLESS, "used, and not granted"


def test_a_right_too_many_would_be_found(lab):
    policy = lab.policies[HOST]
    policy["Statement"].append({"Sid": "Planted", "Effect": "Allow", "Action": "secretsmanager:PutSecretValue", "Resource": "*"})
    try:
        with pytest.raises(AssertionError, match="never used"):
            test_every_right_was_used(lab)
    finally:
        policy["Statement"].pop()


def test_directly(lab):
    lab.rule(CONTROLLER, lab.policy("controller", "direct"))
    before = lab.current_key()
    ended = lab.run("rotate", config=lab.ways["direct"])
    assert ended.status == 0, ended
    assert unfinished(lab.facts(), before) == []
    rolled_back = lab.run("rollback", config=lab.ways["direct"])
    assert rolled_back.status == 0, rolled_back
    assert refused(lab) == NEEDLESS & set(lab.asked())
    lab.give_back(CONTROLLER)


def test_in_lambda(lab):
    error, answer = lab.function("keyturn-reconcile", {"task": "reconcile"})
    assert error is None, answer
    assert any(name[0] == FUNCTIONS for name in lab.asked())
    assert refused(lab) == NEEDLESS & set(lab.asked())


def test_another_region_is_not_covered(lab):
    """The conditions: what has no resource is for one region, and the KMS key for the Secrets Manager of that one."""
    policy = lab.policies[CONTROLLER]
    assert all(statement["Condition"]["StringEquals"]["aws:RequestedRegion"] == REGION for statement in policy["Statement"]
               if statement["Resource"] == "*")
    ended = lab.run("status", "--region", "eu-west-1")
    assert ended.status == 1 and "Grant kms:Decrypt on the KMS key" in ruled.words(ended), ended
