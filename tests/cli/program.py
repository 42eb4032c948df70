"""Runs the program under test in an environment of its own, and reads what it answers."""

import json
import os
import re
import subprocess

from support import ROOT, keyturn

SCHEMAS = ROOT / "docs/schemas"


def environment(home, **variables):
    """Nothing of the caller's but PATH and the sanitizers' options: no credentials, no region, no configuration."""
    kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.endswith("SAN_OPTIONS")}
    return kept | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "AWS_EC2_METADATA_DISABLED": "true",
    } | variables


def run(*arguments, env, timeout=60, **options):
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([keyturn(), *arguments], env=env, stderr=subprocess.PIPE, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, check=False, **options)


def document(result):
    """The one JSON document on stdout."""
    return json.loads(result.stdout)


def schema(kind):
    return json.loads((SCHEMAS / f"{kind}.schema.json").read_text())


def minutes(duration):
    """Of "36h" or "1d12h"."""
    units = {"d": 1440, "h": 60, "m": 1, "s": 1 / 60}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([dhms])", duration))
