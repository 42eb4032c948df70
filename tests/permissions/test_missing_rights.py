"""Without each single right in turn: a sentence names it, nothing breaks, and with the right back the key is turned."""

import time

import pytest

import ruled
from ruled import BACKUPS, CONTROLLER, HOST, KMS_KEY, Ruled
from rehearsal import WHOLE_LIFE, broken_promises, keys, unsettled
from ssm_rehearsal import finish, unfinished

# Rights that only changes need; all others are needed before anything is changed.
CHANGES = ["secretsmanager:TagResource", "iam:CreateAccessKey", "secretsmanager:PutSecretValue",
           "secretsmanager:UpdateSecretVersionStage", "kms:GenerateDataKey", "iam:DeleteAccessKey"]
# Asked for when an intent is old, after the grace, or of hosts that are slow or have much to say.
LATER = ["secretsmanager:UntagResource", "iam:UpdateAccessKey", "ssm:GetCommandInvocation", "ssm:CancelCommand"]
OLD_S = 16  # older than orphan_min_age and than the grace (ruled.POLICY)


@pytest.fixture(name="lab", scope="module")
def _lab(tmp_path_factory):
    with Ruled(tmp_path_factory.mktemp("lab")) as running:
        yield ready(running)


def ready(lab):
    # Keys are deleted at once here, and a backup that runs on one would fail.
    lab.backups("stop")
    assert lab.run("status").status == 0
    return lab


def says(ended, action, resource=""):
    """The right by name, and on what; AWS names no resource where it speaks of KMS."""
    text = ruled.words(ended)
    found = [] if action in text else [f"{action} is not named"]
    if resource and resource not in text:
        found.append(f"{resource} is not named")
    return [f"{problem}: {ended}" for problem in found]


def held(lab):
    facts = lab.facts()
    return keys(facts), facts["secrets"]["sqlcredential"], [target["credentials"] for target in facts["targets"]]


def problems_without(lab, identity, sid, action, *arguments, resource=""):
    """One run without the right; what was wrong with it."""
    lab.take_away(identity, sid, action)
    ended = lab.run(*arguments)
    lab.give_back(identity)
    found = says(ended, action, resource) + broken_promises(lab.facts())
    if ended.status == 0:
        found.append(f"the run ended well without {action}: {ended}")
    return found


def test_what_is_needed_before_a_change(lab):
    before, wrong = held(lab), {}
    for sid, action in ruled.rights_of(lab.policies[CONTROLLER]):
        if action in CHANGES + LATER or sid == "TurnThePassword":
            continue
        found = problems_without(lab, CONTROLLER, sid, action, "rotate")
        if held(lab) != before:
            found.append("something was changed")
        if found:
            wrong[sid, action] = found
    assert wrong == {}


@pytest.mark.parametrize("action", CHANGES)
def test_what_a_change_needs(lab, action):
    sid = next(sid for sid, each in ruled.rights_of(lab.policies[CONTROLLER]) if each == action)
    old_key = lab.current_key()
    assert problems_without(lab, CONTROLLER, sid, action, "rotate", "--compromised") == []
    ended = finish(lab, old_key)
    assert ended.status == 0 and unfinished(lab.facts(), old_key) == []
    cleared = lab.run("rotate", "--compromised")
    assert cleared.status == 0 and unsettled(lab.facts()) == [], cleared


def test_what_is_needed_once_things_are_old(lab):
    """An intent that could not be closed is closed by a later run, and a key is retired after its grace."""
    controller = {action: sid for sid, action in ruled.rights_of(lab.policies[CONTROLLER])}
    late = ruled.without(lab.policies[CONTROLLER], controller["iam:UpdateAccessKey"], "iam:UpdateAccessKey")
    lab.rule(CONTROLLER, ruled.without(late, controller["secretsmanager:UntagResource"], "secretsmanager:UntagResource"))
    assert lab.run("rotate").status == 0
    time.sleep(OLD_S)
    first = lab.run("reconcile")
    lab.rule(CONTROLLER, late)
    assert lab.run("reconcile").status == 0
    time.sleep(OLD_S)  # the closing changed the secret, and so the grace began anew
    second = lab.run("reconcile")
    lab.give_back(CONTROLLER)
    assert (first.status, second.status) == (1, 1), f"{first}\n{second}"
    assert says(first, "secretsmanager:UntagResource") + says(second, "iam:UpdateAccessKey") == []
    ended = lab.run("reconcile", "--wait", WHOLE_LIFE)
    assert ended.status == 0 and unsettled(lab.facts()) == [], ended


def test_what_the_report_of_a_full_host_needs(lab):
    assert problems_without(lab, CONTROLLER, "FollowCommands", "ssm:GetCommandInvocation", "status") == []


def test_what_a_host_that_does_not_answer_needs(lab):
    lab.host_action("SQL01", action="slow", delay_s=30)
    try:
        assert problems_without(lab, CONTROLLER, "FollowCommands", "ssm:CancelCommand", "status") == []
    finally:
        lab.host_action("SQL01", action="slow", delay_s=0)


@pytest.mark.parametrize("action", ["secretsmanager:GetSecretValue", "kms:Decrypt"])
def test_what_hosts_need(lab, action):
    before = held(lab)
    sid = next(sid for sid, each in ruled.rights_of(lab.policies[HOST]) if each == action)
    assert problems_without(lab, HOST, sid, action, "rotate") == []
    assert held(lab) == before


def test_what_hosts_do_without(lab):
    """They read the values of both stages instead."""
    lab.take_away(HOST, "SeeTheStages", "secretsmanager:DescribeSecret")
    ended = lab.run("rotate", "--compromised")
    lab.give_back(HOST)
    assert ended.status == 0 and unsettled(lab.facts()) == [], ended


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:PutObject"])
def test_what_the_backup_user_needs(lab, action):
    """A key that can't do its work is abandoned, and every server keeps the one that it has."""
    old_key = lab.current_key()
    sid = next(sid for sid, each in ruled.rights_of(lab.policies[BACKUPS]) if each == action)
    assert problems_without(lab, BACKUPS, sid, action, "rotate") == []
    assert lab.current_key() == old_key
    ended = lab.run("reconcile", "--wait", WHOLE_LIFE)
    assert ended.status == 0 and unsettled(lab.facts()) == [], ended


def test_what_a_proof_that_stays_needs(lab):
    lab.take_away(BACKUPS, "RemoveProofs", "s3:DeleteObject")
    ended = lab.run("rotate", "--compromised")
    lab.give_back(BACKUPS)
    assert ended.status == 0 and says(ended, "s3:DeleteObject") == []


def test_what_the_password_of_the_login_needs(tmp_path):
    """The key is turned all the same, and every server lets keyturn in. In a lab of its own: a password rests for an hour."""
    wrong = {}
    with Ruled(tmp_path) as running:
        lab = ready(running)
        for sid, action in ruled.rights_of(lab.policies[CONTROLLER]):
            if sid == "TurnThePassword":
                found = problems_without(lab, CONTROLLER, sid, action, "rotate", "--compromised", resource=":secret:sqlpass")
                if found:
                    wrong[action] = found
        assert wrong == {}
        ended = lab.run("rotate", "--compromised")
        assert ended.status == 0 and unsettled(lab.facts()) == [], ended
