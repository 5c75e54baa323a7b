"""A cluster of real processes on loopback, as the tests drive it: started, signalled, asked, removed.

`scripts/cluster` does the same for people, over pid files. Tests need more: exit codes, flags that
differ from node to node, starts that must fail. Every process is a child of this one, so ending
them can not hit anybody else's.
"""

import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("STARLING_BUILD_FOLDER", ROOT / "build"))
DAEMON = BUILD / "starlingd"
TOOL = BUILD / "starling"

# Generous: the tests may share two cores with a build. A start takes well below a second.
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60
# Longer than any --timeout a test asks for; what exceeds it hangs.
TOOL_SECONDS_MAX = 90
POLL_SECONDS = 0.02
# Below the range from which the system gives out ports by itself.
PORTS = range(12000, 32000)
READY = re.compile(r"(?<![\w-])ready(?![\w-])")


def wait_until(is_true, seconds_max, what):
    deadline = time.monotonic() + seconds_max
    while not is_true():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds_max} s")
        time.sleep(POLL_SECONDS)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(count):
    """Neighbouring ports, all free. Tests run side by side, so the first one tried is a random one."""
    for _ in range(1000):
        first = random.randrange(PORTS.start, PORTS.stop - count)
        if all(is_free(port) for port in range(first, first + count)):
            return list(range(first, first + count))
    raise AssertionError("no free ports")


def clean_environment(**extra):
    """Without the variables that would configure the programs under test from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STARLING_")}
    return {**kept, **extra}


def run_tool(*arguments, stdin=b"", env=None):
    """Runs `starling`; a result with returncode, stdout and stderr in bytes."""
    return subprocess.run([TOOL, *arguments], input=stdin, capture_output=True, check=False,
                          timeout=TOOL_SECONDS_MAX, env=clean_environment(**(env or {})))


class Node:
    """One starlingd: its folder, its addresses and, while it runs, its process."""

    def __init__(self, folder, name, ports):
        self.name = name
        self.listen = f"127.0.0.1:{ports[0]}"
        self.http = f"127.0.0.1:{ports[1]}"
        self.port, self.http_port = ports
        self.folder = folder
        self.data = folder / name
        self.log = folder / f"{name}.log"
        self.flags = []
        self.process = None
        self.log_begin = 0  # where this start begins in the log
        self.dies_of_its_file_limit = True

    def launch(self, *extra, env=None):
        """Starts the process and does not wait for it."""
        assert self.process is None, f"{self.name} runs already"
        command = [DAEMON, "--name", self.name, "--data-dir", self.data, "--listen", self.listen,
                   "--http", self.http, *self.flags, *extra]
        with open(self.log, "ab") as log:
            self.log_begin = log.tell()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder, env=clean_environment(**(env or {})),
                                            restore_signals=self.dies_of_its_file_limit)

    def limit_files(self, bytes_max):
        """From now on no file may grow beyond it: a disk that fails, without a disk of one's own. Python
        ignores the signal that comes with it; a node that inherits this sees an error of the write."""
        assert not self.dies_of_its_file_limit, "to be set before the start"
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (bytes_max, resource.RLIM_INFINITY))

    def start(self, *extra, env=None):
        """Starts the process and returns when it has logged `ready`."""
        self.launch(*extra, env=env)
        wait_until(lambda: READY.search(self.text()) or self.process.poll() is not None,
                   START_SECONDS_MAX, f"{self.name} logs 'ready'\n{self.tail()}")
        assert self.process.poll() is None, f"{self.name} ended\n{self.tail()}"

    def refuse_to_start(self, *extra, env=None):
        """Starts what must end by itself; returns (exit code, what it wrote)."""
        self.launch(*extra, env=env)
        code = self.wait()
        return code, self.text()

    def wait(self):
        """Until it ends by itself; returns the exit code."""
        code = self.process.wait(timeout=STOP_SECONDS_MAX)
        self.process = None
        return code

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def text(self):
        """What this start has logged so far."""
        with open(self.log, "rb") as log:
            log.seek(self.log_begin)
            return log.read().decode(errors="replace")

    def tail(self):
        lines = self.log.read_text(errors="replace").splitlines()[-12:] if self.log.exists() else []
        return "\n".join(f"  {self.name} | {line}" for line in lines)

    def health(self, path="/readyz"):
        """(status, body) of a health check, or (0, why) when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{self.http}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def wait_serving(self):
        wait_until(lambda: self.health()[0] == 200, START_SECONDS_MAX,
                   f"{self.name} answers /readyz with 200: {self.health('/readyz?verbose')}")


class Cluster:
    """Nodes that found a cluster together. Use it as a context, or close() it."""

    def __init__(self, nodes=3, flags=("--partitions", "64"), spares=0):
        self.folder = Path(tempfile.mkdtemp(prefix="starling-test-"))
        ports = free_ports(2 * (nodes + spares))
        self.nodes = [Node(self.folder, f"node{i}", ports[2 * i : 2 * i + 2]) for i in range(nodes)]
        for node in self.nodes:
            node.flags = ["--initial-cluster", self.founders(), *flags]
        # Nodes that wait to be joined; whoever starts them adds them to `nodes`.
        self.spares = [Node(self.folder, f"node{i}", ports[2 * i : 2 * i + 2]) for i in range(nodes, nodes + spares)]
        for node in self.spares:
            node.flags = ["--initial-cluster", "none", *flags]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def founders(self):
        return ",".join(f"{node.name}={node.listen}" for node in self.nodes)

    def endpoints(self, first=0):
        """All of them, this one first."""
        nodes = self.nodes[first:] + self.nodes[:first]
        return ",".join(node.listen for node in nodes)

    def start(self):
        for node in self.nodes:
            if node.process is None:
                node.launch()
        for node in self.nodes:
            node.wait_serving()
        return self

    def kill(self):
        """All at once: nobody lives to see another one die."""
        for node in self.nodes:
            node.signal(signal.SIGKILL)
        for node in self.nodes:
            node.wait()

    def close(self):
        for node in {*self.nodes, *self.spares}:
            if node.process is not None:
                node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tool(self, *arguments, via=0, stdin=b"", env=None):
        """`starling` against one node, or against all where `via` is None."""
        endpoint = self.endpoints() if via is None else self.nodes[via].listen
        return run_tool("--endpoint", endpoint, *arguments, stdin=stdin, env=env)

    def json(self, *arguments, via=0):
        result = self.tool("-o", "json", *arguments, via=via)
        return json.loads(result.stdout)

    def tail(self):
        return "\n".join(node.tail() for node in self.nodes)
