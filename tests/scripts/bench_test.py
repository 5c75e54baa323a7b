"""scripts/bench: what it measures it prints, and what is beyond its target it tells. On a busy machine
no figure says anything, so none is judged here."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("STARLING_BUILD_FOLDER", ROOT / "build"))
SCRIPT = ROOT / "scripts" / "bench"


def loaded():
    loader = importlib.machinery.SourceFileLoader("bench_script", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_script", loader))
    loader.exec_module(module)
    return module


def run(*words):
    return subprocess.run([SCRIPT, "--build", BUILD, *words], capture_output=True, check=False, timeout=120)


class Targets(unittest.TestCase):
    def beyond(self, value, target):
        figures = loaded().Figures()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            figures.add("a figure", value, target)
        self.assertEqual(value, json.loads(out.getvalue())["value"])
        return figures.beyond

    def test_a_fifth_above_the_target_is_let_through(self):
        self.assertEqual([], self.beyond(1.2, 1))

    def test_more_than_a_fifth_above_it_is_told(self):
        self.assertEqual(["a figure: 1.25, the target is 1"], self.beyond(1.25, 1))

    def test_what_has_no_target_is_only_printed(self):
        self.assertEqual([], self.beyond(1e9, None))


class Runs(unittest.TestCase):
    def test_each_load_is_a_line_of_JSON(self):
        ran = run("--seconds", "0.3", "--rounds", "1", "--records", "300")
        self.assertEqual(0, ran.returncode, ran.stderr.decode())
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        self.assertEqual(6, len(lines))
        for line in lines:
            self.assertLess(0, line["value"], line)
            self.assertLess(0, line["throughput"], line)
        self.assertEqual(4, sum("target" in line for line in lines))

    def test_idle_nodes_and_starts_are_measured(self):
        ran = run("--idle", "--idle-seconds", "0.2", "--rounds", "1")
        self.assertEqual(0, ran.returncode, ran.stderr.decode())
        names = [json.loads(line)["figure"] for line in ran.stdout.splitlines()]
        self.assertEqual(3, len(names))

    def test_nonsense_is_refused(self):
        self.assertEqual(2, run("--rounds", "0").returncode)
        self.assertEqual(2, run("--no-such-flag").returncode)

    def test_programs_that_are_not_built_are_named(self):
        ran = subprocess.run([SCRIPT, "--build", "/nowhere"], capture_output=True, check=False, timeout=60)
        self.assertEqual(1, ran.returncode)
        self.assertIn(b"/nowhere/starlingd is not there", ran.stderr)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
