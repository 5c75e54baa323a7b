"""Disks that run full, and have space again: what is refused, what goes on, and that nothing is lost.

Each class is one story, told once; its cases are what must be true at the end of it.
"""

import http.client
import json
import time
import unittest

import case_runner
from load import ACKNOWLEDGED, IN_DOUBT, REFUSED, Load, differences, put, stored
from real_cluster import START_SECONDS_MAX, Cluster, wait_until
from small_disks import give_small_disks

MIB = 1 << 20
LIMITS = ("--partitions", "16", "--disk-soft-limit", "32MiB", "--disk-hard-limit", "16MiB",
          "--disk-ballast", "4MiB")
# Nothing is refused before the operating system does it.
NO_LIMITS = ("--partitions", "16", "--disk-soft-limit", "0", "--disk-hard-limit", "0", "--disk-ballast", "0")
TIGHT, FULL = 24 * MIB, 8 * MIB
WRITES_A_PHASE = 60
# About what one argument of a command may hold.
VALUE = "v" * 100_000


class Story:
    """Three nodes on small disks. No TestCase itself: it has nothing to tell."""

    flags = LIMITS

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(flags=cls.flags)
        cls.addClassCleanup(cls.cluster.close)
        cls.disks = give_small_disks(cls.cluster, cls.addClassCleanup)
        # Nodes end before their disks do.
        cls.addClassCleanup(cls.end_nodes)
        cls.cluster.start()
        cls.pids = [node.process.pid for node in cls.cluster.nodes]
        cls.tell()

    @classmethod
    def end_nodes(cls):
        for node in cls.cluster.nodes:
            if node.process is not None:
                node.kill()

    @classmethod
    def wait_for_disk(cls, index, words):
        wait_until(lambda: words in cls.disk_of(index), START_SECONDS_MAX, f"node{index}: {words}")
        time.sleep(0.2)  # its peers hear of it by message

    @classmethod
    def disk_of(cls, index):
        return cls.cluster.json("node", "info", via=index)["disk"]

    @classmethod
    def error_of(cls, *arguments, via=0):
        result = cls.cluster.tool("-o", "json", *arguments, via=via)
        return result.returncode, json.loads(result.stdout).get("error", {}).get("code")

    @classmethod
    def over_http(cls, method, key, body=None, via=0):
        """(status, error.code or nothing) of one request over HTTP."""
        connection = http.client.HTTPConnection("127.0.0.1", cls.cluster.nodes[via].http_port, timeout=30)
        connection.request(method, f"/v1/kv/load/{key}", body)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = answer.headers.get("Content-Type") == "application/json"
        return answer.status, json.loads(text)["error"]["code"] if is_json else None

    def test_every_node_lived_through_it_in_one_process(self):
        self.assertEqual(self.pids, [node.process.pid for node in self.cluster.nodes])
        self.assertEqual([None] * 3, [node.process.poll() for node in self.cluster.nodes])

    def test_nothing_acknowledged_is_lost_and_nothing_refused_is_there(self):
        for index in range(3):
            self.assertEqual([], differences(self.attempts, stored(self.cluster, via=index)))
        self.assertEqual([], differences(self.attempts, stored(self.cluster, level="all")))

    def test_its_log_tells_it_once_and_not_every_second(self):
        for node in self.cluster.nodes:
            lines = [line for line in node.text().splitlines() if "are free on the disk of" in line]
            self.assertLessEqual(len(lines), 6, lines)


