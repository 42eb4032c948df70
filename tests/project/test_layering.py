import unittest

import layering
import tree


def problems_of(path, text, **others):
    with tree.Planted({path: text, "src/base/a.h": "", "src/net/n.h": "", "src/cli/c.h": "", "sim/w.h": ""} | others) as root:
        return layering.check(root)


class Layering(unittest.TestCase):
    maxDiff = None

    def test_repository(self):
        self.assertEqual(layering.check(tree.ROOT), [])

    def test_looks_at_our_sources(self):
        self.assertIn("src/base/error.h", map(str, tree.files(tree.ROOT, ".h")))

    def test_finds_an_include_against_the_layering(self):
        for path, included in [
            ("src/base/x.cc", "net/n.h"),
            ("src/net/x.cc", "cli/c.h"),
            ("src/rotation/x.h", "net/n.h"),
            ("src/cli/x.cc", "sim/w.h"),
            ("src/base/x_test.cc", "net/n.h"),
            ("sim/x.cc", "cli/c.h"),
        ]:
            with self.subTest(path):
                found = problems_of(path, f'#include "{included}"\n')
                self.assertEqual(len(found), 1)
                self.assertIn("may not use", found[0])

    def test_finds_outside_headers_in_rotation(self):
        for included in ("curl/curl.h", "nlohmann/json_fwd.hpp", "sql.h", "unistd.h", "sys/socket.h"):
            with self.subTest(included):
                self.assertEqual(len(problems_of("src/rotation/x.cc", f"#include <{included}>\n")), 1)

    def test_finds_links_against_the_layering(self):
        for folder, line in [
            ("src/cli", "keyturn_component(cli DEPS keyturn_base keyturn_sim)"),
            ("src/aws", "keyturn_component(aws DEPS\n  keyturn_fleet)"),
        ]:
            with self.subTest(folder):
                self.assertEqual(len(problems_of(f"{folder}/CMakeLists.txt", line)), 1)

    def test_finds_unknown_components_and_files(self):
        self.assertEqual(len(problems_of("src/novel/x.cc", "")), 1)
        self.assertEqual(len(problems_of("src/aws/x.cc", '#include "aws/gone.h"\n')), 1)

    def test_accepts_what_is_allowed(self):
        self.assertEqual(problems_of("src/cli/x.cc", '#include <CLI/CLI.hpp>\n#include "net/n.h"\n'), [])
        self.assertEqual(problems_of("src/aws/x_test.cc", '#include "sim/w.h"\n'), [])
        self.assertEqual(problems_of("tests/x/CMakeLists.txt", "keyturn_component(x DEPS keyturn_lab)"), [])
        self.assertEqual(
            problems_of("src/aws/CMakeLists.txt", "keyturn_component(aws DEPS keyturn_net TEST_DEPS keyturn_sim)"), []
        )


if __name__ == "__main__":
    tree.run_tests()
