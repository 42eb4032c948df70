"""Without each single right in turn: a sentence names it, nothing breaks, and with the right back the key is turned."""

import pytest

import ruled
from ruled import BACKUPS, CONTROLLER, HOST, KMS_KEY, Ruled
from rehearsal import WHOLE_LIFE, broken_promises, keys, unsettled
from ssm_rehearsal import finish, unfinished

# Rights that only changes need; all others are needed before anything is changed.
CHANGES = ["secretsmanager:TagResource", "iam:CreateAccessKey", "secretsmanager:PutSecretValue", "secretsmanager:UntagResource",
           "secretsmanager:UpdateSecretVersionStage", "kms:GenerateDataKey", "iam:DeleteAccessKey"]
# Asked for after the grace, or of hosts that are slow or have much to say.
LATER = ["iam:UpdateAccessKey", "ssm:GetCommandInvocation", "ssm:CancelCommand"]


@pytest.fixture(name="lab", scope="module")
def _lab(tmp_path_factory):
    with Ruled(tmp_path_factory.mktemp("lab")) as running:
        # Keys are deleted at once here, and a backup that runs on one would fail.
        running.backups("stop")
        assert running.run("status").status == 0
        yield running


def says(ended, action, resource=""):
    """The right by name, and on what; AWS names no resource where it speaks of KMS."""
    text = ruled.words(ended)
    found = [] if action in text else [f"{action} is not named"]
    if resource and resource not in text:
        found.append(f"{resource} is not named")
    return [f"{problem}: {ended}" for problem in found]


def held(lab):
    facts = lab.facts()
    return keys(facts), facts["secrets"], [target["credentials"] for target in facts["targets"]]


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
        if action in CHANGES + LATER:
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
