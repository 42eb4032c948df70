import pathlib
import unittest

import commands
import tree
from commands import Use

# Stands in for both programs; answers like CLI11, an unknown command with the general help.
_PROGRAM = """#!/bin/sh
case "$1" in
  rotate) echo 'keyturn rotate [OPTIONS]'; echo '  --force   at once' ;;
  *) echo 'keyturn [OPTIONS] SUBCOMMAND'; echo '  --config FILE'; echo 'SUBCOMMANDS:'; echo '  rotate   now' ;;
esac
"""


def problems_of(markdown):
    with tree.Planted({"README.md": markdown, "program": _PROGRAM}) as root:
        (root / "program").chmod(0o755)
        paths = {name: str(root / "program") for name in commands.PROGRAMS}
        return commands.check(root, commands.Help(paths))


class Documents(unittest.TestCase):
    maxDiff = None

    def test_repository(self):
        programs = commands.built_programs()
        missing = sorted(set(commands.PROGRAMS) - set(programs))
        if missing and not tree.in_ci():
            self.skipTest(f"not built yet: {', '.join(missing)}; run make build")
        self.assertEqual(missing, [])
        self.assertEqual(commands.check(tree.ROOT, commands.Help(programs)), [])

    def test_repository_documents_name_commands(self):
        found = commands.uses_in(tree.read(tree.ROOT, pathlib.Path("docs/operations.md")))
        self.assertTrue(any(use.command == "reconcile" for use in found))


class Reading(unittest.TestCase):
    def test_reads_blocks_and_inline_code(self):
        for text, use in [
            ("`keyturn rotate --force`", Use("keyturn", "rotate", ("--force",))),
            ("```sh\nkeyturn --config a.toml\n```", Use("keyturn", None, ("--config",))),
            ("```\nAWS_REGION=x sudo ./b/keyturn-lab up --config=l.toml &&\\\n true\n```", Use("keyturn-lab", "up", ("--config",))),
            ("```console\n$ keyturn rotate\nkeyturn: done\n```", Use("keyturn", "rotate", ())),
            ("```ini\nExecStart=/usr/bin/keyturn reconcile\n```", Use("keyturn", "reconcile", ())),
            ("```\n15 * * * * root keyturn reconcile --output json\n```", Use("keyturn", "reconcile", ("--output",))),
            ("```sh\nkeyturn rotate \\\n  --force\n```", Use("keyturn", "rotate", ("--force",))),
            ("so `keyturn\nrotate`", Use("keyturn", "rotate", ())),
            ("add `--output json`", Use(None, None, ("--output",))),
        ]:
            with self.subTest(text):
                self.assertEqual(commands.uses_in(text), [use])

    def test_leaves_the_rest_alone(self):
        for text in ("```sql\nkeyturn rotate\n```", "`ctest --preset dev`", "`keyturn:s3://b`", "```sh\ncd keyturn && make\n```",
                     "keyturn rotate", "```text\nkeyturn is here\n```"):
            with self.subTest(text):
                self.assertEqual([use for use in commands.uses_in(text) if use.command or use.flags], [])


class Planted(unittest.TestCase):
    def test_finds_an_unknown_command(self):
        self.assertEqual(problems_of("`keyturn spin`"), ["README.md: keyturn has no command spin"])

    def test_finds_an_unknown_flag(self):
        self.assertEqual(problems_of("`keyturn rotate --gently`"), ["README.md: keyturn rotate has no --gently"])
        self.assertEqual(problems_of("`keyturn --force`"), ["README.md: keyturn has no --force"])
        self.assertEqual(len(problems_of("the flag `--gently`")), 1)

    def test_accepts_what_there_is(self):
        self.assertEqual(problems_of("`keyturn rotate --force --config x`, `keyturn-lab --config x`, `--force`"), [])


if __name__ == "__main__":
    tree.run_tests()
