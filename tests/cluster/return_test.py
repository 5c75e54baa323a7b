"""A member whose data directory is gone comes back by itself: while a checked load goes on it is known anew, and
filled from the others, with no operator and no read of what it lacks. Each class is one story, told once.
"""

import os
import shutil
import time
import unittest

import case_runner
from checked_load import CheckedLoad
from load import BUCKET
from real_cluster import Cluster, wait_until

WRITES_A_PHASE = 150
# Some seconds on a machine with nothing else to do.
RETURN_SECONDS_MAX = 120
# Keys that nobody reads or writes again: what brings them back is the filling alone.
SILENT_KEYS = [f"silent{number}" for number in range(40)]


class DirectoryEmptied(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(flags=("--partitions", "16"))
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        for key in SILENT_KEYS:
            cls.cluster.tool("put", BUCKET, key, f"value of {key}", "--w", "all")
        cls.emptied = cls.cluster.nodes[1]
        with CheckedLoad(cls.cluster.nodes, cls.__name__) as cls.load:
            cls.load.wait_for(WRITES_A_PHASE)
            cls.emptied.kill()
            shutil.rmtree(cls.emptied.data)
            os.mkdir(cls.emptied.data)
            cls.load.wait_for(WRITES_A_PHASE)
            begun = time.monotonic()
            cls.emptied.start()
            cls.asked_meanwhile = [cls.read_at_the_emptied(SILENT_KEYS[0])]
            wait_until(cls.is_filled, RETURN_SECONDS_MAX, "all slots are filled again")
            cls.told = cls.emptied.text()
            print(f"filled again after {time.monotonic() - begun:.1f} s", flush=True)
            cls.load.wait_for(WRITES_A_PHASE)
        wait_until(lambda: cls.cluster.json("cluster", "digest")["agree"], RETURN_SECONDS_MAX, "all copies are equal")
        cls.load.check(cls.cluster.nodes)

    @classmethod
    def read_at_the_emptied(cls, key):
        return cls.cluster.tool("--timeout", "2s", "get", BUCKET, key, via=1).returncode

    @classmethod
    def is_filled(cls):
        cls.asked_meanwhile.append(cls.read_at_the_emptied(SILENT_KEYS[0]))
        status = cls.cluster.json("cluster", "status")
        is_coming = any(message.startswith("node1 gets") for message in status["messages"])
        return not is_coming and cls.emptied.health()[0] == 200

    def test_no_read_contradicts_what_was_acknowledged_or_read_before(self):
        self.assertEqual([], self.load.complaints)

    def test_asked_itself_it_never_said_that_a_key_is_absent(self):
        self.assertLessEqual(set(self.asked_meanwhile), {0, 5})
        self.assertEqual(0, self.asked_meanwhile[-1])

    def test_it_said_what_happened(self):
        self.assertIn("emptied or replaced", self.told)
        self.assertIn("comes back with an empty one", self.told)

    def test_what_nobody_read_is_at_all_replicas(self):
        for key in SILENT_KEYS:
            result = self.cluster.tool("get", BUCKET, key, "--r", "all", via=2)
            self.assertEqual(f"value of {key}".encode(), result.stdout)

    def test_it_counts_over_a_restart_with_the_others_alive(self):
        self.emptied.kill()
        self.emptied.start()
        self.emptied.wait_serving()
        self.assertEqual(0, self.read_at_the_emptied(SILENT_KEYS[1]))


if __name__ == "__main__":
    case_runner.main()
