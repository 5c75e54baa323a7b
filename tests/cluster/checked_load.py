"""A load that checks each answer: clients that put, delete and get the same keys again and again, and
know at any time what a read may show.

Each key belongs to one client. Its writes are numbered, the number is the value, and each carries the
context of what the client learnt last. So a read must show the last acknowledged value, unless a later
write whose fate is in doubt took its place; it never shows what an acknowledged write has covered, what
was refused, or less than a protected read before it.
"""

import http.client
import itertools
import json
import random
import threading
import time
from dataclasses import dataclass

from load import ACKNOWLEDGED, BUCKET, IN_DOUBT, REFUSED, TIMEOUT_SECONDS
from real_cluster import run_tool

CONTEXT = "X-Starling-Context"
# Of a hundred requests; the rest are puts.
GETS, DELETES = 30, 12
# When no node is there at all, a client does not spin.
AWAY_SECONDS = 0.02
# What a connection waits beyond the deadline that the node was told.
PATIENCE_SECONDS = 10
# So that a record is more than its clock.
PADDING = "." * 100
CODES = {200: ACKNOWLEDGED, 204: ACKNOWLEDGED, 300: ACKNOWLEDGED, 404: ACKNOWLEDGED,
         429: REFUSED, 503: REFUSED, 507: REFUSED, 504: IN_DOUBT}


@dataclass
class Doubt:
    """A write that may be applied, now or later."""

    is_delete: bool
    covers: frozenset


class KeyBook:
    """What one key may read as. Values are the numbers of the writes that put them."""

    def __init__(self):
        self.known = frozenset()  # what the client's context covers
        self.present = set()  # must be read, unless a doubt covers it
        self.gone = set()  # must not be read
        self.doubts = {}
        self._numbers = itertools.count(1)

    def begin(self):
        """The number of the next write."""
        return next(self._numbers)

    def end(self, number, is_delete, code):
        """How the write ended. What was known when it began is what it covers."""
        if code == REFUSED:
            self.gone.add(number)
        elif code == IN_DOUBT:
            self.doubts[number] = Doubt(is_delete, self.known)
        else:
            self._end_acknowledged(number, is_delete)

    def _end_acknowledged(self, number, is_delete):
        self.gone |= self.known
        self.present -= self.known
        # What a delete in doubt covers is gone by now; a put in doubt may still become a sibling.
        self.doubts = {each: doubt for each, doubt in self.doubts.items()
                       if each not in self.gone and not doubt.is_delete}
        self.known |= {number}
        (self.gone if is_delete else self.present).add(number)

    def read(self, shown, is_protected):
        """Judges what a read returned, and takes it as known: a sentence for people, "" if all is well."""
        wrong = self._judge(shown)
        settled = (self.known | self.present) - self.doubts.keys()
        self.known = frozenset(settled | shown)
        if is_protected and not wrong:
            self.gone |= settled - shown
            self.present = set(shown)
            for number in shown & self.doubts.keys():
                self.gone |= self.doubts.pop(number).covers - shown - self.doubts.keys()
        return wrong

    def _judge(self, shown):
        for number in sorted(shown):
            if number in self.gone:
                return f"shows {number}, which was refused, covered or deleted"
            if number not in self.present and number not in self.doubts:
                return f"shows {number}, which was never written"
        for number in sorted(self.present - shown):
            if not any(number in doubt.covers and (doubt.is_delete or each in shown)
                       for each, doubt in self.doubts.items()):
                return f"shows {sorted(shown)} and not {number}, which was acknowledged or read before"
        return ""


@dataclass(frozen=True)
class Done:
    """One request that reached a node, as its client saw it end."""

    kind: str  # put, delete or get
    node: str
    code: int  # as an exit code of the tool
    begun: float
    seconds: float


@dataclass(frozen=True)
class Answer:
    """What came over HTTP. Status 0: nothing did."""

    status: int
    was_asked: bool = True
    context: str = None
    body: bytes = b""

    @property
    def code(self):
        if self.status == 0:
            return IN_DOUBT if self.was_asked else REFUSED
        return CODES.get(self.status, self.status)


@dataclass(frozen=True)
class Reading:
    """What a read that was answered showed."""

    shown: frozenset
    context: str
    is_protected: bool


def reading_of(answer):
    """Of the JSON object of a read."""
    shown = frozenset(number_in(sibling["value"]) for sibling in answer["siblings"])
    return Reading(shown, answer.get("context"), answer["protected"])


def number_in(value):
    return int(value.split(".")[0])


