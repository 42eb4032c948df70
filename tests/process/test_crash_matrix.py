"""kill -9 at every call: keyturn is killed while the lab holds one of its calls, and run again until the key's life is over.

The positions come from the record of an undisturbed life: the n-th call of an operation, each killed before it is carried
out (the lab never answers) and, where it changes something, after it (the lab carries it out for a client that is dead).
Backups run all the while. Every change, and every target's login and query, is a position of the everyday run; of the reads
of AWS it takes every eighth. KEYTURN_FULL_MATRIX=1 takes all.
"""

import collections
import concurrent.futures
import os
import queue
import random
import threading

import pytest

import rehearsal
from rehearsal import Rehearsal, bring_to_rest, broken_promises, unsettled

FULL = os.environ.get("KEYTURN_FULL_MATRIX", "") not in ("", "0")
EVERY_NTH_READ = 8
LABS = 4
TARGETS = 3
HOLD_S = 0.3
# A life as it is waited for in one run, deactivation and deletion included.
LIFE = ["--wait", rehearsal.WHOLE_LIFE]
CHANGES = {"secretsmanager:TagResource", "iam:CreateAccessKey", "secretsmanager:PutSecretValue",
           "secretsmanager:UntagResource", "secretsmanager:UpdateSecretVersionStage", "iam:UpdateAccessKey",
           "iam:DeleteAccessKey"}

Position = collections.namedtuple("Position", "match skip after")


def make_lab(folder):
    return Rehearsal(folder, rehearsal.config(rehearsal.targets(TARGETS)))


def calls_of_a_life(lab):
    """How often each operation is called, from `rotate` to the deletion of the old key."""
    before = len(lab.calls())
    ended = lab.run("rotate", *LIFE)
    assert ended.status == 0, ended
    assert unsettled(lab.facts()) == []
    return collections.Counter(f"{call['service']}:{call['operation']}" for call in rehearsal.keyturn_calls(lab, lab.calls()[before:]))


def positions(counts):
    """All, or the sample: see above. Reads of the long waits are as good as one."""
    reads = 0
    for match, count in sorted(counts.items()):
        if match in CHANGES:
            for skip in range(count):
                yield Position(match, skip, after=False)
                yield Position(match, skip, after=True)
            continue
        for skip in range(min(count, 12)):
            reads += 1
            if FULL or match.startswith("tds:") and skip in (0, 2) or reads % EVERY_NTH_READ == 0:
                yield Position(match, skip, after=False)
    for number in range(TARGETS):
        yield Position(f"tds:sql{number + 1:02}:commit", 0, after=False)
        yield Position(f"tds:sql{number + 1:02}:commit", 0, after=True)


class Watch:
    """Looks at the lab over and over: what must hold at every instant is looked at between the calls too."""

    def __init__(self, lab):
        self._lab, self._stop, self.seen = lab, threading.Event(), set()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        # One reply tells of IAM first and of the targets a moment later: what is really so is so in two replies running.
        before = set()
        while not self._stop.wait(0.2):
            now = set(broken_promises(self._lab.facts()))
            self.seen |= now & before
            before = now

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def fault_of(position):
    kind = {"kind": "delay", "delay_s": HOLD_S} if position.after else {"kind": "hang"}
    return {"match": position.match, "skip": position.skip, "count": 1, **kind}


def one_case(lab, position):
    """Kills one run at a position, lets others finish the work; (was the position reached, what was wrong)."""
    old_key = lab.current_key()
    with Watch(lab) as watch:
        reached = lab.kill_at(fault_of(position), "rotate", *LIFE)
        wrong = broken_promises(lab.facts())
        ended = bring_to_rest(lab, old_key)
    wrong += sorted(watch.seen)
    facts = lab.facts()
    wrong += unsettled(facts)
    if rehearsal.current_key(facts) == old_key:
        wrong.append("the key was not turned")
    return reached, wrong and [*wrong, repr(ended)]


