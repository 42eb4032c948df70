"""The unit tests of the shared code and of Windows's own, as Windows programs."""

import pytest

import wine

PROGRAMS = sorted(wine.BUILD.glob("src/*/keyturn_*_test.exe"))


@pytest.fixture(scope="module")
def windows():
    with wine.Prefix() as prefix:
        yield prefix


def test_that_there_are_some():
    assert {program.stem for program in PROGRAMS} >= {f"keyturn_{name}_test" for name in ("base", "rotation", "report")}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_unit(windows, program):
    result = windows.run(program, "--gtest_brief=1", timeout=600)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 tests ran" not in result.stdout
