"""Links between real nodes that are cut, slow, half-open or noisy, and nodes that are paused or killed, while a
checked load goes on. Each class is one story, told once; its cases are what must be true at the end of it.

The stories of three nodes share a cluster; each one heals what it broke.
"""

import itertools
import re
import signal
import time
import unittest

import case_runner
from checked_load import CheckedLoad, milliseconds
from load import ACKNOWLEDGED, BUCKET, REFUSED, SLACK_SECONDS, TIMEOUT_SECONDS, put
from real_cluster import wait_until
from relay import CUT, DROP, HOLD, Rule
from relayed_cluster import RelayedCluster

# What a verdict, a new connection or a mended node may take, on a machine that also builds. A connection
# on which nothing was heard is given up after 5 s (silence_timeout).
VERDICT_SECONDS_MAX = 20
# Of a fault that everybody knows of.
PHASE_SECONDS = 2
WRITES_A_PHASE = 100
# Beyond it a request counts as held up.
HELD_UP_SECONDS = 1
OUTAGE_SECONDS = 20
PAUSE_SECONDS = 10
SLOW_SECONDS = 0.3


def setUpModule():
    global three
    three = RelayedCluster()
    unittest.addModuleCleanup(three.close)
    three.start()
    three.wait_all_up()


class Story:
    """No TestCase itself: it has nothing to tell."""

    paused = ()  # names of nodes that could not answer anybody for a while

    @classmethod
    def setUpClass(cls):
        cls.begin()
        cls.tell()
        cls.cluster.relay.heal()
        cls.seconds_until_all_up = cls.cluster.wait_all_up()
        cls.seconds_until_equal = cls.cluster.wait_copies_agree()
        for load in cls.loads:
            load.check(cls.cluster.nodes)

    @classmethod
    def begin(cls):
        cls.cluster = three
        cls.loads = []

    @classmethod
    def load(cls, nodes=None, **options):
        nodes = cls.cluster.nodes if nodes is None else nodes
        load = CheckedLoad(nodes, f"{cls.__name__}{len(cls.loads)}", **options)
        cls.loads.append(load)
        return load

    def test_no_read_contradicts_what_was_acknowledged_or_read_before(self):
        self.assertEqual([], [complaint for load in self.loads for complaint in load.complaints])

    def test_no_request_outlives_its_deadline(self):
        done = [each for load in self.loads for each in load.done if each.node not in self.paused]
        longest = max(done, key=lambda each: each.seconds)
        held_up = sum(each.seconds > HELD_UP_SECONDS for each in done)
        print(f"{type(self).__name__}: {len(done)} requests, p50 {milliseconds(done, 0.5):.1f} ms, p99 "
              f"{milliseconds(done, 0.99):.1f} ms, {held_up} over {HELD_UP_SECONDS} s, the longest {longest.kind} "
              f"{longest.seconds:.2f} s", flush=True)
        self.assertLess(longest.seconds, TIMEOUT_SECONDS + SLACK_SECONDS, longest)

    def test_all_nodes_are_connected_and_all_copies_equal_soon_without_a_read(self):
        print(f"{type(self).__name__}: every node up after {self.seconds_until_all_up:.1f} s, "
              f"all copies equal {self.seconds_until_equal:.1f} s later", flush=True)
        self.assertLess(self.seconds_until_all_up, VERDICT_SECONDS_MAX)

    def test_many_writes_were_acknowledged(self):
        self.assertGreater(sum(len(load.ended("put", "delete")) for load in self.loads), WRITES_A_PHASE)