class OneAfterTheOther(Story, unittest.TestCase):
    """One disk fills up under load, then all of them, a little and then more; then there is space."""

    @classmethod
    def tell(cls):
        with Load(cls.cluster, threads=3) as load:
            load.wait_for(WRITES_A_PHASE)
            cls.disks[1].fill(leaving=FULL)
            cls.wait_for_disk(1, "all writes are refused")
            cls.begun_with_one_full = time.monotonic()
            cls.acknowledged_with_one_full = load.wait_for(WRITES_A_PHASE)
            cls.messages = cls.cluster.json("cluster", "status")["messages"]
            cls.readyz = cls.cluster.nodes[1].health("/readyz?verbose")
            cls.http_with_one_full = [cls.over_http("PUT", f"http{via}", "v", via=via) for via in range(3)]
        cls.attempts = load.attempts
        cls.attempts += [put(cls.cluster.endpoints(), f"del{i}", "v") for i in range(2)]
        for index in (0, 2):
            cls.disks[index].fill(leaving=TIGHT)
            cls.wait_for_disk(index, "new values are refused")
        cls.put_on_tight = [cls.error_of("put", "load", f"tight{via}", "v", via=via) for via in range(3)]
        cls.attempts += [put(cls.cluster.nodes[via].listen, f"tight{via}", "v") for via in range(3)]
        cls.http_on_tight = [cls.over_http("PUT", f"http-tight{via}", "v", via=via) for via in range(3)]
        cls.delete_on_tight = [cls.error_of("delete", "load", "del0", via=via) for via in (0, 1)]
        cls.get_on_tight = cls.cluster.tool("get", "load", "del1", via=1)
        for index in (0, 2):
            cls.disks[index].fill(leaving=FULL)
            cls.wait_for_disk(index, "all writes are refused")
        cls.delete_on_full = cls.error_of("delete", "load", "del1")
        cls.http_delete_on_full = [cls.over_http("DELETE", "del1", via=via) for via in range(3)]
        cls.http_get_on_full = [cls.over_http("GET", "del1", via=via) for via in range(3)]
        cls.get_on_full = [cls.cluster.tool("get", "load", "del1", "--r", "all", via=via) for via in range(3)]
        for index, disk in enumerate(cls.disks):
            disk.make_room()
            cls.wait_for_disk(index, "there is room")
        cls.after = [put(cls.cluster.nodes[via].listen, f"after{via}", "v", "--w", "all") for via in range(3)]
        cls.http_after = [cls.over_http("PUT", f"http-after{via}", "v", via=via) for via in range(3)]
        cls.http_refused = [cls.over_http("GET", f"http-tight{via}") for via in range(3)]
        cls.attempts = [each for each in cls.attempts if each.key != "del0"] + cls.after

    def test_one_full_disk_stops_no_write(self):
        self.assertGreaterEqual(self.acknowledged_with_one_full, WRITES_A_PHASE)
        failed = [each for each in self.attempts if each.begun > self.begun_with_one_full and each.code
                  and each.key[0].isdigit()]
        self.assertEqual([], failed)

    def test_status_and_readiness_name_the_full_disk_and_the_remedy(self):
        self.assertEqual(1, len(self.messages), self.messages)
        self.assertIn("node1's disk is full", self.messages[0])
        self.assertIn("Make space", self.messages[0])
        status, body = self.readyz
        self.assertEqual(200, status)
        self.assertIn("[!] disk: ", body)
        self.assertIn("--disk-hard-limit", body)

    def test_a_put_that_full_disks_keep_from_its_quorum_is_refused_as_such(self):
        self.assertEqual([(REFUSED, "disk_full")] * 3, self.put_on_tight)

    def test_deletes_go_on_while_there_is_little_space_and_not_when_there_is_none(self):
        self.assertEqual([(0, None), (0, None)], self.delete_on_tight)
        self.assertEqual((REFUSED, "disk_full"), self.delete_on_full)

    def test_over_HTTP_it_is_507_where_full_disks_are_why_and_nothing_is_there_later(self):
        self.assertEqual([(204, None)] * 3, self.http_with_one_full)
        self.assertEqual([(507, "disk_full")] * 3, self.http_on_tight)
        self.assertEqual([(507, "disk_full")] * 3, self.http_delete_on_full)
        self.assertEqual([(200, None)] * 3, self.http_get_on_full)
        self.assertEqual([(204, None)] * 3, self.http_after)
        self.assertEqual([(404, "not_found")] * 3, self.http_refused)

    def test_reads_go_on_throughout(self):
        for result in [self.get_on_tight, *self.get_on_full]:
            self.assertEqual((0, b"v"), (result.returncode, result.stdout))

    def test_with_space_all_copies_are_written_again_by_themselves(self):
        self.assertEqual([ACKNOWLEDGED] * 3, [each.code for each in self.after])


