"""The relay itself, between sockets of this process: what each rule does to the bytes, and to which."""

import contextlib
import random
import socket
import struct
import threading
import time
import unittest

import case_runner
from real_cluster import wait_until
from relay import CUT, DROP, HOLD, PASS, Relay, Rule, peer_name

SECONDS_MAX = 10
# Long enough for bytes on loopback, on a machine that is busy.
SILENCE_SECONDS = 0.3
THERE, BACK = ("a", "b"), ("b", "a")


def greeting(name, role=1):
    """A frame with the table Hello in it, as FlatBuffers lays it out: role and name, nothing else."""
    vtable = struct.pack("<HHHHHH", 12, 12, 0, 8 if role else 0, 0, 4)
    table = struct.pack("<iIB3x", len(vtable), 8, role)
    text = struct.pack("<I", len(name)) + name.encode() + b"\0"
    body = struct.pack("<I", 4 + len(vtable)) + vtable + table + text
    body += bytes(-len(body) % 8)
    return b"STRL" + bytes([1, 1, 0, 0]) + bytes(16) + struct.pack("<II", len(body), 0) + body


class RelayCase(unittest.TestCase):
    """Node b listens behind the relay, and a dials it."""

    def setUp(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(SECONDS_MAX)
        self.addCleanup(self.listener.close)
        target = self.listener.getsockname()
        self.relay = Relay({"a": target, "b": target, "c": target})
        self.addCleanup(self.relay.close)

    def dial(self, first):
        """Both ends of a connection to b, behind its first bytes."""
        near = socket.create_connection(("127.0.0.1", self.relay.ports["b"]), timeout=SECONDS_MAX)
        self.addCleanup(near.close)
        near.sendall(first)
        far, _ = self.listener.accept()
        far.settimeout(SECONDS_MAX)
        self.addCleanup(far.close)
        return near, far

    def connected(self, name="a"):
        near, far = self.dial(greeting(name))
        self.assertEqual(greeting(name), self.take(far, len(greeting(name))))
        return near, far

    def take(self, end, count):
        """So many bytes, or what came before the end."""
        taken = b""
        while len(taken) < count:
            chunk = end.recv(count - len(taken))
            if not chunk:
                break
            taken += chunk
        return taken

    def assert_silent(self, end):
        end.settimeout(SILENCE_SECONDS)
        with self.assertRaises(TimeoutError):
            end.recv(1)
        end.settimeout(SECONDS_MAX)

    def assert_ended(self, end):
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(b"", end.recv(1))

    def assert_passes(self, sender, receiver, text=b"some bytes"):
        sender.sendall(text)
        self.assertEqual(text, self.take(receiver, len(text)))


class Greetings(unittest.TestCase):
    def test_a_peer_is_known_by_the_name_in_its_greeting(self):
        self.assertEqual("node17", peer_name(greeting("node17")))

    def test_clients_and_rubbish_have_no_name(self):
        for frame in (greeting("x", role=0), b"GET / HTTP/1.1\r\n\r\n".ljust(64), greeting("node1")[:44],
                      b"STRL\1\1" + bytes(26) + b"\xff" * 40):
            self.assertEqual("", peer_name(frame))


class Rules(RelayCase):
    def test_without_a_rule_all_bytes_pass_in_both_directions(self):
        near, far = self.connected()
        data = random.Random(1).randbytes(300_000)
        for sender, receiver in ((near, far), (far, near)):
            sending = threading.Thread(target=sender.sendall, args=(data,))
            sending.start()
            self.assertEqual(data, self.take(receiver, len(data)))
            sending.join()
        self.assertGreater(self.relay.traffic(*THERE).passed_bytes, len(data))

    def test_last_words_pass_before_the_end(self):
        near, far = self.connected()
        far.sendall(b"last words")
        far.close()
        self.assertEqual(b"last words", self.take(near, 11))

    def test_a_reset_is_passed_on_as_one(self):
        near, far = self.connected()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
        with self.assertRaises(ConnectionResetError):
            near.recv(1)

    def test_who_dials_a_node_that_is_not_there_is_reset(self):
        self.listener.close()
        near = socket.create_connection(("127.0.0.1", self.relay.ports["b"]), timeout=SECONDS_MAX)
        self.addCleanup(near.close)
        near.sendall(greeting("a"))
        with self.assertRaises(ConnectionResetError):
            near.recv(1)

    def test_a_delay_keeps_the_order_and_leaves_the_other_direction_alone(self):
        near, far = self.connected()
        self.relay.rule(Rule(delay_seconds=0.4), THERE)
        begun = time.monotonic()
        for text in (b"one", b"two", b"three"):
            near.sendall(text)
            time.sleep(0.01)
        self.assert_passes(far, near)
        self.assertLess(time.monotonic() - begun, 0.4)
        self.assertEqual(b"onetwothree", self.take(far, 11))
        self.assertGreaterEqual(time.monotonic() - begun, 0.4)

    def test_bytes_that_are_dropped_never_come_and_the_other_direction_passes(self):
        near, far = self.connected()
        self.relay.rule(DROP, THERE)
        near.sendall(b"lost")
        self.assert_silent(far)
        self.assert_passes(far, near)
        self.assertEqual(4, self.relay.traffic(*THERE).dropped_bytes)

    def test_a_connection_that_has_lost_bytes_is_reset_when_it_is_healed(self):
        near, far = self.connected()
        self.relay.rule(DROP, THERE)
        near.sendall(b"lost")
        wait_until(lambda: self.relay.traffic(*THERE).dropped_bytes, SECONDS_MAX, "the bytes are thrown away")
        self.relay.heal()
        self.assert_ended(near)
        self.assert_ended(far)

    def test_the_end_of_a_connection_does_not_pass_a_dark_link(self):
        for rule in (DROP, HOLD):
            near, far = self.connected()
            self.relay.rule(rule, THERE)
            near.close()
            self.assert_silent(far)
            self.relay.heal()
            self.assert_ended(far)

    def test_bytes_that_are_held_arrive_late_and_whole(self):
        near, far = self.connected()
        self.relay.rule(HOLD, THERE)
        near.sendall(b"held")
        self.assert_silent(far)
        self.relay.rule(PASS, THERE)
        self.assertEqual(b"held", self.take(far, 4))
        self.assert_passes(near, far)

    def test_a_cut_resets_what_is_there_and_what_comes(self):
        near, far = self.connected()
        self.relay.rule(CUT, BACK)
        with self.assertRaises(ConnectionResetError):
            near.recv(1)
        self.assert_ended(far)
        again, _ = self.dial(greeting("a"))
        with self.assertRaises(ConnectionResetError):
            again.recv(1)
        self.relay.heal()
        self.assert_passes(*self.connected())

    def test_one_bit_of_each_so_many_bytes_is_turned_over(self):
        near, far = self.connected()
        self.relay.rule(Rule(flip_every_bytes=1000), THERE)
        near.sendall(bytes(10_000))
        taken = self.take(far, 10_000)
        self.assertEqual(10, sum(byte.bit_count() for byte in taken))
        self.assertEqual(10, self.relay.traffic(*THERE).flipped_bits)
        self.assert_passes(far, near, bytes(10_000))


class Links(RelayCase):
    def test_a_rule_is_for_its_own_pair_only(self):
        self.relay.rule(CUT, THERE, BACK)
        self.assert_passes(*self.connected("c"))

    def test_clients_are_never_ruled(self):
        self.relay.rule(DROP, THERE, BACK, ("c", "b"), ("b", "c"))
        for first in (greeting("", role=0), greeting("stranger"), b"GET / HTTP/1.1\r\nHost: a node\r\n\r\n"):
            near, far = self.dial(first)
            self.assertEqual(first, self.take(far, len(first)))
            self.assert_passes(near, far)
            self.assert_passes(far, near)

    def test_a_link_between_names_that_do_not_exist_is_a_mistake(self):
        with self.assertRaises(AssertionError):
            self.relay.rule(CUT, ("a", "nobody"))


if __name__ == "__main__":
    case_runner.main()
