"""Runs pytest for ctest: with the Python of .venv where tools/venv.sh could make it, else with the system's.

Exit status 77, which ctest shows as skipped, when nothing failed but something was left out (conftest.py).
"""

import os
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parent


def main():
    made = TESTS.parent / ".venv" / "bin" / "python"
    python = str(made) if made.exists() else "/usr/bin/python3"
    # No cache folder in the source tree; which tests failed last is ctest's knowledge.
    os.execv(python, [python, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "--rootdir", str(TESTS), *sys.argv[1:]])


if __name__ == "__main__":
    main()
