"""docs/operations.md against what it is a runbook of: exit statuses, the stack's alarms, blockers and what they say."""

import re

import tree

RUNBOOK = "docs/operations.md"
TEMPLATE = "deploy/cloudformation/keyturn.yaml"
OUTCOMES = "src/rotation/decision.h"
ROWS = "src/rotation"

_LITERALS = r'(?:"(?:[^"\\]|\\.)*"\s*)+'


def statuses(text):
    """[0, 1, …]: the values of enum class Outcome."""
    (body,) = re.findall(r"enum class Outcome \{([^}]*)\}", text)
    return [int(value) for value in re.findall(r"= (\d+)", body)]


def alarms(text):
    """{logical id: what follows Name}"""
    return dict(re.findall(r"^  (\w+):\n    Type: AWS::CloudWatch::Alarm\n(?:    .*\n)*?      AlarmName: !Sub '\$\{Name\}-([\w-]+)'$",
                           text, re.M))


def blockers(text):
    """[(row, message)] of one source: every Blocker that it builds, the message as its literals say it."""
    found = []
    for match in re.finditer(r"(?:blockers\.push_back\(\s*|Blocker \w+\([^)]*\) \{\s*return )\{(\d+),", text):
        (message, *_) = re.findall(_LITERALS, text[match.end():])[:1] or [""]
        if message.strip() == '""':  # the key's id, where there may be none
            message = re.findall(_LITERALS, text[match.end():])[1]
        found.append((int(match[1]), "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', message))))
    return found


def _fixed(message):
    """The longest stretch of a message that is the same each time."""
    return max(re.split(r"\{[^}]*\}", message), key=len).strip(" .,:()")


def check(root):
    runbook = tree.read(root, RUNBOOK)
    sections = re.split(r"(?m)^(?=##)", runbook)
    problems = []

    def section(begin):
        return next((" ".join(each.split()) for each in sections if each.startswith(begin)), "")

    for status in statuses(tree.read(root, OUTCOMES)):
        if not section(f"### Status {status}:"):
            problems.append(f"{RUNBOOK} has no section for exit status {status}")
    for name, alarm in alarms(tree.read(root, TEMPLATE)).items():
        if f"### keyturn-{alarm}\n" not in runbook:
            problems.append(f"{RUNBOOK} has no section for the alarm {name}")
    for path in tree.files(root / ROWS, ".cc"):
        if path.name.endswith("_test.cc"):
            continue
        for row, message in blockers(tree.read(root, f"{ROWS}/{path}")):
            text = section(f"### Row {row}:")
            if not text:
                problems.append(f"{RUNBOOK} has no section for blockers of row {row}")
            elif _fixed(message) not in text:
                problems.append(f'{RUNBOOK}, row {row}: does not quote "{_fixed(message)}"')
    return problems
