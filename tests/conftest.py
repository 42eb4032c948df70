"""A test that was left out is no test that passed: skips are shown loudly, and with CI=true they are failures."""

import os

import pytest

# What ctest knows as "skipped" (SKIP_RETURN_CODE in tests/CMakeLists.txt).
SKIPPED = 77

_IN_CI = os.environ.get("CI", "") not in ("", "0", "false")
_skipped = []


def _judge(report):
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    _skipped.append(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")
    if _IN_CI:
        report.outcome = "failed"
        report.longrepr = f"left out, which CI does not allow: {_skipped[-1]}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    _judge((yield).get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report():
    _judge((yield).get_result())


def pytest_terminal_summary(terminalreporter):
    if _skipped:
        terminalreporter.section("LEFT OUT", sep="!")
        for line in _skipped:
            terminalreporter.write_line(line)


def pytest_sessionfinish(session, exitstatus):
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and _skipped:
        session.exitstatus = SKIPPED
