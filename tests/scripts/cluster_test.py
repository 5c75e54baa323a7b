"""scripts/cluster: what each command promises, with a stand-in for the daemon."""

import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLUSTER = HERE.parents[1] / "scripts" / "cluster"


def free_base_port():
    """A port P such that P..P+2 and P+100..P+102 are free."""
    for base in range(20000 + os.getpid() % 5000 * 2, 32000, 7):
        try:
            for port in [base + i for i in range(3)] + [base + 100 + i for i in range(3)]:
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    raise unittest.SkipTest("no free ports")


def command_line_of(pid):
    """Empty for a process that has ended, also where nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def cluster_as_module():
    loader = importlib.machinery.SourceFileLoader("cluster", str(CLUSTER))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("cluster", loader))
    sys.modules["cluster"] = module  # where its dataclasses look for their names
    loader.exec_module(module)
    return module


class ClusterTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp()).resolve()
        self.dir = self.folder / "cluster"
        self.base_port = free_base_port()

    def tearDown(self):
        if (self.dir / "cluster.json").exists():
            self.run_cluster("down")
        shutil.rmtree(self.folder)

    def run_cluster(self, command, *arguments):
        return subprocess.run([sys.executable, CLUSTER, command, "--dir", self.dir, *map(str, arguments)],
                              capture_output=True, text=True, check=False, timeout=120)

    def do(self, command, *arguments):
        result = self.run_cluster(command, *arguments)
        self.assertEqual(0, result.returncode, result.stderr)
        return result.stdout

    def up(self, *arguments):
        return self.do("up", "--nodes", 3, "--base-port", self.base_port,
                       "--daemon", HERE / "stand_in_daemon.py", *arguments)

    def states(self):
        return [node["state"] for node in json.loads(self.do("status", "--json"))["nodes"]]

    def log(self, index):
        return (self.dir / f"node{index}.log").read_text()

    def test_up_starts_every_node_with_the_founders_and_the_extra_flags(self):
        self.up("--", "--durability", "none")
        self.assertEqual(["running"] * 3, self.states())
        port = self.base_port
        self.assertIn(f"--name node1 --data-dir {self.dir}/node1 --listen 127.0.0.1:{port + 1} "
                      f"--http 127.0.0.1:{port + 101} --initial-cluster "
                      f"node0=127.0.0.1:{port},node1=127.0.0.1:{port + 1},node2=127.0.0.1:{port + 2} "
                      "--durability none", self.log(1))

    def test_up_returns_when_every_node_serves(self):
        self.up()
        nodes = json.loads(self.do("status", "--json"))["nodes"]
        self.assertEqual([True] * 3, [node["ready"] for node in nodes])

    def test_kill_stop_and_start(self):
        self.up()
        self.do("kill", 0)
        self.do("stop", 1)
        self.assertEqual(["stopped", "stopped", "running"], self.states())
        self.assertNotIn("drained", self.log(0))
        self.assertIn("drained", self.log(1))
        self.do("start", 0)
        self.assertEqual(["running", "stopped", "running"], self.states())
        self.assertEqual(2, self.log(0).count("open, ready"))

    def test_pause_and_resume(self):
        self.up()
        self.do("pause", 2)
        self.assertEqual(["running", "running", "paused"], self.states())
        self.do("resume", 2)
        self.assertEqual(["running"] * 3, self.states())

    def test_a_paused_node_can_be_stopped(self):
        self.up()
        self.do("pause", 2)
        self.do("stop", 2)
        self.assertIn("drained", self.log(2))

    def test_wipe_wants_a_node_that_does_not_run(self):
        self.up()
        refused = self.run_cluster("wipe", 1)
        self.assertEqual(1, refused.returncode)
        self.assertTrue((self.dir / "node1" / "store").exists())
        self.do("kill", 1)
        self.do("wipe", 1)
        self.assertEqual([], list((self.dir / "node1").iterdir()))

    def test_down_keeps_the_data_and_up_takes_it_up_again(self):
        self.up()
        self.do("down")
        self.assertEqual(["stopped"] * 3, self.states())
        self.assertTrue((self.dir / "node0" / "store").exists())
        self.do("up", "--daemon", HERE / "stand_in_daemon.py")
        self.assertEqual(["running"] * 3, self.states())

    def test_down_ends_all_nodes_also_when_each_is_gone_at_once(self):
        self.up()
        script = cluster_as_module()
        kill = os.kill

        def kill_and_see_it_gone(pid, number):
            kill(pid, number)
            if number == signal.SIGTERM:
                self.assertTrue(script.wait_until(lambda: not command_line_of(pid), 30))

        with unittest.mock.patch.object(script.os, "kill", kill_and_see_it_gone):
            script.down(script.parse(["down", "--dir", str(self.dir)]))
        self.assertEqual(["stopped"] * 3, self.states())

    def test_purge_removes_what_up_made_and_nothing_else(self):
        self.up()
        (self.dir / "notes.txt").write_text("mine")
        self.do("down", "--purge")
        self.assertEqual(["notes.txt"], [path.name for path in self.dir.iterdir()])

    def test_a_node_that_refuses_to_start_is_shown_with_its_log(self):
        result = self.run_cluster("up", "--nodes", 1, "--base-port", self.base_port,
                                  "--daemon", HERE / "stand_in_daemon.py", "--", "--refuse", "for a test")
        self.assertEqual(1, result.returncode)
        self.assertIn("node0 ended with code 3", result.stderr)
        self.assertIn("| refused: for a test", result.stderr)

    def test_a_number_that_now_belongs_to_another_process_is_left_alone(self):
        self.up()
        self.do("kill", 0)
        (self.dir / "node0.pid").write_text(f"{os.getpid()}\n")
        self.assertEqual("stopped", self.states()[0])
        self.assertEqual(1, self.run_cluster("kill", 0).returncode)

    def test_what_is_not_there_is_said(self):
        self.assertEqual(1, self.run_cluster("status").returncode)
        added = self.run_cluster("add")
        self.assertEqual(2, added.returncode)
        self.assertIn("not in this version", added.stderr)
        self.up()
        self.assertEqual(2, self.run_cluster("kill", 7).returncode)


if __name__ == "__main__":
    unittest.main()
