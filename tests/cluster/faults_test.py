"""Processes that are killed, paused, restarted, while clients write (PROTOCOL: 7.6).

Each class is one story, told once; its cases are what must be true at the end of it.
"""

import os
import shutil
import signal
import time
import unittest

import case_runner
from load import (ACKNOWLEDGED, BUCKET, IN_DOUBT, REFUSED, SLACK_SECONDS, TIMEOUT_SECONDS, Load, differences,
                  put, stored)
from real_cluster import Cluster

# Writes acknowledged in each phase before the story goes on; a slow machine just takes longer.
WRITES_A_PHASE = 150


class Story:
    """A cluster of three and what happens to it. No TestCase itself: it has nothing to tell."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.tell()

    def assert_consistent(self, found):
        self.assertEqual([], differences(self.load.attempts, found))


class UnderLoad(Story):
    """The cases that all stories under load share."""

    def test_every_acknowledged_write_is_read_back_through_every_node(self):
        self.assertGreater(len(self.load.told(ACKNOWLEDGED)), WRITES_A_PHASE)
        for index in range(3):
            self.assert_consistent(stored(self.cluster, via=index))

    def test_every_acknowledged_write_is_read_back_from_all_replicas(self):
        self.assert_consistent(stored(self.cluster, level="all"))

    def test_no_read_misses_what_was_acknowledged_before_it_began(self):
        self.assertEqual([], self.load.stale_reads())

    def test_no_request_outlives_its_deadline(self):
        longest = self.load.longest()
        self.assertLess(longest.seconds, TIMEOUT_SECONDS + SLACK_SECONDS, longest)

    def test_every_failed_write_says_whether_it_may_have_been_applied(self):
        codes = {attempt.code for attempt in self.load.attempts}
        self.assertLessEqual(codes, {ACKNOWLEDGED, REFUSED, IN_DOUBT})


class OneNodeKilled(UnderLoad, unittest.TestCase):
    @classmethod
    def tell(cls):
        with Load(cls.cluster) as cls.load:
            cls.load.wait_for(WRITES_A_PHASE)
            cls.cluster.nodes[1].kill()
            cls.acknowledged_while_down = cls.load.wait_for(WRITES_A_PHASE)
            cls.cluster.nodes[1].start()
            cls.cluster.nodes[1].wait_serving()
            cls.load.wait_for(WRITES_A_PHASE)

    def test_writes_are_acknowledged_while_it_is_down(self):
        self.assertGreaterEqual(self.acknowledged_while_down, WRITES_A_PHASE)

    def test_reads_at_all_make_the_replicas_agree_again(self):
        for attempt in self.load.attempts:
            self.cluster.tool("get", BUCKET, attempt.key, "--r", "all")
        self.assertTrue(self.cluster.json("cluster", "digest")["agree"])


class AllNodesKilled(UnderLoad, unittest.TestCase):
    @classmethod
    def tell(cls):
        with Load(cls.cluster) as cls.load:
            cls.load.wait_for(WRITES_A_PHASE)
            cls.cluster.kill()
            time.sleep(0.5)
            cls.cluster.start()
            cls.acknowledged_after = cls.load.wait_for(WRITES_A_PHASE)

    def test_writes_are_acknowledged_after_the_restart(self):
        self.assertGreaterEqual(self.acknowledged_after, WRITES_A_PHASE)


class NodesKilledInTurn(UnderLoad, unittest.TestCase):
    """A storm of restarts: there is always one that has just died or just returned."""

    @classmethod
    def tell(cls):
        with Load(cls.cluster) as cls.load:
            for turn in range(6):
                node = cls.cluster.nodes[turn % 3]
                cls.load.wait_for(WRITES_A_PHASE // 5)
                node.kill()
                cls.load.wait_for(WRITES_A_PHASE // 5)
                node.start()
                node.wait_serving()

    def test_every_node_serves_again(self):
        self.assertEqual([200] * 3, [node.health()[0] for node in self.cluster.nodes])


class RestartedWithOneNodeDown(Story, unittest.TestCase):
    """Three times: one node stays away, another one dies and returns, and the two that are there go on."""

    @classmethod
    def tell(cls):
        cls.refused = []
        for away in range(3):
            cls.cluster.nodes[away].kill()
            for restarted in range(3):
                if restarted == away:
                    continue
                node = cls.cluster.nodes[restarted]
                node.kill()
                node.start()
                node.wait_serving()
                result = cls.cluster.tool("put", "b", f"key{away}{restarted}", "value", via=restarted)
                if result.returncode != 0:
                    cls.refused.append((away, restarted, result.stderr.decode()))
            cls.cluster.nodes[away].start()
            cls.cluster.nodes[away].wait_serving()

    def test_the_restarted_node_counts_whoever_is_away(self):
        self.assertEqual([], self.refused)


class NodesKilledWhileTheyStart(UnderLoad, unittest.TestCase):
    """Death at every moment of a start: the lock, the database, the identity, the handshake."""

    @classmethod
    def tell(cls):
        with Load(cls.cluster) as cls.load:
            node = cls.cluster.nodes[1]
            node.kill()
            for milliseconds in (0, 2, 5, 10, 15, 20, 30, 50, 100):
                node.launch()
                time.sleep(milliseconds / 1000)
                node.kill()
            node.start()
            node.wait_serving()
            cls.load.wait_for(WRITES_A_PHASE)

    def test_it_counts_again_after_the_last_start(self):
        self.assertIn("this member counts", self.cluster.nodes[1].text())


class OneNodePaused(UnderLoad, unittest.TestCase):
    @classmethod
    def tell(cls):
        paused = cls.cluster.nodes[2]
        with Load(cls.cluster) as cls.load:
            cls.load.wait_for(WRITES_A_PHASE)
            paused.signal(signal.SIGSTOP)
            begun = time.monotonic()
            # Beyond the deadline of every request that was under way.
            time.sleep(TIMEOUT_SECONDS + 2)
            cls.acknowledged_meanwhile = sum(
                attempt.begun > begun and attempt.code == ACKNOWLEDGED for attempt in list(cls.load.attempts))
            paused.signal(signal.SIGCONT)
            cls.acknowledged_after = cls.load.wait_for(WRITES_A_PHASE)

    def test_the_others_acknowledge_writes_meanwhile(self):
        self.assertGreater(self.acknowledged_meanwhile, 0)

    def test_writes_are_acknowledged_after_it_resumes(self):
        self.assertGreaterEqual(self.acknowledged_after, WRITES_A_PHASE)


class OneNodeAskedToEnd(UnderLoad, unittest.TestCase):
    @classmethod
    def tell(cls):
        with Load(cls.cluster) as cls.load:
            cls.load.wait_for(WRITES_A_PHASE)
            cls.exit_code = cls.cluster.nodes[0].stop()
            cls.load.wait_for(WRITES_A_PHASE)
            cls.cluster.nodes[0].start()
            cls.cluster.nodes[0].wait_serving()

    def test_it_drains_and_ends_with_code_0(self):
        self.assertEqual(0, self.exit_code)


class TwoOfThreeNodesKilled(Story, unittest.TestCase):
    """The minority refuses; what it refused is nowhere, also not after the others' return."""

    @classmethod
    def tell(cls):
        cls.cluster.tool("put", BUCKET, "old", "before")
        for node in cls.cluster.nodes[1:]:
            node.kill()
        survivor = cls.cluster.nodes[0].listen
        cls.health_meanwhile = cls.cluster.nodes[0].health("/readyz?verbose")
        cls.refused = [put(survivor, f"refused-{i}", "never") for i in range(5)]
        cls.read_at_quorum = cls.cluster.tool("--timeout", "3s", "get", BUCKET, "old")
        cls.read_at_one = cls.cluster.tool("get", BUCKET, "old", "--r", "one")
        cls.write_at_one = put(survivor, "at-one", "kept", "--w", "one")
        cls.cluster.start()

    def test_writes_at_quorum_are_refused_with_exit_5(self):
        self.assertEqual([REFUSED] * 5, [attempt.code for attempt in self.refused], self.refused[0].message)

    def test_a_refusal_says_how_many_replicas_were_there(self):
        self.assertIn("1 of 2 replicas", self.refused[0].message)

    def test_refused_writes_never_appear(self):
        found = stored(self.cluster, level="all")
        self.assertEqual([], differences(self.refused, found))

    def test_reads_at_quorum_are_refused_with_exit_5(self):
        self.assertEqual(5, self.read_at_quorum.returncode)

    def test_a_read_at_one_is_answered(self):
        self.assertEqual(b"before", self.read_at_one.stdout)

    def test_a_write_at_one_is_acknowledged_and_kept(self):
        self.assertEqual(0, self.write_at_one.code, self.write_at_one.message)
        self.assertEqual("kept", stored(self.cluster, level="all")["at-one"])

    def test_the_survivor_is_not_ready_and_says_why(self):
        status, body = self.health_meanwhile
        self.assertEqual(503, status)
        self.assertIn("other members are down", body)


