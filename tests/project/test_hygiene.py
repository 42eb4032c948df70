import unittest

import hygiene
import tree


class Hygiene(unittest.TestCase):
    maxDiff = None

    def assert_clean(self, check):
        self.assertEqual(check(tree.ROOT), [])

    def assert_found(self, check, path, text, count=1):
        with tree.Planted({path: text}) as root:
            self.assertEqual(len(check(root)), count, check(root))

    def test_lengths(self):
        self.assert_clean(hygiene.check_lengths)

    def test_words(self):
        self.assert_clean(hygiene.check_words)

    def test_header_comments(self):
        self.assert_clean(hygiene.check_header_comments)

    def test_links(self):
        self.assert_clean(hygiene.check_links)

    def test_format(self):
        self.assert_clean(hygiene.check_format)

    def test_finds_a_long_file(self):
        self.assert_found(hygiene.check_lengths, "src/base/a.cc", "\n" * 501)
        self.assert_found(hygiene.check_lengths, "src/base/a.cc", "\n" * 500, count=0)

    def test_finds_forbidden_words(self):
        for text in ("// TO" + "DO later", "# FIX" + "ME", "TEST(A, DIS" + "ABLED_B) {}", "x = '/ro" + "ot/keyturn'",
                     '"resolved": "https://regis' + 'try.npmjs.org/x"'):
            with self.subTest(text):
                self.assert_found(hygiene.check_words, "docs/a.md", text)

    def test_finds_the_checkout_path(self):
        with tree.Planted({"a.md": ""}) as root:
            (root / "a.md").write_text(f"see {root}/build\n", encoding="utf-8")
            self.assertEqual(len(hygiene.check_words(root)), 1)

    def test_finds_a_header_without_a_comment(self):
        self.assert_found(hygiene.check_header_comments, "src/base/a.h", "#pragma once\n")
        self.assert_found(hygiene.check_header_comments, "src/base/a.h", "// Why.\n#pragma once\n", count=0)

    def test_finds_a_dead_link(self):
        self.assert_found(hygiene.check_links, "docs/a.md", "[b](b.md), [itself](a.md#top), [c](https://c.example/d)")

    def test_finds_an_unformatted_file(self):
        self.assert_found(hygiene.check_format, "src/base/a.cc", "int   f( ){return 1 ;}\n")
        self.assert_found(hygiene.check_format, "src/base/a.cc", "int f();\n", count=0)


if __name__ == "__main__":
    tree.run_tests()
