"""A lab whose fleet is reached over Systems Manager only, and what several tests of it need."""

import collections
import concurrent.futures
import time

import rehearsal
from rehearsal import Rehearsal, broken_promises, credentials, current_key, keys, staged

TARGETS = 3
LABS = 3
# A command takes some seconds, so that times are longer than over direct connections.
POLICY = {"deadline": "15s", "orphan_min_age": "16s", "intent_window": "10s", "grace": "16s", "quarantine": "16s"}

Position = collections.namedtuple("Position", "match skip kind")


def toml(targets=TARGETS, fleet=None):
    text = rehearsal.config(fleet or rehearsal.targets(targets))
    lines = [line for line in text.splitlines() if line.split(" = ")[0] not in POLICY]
    at = lines.index("[policy]") + 1
    return "\n".join(lines[:at] + [f'{name} = "{value}"' for name, value in POLICY.items()] + lines[at:])


class SsmRehearsal(Rehearsal):
    def __init__(self, folder, config=None, arguments=()):
        super().__init__(folder, config or toml(), arguments)
        self.config = self.ready["keyturn_config_ssm"]

    def host(self, name):
        return next(host for host in self.ready["hosts"] if host["name"] == name)

    def host_action(self, name, **body):
        status, answer = self.control("POST", f"hosts/{name}", body)
        assert status == 200, answer
        return answer

    def target(self, name):
        return next(target for target in self.facts()["targets"] if target["name"] == name)


def unfinished(facts, old_key):
    """What keeps this from being the state after a rotation: the old key may live on until its time is over."""
    found = broken_promises(facts)
    current = current_key(facts)
    if current == old_key:
        found.append("the key was not turned")
    if staged(facts, "AWSPENDING"):
        found.append("a version is still AWSPENDING")
    if set(keys(facts)) - {current, staged(facts, "AWSPREVIOUS")}:
        found.append(f"a key is left that no stage names: {keys(facts)}")
    for target in facts["targets"]:
        if set(credentials(target).values()) != {current}:
            found.append(f"{target['name']} holds {credentials(target)}, not {current}")
    return found


def finish(lab, old_key, limit_s=120):
    """Run after run, as cron would, until the new key is everywhere; the last run."""
    end = time.monotonic() + limit_s
    while True:
        ended = lab.run("rotate" if lab.current_key() == old_key else "reconcile")
        assert ended.status in (0, 1, 3, 5), ended
        if ended.status == 0 and not unfinished(lab.facts(), old_key):
            return ended
        assert time.monotonic() < end, f"{unfinished(lab.facts(), old_key)}\n{ended}"
        time.sleep(1)


def each(factory, work, cases):
    """`work(lab, case)` for every case, each in a lab of its own, several at a time: what was wrong, by case."""
    def one(case):
        with SsmRehearsal(factory.mktemp("lab")) as lab:
            try:
                return work(lab, case)
            except Exception as problem:  # one case's failure is told beside the others'
                return [f"{type(problem).__name__}: {problem}"]

    with concurrent.futures.ThreadPoolExecutor(LABS) as pool:
        return dict(zip(cases, pool.map(one, cases)))
