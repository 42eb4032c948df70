"""No test falls out of the build: every *_test.cc is compiled, and ctest knows each of its tests."""

import json
import os
import re
import subprocess

import tree

_TEST = re.compile(r"^\s*(?:RC_GTEST_(?:FIXTURE_)?|TYPED_)?(?:TEST|TEST_F|TEST_P|PROP)\(\s*(\w+)\s*,\s*(\w+)", re.MULTILINE)


def compiled_files(build):
    """The sources in the compilation database, as absolute paths."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    return {os.path.realpath(os.path.join(command["directory"], command["file"])) for command in commands}


def registered_tests(build):
    """The names of all tests that ctest would run."""
    listing = subprocess.run(
        ["ctest", "--test-dir", str(build), "--show-only=json-v1"], capture_output=True, text=True, check=True
    ).stdout
    return {test["name"] for test in json.loads(listing)["tests"]}


def _without_decoration(name):
    """"Each/Decide.Row/3" -> "Decide.Row": what parametrised and typed tests add."""
    match = re.fullmatch(r"(?:[A-Za-z_]\w*/)?([A-Za-z_]\w*)(?:/\d+)?\.(\w+)(?:/.*)?", name)
    return f"{match[1]}.{match[2]}" if match else name


def check(root, compiled, registered):
    known = {_without_decoration(name) for name in registered}
    problems = []
    for path in tree.files(root, "_test.cc"):
        if os.path.realpath(root / path) not in compiled:
            problems.append(f"{path}: is not compiled into any test program")
        tests = _TEST.findall(tree.read(root, path))
        if not tests:
            problems.append(f"{path}: holds no test")
        problems += [
            f"{path}: ctest does not know {suite}.{name}" for suite, name in tests if f"{suite}.{name}" not in known
        ]
    for path in tree.files(root / "tests", ".py"):
        if path.name.startswith("test_") and f"{path.parent}.{path.stem}".replace("/", ".") not in registered:
            problems.append(f"tests/{path}: ctest does not know it")
    return problems
