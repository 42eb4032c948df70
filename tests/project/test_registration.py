import unittest

import registration
import tree

UNIT = "src/base/a_test.cc"


def problems_of(contents, compiled=(UNIT,), registered=()):
    with tree.Planted(contents | {"tests/x.h": ""}) as root:
        return registration.check(root, {str((root / path).resolve()) for path in compiled}, set(registered))


class Registration(unittest.TestCase):
    maxDiff = None

    def test_repository(self):
        compiled = registration.compiled_files(tree.BUILD)
        registered = registration.registered_tests(tree.BUILD)
        self.assertEqual(registration.check(tree.ROOT, compiled, registered), [])

    def test_finds_a_file_that_is_not_compiled(self):
        found = problems_of({UNIT: "TEST(A, B) {}"}, compiled=(), registered=["A.B"])
        self.assertEqual(found, [f"{UNIT}: is not compiled into any test program"])

    def test_finds_a_test_that_ctest_does_not_know(self):
        for text in ("TEST(A, B) {}", "TEST_F(A, B) {}", "TEST_P(A, B) {}", "TYPED_TEST(A, B) {}",
                     "RC_GTEST_PROP(A, B, (int x)) {}", "TEST(A,\n     B) {}"):
            with self.subTest(text):
                self.assertEqual(problems_of({UNIT: text}, registered=["A.C"]), [f"{UNIT}: ctest does not know A.B"])

    def test_finds_a_file_without_tests(self):
        self.assertEqual(problems_of({UNIT: "int x;"}), [f"{UNIT}: holds no test"])

    def test_finds_a_python_file_that_ctest_does_not_know(self):
        contents = {"tests/cli/test_a.py": "", "tests/cli/test_b.py": ""}
        self.assertEqual(problems_of(contents, registered=["cli.test_a"]), ["tests/cli/test_b.py: ctest does not know it"])

    def test_accepts_all_forms_of_names(self):
        text = "TEST(A, B) {}\nTEST_P(C, D) {}\nTYPED_TEST(E, F) {}\n"
        self.assertEqual(problems_of({UNIT: text}, registered=["A.B", "Each/C.D/0", "E/1.F"]), [])


if __name__ == "__main__":
    tree.run_tests()
