"""tests/conftest.py itself: what becomes of a test that was left out."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import tree

SKIPS = "import pytest\n\ndef test_a():\n    pytest.skip('no registry')\n"
SKIPS_AS_A_WHOLE = "import support\nsupport.package('no_such_package')\n"
PASSES = "def test_b():\n    pass\n"
FAILS = "def test_c():\n    assert 0\n"


def run_pytest(in_ci, **contents):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("conftest.py", "support.py"):
            shutil.copy(tree.ROOT / "tests" / name, folder)
        for name, text in contents.items():
            with open(os.path.join(folder, f"test_{name}.py"), "w", encoding="utf-8") as file:
                file.write(text)
        environment = {key: value for key, value in os.environ.items() if key != "CI"} | ({"CI": "true"} if in_ci else {})
        runner = [sys.executable, str(tree.ROOT / "tests" / "run_pytest.py"), "--rootdir", folder, folder]
        run = subprocess.run(runner, capture_output=True, text=True, check=False, env=environment)
        return run.returncode, run.stdout


class LeftOut(unittest.TestCase):
    def test_is_shown_as_skipped(self):
        for skipping in (SKIPS, SKIPS_AS_A_WHOLE):
            status, output = run_pytest(False, skipping=skipping, passing=PASSES)
            self.assertEqual(status, 77, output)
            self.assertIn("LEFT OUT", output)

    def test_fails_in_ci(self):
        for skipping in (SKIPS, SKIPS_AS_A_WHOLE):
            status, output = run_pytest(True, skipping=skipping, passing=PASSES)
            self.assertIn(status, (1, 2), output)
            self.assertIn("CI does not allow", output)

    def test_does_not_hide_a_failure(self):
        self.assertEqual(run_pytest(False, skipping=SKIPS, failing=FAILS)[0], 1)

    def test_is_nothing_where_all_pass(self):
        self.assertEqual(run_pytest(True, passing=PASSES)[0], 0)


if __name__ == "__main__":
    tree.run_tests()
