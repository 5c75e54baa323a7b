"""`starling bench` against three nodes: its figures add up, and it ends whatever happens to them."""

import json
import subprocess
import time
import unittest

import case_runner
from real_cluster import TOOL, Cluster, clean_environment
from three_nodes import AgainstThreeNodes

RECORDS = "300"


class Figures(AgainstThreeNodes, unittest.TestCase):
    def bench(self, *words):
        return json.loads(self.do("bench", "--json", "--records", RECORDS, "--clients", "6", *words))

    def test_every_workload_ends_without_errors_or_siblings(self):
        for workload in ("a", "b", "c", "d", "f", "insert", "put", "get"):
            with self.subTest(workload):
                figures = self.bench("--workload", workload, "--ops", "600", "--pipeline", "2")
                operations = figures["operations"].values()
                self.assertEqual(600, sum(each["ops"] for each in operations))
                self.assertEqual(0, sum(each["errors"] for each in operations))
                self.assertEqual((0, 0), (figures["siblings"], figures["context_reads"]))
                self.assertLess(0, figures["server_cpu_us_per_op"])

    def test_percentiles_rise_and_throughput_is_operations_by_seconds(self):
        figures = self.bench("--workload", "get", "--ops", "500")
        got = figures["operations"]["get"]
        order = [got[name] for name in ("p50", "p95", "p99", "p999", "max")]
        self.assertEqual(sorted(order), order)
        self.assertAlmostEqual(500 / figures["seconds"], got["throughput"], delta=1)

    def test_a_fixed_rate_is_kept(self):
        figures = self.bench("--workload", "get", "--rate", "100", "--duration", "2s")
        self.assertAlmostEqual(200, figures["operations"]["get"]["ops"], delta=5)
        self.assertLessEqual(figures["not_begun"], 5)

    def test_records_of_an_earlier_run_are_used_again(self):
        for _ in range(2):
            self.bench("--workload", "put", "--ops", "600", "--bucket", "again")
        reads = self.bench("--workload", "get", "--ops", "100", "--bucket", "again")
        self.assertEqual(0, reads["operations"]["get"]["errors"])
        listed = self.do("keys", "again").splitlines()
        self.assertEqual(int(RECORDS), len(listed))
        self.assertEqual(1, len(self.cluster.json("get", "again", listed[0].decode())["siblings"]))


class Failures(unittest.TestCase):
    def test_a_node_that_dies_costs_errors_and_a_cluster_that_dies_ends_it(self):
        cluster = Cluster()
        self.addCleanup(cluster.close)
        cluster.start()
        bench = subprocess.Popen(
            [TOOL, "bench", "--json", "--endpoint", cluster.endpoints(), "--timeout", "1s", "--workload", "put",
             "--records", RECORDS, "--clients", "6", "--duration", "60s"],
            stdout=subprocess.PIPE, env=clean_environment())
        self.addCleanup(bench.stdout.close)
        self.addCleanup(bench.kill)
        time.sleep(2)
        cluster.nodes[2].kill()
        time.sleep(2)
        self.assertIsNone(bench.poll(), "one node of three is not the cluster")
        for node in cluster.nodes[:2]:
            node.kill()
        figures = json.loads(bench.communicate(timeout=45)[0])
        self.assertEqual(5, bench.returncode)
        self.assertEqual("unavailable", figures["error"]["code"])
        put = figures["operations"]["put"]
        self.assertLess(0, put["ops"])
        self.assertEqual(put["errors"], sum(put["error_codes"].values()))
        self.assertIsNone(figures["server_cpu_us_per_op"])


if __name__ == "__main__":
    case_runner.main()
