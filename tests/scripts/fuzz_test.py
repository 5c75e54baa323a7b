"""scripts/fuzz: what it runs and what it tells, with stand-ins for the programs and the build."""

import importlib.machinery
import importlib.util
import io
import stat
import sys
import tempfile
import unittest
import unittest.mock
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

FUZZ = Path(__file__).resolve().parents[2] / "scripts" / "fuzz"

# Answers --write-seeds as a fuzzing program does, notes its words, then says what libFuzzer says.
SOUND = """#!/bin/sh
case $1 in
  --write-seeds=*) echo seed >"${1#--write-seeds=}/seed_0"; exit 0 ;;
esac
echo "$@" >"$0.words"
echo "#1	INITED cov: 5 ft: 6 corp: 1/4b exec/s: 0 rss: 30Mb"
echo "#4096	pulse  cov: 12 ft: 34 corp: 7/200b lim: 9 exec/s: 0 rss: 31Mb"
echo "stat::number_of_executed_units: 5000"
"""
BROKEN = """#!/bin/sh
case $1 in
  --write-seeds=*) exit 0 ;;
esac
for word; do
  case $word in -artifact_prefix=*) prefix=${word#-artifact_prefix=} ;; esac
done
echo "#64	pulse  cov: 12 ft: 34 corp: 7/200b lim: 9 exec/s: 0 rss: 31Mb"
echo "starling: check failed: one == two (somewhere.cc:7)"
echo bad >"${prefix}crash-0a0b"
echo "artifact_prefix='$prefix'; Test unit written to ${prefix}crash-0a0b"
exit 77
"""


def fuzz_as_module():
    loader = importlib.machinery.SourceFileLoader("fuzz", str(FUZZ))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fuzz", loader))
    sys.modules["fuzz"] = module  # where its dataclasses look for their names
    loader.exec_module(module)
    return module


class FuzzTest(unittest.TestCase):
    def setUp(self):
        self.fuzz = fuzz_as_module()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.build = Path(self.folder.name).resolve() / "build-fuzz"
        (self.build / "tests/fuzz").mkdir(parents=True)

    def stand_in(self, target, script=SOUND):
        program = self.build / "tests/fuzz" / f"fuzz_{target}"
        program.write_text(script)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return program

    def run_fuzz(self, *words):
        output = io.StringIO()
        with unittest.mock.patch.object(self.fuzz.Fuzzer, "set_up"), \
                unittest.mock.patch.object(self.fuzz.Fuzzer, "build_programs"), redirect_stdout(output):
            code = self.fuzz.main(["--build", str(self.build), *words])
        return code, output.getvalue()

    def test_a_sound_target_is_one_passed_case_with_its_figures(self):
        self.stand_in("texts")
        code, output = self.run_fuzz("texts")
        self.assertEqual(code, 0)
        self.assertIn("texts: 5000 executions", output)
        self.assertIn("coverage 12, features 34: ok", output)
        self.assertTrue(output.endswith("cases: 1 passed, 0 failed\n"))

    def test_a_finding_fails_and_its_input_and_command_are_named(self):
        self.stand_in("texts")
        program = self.stand_in("http", BROKEN)
        code, output = self.run_fuzz("texts", "http")
        self.assertEqual(code, 1)
        finding = self.build / "findings" / "http-crash-0a0b"
        self.assertTrue(finding.exists())
        self.assertIn(f"repeat it with: {program} {finding}", output)
        self.assertIn("check failed: one == two", output)
        self.assertIn("http: 64 executions", output)
        self.assertTrue(output.endswith("cases: 1 passed, 1 failed\n"))

    def test_runs_take_the_place_of_seconds_and_limits_are_set(self):
        program = self.stand_in("texts")
        self.run_fuzz("--seconds", "7", "texts")
        words = Path(f"{program}.words").read_text().split()
        self.assertIn("-max_total_time=7", words)
        self.assertIn("-malloc_limit_mb=64", words)
        self.run_fuzz("--runs", "9", "texts")
        words = Path(f"{program}.words").read_text().split()
        self.assertIn("-runs=9", words)
        self.assertNotIn("-max_total_time=60", words)

    def test_without_a_run_it_only_builds(self):
        program = self.stand_in("texts")
        self.assertEqual(self.run_fuzz("--no-run", "texts"), (0, ""))
        self.assertFalse(Path(f"{program}.words").exists())

    def test_seeds_are_written_afresh_and_given_to_the_program(self):
        program = self.stand_in("texts")
        left_over = self.build / "seeds/texts/of_an_older_format"
        left_over.parent.mkdir(parents=True)
        left_over.write_text("x")
        self.run_fuzz("texts")
        self.assertFalse(left_over.exists())
        self.assertTrue((self.build / "seeds/texts/seed_0").exists())
        self.assertIn(str(self.build / "seeds/texts"), Path(f"{program}.words").read_text().split())

    def test_an_unknown_target_is_refused_with_the_list_of_those_there_are(self):
        complaint = io.StringIO()
        with redirect_stderr(complaint), self.assertRaises(SystemExit):
            self.run_fuzz("no_such")
        self.assertIn("frames", complaint.getvalue())

    def test_a_failed_build_is_no_finding(self):
        with unittest.mock.patch.object(self.fuzz.Fuzzer, "set_up",
                                        side_effect=self.fuzz.subprocess.CalledProcessError(1, "meson")), \
                redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
            self.assertEqual(self.fuzz.main(["--build", str(self.build), "texts"]), 2)


if __name__ == "__main__":
    unittest.main()
