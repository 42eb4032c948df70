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

    def test_lets_the_equipment_of_tests_hold_none(self):
        path = "src/base/test_socket_linux_test.cc"
        self.assertEqual(problems_of({path: "int x;"}, compiled=[path]), [])

    def test_finds_a_python_file_that_ctest_does_not_know(self):
        contents = {"tests/cli/test_a.py": "", "tests/cli/test_b.py": ""}
        self.assertEqual(problems_of(contents, registered=["cli.test_a"]), ["tests/cli/test_b.py: ctest does not know it"])

    def test_accepts_all_forms_of_names(self):
        text = "TEST(A, B) {}\nTEST_P(C, D) {}\nTYPED_TEST(E, F) {}\n"
        self.assertEqual(problems_of({UNIT: text}, registered=["A.B", "Each/C.D/0", "E/1.F"]), [])

    def test_leaves_tests_for_windows_to_the_other_build(self):
        self.assertEqual(problems_of({"src/base/a_windows_test.cc": "TEST(A, B) {}"}, compiled=()), [])


class WindowsBuild(unittest.TestCase):
    maxDiff = None

    def problems_of(self, contents, compiled=()):
        components = {"src/base/CMakeLists.txt": "keyturn_component(base DEPS fmt::fmt)",
                      "src/fleet/CMakeLists.txt": "keyturn_component(fleet\n  TEST_DEPS keyturn_sim)"}
        with tree.Planted(components | contents) as root:
            return registration.check_windows(root, {str((root / path).resolve()) for path in compiled})

    def test_repository(self):
        build = tree.ROOT / "build" / "windows"
        if not (build / "compile_commands.json").exists():
            self.skipTest("`make windows` was not run")
        self.assertEqual(registration.check_windows(tree.ROOT, registration.compiled_files(build)), [])

    def test_finds_a_file_that_is_not_compiled(self):
        for path in ("src/base/a_test.cc", "src/base/a_windows_test.cc", "src/base/windows/a_test.cc"):
            with self.subTest(path):
                found = [f"{path}: is not compiled into any test program for Windows"]
                self.assertEqual(self.problems_of({path: "TEST(A, B) {}"}), found)
                self.assertEqual(self.problems_of({path: "TEST(A, B) {}"}, compiled=[path]), [])

    def test_asks_for_nothing_that_only_linux_has(self):
        self.assertEqual(self.problems_of({
            "src/base/a_linux_test.cc": "", "src/base/linux/a_test.cc": "", "src/fleet/a_test.cc": "",
            "src/base/b_test.cc": "#include <rapidcheck/gtest.h>\n",
        }), [])


if __name__ == "__main__":
    tree.run_tests()
