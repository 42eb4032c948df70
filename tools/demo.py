#!/usr/bin/env python3
"""Turns the key of a lab fleet while every server is backing up, and reads from the lab's own truth what came of it.

The blog's own topology: a schedule starts an Automation, which calls two Lambda functions, which have Systems Manager run
keyturn on every host. With --direct, keyturn connects to the servers itself.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
WINE = pathlib.Path("/usr/lib/wine/wine64")
WINDOWS_KEYTURN = ROOT / "build/windows/src/cli/keyturn.exe"
SCHEDULE = "SQL-Credentials-Rotation"
INSTANCE_RULE = "SQL-Credentials-InstanceStarted"

USE_COLOR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def say(text=""):
    print(f"\033[1m{text}\033[0m" if USE_COLOR and text else text, flush=True)


def windows_options():
    """So that one of the lab's hosts is a Windows, with keyturn.exe under Wine, where both are there."""
    missing = [f"{what} ({path})" for what, path in (("Wine", WINE), ("keyturn.exe, which make windows builds", WINDOWS_KEYTURN))
               if not path.exists()]
    if missing:
        say(f"There is no Windows host in the fleet, for want of {' and '.join(missing)}.")
        return []
    say("SQL02 is a Windows host: keyturn.exe runs there, under Wine.")
    return ["--windows-keyturn", str(WINDOWS_KEYTURN), "--wine-folder", str(ROOT / "build/wine")]


class Lab:
    """keyturn-lab in a process of its own, and its control interface."""

    def __init__(self, program, *options):
        self.process = subprocess.Popen([program, "up", *options], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit("keyturn-lab did not start; what it said is above.")
        self.ready = json.loads(line)
        self.endpoint = self.ready["aws_endpoint_url"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.loads(reply.read() or b"null")

    def state(self):
        return self.call("GET", "/_lab/state")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


class Keyturn:
    """The real program, with the environment that the lab hands out."""

    def __init__(self, program, lab, direct):
        self.program = program
        self.config = lab.ready["keyturn_config" if direct else "keyturn_config_ssm"]
        self.environment = {**os.environ, **lab.ready["env"]}

    def run(self, *arguments):
        say(f"\n$ keyturn {' '.join(arguments)}")
        command = [self.program, *arguments, "--config", self.config]
        status = subprocess.run(command, env=self.environment, check=False).returncode
        print(f"[exit status {status}]", flush=True)
        return status


def keys_of(state):
    [keys] = [keys for user, keys in state["iam"].items() if keys]
    return keys


def key_at(state, stage):
    for version in state["secrets"]["sqlcredential"]:
        if stage in version["stages"]:
            return version["access_key_id"]
    return None


def backups(state):
    succeeded = sum(target["backups"]["succeeded"] for target in state["targets"])
    failed = sum(target["backups"]["failed"] for target in state["targets"])
    return succeeded, failed


def try_at_s3(lab, pair):
    """A signed ListObjectsV2 with the old key, by curl: neither keyturn's nor the lab's own client."""
    bucket = "sql-backups-2022"
    url = f"{lab.endpoint}/{bucket}?list-type=2&max-keys=0"
    config = f'user = "{pair}"\naws-sigv4 = "aws:amz:us-east-1:s3"\nurl = "{url}"\n'
    config += 'header = "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"\n'
    if lab.ready["ca_bundle"]:
        config += f'cacert = "{lab.ready["ca_bundle"]}"\n'
    done = subprocess.run(["curl", "--silent", "--config", "-"], input=config, text=True, capture_output=True, check=True)
    return done.stdout


def aws(lab, service, operation, arguments):
    """One signed call of AWS's JSON protocol, by curl as well."""
    environment = lab.ready["env"]
    config = (
        f'user = "{environment["AWS_ACCESS_KEY_ID"]}:{environment["AWS_SECRET_ACCESS_KEY"]}"\n'
        f'aws-sigv4 = "aws:amz:us-east-1:{service}"\n'
        f'url = "{lab.endpoint}/"\n'
        'header = "Content-Type: application/x-amz-json-1.1"\n'
        f'header = "X-Amz-Target: {operation}"\n'
        f'data = {json.dumps(json.dumps(arguments))}\n'
    )
    done = subprocess.run(["curl", "--silent", "--config", "-"], input=config, text=True, capture_output=True, check=True)
    return json.loads(done.stdout or "null")


def read_current_pair(lab):
    """The pair that AWSCURRENT holds."""
    return aws(lab, "secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": "sqlcredential"})["SecretString"]


class Figure12:
    """The blog's own statement, run over and over on every server by FreeTDS's tsql, which is no part of this project."""

    def __init__(self, lab):
        self._lab, self._stop = lab, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.succeeded, self.failures = 0, []

    def once(self, target):
        statement = ("BACKUP DATABASE db1\n"
                     f"TO URL = 's3://sql-backups-2022.s3.us-east-1.amazonaws.com/backups/figure12/{target['name']}.bak'\n"
                     "WITH FORMAT, COMPRESSION, MAXTRANSFERSIZE = 20971520;\ngo\nquit\n")
        command = ["tsql", "-H", target["host"], "-p", str(target["port"]), "-U", target["login"]]
        # The password is its first line of input: in a session without a terminal there is nowhere else to ask for it.
        done = subprocess.run(command, input=f"{target['password']}\n{statement}", text=True, capture_output=True, check=False,
                              start_new_session=True, timeout=60)
        if "BACKUP DATABASE successfully processed" in done.stderr:
            self.succeeded += 1
            return True
        self.failures.append(f"{target['name']}: {done.stderr.strip().splitlines()[-1:]}")
        return False

    def _run(self):
        while not self._stop.is_set():
            for target in holders_of_credentials(self._lab):
                if not self._stop.is_set():
                    self.once(target)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def holders_of_credentials(lab):
    """The targets that are up and can back up to S3."""
    up = {target["name"] for target in lab.state()["targets"] if target["running"] and target["credentials"]}
    return [target for target in lab.ready["targets"] if target["name"] in up]


class Summary:
    def __init__(self):
        self.sound = True

    def line(self, name, value, as_hoped):
        self.sound = self.sound and as_hoped
        print(f"  {'ok ' if as_hoped else 'NOT'}  {name:<46} {value}", flush=True)


def wait_until(condition, limit_s):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.5)
    return False