class Labs:
    """Several labs at once, since a case mostly waits; one that a case broke is replaced."""

    def __init__(self, factory):
        self._factory, self._free, self._all = factory, queue.Queue(), []
        for _ in range(LABS):
            self._free.put(self._new())

    def _new(self):
        lab = make_lab(self._factory.mktemp("lab"))
        self._all.append(lab)
        return lab

    def _use(self, work, case):
        lab = self._free.get()
        sound = False
        try:
            outcome = work(lab, case)
            sound = not outcome[1]
            return outcome
        except Exception as problem:  # one case's failure is told beside the others'
            return True, [f"{type(problem).__name__}: {problem}"]
        finally:
            self._free.put(lab if sound else self._new())

    def each(self, work, cases):
        with concurrent.futures.ThreadPoolExecutor(LABS) as pool:
            return dict(zip(cases, pool.map(lambda case: self._use(work, case), cases)))

    def stop(self):
        return [lab.stop() for lab in self._all]


@pytest.fixture(scope="module")
def labs(tmp_path_factory):
    made = Labs(tmp_path_factory)
    yield made
    assert set(made.stop()) == {0}


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    with make_lab(tmp_path_factory.mktemp("record")) as lab:
        return calls_of_a_life(lab)


def test_the_record_has_all_calls(counts):
    assert CHANGES <= set(counts)
    assert {f"tds:sql{n + 1:02}:{what}" for n in range(TARGETS) for what in ("login", "query")} <= set(counts)
    assert {"sts:GetCallerIdentity", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"} <= set(counts)


def test_killed_at_every_call(labs, counts):
    outcomes = labs.each(one_case, list(positions(counts)))
    failures = {tuple(position): wrong for position, (_, wrong) in outcomes.items() if wrong}
    assert failures == {}, "\n".join(line for wrong in failures.values() for line in wrong)
    # How often a run looks before something happens is a matter of time; what it changes is not.
    missed = [position for position, (reached, _) in outcomes.items() if not reached]
    assert [position for position in missed if position.match in CHANGES or "commit" in position.match] == []
    assert len(missed) * 5 < len(outcomes), missed
    print(f"{len(outcomes)} positions, {len(missed)} not reached; {'all' if FULL else 'a sample'} of the matrix")


def many_crashes(lab, seed):
    """One run after another is killed, wherever chance has it, before the work is brought to its end."""
    chance = random.Random(seed)
    old_key = lab.current_key()
    places = [*(f"tds:sql{number + 1:02}:{what}" for number in range(TARGETS) for what in ("login", "query", "commit")),
              *CHANGES, "iam:ListAccessKeys", "secretsmanager:GetSecretValue", "sts:GetCallerIdentity"]
    with Watch(lab) as watch:
        for _ in range(12):
            position = Position(chance.choice(places), chance.choice((0, 0, 1, 2)), chance.random() < 0.5)
            command = "rotate" if lab.current_key() == old_key else "reconcile"
            lab.kill_at(fault_of(position), command)
        bring_to_rest(lab, old_key)
    wrong = sorted(watch.seen) + unsettled(lab.facts())
    return True, wrong


def test_crash_upon_crash(labs):
    outcomes = labs.each(many_crashes, list(range(LABS)))
    assert {seed: wrong for seed, (_, wrong) in outcomes.items() if wrong} == {}


def test_a_broken_promise_is_seen(tmp_path):
    """The canary: a key that is made Inactive behind keyturn's back is what the checker must not overlook."""
    boto3 = rehearsal.package("boto3")
    with make_lab(tmp_path) as lab, Watch(lab) as watch:
        old_key = lab.current_key()
        assert broken_promises(lab.facts()) == []
        iam = boto3.client("iam", endpoint_url=lab.url, region_name="us-east-1", aws_access_key_id=lab.operator_key,
                           aws_secret_access_key=lab.env["AWS_SECRET_ACCESS_KEY"])
        iam.update_access_key(UserName=rehearsal.USER, AccessKeyId=old_key, Status="Inactive")
        rehearsal.wait_for(lambda: any("backups failed" in sentence for sentence in watch.seen))
        found = "\n".join(broken_promises(lab.facts()))
        assert f"AWSCURRENT names {old_key}, which is Inactive" in found
        for name, _ in rehearsal.targets(TARGETS):
            assert f"{name}: s3://" in found
