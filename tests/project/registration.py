"""No test falls out of the build: every *_test.cc is compiled, and ctest knows each of its tests."""

import json
import os
import pathlib
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
        if path.name.endswith("_windows_test.cc"):
            continue
        if os.path.realpath(root / path) not in compiled:
            problems.append(f"{path}: is not compiled into any test program")
        tests = _TEST.findall(tree.read(root, path))
        if not tests and not path.name.startswith("test_"):  # equipment of tests
            problems.append(f"{path}: holds no test")
        problems += [
            f"{path}: ctest does not know {suite}.{name}" for suite, name in tests if f"{suite}.{name}" not in known
        ]
    for path in tree.files(root / "tests", ".py"):
        if path.name.startswith("test_") and f"{path.parent}.{path.stem}".replace("/", ".") not in registered:
            problems.append(f"tests/{path}: ctest does not know it")
    return problems


# What only Linux has: its own files, RapidCheck, and the simulated world (cmake/Component.cmake).
_LINUX_ONLY_TEXT = re.compile(r'#include (<rapidcheck|"sim/)')
_USES_WORLD = re.compile(r"keyturn_component\([^)]*\bTEST_DEPS\b[^)]*\bkeyturn_sim\b")


def check_windows(root, compiled):
    """Every unit test that does not need Linux is compiled for Windows, too."""
    problems = []
    for path in tree.files(root / "src", "_test.cc"):
        if path.name.endswith("_linux_test.cc") or "linux" in path.parts[:-1]:
            continue
        component = tree.read(root, pathlib.Path("src", path.parts[0], "CMakeLists.txt"))
        if _USES_WORLD.search(component) or _LINUX_ONLY_TEXT.search(tree.read(root / "src", path)):
            continue
        if os.path.realpath(root / "src" / path) not in compiled:
            problems.append(f"src/{path}: is not compiled into any test program for Windows")
    return problems
