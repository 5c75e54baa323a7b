"""A relay in front of each node's native address: what one node sends to another is let through, delayed,
swallowed, held back, damaged or cut off, each directed link by itself, over plain TCP.

Of two nodes one dials, and the connection carries both directions. Who dialled stands in the greeting,
which is the first frame; whom, in the port that was dialled. Clients have no name and are never ruled.
The relay runs in a thread with a loop of its own; `rule` takes effect before it returns.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
from collections import defaultdict
from dataclasses import dataclass

FRAME_HEADER_BYTES = 32
# src/wire/frame.h: magic, type at byte 5, length of the body at byte 24.
MAGIC = b"STRL"
HELLO = 1
HANDSHAKE_BODY_BYTES_MAX = 4 << 10
# schemas/peer.fbs: the places of these fields in the table Hello.
ROLE_FIELD, NAME_FIELD = 1, 3
PEER = 1
READ_BYTES_MAX = 64 << 10
# Of one direction of a connection, what waits for its time; beyond it nothing more is read.
WAITING_CHUNKS_MAX = 1024


@dataclass(frozen=True)
class Rule:
    """What happens to the bytes of one directed link. Without arguments: they pass."""

    # Later by so long, in the order in which they came.
    delay_seconds: float = 0
    # One bit of each so many bytes is turned over; 0: of none.
    flip_every_bytes: int = 0
    # Read and thrown away. Neither the end of a connection gets through. What has lost bytes can not
    # go on: connections that did are reset when the rule is lifted.
    drop: bool = False
    # Not read: the sender's buffers fill up, and all of it arrives, late, when the rule is lifted.
    hold: bool = False
    # Connections are reset, and new ones as soon as they have said whose they are.
    cut: bool = False

    @property
    def dark(self):
        return self.drop or self.hold

    def __str__(self):
        return ", ".join(f"{name}={value}" for name, value in vars(self).items() if value) or "pass"


PASS = Rule()
DROP = Rule(drop=True)
HOLD = Rule(hold=True)
CUT = Rule(cut=True)


@dataclass
class Traffic:
    """What a directed link has seen: marks, by which a test shows that its fault took place."""

    connections: int = 0
    passed_bytes: int = 0
    dropped_bytes: int = 0
    flipped_bits: int = 0
    resets: int = 0


def peer_name(frame):
    """The sender's name of a peer's greeting; "" for a client's, and for anything else."""
    if frame[:4] != MAGIC or frame[5] != HELLO:
        return ""
    body = frame[FRAME_HEADER_BYTES:]
    try:
        table = struct.unpack_from("<I", body)[0]
        vtable = table - struct.unpack_from("<i", body, table)[0]
        entries = (struct.unpack_from("<H", body, vtable)[0] - 4) // 2

        def place(field):
            return struct.unpack_from("<H", body, vtable + 4 + 2 * field)[0] if field < entries else 0

        role, name = place(ROLE_FIELD), place(NAME_FIELD)
        if not role or body[table + role] != PEER or not name:
            return ""
        begin = table + name + struct.unpack_from("<I", body, table + name)[0]
        length = struct.unpack_from("<I", body, begin)[0]
        return body[begin + 4 : begin + 4 + length].decode()
    except (struct.error, IndexError, UnicodeDecodeError):
        return ""


async def read_greeting(reader):
    """(the first bytes, the name in them). All that came, should it be no greeting."""
    first = b""
    wanted = FRAME_HEADER_BYTES
    while len(first) < wanted:
        chunk = await reader.read(wanted - len(first))
        if not chunk:
            return first, ""
        first += chunk
        if not first.startswith(MAGIC[: len(first)]):
            return first, ""
        if len(first) == FRAME_HEADER_BYTES:
            wanted += min(struct.unpack_from("<I", first, 24)[0], HANDSHAKE_BODY_BYTES_MAX)
    return first, peer_name(first)


def reset(writer):
    """Ends a connection so that the other side gets an error at once, not an orderly end."""
    raw = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Pump:
    """One direction of one connection. A task that reads, and one that writes when it is time."""

    def __init__(self, relay, link, reader, writer):
        self.relay = relay
        self.link = link  # (from, to); None where a client has part in it
        self.reader = reader
        self.writer = writer
        self.lost = False  # bytes were thrown away
        self.broken = False  # it ended with an error
        self._waiting = asyncio.Queue(WAITING_CHUNKS_MAX)

    @property
    def rule(self):
        return self.relay.rules[self.link] if self.link else PASS

    async def run(self, first=b""):
        """Returns when this direction has ended and the link lets that be known."""
        writing = asyncio.ensure_future(self._write())
        try:
            if first:
                await self._take(first)
            while chunk := await self._read():
                await self._take(chunk)
            await self.relay.until(lambda: not self.rule.dark)
            await self._waiting.put((self._due(), None))
            await writing
        finally:
            writing.cancel()

    async def _read(self):
        try:
            return await self.reader.read(READ_BYTES_MAX)
        except OSError:
            self.broken = True
            return b""

    def _due(self):
        return time.monotonic() + self.rule.delay_seconds

    async def _take(self, chunk):
        await self.relay.until(lambda: not self.rule.hold)
        if self.rule.drop or self.lost:
            self.lost = True
            self.relay.count(self.link).dropped_bytes += len(chunk)
            return
        await self._waiting.put((self._due(), self.relay.damaged(self.link, chunk)))

    async def _write(self):
        while True:
            due, chunk = await self._waiting.get()
            await asyncio.sleep(max(0, due - time.monotonic()))
            if chunk is None:
                return
            # That nobody takes it, this side learns when the end comes back along the other link.
            with contextlib.suppress(OSError):
                self.writer.write(chunk)
                await self.writer.drain()
                self.relay.count(self.link).passed_bytes += len(chunk)