class OneDirectionFails(Story, unittest.TestCase):
    """What node0 sends to node1 is lost, then what node1 sends to node0 is stuck, while the connection stands;
    and then it is cut."""

    FAULTS = (DROP, 0, 1), (HOLD, 1, 0), (CUT, 0, 1)

    @classmethod
    def tell(cls):
        cls.verdicts = []
        with cls.load() as load:
            for rule, sender, receiver in cls.FAULTS:
                load.wait_for(WRITES_A_PHASE)
                cls.verdicts.append(cls.verdict(load, rule, sender, receiver))
                cls.cluster.relay.heal()
                cls.cluster.wait_all_up()
        cls.traffic = cls.cluster.relay.traffic("node0", "node1")

    @classmethod
    def verdict(cls, load, rule, sender, receiver):
        """What the deaf node says in the end, and who acknowledged puts from the fault on and from then on. The third
        node reaches both, so nobody counts as down."""
        name = cls.cluster.nodes[sender].name
        begun = time.monotonic()
        cls.cluster.relay.rule(rule, (name, cls.cluster.nodes[receiver].name))
        wait_until(lambda: cls.cluster.states(receiver)[name] == "suspect", VERDICT_SECONDS_MAX,
                   f"node{receiver} doubts {name}")
        print(f"{rule}: {name} is suspect to node{receiver} after {time.monotonic() - begun:.1f} s", flush=True)
        wait_until(lambda: cls.complaint(receiver, name), VERDICT_SECONDS_MAX, "the connection is given up")
        print(f"{rule}: node{receiver} has no connection to it after {time.monotonic() - begun:.1f} s", flush=True)
        messages = cls.complaint(receiver, name)
        given_up = time.monotonic()
        # A greeting that arrives is no answer: it does not make anybody look up again for a moment.
        said = set()
        while time.monotonic() < given_up + PHASE_SECONDS:
            said.add(cls.cluster.states(receiver)[name])
        return name, messages, said, [{each.node for each in load.ended("put", since=since)}
                                      for since in (begun, given_up)]

    @classmethod
    def complaint(cls, via, name):
        return [line for line in cls.cluster.status(via)["messages"] if f"{name} is suspect: no connection to" in line]

    def test_the_faults_took_place(self):
        self.assertGreater(self.traffic.dropped_bytes, 0)
        self.assertGreater(self.traffic.resets, 0)

    def test_the_deaf_node_says_so(self):
        for _, messages, _, _ in self.verdicts:
            self.assertTrue(messages)

    def test_it_does_not_take_whom_others_reach_for_dead(self):
        for name, _, said, _ in self.verdicts:
            self.assertEqual({"suspect"}, said, name)

    def test_every_node_acknowledges_writes_meanwhile(self):
        for name, _, _, nodes in self.verdicts:
            self.assertEqual([{"node0", "node1", "node2"}] * 2, nodes, name)


class BitsAreTurnedOver(Story, unittest.TestCase):
    """Between node0 and node1, in both directions."""

    @classmethod
    def tell(cls):
        links = ("node0", "node1"), ("node1", "node0")
        before = cls.cluster.relay.traffic(*links[0]).connections
        with cls.load() as load:
            load.wait_for(WRITES_A_PHASE)
            cls.cluster.relay.rule(Rule(flip_every_bytes=20_000), *links)
            wait_until(lambda: all(cls.suspects(node) for node in cls.cluster.nodes[:2]), VERDICT_SECONDS_MAX,
                       "both nodes refuse what is damaged")
            load.wait_for(WRITES_A_PHASE)
            cls.cluster.relay.heal()
            load.wait_for(WRITES_A_PHASE)
        cls.connections = cls.cluster.relay.traffic(*links[0]).connections - before

    @staticmethod
    def suspects(node):
        """Whose frames a node's log refuses for their checksum, or for what their header says."""
        refusal = r"warning no connection with '(\w+)' at [^ ]+: it sent rubbish: .*(?:frame header|checksum)"
        return set(re.findall(refusal, node.text()))

    def test_the_frame_is_refused_and_the_log_names_the_peer(self):
        self.assertEqual([{"node1"}, {"node0"}, set()], [self.suspects(node) for node in self.cluster.nodes])

    def test_the_connection_was_made_anew(self):
        self.assertGreater(self.connections, 0)