class ToTheLastByte(Story, unittest.TestCase):
    """No limit warns: commits themselves meet a full disk, on one node and then on all, under load."""

    flags = NO_LIMITS

    @classmethod
    def tell(cls):
        with Load(cls.cluster, threads=3) as load:
            load.wait_for(WRITES_A_PHASE)
            cls.disks[0].fill(leaving=0)
            cls.wait_for_disk(0, "takes nothing until there is space")
            cls.acknowledged_with_one_full = load.wait_for(WRITES_A_PHASE)
            for disk in cls.disks[1:]:
                disk.fill(leaving=0)
            # With the second one W is out of reach, and the third is spared.
            probes = []

            def is_refused():
                # Each key is written once, or it would have siblings.
                probes.append(put(cls.cluster.endpoints(), f"probe{len(probes)}", "v"))
                return probes[-1].code == REFUSED

            wait_until(is_refused, START_SECONDS_MAX, "a put is refused")
            cls.http_on_full = [cls.over_http("PUT", f"http{via}", "v", via=via) for via in range(3)]
            cls.refused = put(cls.cluster.endpoints(), "full", "v")
            sample = load.told(ACKNOWLEDGED)[0]
            cls.read = [cls.cluster.tool("get", "load", sample.key, "--r", "all", via=via) for via in range(3)]
            cls.expected = (0, sample.value.encode())
            for index, disk in enumerate(cls.disks):
                disk.make_room()
                cls.wait_for_disk(index, "there is room")
            cls.acknowledged_with_space = load.wait_for(WRITES_A_PHASE)
        cls.attempts = load.attempts + probes + [cls.refused]

    def test_one_full_disk_stops_no_write(self):
        self.assertGreaterEqual(self.acknowledged_with_one_full, WRITES_A_PHASE)

    def test_what_was_under_way_is_in_doubt_and_what_came_later_refused(self):
        self.assertLessEqual({each.code for each in self.attempts}, {ACKNOWLEDGED, REFUSED, IN_DOUBT})
        self.assertEqual(REFUSED, self.refused.code, self.refused.message)
        self.assertIn("disk", self.refused.message)
        self.assertEqual([(507, "disk_full")] * 3, self.http_on_full)

    def test_reads_go_on_through_every_node(self):
        self.assertEqual([self.expected] * 3, [(each.returncode, each.stdout) for each in self.read])

    def test_with_space_writes_go_on_by_themselves(self):
        self.assertGreaterEqual(self.acknowledged_with_space, WRITES_A_PHASE)


class StartOnAFullDisk(unittest.TestCase):
    """A node that was killed on a full disk, and is started there."""

    def start_over(self, *flags):
        cluster = Cluster(nodes=1, flags=("--partitions", "16", *flags))
        self.addCleanup(cluster.close)
        (disk,) = give_small_disks(cluster, self.addCleanup)
        node = cluster.nodes[0]
        self.addCleanup(lambda: node.process and node.kill())
        cluster.start()
        self.assertEqual(ACKNOWLEDGED, put(node.listen, "k", VALUE).code)
        node.kill()
        disk.fill(leaving=0)
        return cluster, node, disk

    def test_with_ballast_it_starts_and_serves_reads(self):
        cluster, node, disk = self.start_over("--disk-ballast", "8MiB")
        node.start()
        node.wait_serving()
        self.assertEqual(VALUE.encode(), cluster.tool("get", "load", "k").stdout)
        self.assertEqual(REFUSED, put(node.listen, "new", "v").code)
        disk.make_room()
        wait_until(lambda: put(node.listen, "new", "v").code == ACKNOWLEDGED, START_SECONDS_MAX, "a put")
        self.assertTrue((node.data / "ballast").exists())

    def test_without_any_space_it_does_not_start_says_why_and_damages_nothing(self):
        cluster, node, disk = self.start_over("--disk-ballast", "0")
        code, text = node.refuse_to_start()
        self.assertEqual(1, code)
        self.assertIn("make space, then start again", text)
        disk.make_room()
        node.start()
        node.wait_serving()
        self.assertEqual(VALUE.encode(), cluster.tool("get", "load", "k").stdout)


if __name__ == "__main__":
    case_runner.main()
