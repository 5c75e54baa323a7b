#!/usr/bin/env python3
"""What happened to one request: --trace, and the log of slow requests, with real processes."""

import json
import signal
import unittest

import case_runner
from real_cluster import Cluster

SLOW = "300ms"
SLOW_SECONDS = 0.3
SLOW_TIMEOUT = "1500ms"


def kinds(trace):
    return [event["event"] for event in trace]


def of_kind(trace, kind):
    return [event for event in trace if event["event"] == kind]


class OneReplicaPaused(unittest.TestCase):
    """node2 is stopped, with its connections open: nobody knows yet that it is gone."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(flags=("--partitions", "64", "--slow-request", SLOW))
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.healthy = cls.cluster.json("put", "b", "healthy", "v", "--trace", "--w", "all")
        cls.read = cls.cluster.tool("get", "b", "healthy", "--trace")
        cls.cluster.nodes[2].signal(signal.SIGSTOP)
        try:
            # Before the heartbeats miss it.
            cls.put = cls.cluster.json("put", "b", "k", "v", "--trace")
            cls.drawn = cls.cluster.tool("put", "b", "drawn", "v", "--trace", "-o", "raw")
            cls.slow = cls.cluster.tool("put", "b", "slow\nkey", "v", "--trace", "--w", "all",
                                        "--timeout", SLOW_TIMEOUT, "--json")
        finally:
            cls.cluster.nodes[2].signal(signal.SIGCONT)

    def test_a_put_shows_all_replicas_and_the_disk(self):
        trace = self.healthy["trace"]
        self.assertEqual({"node0", "node1", "node2"},
                         {event["peer"] for event in of_kind(trace, "write_answered")})
        self.assertEqual([], of_kind(trace, "silent"))
        # Of every replica's disk, the coordinator's own among them.
        self.assertEqual({"node0", "node1", "node2"},
                         {event["node"] for event in of_kind(trace, "commit_done")})
        own = [event for event in trace if event["node"] == "node0"]
        begun, done = of_kind(own, "commit_begun")[0], of_kind(own, "commit_done")[0]
        minted = of_kind(trace, "minted")[0]
        self.assertLessEqual(minted["at_us"], begun["at_us"])
        self.assertLess(begun["at_us"], done["at_us"])
        times = [event["at_us"] for event in trace]
        self.assertEqual(sorted(times), times)
        self.assertEqual(("begun", "answered"), (kinds(trace)[0], kinds(trace)[-1]))

    def test_a_read_keeps_its_bytes_apart_from_its_timeline(self):
        self.assertEqual(b"v", self.read.stdout)
        self.assertIn(b"asked of node0", self.read.stderr)
        self.assertIn(b"for a digest", self.read.stderr)

    def test_the_paused_replica_is_named_as_silent(self):
        trace = self.put["trace"]
        self.assertEqual({"node0", "node1", "node2"},
                         {event["peer"] for event in of_kind(trace, "write_asked")})
        self.assertEqual(["node2"], [event["peer"] for event in of_kind(trace, "silent")])
        self.assertEqual("ok", trace[-1]["result"])

    def test_people_see_it_on_standard_error_within_80_columns(self):
        lines = self.drawn.stderr.decode().splitlines()
        self.assertTrue(lines[0].startswith("timeline of "), lines)
        self.assertTrue(any(line.endswith("no answer yet from node2") for line in lines), lines)
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertEqual(1, len(self.drawn.stdout.splitlines()))

    def test_an_error_has_its_timeline_too(self):
        self.assertEqual(6, self.slow.returncode)
        answer = json.loads(self.slow.stdout)
        self.assertEqual("in_doubt", answer["error"]["code"])
        self.assertEqual(["node2"], [event["peer"] for event in of_kind(answer["trace"], "silent")])

    def test_the_slow_request_is_one_line_of_the_log(self):
        node = self.cluster.nodes[0]
        slow = [line for line in node.text().splitlines() if "slow request: put b/slow" in line]
        self.assertEqual(1, len(slow), node.tail())
        self.assertIn("slow request: put b/slow\\x0akey at all took 1", slow[0])
        self.assertIn(" ms, in_doubt: 0.0 begun", slow[0])
        self.assertIn("silent node2", slow[0])

    def test_what_was_quick_is_not_logged(self):
        took = self.put["trace"][-1]["at_us"]
        logged = "slow request: put b/k " in self.cluster.nodes[0].text()
        self.assertEqual(took >= SLOW_SECONDS * 1e6, logged)


class AcrossAHop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(nodes=4, flags=("--partitions", "64", "--slow-request", "0"))
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()

    def key_of_others(self):
        for number in range(1000):
            key = f"k{number}"
            if "node0" not in self.cluster.json("cluster", "ring", "--key", f"b/{key}")["owners"]:
                return key
        raise AssertionError("node0 owns everything")

    def test_a_forwarded_put_shows_the_coordinators_events_inside(self):
        trace = [event for event in
                 self.cluster.json("put", "b", self.key_of_others(), "v", "--trace")["trace"]
                 if not event["event"].startswith("commit_")]
        owner = of_kind(trace, "forwarded")[0]["peer"]
        self.assertEqual({"node0", owner}, {event["node"] for event in trace})
        inner = [place for place, event in enumerate(trace) if event["node"] == owner]
        outer = [place for place, event in enumerate(trace) if event["node"] == "node0"]
        self.assertEqual(list(range(inner[0], inner[-1] + 1)), inner)
        self.assertEqual([0, 1, len(trace) - 2, len(trace) - 1], outer)

    def test_switched_off_nothing_is_logged(self):
        for node in self.cluster.nodes:
            self.assertNotIn("slow request", node.text())


if __name__ == "__main__":
    case_runner.main()