class TwoOfThreeNodesPaused(Story, unittest.TestCase):
    """The survivor believes that it can be done, mints, and hears nothing: in doubt."""

    @classmethod
    def tell(cls):
        for node in cls.cluster.nodes[1:]:
            node.signal(signal.SIGSTOP)
        survivor = cls.cluster.nodes[0].listen
        cls.attempts = [put(survivor, f"doubtful-{i}", "perhaps") for i in range(3)]
        cls.read = cls.cluster.tool("--timeout", "2s", "get", BUCKET, "doubtful-0")
        for node in cls.cluster.nodes[1:]:
            node.signal(signal.SIGCONT)
        for node in cls.cluster.nodes:
            node.wait_serving()

    def test_a_write_without_a_verdict_is_in_doubt_with_exit_6(self):
        self.assertIn(IN_DOUBT, [attempt.code for attempt in self.attempts], self.attempts)
        self.assertLessEqual({each.code for each in self.attempts}, {IN_DOUBT, REFUSED})

    def test_it_ends_at_its_deadline(self):
        self.assertLess(max(each.seconds for each in self.attempts), TIMEOUT_SECONDS + SLACK_SECONDS)

    def test_a_read_without_enough_answers_is_refused_with_exit_5(self):
        self.assertEqual(5, self.read.returncode)

    def test_it_is_whole_or_absent_afterwards(self):
        self.assertEqual([], differences(self.attempts, stored(self.cluster, level="all")))


