"""The real keyturn against a real keyturn-lab: starts them, kills them at a call, and holds the lab's truth against the promises."""

import json
import pathlib
import subprocess
import time
import tomllib

from cli import program
from interop.lab import Lab
from support import package  # noqa: F401, for the tests

USER = "sql-backups-user"
SECRET = "sqlcredential"
LOGIN = "cred-rotation-user"

# Times as short as the slowest run under sanitizers allows: a key's whole life in about twenty seconds.
CONFIG = """
[aws]
list_delay = "200ms"
usable_delay = "300ms"
status_delay = "100ms"
[backups]
interval = "250ms"
duration = "150ms"
[policy]
deadline = "6s"
orphan_min_age = "7s"
intent_window = "5s"
grace = "7s"
longest_backup = "3s"
quarantine = "7s"
propagation = "4s"
patience = "60s"
max_age = "3650d"
max_errors_percent = 40
"""
# A run that waits looks on: long enough for an orphan's age, the grace and the quarantine, one after the other.
WHOLE_LIFE = "60s"


def config(targets, more=""):
    """A lab's TOML: the first part is that of CONFIG, which `more` may extend (it comes before the targets)."""
    return CONFIG + more + "".join(f'[[target]]\nname = "{name}"\n{extra}\n' for name, extra in targets)


def targets(count):
    return [(f"sql{number + 1:02}", "") for number in range(count)]