def fire_the_schedule(lab):
    """Starts the Automation as the schedule would, and follows it to its end; says how it ended."""
    say(f"\nThe schedule {SCHEDULE} fires:")
    lab.call("POST", f"/_lab/schedules/{SCHEDULE}", {"action": "fire"})
    told, end = set(), time.monotonic() + 120
    while time.monotonic() < end:
        for execution in lab.state()["automations"]:
            for step in execution["steps"]:
                if step["status"] in ("Success", "Failed") and step["name"] not in told:
                    told.add(step["name"])
                    print(f"  {step['name']:<20} {step['status']}", flush=True)
            if execution["status"] not in ("Pending", "InProgress", "Waiting"):
                print(f"  {execution['document']}: {execution['status']}. {execution['failure']}", flush=True)
                return f"{execution['status']}: {execution['failure']}"
        time.sleep(0.3)
    return "it did not end"


def start_what_is_absent(lab, absent, new_key):
    """EC2's event has a function of its own look after the host: nobody types anything."""
    aws(lab, "events", "AWSEvents.EnableRule", {"Name": INSTANCE_RULE})
    say(f"\n{', '.join(absent)} starts; it still holds the old key, which was kept alive for it. EC2's event calls keyturn-reconcile.")
    start_targets(lab, absent)
    wait_until(lambda: all(name in holders(lab.state(), new_key) for name in absent), 60)


def start_targets(lab, names):
    for name in names:
        lab.call("POST", f"/_lab/targets/{name}", {"action": "start"})


