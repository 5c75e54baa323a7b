"""sim_sweep: what it runs, what it writes down, and how it ends, on a simulator that says what we want."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "sim_sweep"

# Speaks as starling-sim does. Seeds that end in 7 fail where FAILS is set, one in 13 ends the program.
STAND_IN = """#!/usr/bin/env python3
import json, os, sys
words = sys.argv[1:]
if words == ["--list"]:
    print("scenarios:\\n  swarm: all\\n  calm: none\\nbugs to plant:\\n  skip-repair")
    sys.exit(0)
value = lambda name, other: words[words.index(name) + 1] if name in words else other
first, last = map(int, value("--seeds", "1..1").split(".."))
engine = value("--engine", "drawn")
failed = False
for seed in range(first, last + 1):
    if "CRASHES" in os.environ and seed % 100 == 13:
        print("check failed", flush=True)
        os.abort()
    ok = "FAILS" not in os.environ or seed % 10 != 7
    failed = failed or not ok
    violation = {"checker": "lost-write", "key": "k1", "text": "w1 is gone"}
    print(json.dumps({"seed": seed, "ok": ok, "nodes_on_leveldb": 3 if engine == "leveldb" else 0,
                      "simulated_seconds": 36.0, "operations": 10, "faults": 2,
                      "violations": [] if ok else [violation], "repeat": f"starling-sim --seed {seed}"}), flush=True)
print("marks:\\n  3  read: siblings\\n  never: boot: refused a store")
sys.exit(1 if failed else 0)
"""


class SimSweep(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.sim = self.folder / "starling-sim"
        self.sim.write_text(STAND_IN, encoding="utf-8")
        self.sim.chmod(0o755)
        self.report = self.folder / "SWEEPS.md"

    def sweep(self, *words, minutes="0.03", **environment):
        return subprocess.run(
            [sys.executable, SCRIPT, minutes, "--sim", self.sim, "--report", self.report, "--jobs", "2", *words],
            capture_output=True, text=True, check=False, timeout=60,
            env={"PATH": "/usr/bin:/bin", **environment})

    def test_it_stops_by_itself_and_appends_what_it_ran(self):
        self.assertEqual(0, self.sweep("--start", "1000").returncode)
        self.assertEqual(0, self.sweep("--start", "900000000").returncode)
        text = self.report.read_text(encoding="utf-8")
        self.assertEqual(1, text.count("# Sweeps\n"))
        self.assertEqual(2, text.count("\n## "))
        runs = [int(runs) for runs in re.findall(r"^- seeds \d+\.\.\d+: (\d+) runs, 0 failed$", text, re.MULTILINE)]
        self.assertEqual(2, len(runs))
        self.assertGreater(min(runs), 0)
        self.assertRegex(text, r"commit [0-9a-f]{7,}")
        self.assertIn("| swarm | leveldb | ", text)
        self.assertIn("| calm | drawn | ", text)
        self.assertIn("never: boot: refused a store\n", text)
        self.assertRegex(text, r"- \d+ runs \(\d+\.\d %\) with the real LevelDB")

    def test_a_failure_is_told_with_the_command_that_repeats_it(self):
        ended = self.sweep("--start", "1000", FAILS="1")
        self.assertEqual(1, ended.returncode)
        self.assertIn("FAILED: starling-sim --seed 1007\n", ended.stdout)
        text = self.report.read_text(encoding="utf-8")
        self.assertIn("- `starling-sim --seed 1007`: lost-write k1: w1 is gone\n", text)
        self.assertIn("more\n", text)  # there are more than it shows

    def test_a_seed_that_ends_the_program_is_named(self):
        ended = self.sweep("--start", "1000", CRASHES="1")
        self.assertEqual(1, ended.returncode)
        self.assertRegex(ended.stdout, r"FAILED: starling-sim --seed 1013.*\n  the program ended with -6: check failed")

    def test_seeds_of_an_earlier_sweep_are_refused(self):
        self.assertEqual(0, self.sweep("--start", "1000").returncode)
        again = self.sweep("--start", "1001")
        self.assertEqual(2, again.returncode)
        self.assertIn("choose another --start", again.stderr)

    def test_a_sweep_that_comes_to_seeds_of_an_earlier_one_leaves_them_out(self):
        self.report.write_text("- seeds 1040..500000: 1 runs, 0 failed\n", encoding="utf-8")
        ended = self.sweep("--start", "1000", FAILS="1")
        self.assertIn("--seed 1037\n", ended.stdout)
        self.assertNotIn("--seed 1047\n", ended.stdout)
        self.assertIn("--seed 500007\n", ended.stdout)

    def test_without_a_start_two_sweeps_share_no_seed(self):
        for _ in range(2):
            self.assertEqual(0, self.sweep().returncode)
        text = self.report.read_text(encoding="utf-8")
        (_, last), (first, _) = re.findall(r"^- seeds (\d+)\.\.(\d+):", text, re.MULTILINE)
        self.assertGreater(int(first), int(last))

    def test_bad_usage_is_refused(self):
        self.assertEqual(2, self.sweep(minutes="0").returncode)
        self.assertEqual(2, self.sweep("--sim", "/nowhere").returncode)
        self.assertFalse(self.report.exists())


class RealSimulator(unittest.TestCase):
    """Against the program itself, where it is built: they must speak the same language."""

    def test_a_short_sweep_of_the_real_thing_holds(self):
        sim = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        if sim is None or not sim.exists():
            self.skipTest("no starling-sim was named")
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "SWEEPS.md"
            ended = subprocess.run([sys.executable, SCRIPT, "0.05", "--sim", sim, "--report", report],
                                   capture_output=True, text=True, check=False, timeout=300)
            self.assertEqual(0, ended.returncode, ended.stdout)
            text = report.read_text(encoding="utf-8")
            self.assertRegex(text, r"[1-9]\d* runs, 0 failed")
            self.assertRegex(text, r"[1-9]\d* marks reached")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