class OneDiskFails(UnderLoad, unittest.TestCase):
    """A write to the store fails in the middle of the load."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.nodes[1].dies_of_its_file_limit = False
        cls.cluster.start()
        cls.tell()

    @classmethod
    def tell(cls):
        failing = cls.cluster.nodes[1]
        with Load(cls.cluster) as cls.load:
            cls.load.wait_for(WRITES_A_PHASE)
            # The log of the node goes to a file as well, and needs room for its last words.
            failing.limit_files(max(file.stat().st_size for file in failing.data.glob("store/*")) + 4000)
            cls.exit_code = failing.wait()
            cls.last_words = failing.text()
            cls.acknowledged_meanwhile = cls.load.wait_for(WRITES_A_PHASE)
            failing.start()
            failing.wait_serving()
            cls.load.wait_for(WRITES_A_PHASE)

    def test_the_node_steps_aside_with_code_1(self):
        self.assertEqual(1, self.exit_code, self.last_words)

    def test_its_last_words_name_the_directory_and_the_remedy(self):
        self.assertIn(str(self.cluster.nodes[1].data), self.last_words)
        self.assertIn("start this node again", self.last_words)

    def test_the_others_acknowledge_writes_meanwhile(self):
        self.assertGreaterEqual(self.acknowledged_meanwhile, WRITES_A_PHASE)


class DeletedWhileOneNodeIsDown(Story, unittest.TestCase):
    """The value that came back from the dead: node1 still has what the others have deleted, and
    one of those who know better is gone when node1 is asked."""

    @classmethod
    def tell(cls):
        cls.cluster.tool("put", BUCKET, "deleted", "old", "--w", "all")
        cls.cluster.tool("put", BUCKET, "replaced", "old", "--w", "all")
        cls.cluster.nodes[1].kill()
        cls.deleted = cls.cluster.tool("delete", BUCKET, "deleted")
        context = cls.cluster.json("get", BUCKET, "replaced")["context"]
        cls.cluster.tool("put", BUCKET, "replaced", "new", "--context", context)
        cls.cluster.nodes[1].start()
        cls.cluster.nodes[1].wait_serving()
        cls.cluster.nodes[2].kill()

    def test_the_delete_was_acknowledged(self):
        self.assertEqual(0, self.deleted.returncode, self.deleted.stderr)

    def test_no_node_reads_the_deleted_value(self):
        for index in (0, 1):
            result = self.cluster.tool("get", BUCKET, "deleted", via=index)
            self.assertEqual((3, b""), (result.returncode, result.stdout))

    def test_no_node_lists_the_deleted_key(self):
        for index in (0, 1):
            self.assertEqual(b"replaced\n", self.cluster.tool("keys", BUCKET, via=index).stdout)

    def test_no_node_reads_the_replaced_value(self):
        for index in (0, 1):
            self.assertEqual(b"new", self.cluster.tool("get", BUCKET, "replaced", via=index).stdout)


if __name__ == "__main__":
    case_runner.main()