class Rehearsal(Lab):
    """A lab, the folder that is its keyturn's home, and the questions that tests ask."""

    def __init__(self, folder, toml, arguments=()):
        folder.mkdir(parents=True, exist_ok=True)
        self.home = folder
        self.process = None
        super().__init__(*arguments, config=toml, folder=folder)
        self.config = pathlib.Path(self.ready["keyturn_config"])
        self.operator_key = self.env["AWS_ACCESS_KEY_ID"]

    def environment(self, **more):
        return program.environment(self.home, **self.env) | more

    def arguments(self, *arguments, config=None):
        return [program.keyturn(), *arguments, "--config", str(config or self.config)]

    def start(self, *arguments, config=None, env=None, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen(self.arguments(*arguments, config=config), env=env or self.environment(),
                                stdin=subprocess.DEVNULL, text=True, **options)

    def run(self, *arguments, config=None, env=None, timeout=120, **options):
        """One run to its end, with the document that it wrote where it was asked for JSON (else None)."""
        process = self.start(*arguments, config=config, env=env, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            end(process)
        return Ended(process.returncode, out, err)

    def set_faults(self, *faults):
        status, answer = self.control("POST", "faults", list(faults))
        assert status == 200, answer

    def clear_faults(self):
        self.control("DELETE", "faults")

    def faults_left(self):
        return self.control("GET", "faults")[1]

    def calls(self, count=None):
        status, state = self.control("GET", f"state?calls={count}" if count is not None else "state")
        assert status == 200
        return state["calls"]

    def facts(self):
        """The state without its record of calls, which grows."""
        status, state = self.control("GET", "state?calls=0")
        assert status == 200
        return state

    def backups(self, action):
        assert self.control("POST", "backups", {"action": action})[0] == 200

    def current_key(self):
        return current_key(self.facts())

    def kill_at(self, fault, *arguments):
        """Runs keyturn until the lab meets `fault`, and kills it there with SIGKILL; False where it ended without meeting it."""
        self.set_faults(fault)
        process = self.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while self.faults_left():
                if process.poll() is not None:
                    return bool(not self.faults_left())
                time.sleep(0.01)
            return True
        finally:
            end(process)
            self.clear_faults()
            # What was delayed is carried out though nobody waits for it any more.
            time.sleep(fault.get("delay_s", 0))


class Ended:
    """What a run left behind."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def document(self):
        return json.loads(self.out)

    @property
    def rotation(self):
        return self.document["rotations"][0]

    def __repr__(self):
        return f"exit status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def end(process):
    """Ends a child that a test started, if it runs still."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def keys(facts):
    return {key["access_key_id"]: key["status"] for key in facts["iam"][USER]}


def staged(facts, stage):
    """The key id of the version that has a stage, None where there is no such version."""
    return next((v["access_key_id"] for v in facts["secrets"][SECRET] if stage in v["stages"]), None)


def current_key(facts):
    return staged(facts, "AWSCURRENT")


def credentials(target):
    """Names of a target's S3 credentials (not of keyturn's markers) with their key ids."""
    return {c["name"]: c["access_key_id"] for c in target["credentials"] if c["name"].startswith("s3://")}


def broken_promises(facts):
    """What must hold at every instant, and does not; design: docs/protocol.md, invariants."""
    found = []
    status = keys(facts)
    if len(status) > 2:
        found.append(f"the user has {len(status)} keys")
    if status.get(current_key(facts)) != "Active":
        found.append(f"AWSCURRENT names {current_key(facts)}, which is {status.get(current_key(facts))}")
    for target in facts["targets"]:
        for name, key in credentials(target).items():
            if status.get(key) != "Active":
                found.append(f"{target['name']}: {name} holds {key}, which is {status.get(key)}")
        if target["backups"]["failed"]:
            found.append(f"{target['name']}: {target['backups']['failed']} backups failed: {target['backups']['last_error']}")
    return found


def unsettled(facts):
    """What is left to do after the last run of a key's life."""
    found = broken_promises(facts)
    current = current_key(facts)
    if list(keys(facts)) != [current]:
        found.append(f"the user's keys are {keys(facts)}, AWSCURRENT names {current}")
    if staged(facts, "AWSPENDING"):
        found.append("a version is still AWSPENDING")
    for target in facts["targets"]:
        if set(credentials(target).values()) != {current}:
            found.append(f"{target['name']} holds {credentials(target)}, not {current}")
    return found


def bring_to_rest(lab, old_key, runs=4):
    """Runs keyturn until the rotation that began with `old_key` has reached the end of the old key's life.

    One run does it, as a rule; a key that IAM does not list yet, or a deadline on a slow machine, may cost another.
    """
    for _ in range(runs):
        ended = lab.run("rotate" if lab.current_key() == old_key else "reconcile", "--wait", WHOLE_LIFE)
        if ended.status == 0:
            return ended
        assert ended.status in (1, 3, 5), ended
        time.sleep(1)
    raise AssertionError(f"{runs} runs were not enough: {ended}")


def keyturn_calls(lab, calls):
    """Of the record, what keyturn did: not the backups, which sign with a key of the user and log in as somebody else."""
    own = {"iam", "sts", "secretsmanager", "ec2"}
    return [c for c in calls if c["by"] in (lab.operator_key, LOGIN) or c["service"] in own]



def wait_for(condition, seconds=30, pause=0.05):
    """Until a condition holds; fails when it does not in time."""
    end_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end_at, "the condition never held"
        time.sleep(pause)


def everybody_backs_up(lab, names):
    """Every target begins and ends a backup from now on, and none has ever failed."""
    def succeeded():
        return {t["name"]: t["backups"]["succeeded"] for t in lab.facts()["targets"] if t["name"] in names}

    before = succeeded()
    # The next but one has begun after now.
    wait_for(lambda: all(count >= before[name] + 2 for name, count in succeeded().items()))
    assert broken_promises(lab.facts()) == []


def write_config(lab, file, fleet=None, change=lambda config: None):
    """Like the lab's configuration for keyturn, with another fleet (TOML) or after `change` of it."""
    made = tomllib.loads(lab.config.read_text())
    rotation = made["rotation"][0]
    change(made)
    text = "".join(f"[{table}]\n" + _settings(made[table]) for table in ("aws", "sql"))
    plain = {key: value for key, value in rotation.items() if not isinstance(value, dict) and key != "target"}
    text += "[[rotation]]\n" + _settings(plain) + "[rotation.policy]\n" + _settings(rotation["policy"])
    listed = rotation["target"] if fleet is None else []
    text += (fleet or "") + "".join("[[rotation.target]]\n" + _settings(target) for target in listed)
    file.write_text(text)
    return file


def _settings(table):
    """Texts, numbers and lists of texts are the same in JSON and in TOML."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
