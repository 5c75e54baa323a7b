"""Load: writers that keep a book of what they were told about each write, and its comparison with
what the cluster holds afterwards.

Each key is written once, so what a read may return follows from the exit code alone: the value
after 0, nothing after 5, either after 6.
"""

import json
import threading
import time
from dataclasses import dataclass

from real_cluster import run_tool

ACKNOWLEDGED, REFUSED, IN_DOUBT = 0, 5, 6
BUCKET = "load"
TIMEOUT_SECONDS = 3
# Starting a process and waiting for a core on a machine that also builds.
SLACK_SECONDS = 2


@dataclass(frozen=True)
class Attempt:
    key: str
    value: str
    code: int
    begun: float
    seconds: float
    message: str


@dataclass(frozen=True)
class ReadBack:
    """A read of an acknowledged write, begun after the acknowledgement, through another node."""

    attempt: Attempt
    code: int
    value: str
    seconds: float


class Load:
    """Threads that put fresh keys and read back what was acknowledged, until they are stopped. Each
    operation is a process of its own."""

    def __init__(self, cluster, threads=6):
        self.cluster = cluster
        self.attempts = []
        self.reads = []
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(i,)) for i in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _write(self, thread):
        nodes = len(self.cluster.nodes)
        writer, reader = (self.cluster.endpoints(first=(thread + shift) % nodes) for shift in (0, 1))
        number = 0
        while not self._stopping.is_set():
            attempt = put(writer, f"{thread}-{number}", f"value {thread} {number}")
            self.attempts.append(attempt)
            if attempt.code == ACKNOWLEDGED:
                self.reads.append(read_back(reader, attempt))
            number += 1

    def wait_for(self, acknowledged, seconds_max=30):
        """Returns when so many more writes were acknowledged, or the time is over: (how many)."""
        begun, deadline = time.monotonic(), time.monotonic() + seconds_max
        while True:
            count = sum(each.code == ACKNOWLEDGED for each in list(self.attempts) if each.begun >= begun)
            if count >= acknowledged or time.monotonic() > deadline:
                return count
            time.sleep(0.05)

    def told(self, code):
        return [attempt for attempt in self.attempts if attempt.code == code]

    def longest(self):
        """The operation that took the longest time."""
        return max([*self.attempts, *self.reads], key=lambda operation: operation.seconds)

    def stale_reads(self):
        """Reads that answered, and did not see what had been acknowledged before they began."""
        return [read for read in self.reads
                if read.code != REFUSED and (read.code, read.value) != (0, read.attempt.value)]


def put(endpoints, key, value, *options):
    begun = time.monotonic()
    result = run_tool("--endpoint", endpoints, "--timeout", f"{TIMEOUT_SECONDS}s", "put", BUCKET, key, value,
                      *options)
    return Attempt(key, value, result.returncode, begun, time.monotonic() - begun,
                   result.stderr.decode(errors="replace").strip())


def read_back(endpoints, attempt):
    begun = time.monotonic()
    result = run_tool("--endpoint", endpoints, "--timeout", f"{TIMEOUT_SECONDS}s", "get", BUCKET, attempt.key)
    return ReadBack(attempt, result.returncode, result.stdout.decode(errors="replace"), time.monotonic() - begun)


def stored(cluster, via=0, level="quorum"):
    """Everything in the bucket, as one node exports it: key -> value."""
    result = cluster.tool("--timeout", "20s", "export", BUCKET, "-", "--r", level, via=via)
    assert result.returncode == 0, f"export: exit {result.returncode}: {result.stderr.decode()}"
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return {row["key"]: row["value"] for row in rows}


def differences(attempts, found):
    """What contradicts the book, as sentences for people; empty when all is well."""
    wrong = []
    for attempt in attempts:
        value = found.get(attempt.key)
        if attempt.code == ACKNOWLEDGED and value != attempt.value:
            wrong.append(f"acknowledged '{attempt.key}' reads {value!r}, not {attempt.value!r}")
        if attempt.code == REFUSED and value is not None:
            wrong.append(f"'{attempt.key}' was refused ({attempt.message}) and reads {value!r}")
        if attempt.code == IN_DOUBT and value not in (None, attempt.value):
            wrong.append(f"'{attempt.key}', in doubt, reads {value!r}")
    return wrong
