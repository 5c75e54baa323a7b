"""Whose directory, whose cluster: what starlingd founds, recognises, refuses and leaves alone."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import case_runner
from real_cluster import DAEMON, READY, Cluster, Node, clean_environment, free_ports, is_free, run_tool, wait_until

NATIVE_PORT, HTTP_PORT = 7400, 7500


class ClusterOfOne(unittest.TestCase):
    """A node that got nothing but addresses; the data directory is in its working directory."""

    def setUp(self):
        self.cluster = Cluster(nodes=1, flags=())
        self.addCleanup(self.cluster.close)
        self.node = self.cluster.nodes[0]
        self.node.flags = []

    def test_it_serves_without_a_founding_list(self):
        self.node.start()
        self.assertEqual(0, self.cluster.tool("put", "b", "k", "v").returncode)
        self.assertEqual(b"v", self.cluster.tool("get", "b", "k").stdout)

    def test_its_replicas_in_force_are_one(self):
        self.node.start()
        status = self.cluster.json("cluster", "status")
        self.assertEqual((1, 3, 1024), (status["replicas"], status["replicas_configured"], status["partitions"]))

    def test_it_ends_with_code_0_on_SIGTERM(self):
        self.node.start()
        self.assertEqual(0, self.node.stop())

    def test_what_it_acknowledged_survives_a_SIGKILL(self):
        self.node.start()
        self.cluster.tool("put", "b", "k", "v")
        self.node.kill()
        self.node.start()
        self.assertEqual(b"v", self.cluster.tool("get", "b", "k").stdout)

    def test_ready_stands_in_exactly_one_line_of_the_log(self):
        self.node.start()
        self.node.stop()
        lines = [line for line in self.node.text().splitlines() if READY.search(line)]
        self.assertEqual(1, len(lines), self.node.text())

    def test_a_second_daemon_on_its_directory_is_refused(self):
        self.node.start()
        second = Node(self.cluster.folder, "second", free_ports(2))
        code, text = second.refuse_to_start("--data-dir", self.node.data, "--name", "node0")
        self.assertNotEqual(0, code)
        self.assertIn(str(self.node.data), text)
        self.assertEqual(0, self.cluster.tool("put", "b", "k", "v").returncode)

    def test_the_lock_of_a_killed_daemon_does_not_stay(self):
        self.node.start()
        self.node.kill()
        self.node.start()

    def test_a_directory_of_another_cluster_is_refused(self):
        self.node.start()
        self.node.stop()
        code, text = self.node.refuse_to_start("--cluster", "other")
        self.assertNotEqual(0, code)
        self.assertIn("belongs to cluster 'starling', not 'other'", text)

    def test_a_directory_of_another_member_is_refused(self):
        self.node.start()
        self.node.stop()
        code, text = self.node.refuse_to_start("--name", "node9")
        self.assertNotEqual(0, code)
        self.assertIn("belongs to member 'node0', not 'node9'", text)

    def test_a_refused_directory_is_left_as_it_was(self):
        self.node.start()
        self.cluster.tool("put", "b", "k", "v")
        self.node.stop()
        self.node.refuse_to_start("--cluster", "other")
        self.node.start()
        self.assertEqual(b"v", self.cluster.tool("get", "b", "k").stdout)

    def test_a_damaged_directory_is_refused_and_left_as_it_is(self):
        self.node.start()
        self.cluster.tool("put", "b", "k", "v" * 5000)
        self.node.kill()
        log = max(self.node.data.glob("store/*.log"))
        damaged = bytearray(log.read_bytes())
        damaged[len(damaged) // 2] ^= 0xFF
        log.write_bytes(damaged)
        code, text = self.node.refuse_to_start()
        self.assertEqual(1, code, text)
        self.assertIn("is damaged", text)
        self.assertEqual(damaged, log.read_bytes())

    def test_a_directory_with_files_of_others_is_refused(self):
        self.node.data.mkdir()
        (self.node.data / "thesis.txt").write_text("mine")
        code, text = self.node.refuse_to_start()
        self.assertEqual(1, code, text)
        self.assertIn("holds files that are not Starling's", text)

    def test_a_port_in_use_is_named(self):
        self.node.start()
        second = Node(self.cluster.folder, "second", (self.node.port, free_ports(1)[0]))
        code, text = second.refuse_to_start()
        self.assertNotEqual(0, code)
        self.assertIn(self.node.listen, text)


class NoFlags(unittest.TestCase):
    @unittest.skipUnless(is_free(NATIVE_PORT) and is_free(HTTP_PORT), "somebody uses the default ports")
    def test_a_daemon_without_flags_founds_a_cluster_in_its_working_directory(self):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder, "log")
            process = subprocess.Popen([DAEMON], cwd=folder, stderr=log.open("wb"), env=clean_environment())
            try:
                wait_until(lambda: READY.search(log.read_text()) or process.poll() is not None, 30, "ready")
                put = subprocess.run([*tool_without_endpoint(), "put", "b", "k", "v"], check=False,
                                     env=clean_environment(), capture_output=True)
                self.assertEqual(0, put.returncode, put.stderr)
                self.assertTrue(Path(folder, "starling-data").is_dir())
            finally:
                process.kill()
                process.wait()


def tool_without_endpoint():
    return [DAEMON.parent / "starling"]


class Founders(unittest.TestCase):
    """Two founders that must agree; the second one is given something else."""

    def setUp(self):
        self.cluster = Cluster(nodes=2)
        self.addCleanup(self.cluster.close)

    def refusal_of(self, *flags):
        """Starts both and returns what they log once they have met."""
        first, second = self.cluster.nodes
        first.start()
        second.flags = second.flags + list(flags)
        second.start()
        wait_until(lambda: "--" in self.both_refusals(), 20, "a refusal that names a flag")
        return self.both_refusals()

    def both_refusals(self):
        lines = [line for node in self.cluster.nodes for line in node.text().splitlines()]
        return "\n".join(line for line in lines if "agree on it" in line or "names differ" in line)

    def assert_unready(self):
        self.assertEqual([503, 503], [node.health()[0] for node in self.cluster.nodes])

    def test_a_different_number_of_partitions_is_named(self):
        self.cluster.nodes[1].flags = ["--initial-cluster", self.cluster.founders(), "--partitions", "128"]
        self.assertIn("--partitions", self.refusal_of())
        self.assert_unready()

    def test_a_different_number_of_replicas_is_named(self):
        self.assertIn("--replicas", self.refusal_of("--replicas", "2"))
        self.assert_unready()

    def test_a_different_list_is_named(self):
        longer = self.cluster.founders() + ",node2=127.0.0.1:1"
        self.cluster.nodes[1].flags = ["--initial-cluster", longer, "--partitions", "64"]
        self.assertIn("--initial-cluster", self.refusal_of())
        self.assert_unready()

    def test_a_different_cluster_name_is_named(self):
        self.assertIn("--cluster", self.refusal_of("--cluster", "other"))
        self.assert_unready()

    def test_a_different_secret_is_named(self):
        secret = self.cluster.folder / "secret"
        secret.write_text("a secret of one founder only\n")
        self.assertIn("--cluster-secret-file", self.refusal_of("--cluster-secret-file", secret))
        self.assert_unready()

    def test_founders_that_agree_serve(self):
        secret = self.cluster.folder / "secret"
        secret.write_text("a secret of both\n")
        for node in self.cluster.nodes:
            node.flags = node.flags + ["--cluster-secret-file", secret, "--cluster", "pair", "--replicas", "2"]
        self.cluster.start()
        self.assertEqual("pair", self.cluster.json("cluster", "status")["cluster"])

    def test_they_are_not_ready_before_they_have_met(self):
        self.cluster.nodes[0].start()
        status, body = self.cluster.nodes[0].health("/readyz?verbose")
        self.assertEqual(503, status)
        self.assertIn("quorum requests", body)
        self.assertEqual(200, self.cluster.nodes[0].health("/livez")[0])


class FoundedMembers(unittest.TestCase):
    """Two members that were founded, and one of them started again with other flags."""

    def setUp(self):
        self.cluster = Cluster(nodes=2, flags=("--partitions", "64", "--replicas", "2"))
        self.addCleanup(self.cluster.close)
        self.cluster.start()
        self.cluster.tool("put", "b", "k", "v", "--w", "2")
        self.member = self.cluster.nodes[1]
        self.member.stop()
        self.member.flags = []

    def assert_refused(self, *flags, words):
        code, text = self.member.refuse_to_start(*flags)
        self.assertEqual(2, code, text)
        for word in words:
            self.assertIn(word, text)

    def test_a_member_starts_again_without_the_founding_flags(self):
        self.member.start()
        self.member.wait_serving()
        self.assertEqual(b"v", self.cluster.tool("get", "b", "k", "--r", "2", via=1).stdout)
        status = self.cluster.json("cluster", "status", via=1)
        self.assertEqual((64, 2, 2), (status["partitions"], status["replicas_configured"], len(status["members"])))

    def test_what_differs_from_the_founding_is_refused_by_name(self):
        self.assert_refused("--partitions", "1024", words=["--partitions", "1024", "founded with 64"])
        self.assert_refused("--replicas", "3", words=["--replicas", "3", "founded with 2"])
        longer = self.cluster.founders() + ",node2=127.0.0.1:1"
        self.assert_refused("--initial-cluster", longer, words=["--initial-cluster", longer, self.cluster.founders()])
        self.member.listen = "127.0.0.1:%d" % free_ports(1)[0]
        self.assert_refused(words=["--listen", self.member.listen, f"node1=127.0.0.1:{self.member.port}"])


class AgreedConfiguration(unittest.TestCase):
    """Three founders and what they agree on."""

    def setUp(self):
        self.cluster = Cluster(nodes=3)
        self.addCleanup(self.cluster.close)

    def epochs(self):
        return [self.cluster.json("cluster", "status", via=i)["epoch"] for i in range(3)]

    def test_every_member_shows_its_epoch_and_keeps_it_over_a_SIGKILL_of_all(self):
        self.cluster.start()
        self.assertEqual([1, 1, 1], self.epochs())
        self.cluster.tool("put", "b", "k", "v")
        self.cluster.kill()
        self.cluster.start()
        self.assertEqual([1, 1, 1], self.epochs())
        self.assertEqual(1, self.cluster.json("cluster", "ring", via=2)["epoch"])
        self.assertEqual(b"v", self.cluster.tool("get", "b", "k", via=1).stdout)

    def test_nobody_serves_before_all_founders_voted(self):
        for node in self.cluster.nodes[:2]:
            node.start()
        refused = self.cluster.tool("put", "b", "k", "v")
        self.assertEqual(5, refused.returncode)
        self.assertIn(b"all founders must vote", refused.stderr)
        self.assertIn(b"node2", refused.stderr)
        self.assertEqual(0, self.cluster.json("cluster", "status")["epoch"])
        self.cluster.start()
        self.assertEqual([1, 1, 1], self.epochs())
        self.assertEqual(0, self.cluster.tool("put", "b", "k", "v").returncode)

    def test_a_wiped_member_learns_that_the_cluster_knows_another_store(self):
        self.cluster.start()
        wiped = self.cluster.nodes[1]
        wiped.stop()
        shutil.rmtree(wiped.data)
        wiped.start()
        messages = lambda: " ".join(self.cluster.json("cluster", "status", via=1)["messages"])
        wait_until(lambda: "by another store" in messages(), 20, "a message about another store")
        self.assertEqual(1, self.cluster.json("cluster", "status", via=1)["epoch"])
        self.assertEqual(503, wiped.health()[0])


class Configuration(unittest.TestCase):
    """Files, variables and flags: each mistake is named, with its place, and starts nothing."""

    def setUp(self):
        self.cluster = Cluster(nodes=1, flags=())
        self.addCleanup(self.cluster.close)
        self.node = self.cluster.nodes[0]
        self.node.flags = []
        self.file = self.cluster.folder / "starling.toml"

    def assert_refused(self, expected, *flags, env=None):
        code, text = self.node.refuse_to_start(*flags, env=env)
        self.assertEqual(2, code, text)
        self.assertIn(expected, text)
        self.assertFalse(any(self.node.data.iterdir()) if self.node.data.exists() else False, "it stored something")

    def assert_file_refused(self, content, *expected):
        self.file.write_text(content)
        for words in expected:
            self.assert_refused(words, "--config", self.file)

    def test_an_unknown_key_is_named_with_its_line(self):
        self.assert_file_refused('# a comment\npartitions = 64\nreplica = 3\n', "line 3", "unknown key 'replica'")

    def test_a_syntax_error_is_named_with_its_line(self):
        self.assert_file_refused('partitions = 64\nreplicas = = 3\n', "line 2", "starling.toml")

    def test_a_bad_value_is_named_with_its_line(self):
        self.assert_file_refused('replicas = 3\npartitions = 100\n', "line 2", "partitions", "power of two")

    def test_a_value_of_the_wrong_kind_is_named_with_its_line(self):
        self.assert_file_refused('\nreplicas = [1]\n', "line 2", "replicas")

    def test_a_file_that_is_not_there_is_named(self):
        self.assert_refused("nowhere.toml", "--config", "nowhere.toml")

    def test_an_unknown_flag_is_named(self):
        self.assert_refused("--replcas", "--replcas", "3")

    def test_a_number_that_is_none_is_named(self):
        self.assert_refused("'many' is not a whole number", "--partitions", "many")

    def test_replicas_of_zero_are_refused(self):
        self.assert_refused("--replicas", "--replicas", "0")

    def test_an_address_without_a_port_is_named(self):
        self.assert_refused("--listen", "--listen", "localhost")

    def test_listening_to_the_world_has_to_be_asked_for(self):
        self.assert_refused("--insecure", "--listen", "0.0.0.0:7400", "--advertise", "127.0.0.1:7400")

    def test_a_list_without_this_node_is_refused(self):
        self.assert_refused("does not list 'node0'", "--initial-cluster", "other=127.0.0.1:7400")

    def test_an_unknown_durability_is_named(self):
        self.assert_refused("'fsync' is not sync, interval or none", "--durability", "fsync")

    def test_a_secret_file_that_is_empty_is_named(self):
        (self.cluster.folder / "secret").touch()
        self.assert_refused("is empty", "--cluster-secret-file", self.cluster.folder / "secret")

    def test_a_bad_variable_is_named(self):
        self.assert_refused("STARLING_PARTITIONS", env={"STARLING_PARTITIONS": "7"})

    def test_an_unknown_variable_is_a_warning(self):
        self.node.start(env={"STARLING_PARTITONS": "64"})
        self.assertIn("STARLING_PARTITONS", self.node.text())

    def test_a_flag_beats_a_variable_beats_the_file(self):
        self.file.write_text('partitions = 16\nreplicas = 5\ncluster = "from-file"\n')
        self.node.start("--config", self.file, "--partitions", "64",
                        env={"STARLING_PARTITIONS": "32", "STARLING_REPLICAS": "2"})
        status = self.cluster.json("cluster", "status")
        self.assertEqual((64, 2, "from-file"),
                         (status["partitions"], status["replicas_configured"], status["cluster"]))

    def test_a_directory_that_can_not_be_written_is_named(self):
        (self.cluster.folder / "file").touch()
        code, text = self.node.refuse_to_start("--data-dir", self.cluster.folder / "file" / "data")
        self.assertNotEqual(0, code)
        self.assertIn("file/data", text)

    def test_the_deployed_example_is_accepted(self):
        example = (Path(__file__).resolve().parents[2] / "deploy" / "starling.toml").read_text()
        self.file.write_text(example)
        self.node.start("--config", self.file)

    def test_help_lists_the_flags_and_ends_with_code_0(self):
        result = subprocess.run([DAEMON, "--help"], capture_output=True, text=True, check=False)
        self.assertEqual(0, result.returncode)
        self.assertIn("--initial-cluster", result.stdout)


if __name__ == "__main__":
    case_runner.main()
