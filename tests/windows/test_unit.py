"""The unit tests of the shared code and of Windows's own, as Windows programs."""

import json
import re

import pytest

import wine

PROGRAMS = sorted(wine.BUILD.glob("src/*/keyturn_*_test.exe"))


@pytest.fixture(scope="module")
def windows():
    with wine.Prefix() as prefix:
        yield prefix


def test_that_all_of_them_were_built():
    commands = json.loads((wine.BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    objects = " ".join(command["command"] for command in commands)
    expected = set(re.findall(r" -o src/\S+/(keyturn_\w+_test)\.dir/", objects))
    assert expected and {program.stem for program in PROGRAMS} == expected


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_unit(windows, program):
    result = windows.run(program, "--gtest_brief=1", timeout=600)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 tests ran" not in result.stdout