class OneLinkIsSlow(Story, unittest.TestCase):
    """Between node0 and node2, both ways; node1 is as near as ever to either."""

    @classmethod
    def tell(cls):
        cls.cluster.relay.rule(Rule(delay_seconds=SLOW_SECONDS), *cls.cluster.links_between([0], [2]))
        with cls.load() as load:
            load.wait_for(3 * WRITES_A_PHASE)
        cls.seconds_over_the_slow_link = cls.cluster.wait_copies_agree()

    def test_a_quorum_does_not_wait_for_it(self):
        for kind in ("put", "get"):
            done = self.loads[0].ended(kind)
            median = milliseconds(done, 0.5)
            print(f"with one link slower by {1000 * SLOW_SECONDS:.0f} ms: {kind} p50 {median:.1f} ms, "
                  f"p99 {milliseconds(done, 0.99):.1f} ms", flush=True)
            self.assertLess(median, 1000 * SLOW_SECONDS / 2)

    def test_the_copies_arrive_all_the_same(self):
        self.assertLess(self.seconds_over_the_slow_link, VERDICT_SECONDS_MAX)


class OneNodePaused(Story, unittest.TestCase):
    """Under load, and for longer than any request may take; its kernel goes on answering for it."""

    paused = ("node2",)

    @classmethod
    def tell(cls):
        node = cls.cluster.nodes[2]
        with cls.load(cls.cluster.nodes[:2]) as load, cls.load([node], clients=2, requests_per_second=40):
            load.wait_for(WRITES_A_PHASE)
            node.signal(signal.SIGSTOP)
            begun = time.monotonic()
            time.sleep(PAUSE_SECONDS)
            cls.meanwhile = load.ended("put", since=begun)
            node.signal(signal.SIGCONT)
            resumed = time.monotonic()
            wait_until(lambda: put(node.listen, "again", "v").code == ACKNOWLEDGED, VERDICT_SECONDS_MAX,
                       "it serves again")
            cls.seconds_until_serving = time.monotonic() - resumed
            cls.seconds_until_acquitted = cls.cluster.wait_all_up()
            load.wait_for(WRITES_A_PHASE)

    def test_the_others_acknowledge_writes_meanwhile(self):
        self.assertGreater(len(self.meanwhile), WRITES_A_PHASE)

    def test_it_serves_again_within_seconds_and_convicts_nobody_for_long(self):
        print(f"paused for {PAUSE_SECONDS} s: serves {self.seconds_until_serving:.1f} s after it went on, everybody "
              f"is up {self.seconds_until_acquitted:.1f} s later", flush=True)
        self.assertLess(self.seconds_until_serving + self.seconds_until_acquitted, VERDICT_SECONDS_MAX)


class OneNodeKilled(Story, unittest.TestCase):
    """Under 200 writes a second; it is away for 20 s, and started again under the same load."""

    @classmethod
    def tell(cls):
        node = cls.cluster.nodes[1]
        # Seven of ten requests are writes.
        with cls.load(clients=16, keys=20, requests_per_second=200 / 0.7) as load:
            load.wait_for(WRITES_A_PHASE)
            node.kill()
            cls.killed = time.monotonic()
            time.sleep(OUTAGE_SECONDS)
            cls.hints_kept = cls.cluster.hints_for(node)
            cls.restarted = time.monotonic()
            node.start()
            node.wait_serving()
            cls.cluster.wait_hints_gone(node)
            cls.seconds_until_no_hints = time.monotonic() - cls.restarted
        cls.cluster.wait_copies_agree()
        cls.seconds_until_all_copies = time.monotonic() - cls.restarted

    def test_prints_its_figures(self):
        load, = self.loads
        outage = [each for each in load.done if self.killed - TIMEOUT_SECONDS <= each.begun < self.restarted]
        around = [each for each in load.done if each.begun >= self.killed - TIMEOUT_SECONDS]
        writes = load.ended("put", "delete", since=self.killed, until=self.restarted)
        held_up = [each for each in around if each.seconds > HELD_UP_SECONDS]
        print(f"killed: {len(writes) / OUTAGE_SECONDS:.0f} writes/s acknowledged during the outage of "
              f"{OUTAGE_SECONDS} s; {len(held_up)} of {len(around)} requests over {HELD_UP_SECONDS} s; p99 "
              f"{milliseconds(outage, 0.99):.1f} ms, longest {1000 * max(each.seconds for each in around):.0f} ms; "
              f"{self.hints_kept} hints kept, none left {self.seconds_until_no_hints:.1f} s after the start, under load; all copies equal "
              f"{self.seconds_until_all_copies:.1f} s after it", flush=True)
        self.assertGreater(len(writes), WRITES_A_PHASE)

    def test_nothing_is_refused_by_the_others_but_what_was_under_way(self):
        load, = self.loads
        failed = [each for each in load.done if each.node != "node1" and each.code != ACKNOWLEDGED
                  and self.killed + HELD_UP_SECONDS < each.begun < self.restarted]
        self.assertEqual([], failed)

    def test_all_copies_are_back_soon(self):
        self.assertGreater(self.hints_kept, 0)
        self.assertLess(self.seconds_until_all_copies, 2 * VERDICT_SECONDS_MAX)


