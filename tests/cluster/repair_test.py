"""Replicas that missed writes become equal, and no client reads: a node is killed, a thousand keys are
written without it, and it comes back.
"""

import json
import time
import unittest

import case_runner
from real_cluster import Cluster, wait_until

KEYS = 1000
# Partitions as many as a cluster has if nobody says otherwise: nearly each key lies in one of its own.
PARTITIONS = "1024"
# The waiting before a second look, twice, and the comparing, on a machine that builds meanwhile.
AGREE_SECONDS_MAX = 60
CPU_SECONDS_WATCHED = 10
# Of one core, by one node, while nothing happens.
IDLE_PERCENT_MAX = 1.0


class ANodeThatWasAway(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Hints would bring everything before anybody compares.
        cls.cluster = Cluster(flags=("--partitions", PARTITIONS, "--hint-limit", "0"))
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        wait_until(cls.agrees, AGREE_SECONDS_MAX, "the empty cluster agrees")
        away = cls.cluster.nodes[2]
        away.kill()
        lines = "".join(json.dumps({"key": f"k{i}", "value": f"v{i}"}) + "\n" for i in range(KEYS))
        written = cls.cluster.tool("import", "b", "-", "--blind", stdin=lines.encode())
        assert written.returncode == 0, written.stderr.decode()
        away.start()
        away.wait_serving()
        cls.agreed_at_first = cls.agrees()
        began = time.monotonic()
        wait_until(cls.agrees, AGREE_SECONDS_MAX, "the node that was away has what it missed")
        cls.seconds = time.monotonic() - began
        print(f"{KEYS} keys in {PARTITIONS} partitions came back in {cls.seconds:.1f} s", flush=True)

    @classmethod
    def agrees(cls):
        return cls.cluster.json("cluster", "digest")["agree"]

    def test_lacks_what_was_written_without_it_at_first(self):
        self.assertFalse(self.agreed_at_first)

    def test_has_it_by_itself_within_seconds(self):
        self.assertLess(self.seconds, AGREE_SECONDS_MAX)

    def test_serves_it_alone(self):
        for node in self.cluster.nodes[:2]:
            node.kill()
        for node in self.cluster.nodes[:2]:
            node.start()
            node.wait_serving()
        result = self.cluster.tool("get", "b", "k7", "--r", "1", via=2)
        self.assertEqual(b"v7", result.stdout)

    def test_an_order_compares_all_pairs_at_once(self):
        began = time.monotonic()
        report = self.cluster.json("cluster", "repair", "--dry-run")
        print(f"{report['compared']} pairs compared in {time.monotonic() - began:.1f} s, {report['bytes']} bytes",
              flush=True)
        self.assertEqual((1024, 3072, 3072), (report["partitions"], report["pairs"], report["compared"]))
        self.assertEqual((0, 0, 0), (report["differed"], report["repaired"], report["failed"]))
        self.assertEqual(([], []), (report["absent"], report["unanswered"]))

    def test_an_order_for_a_partition_that_is_not_there_is_refused(self):
        result = self.cluster.tool("cluster", "repair", "--partition", "1024")
        self.assertEqual(2, result.returncode)
        self.assertIn(b"no partition 1024", result.stderr)

    def test_costs_next_to_nothing_once_all_is_equal(self):
        self.assertTrue(self.agrees())
        percent = self.percent_of_a_core()
        print("idle, percent of a core:", " ".join(f"{share:.1f}" for share in percent), flush=True)
        self.assertLess(max(percent), IDLE_PERCENT_MAX)

    def percent_of_a_core(self):
        before = [self.cpu_seconds(node) for node in self.cluster.nodes]
        time.sleep(CPU_SECONDS_WATCHED)
        used = [self.cpu_seconds(node) - then for node, then in zip(self.cluster.nodes, before)]
        return [100 * seconds / CPU_SECONDS_WATCHED for seconds in used]

    @staticmethod
    def cpu_seconds(node):
        with open(f"/proc/{node.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


class AnOrder(unittest.TestCase):
    """With a cycle of ten minutes nobody compares within this test but who is told to."""

    def setUp(self):
        self.cluster = Cluster(flags=("--partitions", "64", "--hint-limit", "0"))
        self.addCleanup(self.cluster.close)
        self.cluster.start()

    def test_brings_back_what_was_missed_and_names_who_is_away(self):
        self.cluster.nodes[2].kill()
        lines = "".join(json.dumps({"key": f"k{i}", "value": f"v{i}"}) + "\n" for i in range(100))
        self.assertEqual(0, self.cluster.tool("import", "b", "-", "--blind", stdin=lines.encode()).returncode)
        without = self.cluster.tool("--json", "cluster", "repair")
        self.assertEqual(1, without.returncode)
        report = json.loads(without.stdout)
        self.assertEqual(["node2"], report["absent"])
        self.assertEqual(0, report["differed"])
        self.cluster.nodes[2].start()
        self.cluster.nodes[2].wait_serving()
        # Whether a returned member counts is each member's own opinion, which comes to all in a moment.
        wait_until(lambda: all(not self.cluster.json("cluster", "status", via=i)["messages"] for i in range(3)),
                   AGREE_SECONDS_MAX, "every member counts on every other")
        with_all = self.cluster.tool("--json", "cluster", "repair")
        self.assertEqual(0, with_all.returncode, with_all.stdout.decode())
        self.assertEqual([], json.loads(with_all.stdout)["absent"])
        self.assertTrue(self.cluster.json("cluster", "digest")["agree"])
        self.assertEqual(0, self.cluster.json("cluster", "repair", "--dry-run")["differed"])


if __name__ == "__main__":
    case_runner.main()
