#!/usr/bin/env python3
"""What deploy/ relies on, with real nodes: the notice to systemd, and the metrics page."""

import re
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

import case_runner
from real_cluster import DAEMON, ROOT, START_SECONDS_MAX, Cluster, wait_until

DEPLOY = ROOT / "deploy"
SAMPLE = re.compile(r"^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-z_]+)="([^"]*)"')


def metrics_of(node):
    """{(name, labels): value}; the labels as a frozenset of pairs."""
    with urllib.request.urlopen(f"http://{node.http}/metrics", timeout=10) as answer:
        page = answer.read().decode()
    samples = {}
    for line in page.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = SAMPLE.match(line).groups()
        samples[name, frozenset(LABEL.findall(labels or ""))] = float(value)
    return samples


def value_of(samples, wanted, **labels):
    """The sum of the samples that have these labels, whatever others."""
    return sum(value for (name, have), value in samples.items()
               if name == wanted and set(labels.items()) <= have)


class TheMetricsPage(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(nodes=3)
        self.addCleanup(self.cluster.close)
        self.cluster.start()

    def all_nodes(self, name, **labels):
        return sum(value_of(metrics_of(node), name, **labels) for node in self.cluster.nodes)

    def test_counts_what_clients_asked_and_how_it_ended(self):
        for number in range(5):
            self.assertEqual(0, self.cluster.tool("put", "b", f"k{number}", "value", "--w", "all").returncode)
        self.assertEqual(0, self.cluster.tool("get", "b", "k0").returncode)
        self.assertEqual(3, self.cluster.tool("get", "b", "nothing").returncode)
        self.assertEqual(0, self.cluster.tool("delete", "b", "k1").returncode)
        count = "starling_request_seconds_count"
        self.assertEqual(5, self.all_nodes(count, operation="put", level="all", result="ok"))
        self.assertEqual(1, self.all_nodes(count, operation="get", level="quorum", result="ok"))
        self.assertEqual(1, self.all_nodes(count, operation="get", result="not_found"))
        self.assertEqual(1, self.all_nodes(count, operation="delete", result="ok"))
        for node in self.cluster.nodes:
            samples = metrics_of(node)
            # Five puts and a tombstone, on each of three.
            self.assertLessEqual(6, value_of(samples, "starling_commit_batch_commits_sum"))
            self.assertLess(0, value_of(samples, "starling_commit_seconds_sum", synced="true"))
            self.assertEqual(2, value_of(samples, "starling_peer_connected"))
            self.assertLess(0, value_of(samples, "starling_peer_round_trip_seconds"))
            # Measured now and then: all of the above may have come before the first time.
            wait_until(lambda: value_of(metrics_of(node), "starling_loop_lag_seconds_count") > 0,
                       START_SECONDS_MAX, "the loop's lag is measured")
            self.assertEqual(1, value_of(samples, "starling_ready"))

    def test_shows_a_lost_member_and_what_it_costs(self):
        self.cluster.nodes[2].kill()
        node = self.cluster.nodes[0]
        wait_until(lambda: value_of(metrics_of(node), "starling_member_up", member="node2") == 0,
                   START_SECONDS_MAX, "node2 is shown as down")
        samples = metrics_of(node)
        self.assertEqual(1, value_of(samples, "starling_member_up", member="node1"))
        self.assertEqual(0, value_of(samples, "starling_members_to_lose", until="unavailable"))
        self.assertEqual(5, self.cluster.tool("put", "b", "k", "v", "--w", "all").returncode)
        self.assertEqual(1, value_of(metrics_of(node), "starling_request_seconds_count",
                                     operation="put", level="all", result="unavailable"))


class TheServiceUnit(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(nodes=1)
        self.addCleanup(self.cluster.close)

    def test_is_told_when_the_node_is_there_and_when_it_goes(self):
        with tempfile.TemporaryDirectory() as folder, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = f"{folder}/notify"
            manager.bind(path)
            manager.settimeout(START_SECONDS_MAX)
            node = self.cluster.nodes[0]
            node.launch(env={"NOTIFY_SOCKET": path})
            self.assertEqual(b"READY=1", manager.recv(4096).splitlines()[0])
            self.assertEqual(200, node.health("/livez")[0])
            self.assertEqual(0, node.stop())
            self.assertEqual(b"STOPPING=1", manager.recv(4096).splitlines()[0])

    def test_says_nothing_when_the_start_fails(self):
        with tempfile.TemporaryDirectory() as folder, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = f"{folder}/notify"
            manager.bind(path)
            manager.setblocking(False)
            node = self.cluster.nodes[0]
            node.data.write_text("a file where the folder should be")
            code, _ = node.refuse_to_start(env={"NOTIFY_SOCKET": path})
            self.assertNotEqual(0, code)
            with self.assertRaises(BlockingIOError):
                manager.recv(4096)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze here")
    def test_is_understood_by_systemd_and_leaves_little_open(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder) / "starlingd.service"
            text = (DEPLOY / "starlingd.service").read_text()
            unit.write_text(text.replace("/usr/local/bin/starlingd", str(DAEMON)))
            verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit],
                                      capture_output=True, text=True, check=False, timeout=60)
            complaints = [line for line in verified.stderr.splitlines() if "starlingd.service" in line]
            self.assertEqual([], complaints)
            judged = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", unit],
                                    capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(0, judged.returncode, judged.stdout[-2000:])


if __name__ == "__main__":
    case_runner.main()