class TwoOfFiveNodesIsolated(Story, unittest.TestCase):
    """Each side has a majority of the owners of some keys, and serves just those."""

    SIDES = (0, 1, 2), (3, 4)
    KEYS_A_SIDE = 4

    @classmethod
    def begin(cls):
        cls.cluster = RelayedCluster(nodes=5)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.cluster.wait_all_up()
        cls.loads = []

    @classmethod
    def tell(cls):
        keys = {side: cls.keys_of(side) for side in cls.SIDES}
        loads = [cls.load([cls.cluster.nodes[i] for i in side], clients=4, requests_per_second=60)
                 for side in cls.SIDES]
        with loads[0], loads[1]:
            loads[0].wait_for(WRITES_A_PHASE)
            cls.cluster.relay.rule(HOLD, *cls.cluster.links_between(*cls.SIDES))
            wait_until(cls.is_noticed, VERDICT_SECONDS_MAX, "both sides notice")
            here, there = cls.SIDES
            cls.answers = [cls.ask(key, owner, other) for owner, other in ((here, there), (there, here))
                           for key in keys[owner]]
            cls.cluster.relay.heal()
            cls.cluster.wait_all_up()
        cls.cluster.wait_copies_agree()
        cls.afterwards = {(via, key): cls.cluster.tool("get", BUCKET, key, via=via).stdout
                          for via in (0, 4) for side in cls.SIDES for key in keys[side]}

    @classmethod
    def keys_of(cls, side):
        """Keys of which most owners are on this side."""
        names = {cls.cluster.nodes[i].name for i in side}
        owners = (("key%d" % number, cls.cluster.json("cluster", "ring", "--key", f"{BUCKET}/key{number}")["owners"])
                  for number in itertools.count())
        return list(itertools.islice((key for key, of in owners if len(names & set(of)) >= 2), cls.KEYS_A_SIDE))

    @classmethod
    def is_noticed(cls):
        here, there = ({cls.cluster.nodes[i].name for i in side} for side in cls.SIDES)
        return all(cls.cluster.states(via)[name] != "up"
                   for side, others in zip(cls.SIDES, (there, here)) for via in side for name in others)

    @classmethod
    def ask(cls, key, owner, other):
        """What a put and a get end with on the side that owns the key, then on the other one."""
        codes = []
        for side in (owner, other):
            endpoint = cls.cluster.nodes[side[-1]].listen
            codes.append(put(endpoint, key, f"by {side}").code)
            codes.append(cls.cluster.tool("--timeout", "3s", "get", BUCKET, key, via=side[-1]).returncode)
        return key, owner, codes

    def test_the_side_with_a_majority_of_the_owners_serves_and_the_other_one_refuses_with_exit_5(self):
        for key, owner, codes in self.answers:
            self.assertEqual([ACKNOWLEDGED, 0, REFUSED, REFUSED], codes, (key, owner))

    def test_afterwards_every_side_reads_what_was_acknowledged_and_nothing_else(self):
        for key, owner, _ in self.answers:
            for via in (0, 4):
                self.assertEqual(f"by {owner}".encode(), self.afterwards[via, key])

    def test_both_sides_acknowledged_and_refused_writes(self):
        for load in self.loads:
            self.assertTrue(load.ended("put"))
            self.assertTrue(load.ended("put", code=REFUSED))


if __name__ == "__main__":
    case_runner.main()
