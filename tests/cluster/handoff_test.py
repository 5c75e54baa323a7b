"""Hinted handoff with real processes: a home is killed under load and comes back; stand-ins count for a
sloppy write; the barrier `cluster tasks --wait`. No client reads a key before the copies are compared.
"""

import json
import time
import unittest

import case_runner
from load import ACKNOWLEDGED, BUCKET, IN_DOUBT, REFUSED, Load, differences, put, stored
from real_cluster import Cluster

WRITES_A_PHASE = 150
TIMED_OUT = 124


class Writers(Load):
    """Threads that put fresh keys and read nothing."""

    def _write(self, thread):
        nodes = len(self.cluster.nodes)
        endpoints = self.cluster.endpoints(first=thread % nodes)
        number = 0
        while not self._stopping.is_set():
            self.attempts.append(put(endpoints, f"{thread}-{number}", f"value {thread} {number}"))
            number += 1


def pending(cluster, name, via=0):
    """The hints that are kept for a member, as one node tells."""
    members = cluster.json("cluster", "status", via=via)["members"]
    return next(member["hints_pending"] for member in members if member["name"] == name)


class KilledUnderLoad(unittest.TestCase):
    """A third of the copies is missed for a while, and nobody reads."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        with Writers(cls.cluster) as cls.load:
            cls.load.wait_for(WRITES_A_PHASE)
            cls.cluster.nodes[2].kill()
            cls.load.wait_for(WRITES_A_PHASE)
            cls.while_away = pending(cls.cluster, "node2")
            cls.unfinished = cls.cluster.tool("--json", "--timeout", "1s", "cluster", "tasks", "--wait")
            cls.cluster.nodes[2].start()
            back = time.monotonic()
            cls.load.wait_for(WRITES_A_PHASE)
        cls.waited = cls.cluster.tool("--json", "--timeout", "60s", "cluster", "tasks", "--wait", via=1)
        cls.seconds = time.monotonic() - back
        cls.digest = cls.cluster.json("--timeout", "30s", "cluster", "digest")

    def test_hints_are_kept_and_counted_while_the_home_is_away(self):
        self.assertGreater(self.while_away, 0)

    def test_the_wait_times_out_while_it_is_away(self):
        self.assertEqual(TIMED_OUT, self.unfinished.returncode, self.unfinished)
        left = json.loads(self.unfinished.stdout)
        self.assertEqual(["node2"], left["unanswered"])
        self.assertEqual({"hints"}, {task["kind"] for task in left["tasks"]})
        for task in left["tasks"]:
            self.assertEqual("keys", task["unit"])
            self.assertGreater(task["total"], task["done"])

    def test_the_wait_ends_when_all_is_brought(self):
        self.assertEqual(0, self.waited.returncode, self.waited)
        self.assertEqual({"tasks": [], "unanswered": []}, json.loads(self.waited.stdout))
        print(f"\n{self.while_away} hints were kept; {self.seconds:.1f} s after the start of the node, "
              "under load, none was left")

    def test_then_all_copies_are_equal_though_nobody_read(self):
        self.assertTrue(self.digest["agree"], self.digest)

    def test_and_they_hold_what_was_acknowledged(self):
        self.assertEqual([], differences(self.load.attempts, stored(self.cluster, level="all")))


class StandIns(unittest.TestCase):
    """Five nodes, three copies, two homes of a key away."""

    def setUp(self):
        self.cluster = Cluster(nodes=5)
        self.addCleanup(self.cluster.close)
        self.cluster.start()
        owners = self.cluster.json("cluster", "ring", "--key", f"{BUCKET}/k")
        index = {node.name: node for node in self.cluster.nodes}
        self.homes = [index[name] for name in owners["owners"]]
        self.holders = [index[name] for name in owners["fallbacks"]]
        self.minter = self.cluster.nodes.index(self.homes[0])

    def put(self, value, *options):
        return put(self.homes[0].listen, "k", value, *options)

    def test_a_sloppy_write_counts_hints_that_survive_and_come_home(self):
        for home in self.homes[1:]:
            home.kill()
        self.assertEqual(REFUSED, self.put("strict").code)
        self.assertEqual(REFUSED, self.put("sloppy but for PW", "--sloppy", "--pw", "2").code)
        written = self.put("sloppy", "--sloppy", "--w", "all")
        self.assertEqual(ACKNOWLEDGED, written.code, written)
        for home in self.homes[1:]:
            self.assertEqual(1, pending(self.cluster, home.name, via=self.minter))
        # Every node dies at once, the stand-ins with it; only the disks know.
        for node in self.cluster.nodes:
            if node.process is not None:
                node.kill()
        self.cluster.start()
        waited = self.cluster.tool("--json", "--timeout", "60s", "cluster", "tasks", "--wait")
        self.assertEqual(0, waited.returncode, waited)
        self.assertTrue(self.cluster.json("--timeout", "30s", "cluster", "digest")["agree"])
        for home in self.homes:
            alone = self.cluster.tool("get", BUCKET, "k", "--r", "1", via=self.cluster.nodes.index(home))
            self.assertEqual(b"sloppy", alone.stdout)

    def test_a_stand_in_that_lacks_a_key_never_makes_it_absent(self):
        self.assertEqual(ACKNOWLEDGED, self.put("value", "--w", "all").code)
        for home in self.homes[1:]:
            home.kill()
        for node in [self.homes[0], *self.holders]:
            read = self.cluster.tool("get", BUCKET, "k", via=self.cluster.nodes.index(node))
            self.assertEqual(REFUSED, read.returncode, read)

    def test_with_a_home_and_a_stand_in_gone_no_write_is_lied_about(self):
        self.homes[1].kill()
        self.homes[2].kill()
        self.holders[0].kill()
        code = self.put("v", "--sloppy", "--w", "all").code
        self.assertEqual(REFUSED, code)
        self.assertIn(self.put("w", "--sloppy").code, (ACKNOWLEDGED, IN_DOUBT))


if __name__ == "__main__":
    case_runner.main()
