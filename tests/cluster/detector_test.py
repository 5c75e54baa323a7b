"""Who is held for up, suspect or down when a node is killed or stands still, as every other node tells; and that
requests do not wait for it again and again.

What a verdict may take follows from src/membership: a silent node is probed within two passes of the round, one a
second, and has at most three times four seconds to contradict (five nodes: two more passes). A restarted one, and
one that goes on, is up when it is heard.
"""

import itertools
import signal
import time
import unittest

import case_runner
from load import ACKNOWLEDGED, BUCKET, IN_DOUBT
from real_cluster import Cluster, wait_until

# Two passes, two periods, the longest time-out; and what a machine takes that also builds.
SUSPECT_SECONDS_MAX = {3: 5 + 5, 5: 9 + 5}
DOWN_SECONDS_MAX = {3: 18 + 10, 5: 22 + 10}
UP_SECONDS_MAX = 20
LOG_SECONDS_MAX = 3
# A put through a node that owns no copy, which waits for an owner that does not answer.
FORWARD_TIMEOUT_SECONDS = 3
QUICK_SECONDS = 1


def states(cluster, via):
    members = cluster.json("cluster", "status", via=via)["members"]
    return {member["name"]: member["state"] for member in members}


def wait_all_up(cluster, who, seconds_max=UP_SECONDS_MAX):
    wait_until(lambda: all(set(states(cluster, via).values()) == {"up"} for via in who), seconds_max,
               "everybody calls everybody up")


class OneNodeIsAway:
    """A story of each kind of being away, told for three nodes and for five."""

    nodes = 3

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(cls.nodes)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.away = cls.cluster.nodes[-1]
        cls.others = range(cls.nodes - 1)
        wait_all_up(cls.cluster, range(cls.nodes))
        cls.leave()
        cls.seen = {via: [] for via in cls.others}  # (seconds, state of the one that is away)
        cls.wrong = set()
        cls.watch()
        cls.message = cls.cluster.json("cluster", "status")["messages"]
        # A log tells it with the next look, and who is back by then was never down.
        wait_until(lambda: all(cls.lines_of(via) for via in cls.others), LOG_SECONDS_MAX, "the logs say it")
        cls.come_back()
        begun = time.monotonic()
        wait_all_up(cls.cluster, range(cls.nodes))
        cls.seconds_until_up = time.monotonic() - begun

    @classmethod
    def lines_of(cls, via):
        return [line for line in cls.cluster.nodes[via].text().splitlines()
                if f"member '{cls.away.name}' is down" in line]

    @classmethod
    def watch(cls):
        begun = time.monotonic()
        while any(not seen or seen[-1][1] != "down" for seen in cls.seen.values()):
            if time.monotonic() - begun > DOWN_SECONDS_MAX[cls.nodes]:
                return
            for via in cls.others:
                told = states(cls.cluster, via)
                cls.seen[via].append((time.monotonic() - begun, told.pop(cls.away.name)))
                cls.wrong |= {name for name, state in told.items() if state == "down"}
            time.sleep(0.05)

    def seconds_until(self, via, wanted):
        return next((seconds for seconds, state in self.seen[via] if state in wanted), float("inf"))

    def test_every_other_node_calls_it_suspect_and_then_down(self):
        for via in self.others:
            suspect, down = (self.seconds_until(via, wanted) for wanted in ({"suspect", "down"}, {"down"}))
            print(f"{type(self).__name__}: to node{via} suspect after {suspect:.1f} s, down after {down:.1f} s",
                  flush=True)
            self.assertLess(suspect, SUSPECT_SECONDS_MAX[self.nodes])
            self.assertLess(down, DOWN_SECONDS_MAX[self.nodes])
            self.assertIn("suspect", [state for _, state in self.seen[via]])

    def test_nobody_else_is_called_down(self):
        self.assertEqual(set(), self.wrong)

    def test_the_status_says_what_to_do(self):
        self.assertIn(f"{self.away.name} is down: ", " ".join(self.message))

    def test_it_is_up_soon_after_it_is_back(self):
        print(f"{type(self).__name__}: up for all after {self.seconds_until_up:.1f} s", flush=True)
        self.assertLess(self.seconds_until_up, UP_SECONDS_MAX)

    def test_every_log_says_it_once(self):
        for via in self.others:
            lines = self.lines_of(via)
            self.assertEqual(1, len(lines), lines)


class Killed(OneNodeIsAway):
    @classmethod
    def leave(cls):
        cls.away.kill()

    @classmethod
    def come_back(cls):
        cls.away.start()
        cls.away.wait_serving()


class Paused(OneNodeIsAway):
    @classmethod
    def leave(cls):
        cls.away.signal(signal.SIGSTOP)

    @classmethod
    def come_back(cls):
        cls.away.signal(signal.SIGCONT)


class OneOfThreeKilled(Killed, unittest.TestCase):
    nodes = 3


class OneOfThreePaused(Paused, unittest.TestCase):
    nodes = 3


class OneOfFiveKilled(Killed, unittest.TestCase):
    nodes = 5


class OneOfFivePaused(Paused, unittest.TestCase):
    nodes = 5


class RequestsSkipThePaused(unittest.TestCase):
    """A put through a node that owns no copy goes to the first owner. When that one stands still, its connection
    open, one put waits for it until its deadline, and the next one goes elsewhere at once."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(5)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        wait_all_up(cls.cluster, range(5))
        cls.paused = cls.cluster.nodes[4]
        cls.keys = cls.keys_that_go_to(cls.paused, via=0)
        cls.paused.signal(signal.SIGSTOP)
        try:
            cls.puts = [cls.put(key) for key in cls.keys]
            cls.gets = [cls.get(key) for key in cls.keys]
        finally:
            cls.paused.signal(signal.SIGCONT)

    @classmethod
    def keys_that_go_to(cls, node, via):
        """Three keys whose first owner it is, and of which the node that is asked owns no copy."""
        found = []
        for number in itertools.count():
            key = f"key{number}"
            owners = cls.cluster.json("cluster", "ring", "--key", f"{BUCKET}/{key}", via=via)["owners"]
            if owners[0] == node.name and f"node{via}" not in owners:
                found.append(key)
            if len(found) == 3:
                return found

    @classmethod
    def put(cls, key):
        return cls.timed("put", BUCKET, key, "v")

    @classmethod
    def get(cls, key):
        return cls.timed("get", BUCKET, key)

    @classmethod
    def timed(cls, *command):
        begun = time.monotonic()
        result = cls.cluster.tool("--timeout", f"{FORWARD_TIMEOUT_SECONDS}s", *command)
        return result.returncode, time.monotonic() - begun

    def test_one_put_waits_for_it_at_most(self):
        print("RequestsSkipThePaused: " + ", ".join(f"put {code} in {seconds:.2f} s" for code, seconds in self.puts),
              flush=True)
        code, _ = self.puts[0]
        self.assertIn(code, (ACKNOWLEDGED, IN_DOUBT))
        for code, seconds in self.puts[1:]:
            self.assertEqual(ACKNOWLEDGED, code)
            self.assertLess(seconds, QUICK_SECONDS)

    def test_no_read_waits_for_it(self):
        for _, seconds in self.gets:
            self.assertLess(seconds, QUICK_SECONDS)


if __name__ == "__main__":
    case_runner.main()
