"""check_tree: each rule is broken once in a small tree and must be named; the clean tree passes."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from check_tree import TreeCheck  # noqa: E402
from cpp_source import CppSource  # noqa: E402

LAW = """
| Folder | Pure | May include |
|---|---|---|
| `base` | yes | – |
| `ring` | yes | `base` |
| `node` | yes | `base`, `ring` |
| `net` | no | `base`, `ring/ring.h`, `node` (only in `wiring.cc`) |

| Package | Headers | Home |
|---|---|---|
| xxHash | `xxhash.h` | `base/hash.cc` |
| libuv | `uv.h`, `uv/*` | `net` |
| FlatBuffers | `*_generated.h` | `net` |
"""

EXCEPTIONS = """
| File | Rule | Reason |
|---|---|---|
"""


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        self.write("ARCHITECTURE.md", LAW + EXCEPTIONS)
        self.write("src/base/hash.h", "#pragma once\n\n// Hashes.\nint hash();\n")
        self.write("src/base/hash.cc", '#include "base/hash.h"\n\n#include <xxhash.h>\n')
        self.write("tests/unit/base/hash_test.cc", "")
        self.write("src/ring/ring.h", '#pragma once\n#include <vector>\n#include "base/hash.h"\n')
        self.write("include/starling/client.h", "#pragma once\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def header(self, name, text):
        self.write(f"src/{name}", "#pragma once\n" + text + "\n")

    def except_for(self, file, rule):
        self.write("ARCHITECTURE.md", LAW + EXCEPTIONS + f"| `{file}` | `{rule}` | a reason |\n")

    def findings(self):
        return TreeCheck(self.root).run()

    def expect(self, *rules):
        findings = self.findings()
        self.assertEqual(sorted(rules), sorted(f.rule for f in findings), [str(f) for f in findings])


class IncludeLaw(Tree):
    def test_a_clean_tree_has_no_findings(self):
        self.expect()

    def test_an_upward_include_is_found(self):
        self.header("base/upward.h", '#include "ring/ring.h"')
        self.expect("include")

    def test_the_finding_names_file_and_line(self):
        self.header("base/upward.h", '#include "ring/ring.h"')
        self.assertEqual("src/base/upward.h:2", self.findings()[0].place)

    def test_a_row_may_name_one_header(self):
        self.header("net/dial.h", '#include "ring/ring.h"')
        self.expect()
        self.header("net/dial.h", '#include "ring/token.h"')
        self.expect("include")

    def test_a_row_may_name_the_files_that_may(self):
        self.header("net/dial.h", '#include "node/node.h"')
        self.expect("include")
        self.write("src/net/dial.h", "#pragma once\n")
        self.write("src/net/wiring.cc", '#include "node/node.h"\n')
        self.write("tests/unit/net/wiring_test.cc", "")
        self.expect()

    def test_an_include_without_its_folder_is_found(self):
        self.header("base/near.h", '#include "hash.h"')
        self.expect("include")

    def test_an_include_in_a_comment_is_none(self):
        self.header("base/near.h", '// #include "ring/ring.h"\n/*\n#include "net/loop.h"\n*/')
        self.expect()

    def test_a_folder_without_a_row_is_found(self):
        self.header("attic/old.h", "")
        self.expect("law")

    def test_a_map_without_the_table_is_found(self):
        self.write("ARCHITECTURE.md", "# Nothing\n")
        self.assertIn("law", [finding.rule for finding in self.findings()])

    def test_a_package_outside_its_home_is_found(self):
        self.header("base/loop.h", "#include <uv.h>\n#include <uv/unix.h>")
        self.expect("package", "package")

    def test_a_package_at_home_in_one_file_is_not_in_its_neighbour(self):
        self.header("base/digest.h", "#include <xxhash.h>")
        self.expect("package")

    def test_generated_headers_belong_to_their_package(self):
        self.header("ring/coded.h", '#include "ring_generated.h"')
        self.expect("package")

    def test_an_unknown_package_is_found(self):
        self.header("net/parts.h", "#include <boost/asio.hpp>")
        self.expect("package")

    def test_the_public_headers_include_no_source_folder(self):
        self.write("include/starling/client.h", '#pragma once\n#include "base/hash.h"\n')
        self.expect("include")


class Purity(Tree):
    def test_clocks_are_found(self):
        for line in ("auto t = std::chrono::steady_clock::now();", "clock_gettime(0, &spec);",
                     "auto t = time(nullptr);", "auto t = std::time(0);"):
            with self.subTest(line):
                self.header("ring/late.h", line)
                self.expect("clock")

    def test_chance_is_found(self):
        for line in ("std::random_device device;", "std::uniform_int_distribution<int> d(1, 6);",
                     "std::shuffle(begin, end, generator);", "int r = rand();"):
            with self.subTest(line):
                self.header("ring/lucky.h", line)
                self.expect("chance")

    def test_threads_are_found(self):
        for line in ("#include <thread>", "#include <mutex>", "#include <atomic>", "#include <future>",
                     "#include <condition_variable>", "thread_local int i;"):
            with self.subTest(line):
                self.header("ring/busy.h", line)
                self.expect("thread")

    def test_order_by_pointer_is_found(self):
        for line in ("std::set<Node*> nodes;", "std::map<const ring::Node*, int> nodes;"):
            with self.subTest(line):
                self.header("ring/loose.h", line)
                self.expect("pointer-order")

    def test_pointers_as_values_are_fine(self):
        self.header("ring/index.h", "std::map<int, Node*> nodes;")
        self.expect()

    def test_the_edges_may_have_clocks_and_threads(self):
        self.header("net/loop.h", "#include <thread>\nauto t = std::chrono::steady_clock::now();")
        self.expect()

    def test_words_in_comments_and_literals_are_fine(self):
        self.header("ring/quiet.h", '// std::random_device is banned.\nauto t = "std::random_device";')
        self.expect()

    def test_a_function_called_time_is_fine(self):
        self.header("ring/stamp.h", "auto t = clock.time(0);\nInstant time(NodeId node);")
        self.expect()


class HashOrder(Tree):
    MEMBER = "std::unordered_map<int, std::vector<int>> owners_;\n"

    def test_a_walk_over_a_hash_container_is_found(self):
        self.header("ring/walk.h", self.MEMBER + "for (const auto& [id, n] : owners_) {\n}")
        self.expect("hash-order")

    def test_a_walk_by_iterator_is_found(self):
        self.header("ring/walk.h", self.MEMBER + "auto first = owners_.begin();")
        self.expect("hash-order")

    def test_a_member_declared_in_the_own_header_is_known(self):
        self.header("ring/walk.h", self.MEMBER)
        self.write("src/ring/walk.cc", "void f() {\n  for (const auto& o : owners_) {\n  }\n}\n")
        self.write("tests/unit/ring/walk_test.cc", "")
        self.expect("hash-order")

    def test_an_alias_is_known(self):
        self.header("ring/walk.h", "using Owners = std::unordered_map<int, int>;\nOwners owners;\n"
                                   "for (const auto& o : owners) {\n}")
        self.expect("hash-order")

    def test_a_justified_walk_and_a_lookup_are_fine(self):
        self.header("ring/walk.h", self.MEMBER + "// order unseen: the sum is commutative.\n"
                                                 "for (const auto& o : owners_) {\n}\n"
                                                 "auto found = owners_.find(3);")
        self.expect()


class HouseRules(Tree):
    def test_using_namespace_is_found(self):
        self.header("net/lazy.h", "using namespace std;")
        self.expect("using-namespace")

    def test_a_long_file_is_found(self):
        self.header("net/long.h", "\n" * 500)
        self.expect("size")

    def test_the_composer_has_a_smaller_limit(self):
        self.header("node/node.h", "\n" * 400)
        self.expect("size")

    def test_a_source_without_a_test_is_found(self):
        self.write("src/base/alone.cc", "")
        self.expect("test")

    def test_shared_pointers_are_for_the_ring_only(self):
        self.header("net/shared.h", "std::shared_ptr<const Ring> ring;")
        self.expect()
        self.header("net/shared.h", "std::shared_ptr<Node> node;")
        self.expect("shared-pointer")

    def test_a_header_without_pragma_once_is_found(self):
        self.write("src/net/bare.h", "int i;\n")
        self.expect("pragma-once")

    def test_empty_names_are_found(self):
        for name in ("net/util.h", "net/misc/loop.h", "net/string_helper.h", "node/manager.h"):
            with self.subTest(name):
                self.header(name, "")
                self.expect("name")
                (self.root / "src" / name).unlink()
                if "misc" in name:
                    (self.root / "src/net/misc").rmdir()

    def test_too_many_public_headers_are_found(self):
        for number in range(10):
            self.write(f"include/starling/part{number}.h", "#pragma once\n")
        self.expect("size")

    def test_paths_of_one_machine_are_found(self):
        self.write("deploy/notes.md", "See " + "/".join(("", "home", "me", "notes.txt")) + "\n")
        self.expect("machine-path")


class Exceptions(Tree):
    def test_a_listed_exception_is_respected(self):
        self.except_for("base/alone.cc", "test")
        self.write("src/base/alone.cc", "")
        self.expect()

    def test_an_exception_covers_its_rule_only(self):
        self.except_for("base/alone.cc", "test")
        self.write("src/base/alone.cc", "#include <thread>\n")
        self.expect("thread")

    def test_an_exception_nobody_needs_is_found(self):
        self.except_for("base/alone.cc", "test")
        self.expect("exception")


class Functions(unittest.TestCase):
    def lengths(self, text):
        return [function.length for function in CppSource(Path("x.cc"), text).functions()]

    def test_functions_methods_and_lambdas_are_measured(self):
        self.assertEqual([1], self.lengths("int f() { return 1; }\n"))
        self.assertEqual([3, 1], self.lengths("class A {\n  int f() const {\n    if (a) { b(); }\n  }\n"
                                              "  int g() { return 2; }\n  int h_ = 0;\n};\n"))
        self.assertEqual([4], self.lengths("void f() {\n  auto l = [] {\n  };\n}\n"))

    def test_what_is_no_function_is_not_measured(self):
        self.assertEqual([], self.lengths("namespace a {\nstruct B {\n  int c{3};\n};\nenum class D { E };\n"
                                          "constexpr std::array<int, 2> kF{{1, 2}};\n}\n"))

    def test_a_constructor_counts_its_body_only(self):
        self.assertEqual([2], self.lengths("A::A(int a)\n    : a_(a),\n      b_{a} {\n}\n"))

    def test_a_template_is_a_function_like_others(self):
        self.assertEqual([2], self.lengths("template <class T>\nvoid f(T t) {\n}\n"))

    def test_comments_in_literals_are_no_comments(self):
        source = CppSource(Path("x.cc"), 'auto a = "// no";\nauto b = R"(/* no */)";\nint c = 1\'000;  // yes\n')
        self.assertEqual({3}, source.comment_lines)


class Program(Tree):
    def run_script(self, *arguments):
        return subprocess.run([sys.executable, SCRIPTS / "check_tree.py", "--root", self.root, *arguments],
                              capture_output=True, text=True, check=False)

    def test_the_exit_code_tells(self):
        self.assertEqual(0, self.run_script().returncode)
        self.header("base/upward.h", '#include "ring/ring.h"')
        result = self.run_script()
        self.assertEqual(1, result.returncode)
        self.assertIn("src/base/upward.h:2: [include]", result.stdout)

    def test_the_report_marks_what_is_over_its_budget(self):
        body = "  a();\n" * 71
        self.header("net/long.h", "inline void f() {\n" + body + "}")
        report = self.run_script("--report").stdout
        self.assertRegex(report, r"function, longest\s+73\s+<= 70\s+OVER")
        self.assertRegex(report, r"public headers\s+1\s+<= 10\s+ok")


if __name__ == "__main__":
    unittest.main()
