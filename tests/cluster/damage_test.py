"""Disks that lie: a byte that changed in a stopped node's files, and a directory that was put back.

Each class is one story, told once; its cases are what must be true at the end of it.
"""

import os
import re
import shutil
import unittest

import case_runner
from real_cluster import START_SECONDS_MAX, Cluster, wait_until

# So few that LevelDB has no reason to compact: a bad block in a compaction ends the node, loudly.
KEYS = [f"k{number}" for number in range(12)]
# Random bytes do not compress, so they lie in the table as they are; a block holds one or two.
VALUE_BYTES = 3000
# A request's longest life, the read of the others, and patience with a machine that is busy.
MEND_SECONDS_MAX = 60 + 60


class Story:
    """A cluster of three and what happens to it. No TestCase itself: it has nothing to tell."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.values = {}
        cls.tell()

    @classmethod
    def write(cls, keys):
        for key in keys:
            cls.values[key] = os.urandom(VALUE_BYTES)
            result = cls.cluster.tool("put", "b", key, "-", "--w", "all", stdin=cls.values[key])
            assert result.returncode == 0, result.stderr.decode()

    @classmethod
    def get(cls, key, via=0, level="quorum"):
        return cls.cluster.tool("get", "b", key, "--r", level, via=via)

    def assert_all_values_are_right(self, level, via=0):
        for key, value in self.values.items():
            result = self.get(key, via, level)
            self.assertEqual(0, result.returncode, result.stderr.decode())
            self.assertEqual(value, result.stdout, key)


class ByteFlippedInATable(Story, unittest.TestCase):
    @classmethod
    def tell(cls):
        cls.write(KEYS)
        victim = cls.cluster.nodes[0]
        victim.stop()
        victim.start()  # which writes what was in the log into a table
        victim.wait_serving()
        victim.stop()
        cls.flip_a_byte_of(KEYS[5], victim)
        victim.start()
        victim.wait_serving()
        cls.answers = {key: cls.get(key).stdout for key in KEYS}
        cls.damage_then = cls.damage()
        wait_until(lambda: cls.sound_again() == cls.met(), MEND_SECONDS_MAX,
                   "what was damaged is mended")
        cls.damage_now = cls.damage()

    # The records of which the log says so. Who compares in the background meets the damaged block as
    # well, as ranges of partitions; those wait until LevelDB writes the block anew.
    @classmethod
    def met(cls):
        return re.findall(r"the record of b/(\w+) can not be read", cls.cluster.nodes[0].text())

    @classmethod
    def sound_again(cls):
        found = re.findall(r"the record of b/(\w+) is sound again", cls.cluster.nodes[0].text())
        return sorted(found, key=cls.met().index)

    @classmethod
    def flip_a_byte_of(cls, key, node):
        piece = cls.values[key][1000:1100]
        tables = [path for path in (node.data / "store").glob("*.ldb") if piece in path.read_bytes()]
        assert len(tables) == 1, f"the value of {key} lies in {tables}"
        with open(tables[0], "r+b") as table:
            at = table.read().index(piece)
            table.seek(at)
            table.write(bytes([piece[0] ^ 1]))

    @classmethod
    def damage(cls):
        return cls.cluster.json("node", "info")["damage"]

    def test_every_read_is_answered_rightly_meanwhile(self):
        self.assertEqual(self.values, self.answers)

    def test_it_is_counted(self):
        self.assertIn(len(self.met()), (1, 2), "a block holds one or two records")
        self.assertGreaterEqual(self.damage_then["met"], len(self.met()))
        self.assertEqual(self.damage_then["met"], self.damage_then["waiting"])

    def test_it_is_mended_without_any_client(self):
        ranges = self.damage_now["met"] - len(self.met())
        self.assertEqual({"met": len(self.met()) + ranges, "mended": len(self.met()), "waiting": ranges,
                          "unsupplied": 0}, self.damage_now)
        self.assert_all_values_are_right("all")

    def test_the_log_tells_each_place_once(self):
        text = self.cluster.nodes[0].text()
        self.assertEqual(len(self.met()), len(set(self.met())))
        told = text.count("can not be read, other replicas")
        self.assertGreaterEqual(self.damage()["met"], told, "each place is told once")
        self.assertGreaterEqual(told, self.damage_now["met"])
        self.assertEqual(len(self.met()), text.count("is sound again"))
        self.assertIn(f"b/{KEYS[5]} can not be read", text)

    def test_the_incarnation_changes_before_the_next_mint(self):
        for number in range(20):  # one of them is minted at the node that met the damage
            self.cluster.tool("put", "b", f"later{number}", "x")
        self.assertIn("new incarnation", self.cluster.nodes[0].text())


class OldCopyPutBack(Story, unittest.TestCase):
    @classmethod
    def tell(cls):
        cls.write(KEYS[:4])
        victim = cls.cluster.nodes[1]
        victim.stop()
        copy = cls.cluster.folder / "copy"
        shutil.copytree(victim.data, copy)
        victim.start()
        victim.wait_serving()
        cls.write(KEYS[4:])
        victim.stop()
        shutil.rmtree(victim.data)
        shutil.copytree(copy, victim.data)
        cls.cluster.nodes[0].stop()  # the machine and one member are enough to be sure
        victim.start()
        wait_until(lambda: cls.aside(), START_SECONDS_MAX, f"it is moved aside\n{victim.tail()}")
        wait_until(lambda: "emptied or replaced" in victim.health("/readyz?verbose")[1],
                   START_SECONDS_MAX, f"the empty store is told apart\n{victim.tail()}")
        cls.told = victim.text()
        cls.cluster.nodes[0].start()
        cls.cluster.nodes[0].wait_serving()
        # A majority of the voters is there again: the empty store is named, and filled.
        victim.wait_serving()
        wait_until(cls.is_filled, MEND_SECONDS_MAX, "the empty store is filled")

    @classmethod
    def is_filled(cls):
        status = cls.cluster.json("cluster", "status")
        return not any(message.startswith("node1") for message in status["messages"])

    @classmethod
    def aside(cls):
        return sorted(cls.cluster.nodes[1].data.glob("store.rolled-back-*"))

    def test_the_log_names_what_happened_and_where_the_copy_is(self):
        self.assertIn("an earlier copy was put back", self.told)
        self.assertIn(f"moved to '{self.aside()[0]}' and is kept", self.told)

    def test_it_never_counted(self):
        self.assertNotIn("this member counts", self.told)

    def test_the_copy_is_kept_and_there_is_one(self):
        self.assertEqual(1, len(self.aside()))
        self.assertTrue(list(self.aside()[0].glob("*.ldb")) + list(self.aside()[0].glob("*.log")))

    def test_reads_through_the_others_and_through_it_see_everything(self):
        for via in range(3):
            self.assert_all_values_are_right("quorum", via)

    def test_the_empty_store_is_filled_and_moves_nothing_more_over_a_restart(self):
        self.assert_all_values_are_right("all", 1)
        victim = self.cluster.nodes[1]
        victim.stop()
        victim.start()
        victim.wait_serving()
        self.assertEqual(1, len(self.aside()))


if __name__ == "__main__":
    case_runner.main()
