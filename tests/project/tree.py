"""The repository's own files, and a throw-away tree to plant violations in."""

import os
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Where the tests run from; ctest says so. By hand: the everyday build.
BUILD = pathlib.Path(os.environ.get("KEYTURN_BUILD_DIR", ROOT / "build" / "dev"))

_NOT_OURS = {".git", "build", ".venv", "node_modules", "__pycache__", ".pytest_cache"}


def in_ci():
    return os.environ.get("CI", "") not in ("", "0", "false")


def files(root, *suffixes):
    """Our files below `root` with one of the suffixes, in order; paths relative to `root`."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - _NOT_OURS)
        found += [pathlib.Path(folder, name).relative_to(root) for name in sorted(names) if name.endswith(suffixes)]
    return found


def read(root, path):
    return (root / path).read_text(encoding="utf-8")


class Planted:
    """A temporary tree with the given files: {"src/base/a.h": "text"}."""

    def __init__(self, contents):
        self._contents = contents

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(self._folder.name)
        for path, text in self._contents.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return root

    def __exit__(self, *_):
        self._folder.cleanup()


def run_tests():
    """unittest.main(), but what was left out shows: exit status 77, which ctest calls skipped."""
    result = unittest.main(module="__main__", exit=False).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)