class Client:
    """One thread's keys, connections and requests. It goes from node to node, and past those that are away."""

    def __init__(self, name, number, keys, load):
        self.books = {f"{name}-{number}-{i}": KeyBook() for i in range(keys)}
        self._load = load
        self._contexts = {}
        self._random = random.Random(f"{name} {number}")
        self._turn = number
        self._connections = {}

    def step(self):
        """One request, to the next node that is there."""
        key = self._random.choice(list(self.books))
        chance = self._random.randrange(100)
        for _ in self._load.nodes:
            self._turn += 1
            node = self._load.nodes[self._turn % len(self._load.nodes)]
            if chance < GETS:
                answer = self.get(node, key)
            else:
                answer = self._write(node, key, is_delete=chance < GETS + DELETES and key in self._contexts)
            if answer.was_asked:
                return
        time.sleep(AWAY_SECONDS)

    def check(self, node, level):
        """Reads all keys once more; all must be answered."""
        for key in self.books:
            answer = self.get(node, key, level)
            if answer.code != ACKNOWLEDGED:
                self._load.complain(f"get of '{key}' at {node.name} at {level} ends with {answer.code}")

    def close(self):
        for connection in self._connections.values():
            connection.close()

    def _write(self, node, key, is_delete):
        book = self.books[key]
        number = book.begin()
        headers = {CONTEXT: self._contexts[key]} if key in self._contexts else {}
        body = None if is_delete else str(number) + PADDING
        answer = self._ask(node, "DELETE" if is_delete else "PUT", key, body, headers)
        known = answer.code in (ACKNOWLEDGED, REFUSED, IN_DOUBT)
        book.end(number, is_delete, answer.code if known else IN_DOUBT)
        if answer.code == ACKNOWLEDGED:
            self._contexts[key] = answer.context
        return answer

    def get(self, node, key, level="quorum"):
        answer = self._ask(node, "GET", key, None, {"Accept": "application/json"}, level)
        if answer.code != ACKNOWLEDGED:
            return answer
        if answer.status == 200:
            # Over HTTP a single value does not say whether it is protected. Of one that was
            # acknowledged that is known; of one in doubt the tool tells.
            shown = frozenset({number_in(answer.body.decode())})
            reading = Reading(shown, answer.context, is_protected=False)
            if shown & self.books[key].doubts.keys():
                reading = self._read_by_tool(node, key, level)
        else:
            reading = reading_of(json.loads(answer.body))
        if reading is not None:
            self._take(node, key, reading)
        return answer

    def _read_by_tool(self, node, key, level):
        """None where it is not answered."""
        result = run_tool("--endpoint", node.listen, "--timeout", f"{TIMEOUT_SECONDS}s", "-o", "json", "get",
                          BUCKET, key, "--r", level)
        answer = json.loads(result.stdout)
        return reading_of(answer) if "siblings" in answer else None

    def _take(self, node, key, reading):
        wrong = self.books[key].read(reading.shown, reading.is_protected)
        if wrong:
            self._load.complain(f"'{key}' at {node.name} {wrong}")
        if reading.context:
            self._contexts[key] = reading.context

    def _ask(self, node, method, key, body, headers, level=None):
        begun = time.monotonic()
        level = f"&r={level}" if level else ""
        answer = self._exchange(node, method, f"/v1/kv/{BUCKET}/{key}?timeout={TIMEOUT_SECONDS}s{level}", body, headers)
        if not answer.was_asked:
            return answer
        kind = method.lower()
        self._load.done.append(Done(kind, node.name, answer.code, begun, time.monotonic() - begun))
        if answer.code not in (ACKNOWLEDGED, REFUSED, IN_DOUBT):
            self._load.complain(f"{kind} of '{key}' at {node.name}: status {answer.status}: {answer.body}")
        return answer

    def _exchange(self, node, method, path, body, headers):
        connection = self._connections.get(node.name)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", node.http_port,
                                                    timeout=TIMEOUT_SECONDS + PATIENCE_SECONDS)
            try:
                connection.connect()
            except OSError:
                return Answer(0, was_asked=False)
            self._connections[node.name] = connection
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, context=response.headers[CONTEXT], body=response.read())
        except (OSError, http.client.HTTPException):
            self._connections.pop(node.name).close()
            return Answer(0)


class CheckedLoad:
    """Clients at work while the context stands, at a steady rate where the nodes keep up. `nodes`: whom
    they ask; `name`: what their keys begin with; `keys`: of each client."""

    def __init__(self, nodes, name, clients=8, keys=5, requests_per_second=150):
        self.nodes = nodes
        self.done = []
        self.complaints = []
        self._interval = clients / requests_per_second
        self._stopping = threading.Event()
        self._clients = [Client(name, number, keys, self) for number in range(clients)]
        self._threads = [threading.Thread(target=self._work, args=(client,)) for client in self._clients]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _work(self, client):
        due = time.monotonic()
        try:
            while not self._stopping.is_set():
                client.step()
                # One that was held up goes on from there: it does not make up for it in a burst.
                due = max(due + self._interval, time.monotonic() - 1)
                time.sleep(max(0, due - time.monotonic()))
        except Exception as error:  # else a thread would die unseen, and with it its part of the check
            self.complain(f"a client ended: {error!r}")
            raise
        finally:
            client.close()

    def complain(self, what):
        self.complaints.append(what)

    def check(self, nodes):
        """Reads all keys through each node at the default level, then from all replicas."""
        for client in self._clients:
            for node in nodes:
                client.check(node, "quorum")
            client.check(nodes[0], "all")
            client.close()

    def ended(self, *kinds, code=ACKNOWLEDGED, since=0.0, until=float("inf")):
        """The requests of these kinds that were begun then, and ended so."""
        return [each for each in list(self.done)
                if each.kind in kinds and each.code == code and since <= each.begun < until]

    def wait_for(self, acknowledged, seconds_max=30):
        """Returns when so many more puts were acknowledged, or the time is over: (how many)."""
        begun = time.monotonic()
        while True:
            count = len(self.ended("put", since=begun))
            if count >= acknowledged or time.monotonic() - begun > seconds_max:
                return count
            time.sleep(0.05)


def milliseconds(done, share):
    """What so large a share of these requests took at most."""
    return 1000 * sorted(each.seconds for each in done)[int(share * (len(done) - 1))]
