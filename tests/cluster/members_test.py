"""Members of a real cluster that leave or are given up, while a checked load goes on. Each class is one story,
told once; its cases are what must be true at the end of it.
"""

import json
import re
import time
import unittest

import case_runner
from checked_load import CheckedLoad
from load import BUCKET
from real_cluster import Cluster, Node, free_ports, wait_until

WRITES_A_PHASE = 150
# Of 12 slots that are given away two at a time, a few epochs of a second each; on a machine that also builds.
CHANGE_SECONDS_MAX = 240


class Story:
    """A cluster of four, of which node3 goes. No TestCase itself: it has nothing to tell."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(nodes=4, flags=("--partitions", "16"))
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.stay = cls.cluster.nodes[:3]
        with CheckedLoad(cls.cluster.nodes, cls.__name__) as cls.load:
            cls.wait_for_writes()
            cls.tell()
            cls.wait_until_gone()
            cls.wait_for_writes()
        wait_until(lambda: cls.cluster.json("cluster", "digest")["agree"], CHANGE_SECONDS_MAX,
                   "all copies are equal")
        cls.load.check(cls.stay)

    @classmethod
    def wait_for_writes(cls):
        begun = len(cls.load.done)
        wait_until(lambda: len(cls.load.done) >= begun + WRITES_A_PHASE, CHANGE_SECONDS_MAX, "requests go on")

    @classmethod
    def wait_until_gone(cls):
        begun = time.monotonic()
        waited = cls.cluster.tool("cluster", "tasks", "--wait", "--timeout", "80s")
        while waited.returncode == 124 and time.monotonic() < begun + CHANGE_SECONDS_MAX:
            waited = cls.cluster.tool("cluster", "tasks", "--wait", "--timeout", "80s")
        print(f"{cls.__name__}: node3 is gone after {time.monotonic() - begun:.1f} s", flush=True)
        assert waited.returncode == 0, waited

    def test_no_read_contradicts_what_was_acknowledged_or_read_before(self):
        self.assertEqual([], self.load.complaints)

    def test_every_node_that_stays_agrees_who_is_a_member(self):
        for via in range(3):
            status = self.cluster.json("cluster", "status", via=via)
            self.assertEqual(["node0", "node1", "node2"], [member["name"] for member in status["members"]])
            self.assertEqual({"up"}, {member["state"] for member in status["members"]})

    def test_nothing_is_owned_by_who_is_gone(self):
        for row in self.cluster.json("cluster", "ring")["partitions"]:
            self.assertEqual(["node0", "node1", "node2"], sorted(row["owners"]))

    def test_the_plan_was_what_happened(self):
        self.assertEqual(self.plan["moves_least"], self.plan["moves"])
        self.assertEqual(16, self.plan["after"]["node0"])
        self.assertEqual(0, self.plan["after"]["node3"])


class OneLeaves(Story, unittest.TestCase):
    @classmethod
    def tell(cls):
        cls.cluster.json("cluster", "leave", "node3", via=1)
        cls.plan = cls.cluster.json("cluster", "plan", via=2)
        cls.committed = cls.cluster.tool("-o", "json", "cluster", "commit", cls.plan["plan"], via=0)

    def test_the_commit_says_what_was_begun(self):
        self.assertEqual(0, self.committed.returncode, self.committed)
        self.assertEqual(["leave node3"], json.loads(self.committed.stdout)["changes"])

    def test_before_it_left_it_removed_what_it_had(self):
        told = re.findall(r"removed (\d+) records of partitions that this node stores no more",
                          self.cluster.nodes[3].text())
        # Of 40 keys with three copies at four nodes it had some thirty.
        self.assertGreater(sum(map(int, told)), 15, told)

    def test_nobody_who_stays_removed_what_it_stores(self):
        for node in self.stay:
            self.assertNotIn("this node stores no more", node.text())

    def test_who_left_says_so_refuses_requests_and_is_missed_by_nobody(self):
        node = self.cluster.nodes[3]
        wait_until(lambda: "no member of the cluster any more" in node.text(), CHANGE_SECONDS_MAX, "node3 says so")
        self.assertEqual(503, node.health()[0])
        refused = self.cluster.tool("get", BUCKET, "k", via=3)
        self.assertEqual(5, refused.returncode)
        self.assertIn(b"no member of the cluster any more", refused.stderr)
        self.assertEqual(0, self.cluster.nodes[3].stop())
        self.assertEqual([], [line for line in self.cluster.json("cluster", "status")["messages"] if "node3" in line])


class OneDiesAndIsRemoved(Story, unittest.TestCase):
    @classmethod
    def tell(cls):
        cls.cluster.nodes[3].kill()
        wait_until(lambda: "down" in [member["state"] for member in cls.cluster.json("cluster", "status")["members"]],
                   CHANGE_SECONDS_MAX, "node3 is down")
        cls.leave = cls.cluster.json("cluster", "leave", "node3")
        cls.plan = cls.cluster.json("cluster", "remove", "node3")
        cls.stale = cls.cluster.tool("cluster", "commit", cls.leave["plan"])
        cls.nobody_to_ask = cls.cluster.tool("cluster", "commit")
        cls.committed = cls.cluster.tool("cluster", "commit", "--yes")
        cls.nothing = cls.cluster.tool("cluster", "abort")

    def test_it_is_advised_to_remove_rather_than_to_wait_for_who_is_down(self):
        self.assertIn("remove it instead", " ".join(self.leave["warnings"]))
        self.assertEqual(["remove node3"], self.plan["changes"])

    def test_a_stale_plan_is_refused_and_so_is_one_that_nobody_saw(self):
        self.assertEqual(4, self.stale.returncode)
        self.assertIn(b"cluster plan", self.stale.stderr)
        self.assertEqual(2, self.nobody_to_ask.returncode)

    def test_what_is_committed_is_not_taken_back(self):
        self.assertEqual(0, self.committed.returncode, self.committed)
        self.assertEqual(4, self.nothing.returncode)
        self.assertIn(b"can not be taken back", self.nothing.stderr)


class OneJoins(unittest.TestCase):
    """A fourth node joins three under load, is killed and started again, and serves."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(nodes=3, flags=("--partitions", "16"), spares=1)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.spare = cls.cluster.spares[0]
        cls.spare.start()
        cls.waiting = cls.spare.health("/readyz?verbose")
        with CheckedLoad(cls.cluster.nodes, cls.__name__) as cls.load:
            begun = len(cls.load.done)
            wait_until(lambda: len(cls.load.done) >= begun + WRITES_A_PHASE, CHANGE_SECONDS_MAX, "requests go on")
            cls.plan = cls.cluster.json("cluster", "join", cls.spare.listen, via=1)
            cls.committed = cls.cluster.tool("cluster", "commit", cls.plan["plan"], via=2)
            waited = cls.cluster.tool("cluster", "tasks", "--wait", "--timeout", "80s")
            assert waited.returncode == 0, waited
            cls.spare.kill()
            cls.spare.start()
            cls.spare.wait_serving()
        cls.cluster.nodes.append(cls.spare)
        wait_until(lambda: cls.cluster.json("cluster", "digest")["agree"], CHANGE_SECONDS_MAX, "all copies are equal")
        cls.load.check(cls.cluster.nodes)
        cls.again = cls.cluster.tool("cluster", "join", cls.spare.listen)

    def test_it_waited_and_said_so(self):
        self.assertEqual(503, self.waiting[0])
        self.assertIn("waits to be joined", self.waiting[1])

    def test_no_read_contradicts_what_was_acknowledged_or_read_before(self):
        self.assertEqual([], self.load.complaints)

    def test_it_got_its_share_and_no_more_moved(self):
        self.assertEqual(0, self.committed.returncode, self.committed)
        self.assertEqual((12, 12), (self.plan["moves"], self.plan["moves_least"]))
        owned = sum("node3" in row["owners"] for row in self.cluster.json("cluster", "ring")["partitions"])
        self.assertEqual(12, owned)

    def test_every_node_agrees_who_is_a_member(self):
        for via in range(4):
            status = self.cluster.json("cluster", "status", via=via)
            self.assertEqual(["node0", "node1", "node2", "node3"], [member["name"] for member in status["members"]])

    def test_who_is_a_member_is_not_joined_again(self):
        self.assertEqual(2, self.again.returncode)
        self.assertIn(b"does not wait to be joined", self.again.stderr)


