"""The commands and flags that documents name, held against what the programs say they have.

Read are fenced blocks (```sh, ```console, ```ini, or without a language) and inline code. In console blocks only the
lines after a prompt count. Write another program's flag together with its program: `ctest --preset dev`.
"""

import os
import pathlib
import re
import shlex
import subprocess
from typing import NamedTuple, Optional

import tree

PROGRAMS = ("keyturn", "keyturn-lab")

_FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:[^`\n]|\n(?!\s*\n))+)`")
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
_COMMAND_WORD = re.compile(r"[a-z][a-z0-9-]*")
# What may stand before the program in a command line: prompt, assignment, cron field or user, wrapper.
_BEFORE = re.compile(r"[$#]|\w+=\S*|[\d*/,-]+|root|sudo|time|env|exec|if|then|while|until|do|!")


class Use(NamedTuple):
    """One mention: a program's command and flags, or flags by themselves."""

    program: Optional[str]
    command: Optional[str]
    flags: tuple


def uses_in(markdown):
    """Every Use in a Markdown text, in order."""
    found = []
    for language, block in _FENCE.findall(markdown):
        if language in ("", "sh", "bash", "shell", "ini"):
            found += _uses_in_lines(block)
        elif language == "console":
            found += _uses_in_lines("\n".join(re.findall(r"^\s*[$#] (.*(?:\\\n.*)*)", block, re.MULTILINE)))
    for span in _INLINE.findall(_FENCE.sub("", markdown)):
        span = " ".join(span.split())
        if span.startswith("--"):
            found.append(Use(None, None, tuple(_FLAG.findall(span))))
        else:
            found += _uses_in_lines(span)
    return found


def _uses_in_lines(text):
    lines = text.replace("\\\n", " ").splitlines()
    pieces = [piece for line in lines for piece in re.split(r"&&|[|;()]|`", re.sub(r"(^|\s)#\s.*", "", line))]
    return [use for piece in pieces if (use := _use(piece))]


def _use(command_line):
    try:
        words = shlex.split(command_line)
    except ValueError:
        words = command_line.split()
    while words and _BEFORE.fullmatch(words[0]) and not words[0].startswith("Exec"):
        words = words[1:]
    if not words:
        return None
    program = os.path.basename(re.sub(r"^Exec\w+=", "", words[0]))
    if program not in PROGRAMS:
        return None
    rest = words[1:]
    command = next((word for word in rest[:1] if _COMMAND_WORD.fullmatch(word)), None)
    return Use(program, command, tuple(flag for word in rest for flag in _FLAG.findall(word)))


class Help:
    """What a program answers to --help. `paths`: {"keyturn": path of the binary}."""

    def __init__(self, paths):
        self._paths = paths
        self._answers = {}

    def _ask(self, program, *command):
        if (program, command) not in self._answers:
            run = subprocess.run(
                [self._paths[program], *command, "--help"], capture_output=True, text=True, check=False, timeout=60
            )
            self._answers[program, command] = run.stdout if run.returncode == 0 else None
        return self._answers[program, command]

    def has_command(self, program, command):
        """An unknown command is refused, or answered with the general help."""
        return self._ask(program, command) not in (None, self._ask(program))

    def flags(self, program, command=None):
        answers = [self._ask(program)] + ([self._ask(program, command)] if command else [])
        return set(_FLAG.findall(" ".join(answer or "" for answer in answers)))

    def all_flags(self, program):
        commands = re.findall(r"^ {2,4}([a-z][a-z-]*)\s", self._ask(program) or "", re.MULTILINE)
        return set().union(self.flags(program), *(self.flags(program, command) for command in commands))


def check(root, answers):
    problems = []
    for path in tree.files(root, ".md"):
        for use in uses_in(tree.read(root, path)):
            problems += [f"{path}: {problem}" for problem in _problems(use, answers)]
    return problems


def _problems(use, answers):
    if use.program is None:
        known = set().union(*(answers.all_flags(program) for program in PROGRAMS))
        return [f"no command of keyturn or keyturn-lab has {flag}" for flag in use.flags if flag not in known]
    if use.command and not answers.has_command(use.program, use.command):
        return [f"{use.program} has no command {use.command}"]
    known = answers.flags(use.program, use.command)
    name = " ".join(filter(None, [use.program, use.command]))
    return [f"{name} has no {flag}" for flag in use.flags if flag not in known]


def built_programs():
    """{"keyturn": path, ...} of the programs that are built; ctest says where they are."""
    places = {
        "keyturn": os.environ.get("KEYTURN", tree.BUILD / "src" / "cli" / "keyturn"),
        "keyturn-lab": os.environ.get("KEYTURN_LAB", tree.BUILD / "lab" / "keyturn-lab"),
    }
    return {name: str(path) for name, path in places.items() if pathlib.Path(path).is_file()}
