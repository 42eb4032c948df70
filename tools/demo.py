#!/usr/bin/env python3
"""Turns the key of a lab fleet while every server is backing up, and reads from the lab's own truth what came of it.

usage: tools/demo.py BUILD_DIR
"""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

USE_COLOR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def say(text=""):
    print(f"\033[1m{text}\033[0m" if USE_COLOR and text else text, flush=True)


class Lab:
    """keyturn-lab in a process of its own, and its control interface."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "up"], stdout=subprocess.PIPE, text=True)
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

    def __init__(self, program, lab):
        self.program = program
        self.config = lab.ready["keyturn_config"]
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


def read_current_pair(lab, keyturn_environment):
    """The pair that AWSCURRENT holds, by curl as well."""
    environment = keyturn_environment
    config = (
        f'user = "{environment["AWS_ACCESS_KEY_ID"]}:{environment["AWS_SECRET_ACCESS_KEY"]}"\n'
        'aws-sigv4 = "aws:amz:us-east-1:secretsmanager"\n'
        f'url = "{lab.endpoint}/"\n'
        'header = "Content-Type: application/x-amz-json-1.1"\n'
        'header = "X-Amz-Target: secretsmanager.GetSecretValue"\n'
        'data = "{\\"SecretId\\": \\"sqlcredential\\"}"\n'
    )
    done = subprocess.run(["curl", "--silent", "--config", "-"], input=config, text=True, capture_output=True, check=True)
    return json.loads(done.stdout)["SecretString"]


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


def demonstrate(build, lab):
    keyturn = Keyturn(str(build / "src/cli/keyturn"), lab)
    before = lab.state()
    old_key = key_at(before, "AWSCURRENT")
    old_pair = read_current_pair(lab, keyturn.environment)
    absent = [target["name"] for target in lab.ready["targets"] if not target_is_up(before, target["name"])]
    say(f"A fleet of {len(lab.ready['targets'])} SQL Servers backs up to S3 with the key {old_key}.")
    say(f"Backups run on all of them from now on. {', '.join(absent)} is switched off.")
    lab.call("POST", "/_lab/backups", {"action": "start", "interval_s": 0.5})
    time.sleep(2)

    keyturn.run("plan")
    keyturn.run("rotate")
    keyturn.run("status")
    rotated = lab.state()
    new_key = key_at(rotated, "AWSCURRENT")

    say(f"\n{', '.join(absent)} comes back; it still holds the old key, which was kept alive for it.")
    for name in absent:
        lab.call("POST", f"/_lab/targets/{name}", {"action": "start"})
    keyturn.run("reconcile")
    say("\nThe grace of the old key passes: days in real life, seconds in the lab.")
    wait_until(lambda: keyturn.run("reconcile", "--wait", "20s") == 0 and is_inactive(lab, old_key), 60)

    lab.call("POST", "/_lab/backups", {"action": "stop"})
    return summarize(lab, before, old_key, old_pair, new_key, absent)


def target_is_up(state, name):
    [target] = [target for target in state["targets"] if target["name"] == name]
    return target.get("running", True)


def is_inactive(lab, key):
    return all(known["status"] == "Inactive" for known in keys_of(lab.state()) if known["access_key_id"] == key)


def holders(state, key):
    return [t["name"] for t in state["targets"] if any(c["access_key_id"] == key for c in t["credentials"])]


def summarize(lab, before, old_key, old_pair, new_key, absent):
    after = lab.state()
    succeeded, failed = (now - then for now, then in zip(backups(after), backups(before)))
    answer = try_at_s3(lab, old_pair)
    say("\nWhat the lab itself knows:")
    summary = Summary()
    summary.line("backups during all of this, succeeded", succeeded, succeeded > 0)
    summary.line("backups during all of this, failed", failed, failed == 0)
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
    if len(sys.argv) != 2:
        sys.exit("usage: tools/demo.py BUILD_DIR")
    build = pathlib.Path(sys.argv[1])
    lab = Lab(str(build / "lab/keyturn-lab"))
    try:
        sound = demonstrate(build, lab)
    finally:
        lab.stop()
    if not sound:
        sys.exit("The demo did not end as it should.")


if __name__ == "__main__":
    main()
