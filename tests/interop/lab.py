"""Runs keyturn-lab for a test, and talks with its control interface."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request

from support import keyturn_lab

# TOML: no backups but those that a test makes; nothing that starts by itself, and no delays either.
NO_BACKUPS = "[backups]\nrunning = false\n"
QUIET = '[aws]\nlist_delay = "0s"\nusable_delay = "0s"\nstatus_delay = "0s"\n' + NO_BACKUPS


def server(name, **settings):
    """TOML of a SQL Server. Texts and lists of texts are the same in JSON and in TOML."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"name": name, **settings}.items()]
    return "\n".join(["[[target]]", *lines, ""])


ONE_TARGET = server("only")


class Lab:
    """A running lab; `ready` is its line of JSON."""

    def __init__(self, *arguments, config=None, folder=None):
        if config is not None:
            path = folder / "lab.toml"
            path.write_text(config)
            arguments += ("--config", str(path))
        self.process = subprocess.Popen([keyturn_lab(), "up", *arguments], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, f"keyturn-lab ended with {self.process.wait()} instead of a ready line"
        self.ready = json.loads(line)
        self.url = self.ready["aws_endpoint_url"]
        self.env = self.ready["env"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        status = self.stop()
        assert status == 0, f"keyturn-lab ended with {status}"

    def stop(self):
        """Its exit status after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        return status

    def control(self, method, path, body=None):
        """Status and JSON of one call of /_lab/…; `body` as it is, or as JSON."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_lab/{path}", data=data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def state(self):
        status, state = self.control("GET", "state")
        assert status == 200
        return state

    def rotation_targets(self):
        """TOML for keyturn: this lab's servers, reached directly."""
        return "".join(f'[[rotation.target]]\nname = "{each["name"]}"\nhost = "127.0.0.1"\nport = {each["port"]}\n'
                       for each in self.ready["targets"])

    def client_environment(self):
        """Of a child process: this lab's settings, and nothing of the machine's own AWS configuration."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**plain, **self.env, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
