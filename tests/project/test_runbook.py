import unittest

import runbook
import tree

_OUTCOMES = "enum class Outcome { done = 0, failed = 1 };\n"
_ROWS = """
  findings.blockers.push_back(
      {9, key->id,
       fmt::format("Access key {} is in no version, and no run "
                   "made it.", key->id),
       what_to_type()});
Blocker refused(const Case& world) {
  return {6, world.key, "AWS refuses it for good.", "Look."};
}
"""
_TEMPLATE = """Resources:
  FailedAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub '${Name}-failed'
"""
_RUNBOOK = """# Operations
### Status 0: done
### Status 1: failed
## Alarms
### keyturn-failed
### Row 9: a stranger's
Access key K is in no version, and no
run made it.
### Row 6: refused
AWS refuses it for good.
"""


def problems(**changed):
    texts = {"outcomes": _OUTCOMES, "rows": _ROWS, "template": _TEMPLATE, "runbook": _RUNBOOK} | changed
    planted = {runbook.OUTCOMES: texts["outcomes"], runbook.TEMPLATE: texts["template"], runbook.RUNBOOK: texts["runbook"],
               f"{runbook.ROWS}/rows_a.cc": texts["rows"]}
    with tree.Planted(planted) as root:
        return runbook.check(root)


class Runbook(unittest.TestCase):
    def test_repository(self):
        self.assertEqual(runbook.check(tree.ROOT), [])

    def test_repository_has_what_is_looked_for(self):
        self.assertEqual(runbook.statuses(tree.read(tree.ROOT, runbook.OUTCOMES)), [0, 1, 2, 3, 4, 5])
        self.assertEqual(len(runbook.alarms(tree.read(tree.ROOT, runbook.TEMPLATE))), 5)
        rows = [row for path in tree.files(tree.ROOT / runbook.ROWS, ".cc")
                for row, _ in runbook.blockers(tree.read(tree.ROOT, f"{runbook.ROWS}/{path}"))]
        self.assertLessEqual({0, 6, 9, 10, 11, 14}, set(rows))
        self.assertGreaterEqual(len(rows), 7)

    def test_a_sound_tree(self):
        self.assertEqual(problems(), [])

    def test_what_is_missing_is_named(self):
        for change, word in [({"outcomes": _OUTCOMES.replace("failed = 1", "failed = 1, lost = 6")}, "status 6"),
                             ({"template": _TEMPLATE.replace("Failed", "Odd").replace("-failed", "-odd")}, "OddAlarm"),
                             ({"rows": _ROWS.replace("{9,", "{8,")}, "row 8"),
                             ({"rows": _ROWS.replace("for good", "today")}, "AWS refuses it today"),
                             ({"runbook": _RUNBOOK.replace("run made it", "made by none")}, "no run made it")]:
            with self.subTest(word):
                (problem,) = problems(**change)
                self.assertIn(word, problem)


if __name__ == "__main__":
    tree.run_tests()