class Relay:
    """Relays for some nodes. `targets`: name -> (host, port) where the node listens. Use it as a context,
    or close() it."""

    def __init__(self, targets, seed=1):
        self.targets = dict(targets)
        self.rules = defaultdict(lambda: PASS)
        self.ports = {}
        self._traffic = defaultdict(Traffic)
        self._random = random.Random(seed)
        self._unflipped = defaultdict(int)  # bytes since the last bit that was turned over
        self._connections = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay")
        self._thread.start()
        self._call(self._open())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def address(self, name):
        """Where the others, and clients that like to, reach the node through the relay."""
        return f"127.0.0.1:{self.ports[name]}"

    def rule(self, rule, *links):
        """From now on `rule` is in force on these directed links, pairs (from, to) of names."""
        self._call(self._set_rule(rule, links))

    def heal(self):
        """Everything passes again."""
        self._call(self._set_rule(PASS, list(self.rules)))

    def traffic(self, sender, receiver):
        """A copy of what this directed link has counted."""
        return Traffic(**vars(self._traffic[(sender, receiver)]))

    # What follows runs in the loop's thread.

    def count(self, link):
        return self._traffic[link]

    def damaged(self, link, chunk):
        """`chunk`, with one bit turned over wherever the rule of the link says so."""
        every = self.rules[link].flip_every_bytes if link else 0
        if not every:
            return chunk
        self._unflipped[link] += len(chunk)
        damaged = bytearray(chunk)
        for _ in range(self._unflipped[link] // every):
            damaged[self._random.randrange(len(damaged))] ^= 1 << self._random.randrange(8)
            self.count(link).flipped_bits += 1
        self._unflipped[link] %= every
        return bytes(damaged)

    async def until(self, is_true):
        async with self._changed:
            await self._changed.wait_for(is_true)

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _open(self):
        self._changed = asyncio.Condition()
        self._servers = []
        for name in self.targets:
            server = await asyncio.start_server(lambda r, w, to=name: self._serve(to, r, w), "127.0.0.1", 0)
            self.ports[name] = server.sockets[0].getsockname()[1]
            self._servers.append(server)

    async def _close(self):
        for server in self._servers:
            server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _set_rule(self, rule, links):
        for link in links:
            assert set(link) <= set(self.targets), f"no such link: {link}"
            self.rules[link] = rule
            self._unflipped[link] = 0
        for pumps in list(self._connections):
            if any(self._is_over(pump) for pump in pumps):
                self._reset(pumps)
        async with self._changed:
            self._changed.notify_all()

    def _is_over(self, pump):
        return pump.rule.cut or (pump.lost and not pump.rule.drop)

    def _reset(self, pumps):
        for pump in pumps:
            self.count(pump.link).resets += 1
            reset(pump.writer)

    async def _serve(self, to, reader, writer):
        """One connection, from its greeting to its end. Cancelled when the relay closes."""
        other = None
        orderly = False
        try:
            first, name = await read_greeting(reader)
            there, back = ((name, to), (to, name)) if name in self.targets else (None, None)
            other_reader, other = await asyncio.open_connection(*self.targets[to])
            pumps = (Pump(self, there, reader, other), Pump(self, back, other_reader, writer))
            orderly = await self._relay(pumps, first)
        except (OSError, asyncio.CancelledError):
            pass  # the node is not there: the dialler gets a reset; or the relay closes
        finally:
            for side in filter(None, (writer, other)):
                if orderly:
                    side.close()
                else:
                    reset(side)

    async def _relay(self, pumps, first):
        """Until one direction has ended: then both have. Whether nobody broke it off."""
        for pump in pumps:
            self.count(pump.link).connections += 1
        if any(self._is_over(pump) for pump in pumps):
            self._reset(pumps)
            return False
        self._connections.add(pumps)
        tasks = [asyncio.ensure_future(pumps[0].run(first)), asyncio.ensure_future(pumps[1].run())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._connections.discard(pumps)
            for task in tasks:
                task.cancel()
        return not any(pump.broken for pump in pumps)