def demonstrate(build, lab, direct):
    keyturn = Keyturn(str(build / "src/cli/keyturn"), lab, direct)
    before = lab.state()
    old_key = key_at(before, "AWSCURRENT")
    old_pair = read_current_pair(lab)
    absent = [target["name"] for target in lab.ready["targets"] if not target_is_up(before, target["name"])]
    say(f"A fleet of {len(lab.ready['targets'])} SQL Servers backs up to S3 with the key {old_key}.")
    say(f"Backups run on all of them from now on. {', '.join(absent)} is switched off.")
    lab.call("POST", "/_lab/backups", {"action": "start", "interval_s": 0.5})

    automation = None
    with Figure12(lab) as figure12:
        keyturn.run("plan")
        if direct:
            keyturn.run("rotate")
        else:
            automation = fire_the_schedule(lab)
        new_key = key_at(lab.state(), "AWSCURRENT")
        keyturn.run("status")
        if direct:
            say(f"\n{', '.join(absent)} starts; it still holds the old key, which was kept alive for it.")
            start_targets(lab, absent)
            keyturn.run("reconcile")
        else:
            start_what_is_absent(lab, absent, new_key)
        say("\nThe grace of the old key passes: days in real life, seconds in the lab.")
        wait_until(lambda: keyturn.run("reconcile", "--wait", "20s") == 0 and is_inactive(lab, old_key), 60)

    lab.call("POST", "/_lab/backups", {"action": "stop"})
    afterwards = all([figure12.once(target) for target in holders_of_credentials(lab)])
    return summarize(lab, before, old_key, old_pair, new_key, absent, figure12, afterwards, automation)


def target_is_up(state, name):
    [target] = [target for target in state["targets"] if target["name"] == name]
    return target.get("running", True)


def is_inactive(lab, key):
    return all(known["status"] == "Inactive" for known in keys_of(lab.state()) if known["access_key_id"] == key)


def holders(state, key):
    return [t["name"] for t in state["targets"] if any(c["access_key_id"] == key for c in t["credentials"])]


def summarize(lab, before, old_key, old_pair, new_key, absent, figure12, afterwards, automation):
    after = lab.state()
    succeeded, failed = (now - then for now, then in zip(backups(after), backups(before)))
    answer = try_at_s3(lab, old_pair)
    say("\nWhat the lab itself knows:")
    summary = Summary()
    summary.line("backups during all of this, succeeded", succeeded, succeeded > 0)
    summary.line("backups during all of this, failed", failed, failed == 0)
    summary.line("the blog's BACKUP statement by tsql, succeeded", figure12.succeeded, figure12.succeeded > 0 and afterwards)
    summary.line("the blog's BACKUP statement by tsql, failed", figure12.failures or 0, not figure12.failures)
    if automation:
        # It says what the blog's never does: that a host was left out, and which.
        told = automation.startswith("Failed") and all(name.upper() in automation for name in absent)
        summary.line("the Automation: failed, naming who was absent", ", ".join(absent), told)
    summary.line("key before, and after", f"{old_key} -> {new_key}", old_key != new_key)
    summary.line("the secret's AWSCURRENT", key_at(after, "AWSCURRENT"), key_at(after, "AWSCURRENT") == new_key)
    summary.line("targets on the new key", len(holders(after, new_key)), len(holders(after, new_key)) >= 9)
    summary.line("of them came late", ", ".join(absent), all(name in holders(after, new_key) for name in absent))
    statuses = {key["access_key_id"]: key["status"] for key in keys_of(after)}
    old_status = statuses.get(old_key, "deleted")
    summary.line("the old key", old_status, old_status != "Active")
    code = answer[answer.find("<Code>") + 6 : answer.find("</Code>")] if "<Code>" in answer else "accepted"
    summary.line("S3 to whoever uses the old key now", code, code == "InvalidAccessKeyId")
    old = [target["name"] for target in lab.ready["targets"] if target["product_version"].startswith("15.")]
    untouched = all(name not in holders(after, new_key) for name in old)
    summary.line("too old for S3, skipped", ", ".join(old), bool(old) and untouched)
    return summary.sound


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD_DIR")
    parser.add_argument("--direct", action="store_true", help="without Systems Manager, Lambda and Automation")
    arguments = parser.parse_args()
    lab = Lab(str(arguments.build / "lab/keyturn-lab"), *([] if arguments.direct else windows_options()))
    try:
        sound = demonstrate(arguments.build, lab, arguments.direct)
    finally:
        lab.stop()
    if not sound:
        sys.exit("The demo did not end as it should.")


if __name__ == "__main__":
    main()
