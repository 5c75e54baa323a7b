"""count_cases: every way a program has to tell its cases, and every way to end without telling."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from count_cases import count  # noqa: E402


def entry(result, stdout="", stderr=""):
    return {"name": "a program", "result": result, "stdout": stdout, "stderr": stderr}


class Count(unittest.TestCase):
    def test_doctest_tells_in_its_summary(self):
        text = "[doctest] test cases:  29 |  27 passed | 2 failed | 3 skipped\n[doctest] assertions: 646 | 9 passed |\n"
        self.assertEqual((27, 2), count(entry("FAIL", text)))

    def test_doctest_in_colours_is_read_as_well(self):
        text = "\x1b[0;36m[doctest] \x1b[0mtest cases: \x1b[0;32m 4\x1b[0m | \x1b[0;32m4 passed\x1b[0m | 0 failed |\n"
        self.assertEqual((4, 0), count(entry("OK", text)))

    def test_unittest_tells_on_standard_error(self):
        self.assertEqual((46, 0), count(entry("OK", "", "Ran 46 tests in 0.5s\n\nOK\n")))
        self.assertEqual((1, 0), count(entry("OK", "", "Ran 1 test in 0.5s\n\nOK\n")))
        self.assertEqual((7, 3), count(entry("FAIL", "", "Ran 10 tests in 1s\n\nFAILED (failures=1, errors=2)\n")))

    def test_what_unittest_skipped_has_not_passed(self):
        self.assertEqual((8, 0), count(entry("OK", "", "Ran 10 tests in 1s\n\nOK (skipped=2)\n")))

    def test_others_tell_in_one_line(self):
        self.assertEqual((12, 1), count(entry("FAIL", "seed 3\ncases: 12 passed, 1 failed\n")))

    def test_a_silent_program_is_one_case(self):
        self.assertEqual((1, 0), count(entry("OK", "all fine\n")))
        self.assertEqual((0, 1), count(entry("FAIL", "")))
        self.assertEqual((0, 1), count(entry("TIMEOUT", "")))

    def test_a_crash_after_the_summary_is_a_failed_case(self):
        text = "[doctest] test cases: 5 | 5 passed | 0 failed | 0 skipped\n"
        self.assertEqual((5, 1), count(entry("FAIL", text)))

    def test_a_skipped_program_counts_nothing(self):
        self.assertEqual((0, 0), count(entry("SKIP")))


class Program(unittest.TestCase):
    def last_line(self, entries):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "testlog.json"
            if entries:
                log.write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")
            output = subprocess.run([sys.executable, SCRIPTS / "count_cases.py", log],
                                    capture_output=True, text=True, check=True).stdout
            return output.splitlines()[-1]

    def test_the_last_line_is_the_sum(self):
        self.assertEqual("3 1", self.last_line([entry("OK"), entry("OK", "cases: 2 passed, 0 failed\n"),
                                                entry("TIMEOUT")]))

    def test_a_run_without_tests_has_failed(self):
        self.assertEqual("0 1", self.last_line([]))


if __name__ == "__main__":
    unittest.main()
