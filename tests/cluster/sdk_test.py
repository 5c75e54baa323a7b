#!/usr/bin/env python3
"""The SDK against real nodes that come and go while requests are under way."""

import json
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

import case_runner
from real_cluster import BUILD, Cluster

DRIVER = Path(BUILD) / "tests" / "cluster" / "sdk_driver"
SECONDS = 5
TIMEOUT_MS = 4000
# The machine is shared: how late the driver's thread may be about a deadline.
LATE_MS = 1500


class Driven:
    """One run of the driver, all the while."""

    def __init__(self, endpoints, outstanding=32, seconds=SECONDS, timeout_ms=TIMEOUT_MS):
        self.process = subprocess.Popen(
            [DRIVER, endpoints, str(seconds), str(outstanding), str(timeout_ms)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def report(self):
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, err
        return json.loads(out) | {"said": err}


class NodesThatComeAndGo(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(nodes=3)
        self.addCleanup(self.cluster.close)
        self.cluster.start()

    def assert_sound(self, report):
        self.assertEqual((0, 0), (report["wrong"], report["lost"]), report)
        self.assertGreater(report["succeeded"], 100, report)
        self.assertLess(report["slowest_ms"], TIMEOUT_MS + LATE_MS, report)

    def test_with_nobody_failing_no_request_does(self):
        report = Driven(self.cluster.nodes[0].listen, seconds=2).report()
        self.assert_sound(report)
        self.assertEqual({}, report["errors"], report)

    def test_killing_the_only_endpoint_given_leaves_at_most_doubts(self):
        driven = Driven(self.cluster.nodes[0].listen)
        time.sleep(SECONDS / 2)
        self.cluster.nodes[0].kill()
        report = driven.report()
        self.assert_sound(report)
        # The client has learned of the other nodes; what was on the broken connection is in doubt.
        self.assertLessEqual(set(report["errors"]), {"in_doubt"}, report)
        self.assertLessEqual(report["errors"].get("in_doubt", 0), 32, report)
        self.assertLess(report["longest_gap_ms"], 2000, report)

    def test_a_node_that_drains_and_returns_costs_no_request(self):
        driven = Driven(self.cluster.endpoints())
        time.sleep(SECONDS / 3)
        self.assertEqual(0, self.cluster.nodes[1].stop())
        self.cluster.nodes[1].start()
        report = driven.report()
        self.assert_sound(report)
        self.assertEqual({}, report["errors"], report)

    def test_a_node_that_hangs_costs_its_deadlines_and_no_more(self):
        driven = Driven(self.cluster.endpoints(), seconds=8, timeout_ms=2000)
        time.sleep(2)
        hanging = self.cluster.nodes[2]
        os.kill(hanging.process.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, hanging.process.pid, signal.SIGCONT)
        report = driven.report()
        os.kill(hanging.process.pid, signal.SIGCONT)
        self.assertEqual((0, 0), (report["wrong"], report["lost"]), report)
        self.assertLess(report["slowest_ms"], 2000 + LATE_MS, report)
        self.assertLessEqual(set(report["errors"]), {"in_doubt", "unavailable"}, report)
        self.assertLess(report["longest_gap_ms"], 4000, report)

    def test_with_all_nodes_gone_every_request_ends_and_says_why(self):
        driven = Driven(self.cluster.endpoints(), seconds=3, timeout_ms=1000)
        time.sleep(1)
        self.cluster.kill()
        report = driven.report()
        self.assertLess(report["slowest_ms"], 1000 + LATE_MS, report)
        self.assertIn("unreachable", report["errors"], report)
        self.assertIn("no server could be reached: ", report["said"])


if __name__ == "__main__":
    case_runner.main()
