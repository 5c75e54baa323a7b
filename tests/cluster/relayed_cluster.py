"""A cluster of real processes whose nodes reach each other through relays only, and which says what it
thinks of its members. Clients go to the nodes directly."""

import time

from real_cluster import Cluster, wait_until
from relay import Relay

# On a machine that also builds. A connection that is silent ends after 5 s, the next attempt to dial
# comes within 2 s, what a repair has to find within a few more.
SETTLE_SECONDS_MAX = 60


class RelayedCluster(Cluster):
    def __init__(self, nodes=3, flags=("--partitions", "64")):
        super().__init__(nodes)
        self.relay = Relay({node.name: ("127.0.0.1", node.port) for node in self.nodes})
        founders = ",".join(f"{node.name}={self.relay.address(node.name)}" for node in self.nodes)
        for node in self.nodes:
            node.flags = ["--initial-cluster", founders, "--advertise", self.relay.address(node.name), *flags]

    def close(self):
        super().close()
        self.relay.close()

    def links_between(self, here, there):
        """All directed links between two groups of indices, both ways."""
        names = [node.name for node in self.nodes]
        pairs = [(names[a], names[b]) for a in here for b in there]
        return pairs + [(b, a) for a, b in pairs]

    def status(self, via):
        return self.json("cluster", "status", via=via)

    def states(self, via):
        """name -> up, suspect or down, as one node tells."""
        return {member["name"]: member["state"] for member in self.status(via)["members"]}

    def wait_all_up(self, seconds_max=SETTLE_SECONDS_MAX):
        """Until every node calls every node up: (seconds)."""
        return self._wait(lambda: all(set(self.states(via).values()) == {"up"} for via in range(len(self.nodes))),
                          seconds_max, "every node calls every node up")

    def wait_copies_agree(self, seconds_max=SETTLE_SECONDS_MAX):
        """Until all copies are equal, without a read of any key: (seconds)."""
        return self._wait(lambda: self.json("--timeout", "10s", "cluster", "digest").get("agree"), seconds_max,
                          "all copies are equal by themselves")

    def hints_for(self, node):
        """How many hints are kept for it, as the first node tells."""
        return next(member["hints_pending"] for member in self.status(0)["members"] if member["name"] == node.name)

    def wait_hints_gone(self, node, seconds_max=SETTLE_SECONDS_MAX):
        """Until no node keeps a hint for this one: (seconds)."""
        return self._wait(lambda: not self.hints_for(node), seconds_max, f"{node.name} has its hints")

    @staticmethod
    def _wait(is_true, seconds_max, what):
        begun = time.monotonic()
        wait_until(is_true, seconds_max, what)
        return time.monotonic() - begun
