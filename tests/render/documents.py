"""Documents as keyturn renders them, and what the SSM agent makes of a Command document.

The agent's rules are those of amazon-ssm-agent 3.3: agent/framework/docparser/parameters/parameters.go and
agent/framework/docparser/paramvalidator.
"""

import json
import os
import re
import subprocess

import support

re2 = support.package("re2")

REFERENCE = re.compile(r"\{\{\s*([A-Za-z0-9]+)\s*\}\}")


def run_render(*arguments, home="/nonexistent"):
    environment = {name: value for name, value in os.environ.items() if name == "PATH" or name.endswith("SAN_OPTIONS")}
    environment |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    return subprocess.run([support.keyturn(), "render", *map(str, arguments)], env=environment, capture_output=True,
                          text=True, timeout=60, check=False)


def render(*arguments, home="/nonexistent"):
    result = run_render(*arguments, home=home)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class Refused(Exception):
    """The agent, or Systems Manager before it, would not run the command with this value."""


def check_value(definition, value):
    values = [value] if isinstance(value, str) else value
    for each in values:
        if "allowedValues" in definition and each not in definition["allowedValues"]:
            raise Refused(each)
        if not re2.search(definition["allowedPattern"], each):
            raise Refused(each)


def pasted(value):
    """A list inside a text is pasted as JSON, as Go writes it: without blanks, and with <, > and & escaped."""
    if isinstance(value, str):
        return value
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def script(document, platform, check=True, **values):
    """The text that the agent writes to _script.sh or _script.ps1 on a host."""
    step = next(step for step in document["mainSteps"] if step["precondition"]["StringEquals"][1] == platform)
    text = "\n".join(step["inputs"]["runCommand"])
    for name, definition in document["parameters"].items():
        value = values.get(name, definition["default"])
        if check:
            check_value(definition, value)
        # The agent's replacement is a template of Go's regexp package, where $1 or ${name} is expanded.
        assert not check or "$" not in pasted(value)
        text = re.sub(r"\{\{\s*" + name + r"\s*\}\}", lambda _, value=value: pasted(value), text)
    return text