class Refused(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(nodes=1, flags=("--partitions", "16"))
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()

    def assert_refused(self, code, what, *words):
        result = self.cluster.tool("cluster", *words)
        self.assertEqual(code, result.returncode, result)
        self.assertIn(what, result.stderr.decode())

    def test_an_unknown_member(self):
        self.assert_refused(2, "there is no member 'nobody'; the members are node0", "leave", "nobody")

    def test_fewer_members_than_copies(self):
        with Cluster(nodes=3, flags=("--partitions", "16")) as three:
            three.start()
            result = three.tool("cluster", "leave", "node2")
            self.assertEqual(2, result.returncode, result)
            self.assertIn(b"only 2 members would be left, and each key has 3 copies", result.stderr)

    def test_the_last_member(self):
        self.assert_refused(2, "nobody would be left", "leave", "node0")
        self.assert_refused(2, "nobody would be left", "remove", "node0")

    def test_a_commit_or_abort_of_nothing(self):
        self.assert_refused(4, "no change is staged", "commit", "--yes")
        self.assert_refused(4, "no change is staged", "commit", "0123456789abcdef")
        self.assert_refused(4, "no change is staged", "abort")

    def assert_join_refused(self, what, *flags, name="node8", initial="none"):
        other = Node(self.cluster.folder, name, free_ports(2))
        other.data = self.cluster.folder / f"{self.id()}"
        other.flags = ["--initial-cluster", initial.format(other.listen), "--partitions", "16", *flags]
        other.start()
        try:
            self.assert_refused(2, what, "join", other.listen)
            self.assert_refused(2, what, "replace", "node0", other.listen)
        finally:
            other.kill()
        self.assertEqual([], self.cluster.json("cluster", "plan")["changes"])

    def test_to_join_who_has_a_cluster_of_its_own(self):
        self.assert_join_refused("does not wait to be joined", initial="node8={}")

    def test_to_join_a_node_of_another_cluster(self):
        self.assert_join_refused("was started with --cluster magpie", "--cluster", "magpie")

    def test_to_join_a_node_with_another_secret(self):
        secret = self.cluster.folder / "secret"
        secret.write_text("open sesame")
        self.assert_join_refused("another --cluster-secret-file", "--cluster-secret-file", secret)

    def test_to_join_a_node_with_other_partitions(self):
        self.assert_join_refused("and the cluster has 16", "--partitions", "32")

    def test_to_join_a_node_whose_name_is_taken(self):
        self.assert_join_refused("there is a member 'node0' already", name="node0")

    def test_to_join_nobody(self):
        self.assert_refused(5, "", "join", f"127.0.0.1:{free_ports(1)[0]}")
        self.assert_refused(2, "", "join", "nowhere")

    def test_to_replace_a_stranger(self):
        spare = Node(self.cluster.folder, "node8", free_ports(2))
        spare.flags = ["--initial-cluster", "none", "--partitions", "16"]
        spare.start()
        self.addCleanup(spare.kill)
        self.assert_refused(2, "there is no member 'nobody'", "replace", "nobody", spare.listen)

    def test_the_name_of_no_plan(self):
        self.assert_refused(2, "names no plan", "commit", "tomorrow")

    def test_a_plan_of_nothing_is_no_error(self):
        plan = self.cluster.json("cluster", "plan")
        self.assertEqual((None, [], 0), (plan["plan"], plan["changes"], plan["moves"]))


if __name__ == "__main__":
    case_runner.main()
