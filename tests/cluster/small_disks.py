"""Small disks of their own for the nodes of a cluster: a tmpfs each, so that filling one up hurts nobody
else. Mounting needs root; where that is missing the tests are skipped, and say so."""

import os
import subprocess
import unittest

DISK_BYTES = 96 << 20
CHUNK_BYTES = 1 << 16


class SmallDisk:
    """The disk of one node's data directory, from mount() to unmount()."""

    def __init__(self, node):
        self.folder = node.data
        self.filler = node.data / "filler"

    def mount(self):
        self.folder.mkdir(parents=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", self.folder],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"no small disk: mount said {mounted.stderr.decode().strip()}")

    def unmount(self):
        subprocess.run(["umount", self.folder], capture_output=True, check=False)

    def free(self):
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leaving):
        """Takes what is free but `leaving` bytes, in a file that is none of the node's."""
        with open(self.filler, "ab", buffering=0) as filler:
            try:
                while (excess := self.free() - leaving) > 0:
                    filler.write(b"x" * min(excess, CHUNK_BYTES))
            except OSError:
                pass  # that was the last byte

    def make_room(self):
        self.filler.unlink(missing_ok=True)


def give_small_disks(cluster, clean_up):
    """One for each node, unmounted when the test is over. To be called before the nodes start."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("no small disks: mounting needs root")
    disks = [SmallDisk(node) for node in cluster.nodes]
    for disk in disks:
        disk.mount()
        clean_up(disk.unmount)
    return disks
