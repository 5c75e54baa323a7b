"""What is wrong from outside: each mistake has an error that names it, and nothing is lost by it."""

import os
import socket
import struct
import threading
import unittest

import case_runner
from real_cluster import run_tool
from three_nodes import AgainstThreeNodes


class Arguments(AgainstThreeNodes, unittest.TestCase):
    """Every refused write goes to the key `kept`, which must still hold what it held."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster.tool("put", "b", "kept", "as it was")
        cls.cluster.tool("put", "b", "other", "v")

    def refuse(self, words, *arguments, code=2, **options):
        self.assert_fails(code, words, *arguments, **options)
        self.assertEqual(b"as it was", self.do("get", "b", "kept", "--r", "all"))

    def put(self, *options):
        return ["put", "b", "kept", "changed", *options]

    def test_an_unknown_level_is_named(self):
        self.refuse("'most'", *self.put("--w", "most"))

    def test_a_level_of_0_is_refused(self):
        self.refuse("--w 0", *self.put("--w", "0"))
        self.refuse("--r 0", "get", "b", "kept", "--r", "0")

    def test_a_negative_level_is_refused(self):
        self.refuse("-1", *self.put("--w=-1"))

    def test_a_level_above_N_is_refused_with_N(self):
        self.refuse("a key has only 3 replicas", *self.put("--w", "4"))
        self.refuse("a key has only 3 replicas", "get", "b", "kept", "--r", "4")

    def test_pw_above_w_is_refused(self):
        self.refuse("--pw 3 is more than --w 2", *self.put("--w", "2", "--pw", "3"))

    def test_pr_above_r_is_refused(self):
        self.refuse("--pr 3 is more than --r 2", "get", "b", "kept", "--r", "2", "--pr", "3")

    def test_a_number_too_large_for_any_level_is_refused(self):
        self.refuse("99999999999999999999", *self.put("--w", "99999999999999999999"))

    def test_a_bucket_with_odd_characters_is_named(self):
        self.refuse("'a/b'", "put", "a/b", "kept", "v")

    def test_an_empty_bucket_is_refused(self):
        self.refuse("bucket", "put", "", "kept", "v")

    def test_a_bucket_of_256_bytes_is_refused(self):
        self.refuse("1 to 255", "put", "b" * 256, "kept", "v")

    def test_an_empty_key_is_refused(self):
        self.refuse("the key is empty", "put", "b", "", "v")

    def test_a_key_of_4097_bytes_is_refused(self):
        self.refuse("4097", "put", "b", "k" * 4097, "v")

    def test_a_value_above_16_MiB_is_refused(self):
        self.refuse("16 MiB", "put", "b", "kept", "-", stdin=b"x" * ((16 << 20) + 1))

    def test_a_file_that_is_not_there_is_named(self):
        self.refuse("no-such-file", "put", "b", "kept", "@no-such-file", code=2)

    def test_a_forged_context_is_refused(self):
        self.refuse("context", *self.put("--context", "QUJDREVGR0hJSktMTU5PUFFSU1RVVg"))

    def test_a_changed_context_is_refused(self):
        context = self.context_of("kept")
        middle = len(context) // 2
        changed = context[:middle] + ("A" if context[middle] != "A" else "B") + context[middle + 1 :]
        self.refuse("damaged or was made up", *self.put("--context", changed))

    def test_a_context_that_is_no_base64_is_refused(self):
        self.refuse("base64", *self.put("--context", "***"))

    def test_a_context_of_another_key_is_refused(self):
        self.refuse("is of another key", *self.put("--context", self.context_of("other")))

    def test_a_context_of_the_same_key_in_another_bucket_is_refused(self):
        self.do("put", "c", "kept", "v")
        self.refuse("is of another key", *self.put("--context", self.context_of("kept", bucket="c")))

    def test_a_foreign_context_is_refused_on_reads_and_deletes_too(self):
        context = self.context_of("other")
        self.refuse("is of another key", "get", "b", "kept", "--context", context)
        self.refuse("is of another key", "delete", "b", "kept", "--context", context)

    def test_bad_context_is_its_code_in_JSON(self):
        self.assert_fails_in_json(2, "bad_context", *self.put("--context", self.context_of("other")))

    def test_too_large_is_its_code_in_JSON(self):
        result = self.cluster.tool("-o", "json", "put", "b", "kept", "-", stdin=b"x" * ((16 << 20) + 1))
        self.assertEqual(2, result.returncode)
        self.assertIn(b'"too_large"', result.stdout)

    def test_a_content_type_above_255_bytes_is_refused(self):
        self.refuse("content type", *self.put("--content-type", "t" * 256))

    def test_an_unknown_command_is_named(self):
        self.refuse("putt", "putt", "b", "kept", "v")

    def test_an_unknown_option_is_named(self):
        self.refuse("--wrong", *self.put("--wrong", "3"))

    def test_a_missing_argument_is_refused(self):
        self.refuse("", "put", "b", "kept")

    def test_a_timeout_without_a_unit_is_refused(self):
        self.refuse("--timeout", "--timeout", "5", *self.put())

    def test_a_timeout_above_the_limit_is_refused(self):
        self.refuse("60s", "--timeout", "2h", *self.put())

    def test_an_endpoint_without_a_port_is_named(self):
        result = run_tool("--endpoint", "localhost", "get", "b", "kept")
        self.assertEqual(2, result.returncode, result.stderr)
        self.assertIn(b"localhost", result.stderr)

    def test_an_unknown_form_of_output_is_named(self):
        self.refuse("yaml", "-o", "yaml", "get", "b", "kept")

    def test_a_bad_line_of_an_import_is_named_by_number(self):
        lines = b'{"key":"first","value":"1"}\n{"key": broken\n'
        self.refuse("line 2", "import", "rows", "-", stdin=lines, code=2)

    def test_an_import_without_a_value_is_named_by_number(self):
        self.refuse("line 1", "import", "rows", "-", stdin=b'{"key":"k"}\n', code=2)

    def test_an_import_of_a_missing_file_is_named(self):
        self.refuse("no-such-file", "import", "rows", "no-such-file")


class Bytes(AgainstThreeNodes, unittest.TestCase):
    """Rubbish on the ports. After each kind the node still answers others and is still the same process."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster.tool("put", "b", "kept", "as it was")

    def setUp(self):
        self.node = self.cluster.nodes[0]
        self.process = self.node.process

    def tearDown(self):
        self.assertIsNone(self.process.poll(), "the node ended")
        self.assertEqual(b"as it was", self.do("get", "b", "kept", "--r", "all"))
        self.assertEqual(200, self.node.health()[0])

    def connect(self, port):
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.addCleanup(connection.close)
        return connection

    def answer_to(self, port, sent):
        """What comes back until the other side closes; b"" for a reset."""
        connection = self.connect(port)
        received = b""
        try:
            connection.sendall(sent)
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionError:
            pass
        return received

    def test_random_bytes_close_the_native_connection(self):
        self.answer_to(self.node.port, os.urandom(4096))

    def test_zeros_close_the_native_connection(self):
        self.answer_to(self.node.port, bytes(4096))

    def test_an_HTTP_request_closes_the_native_connection(self):
        self.answer_to(self.node.port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    def test_a_header_that_claims_gigabytes_closes_the_native_connection(self):
        hello = self.greeting()
        header = bytearray(hello[:32])
        header[8:12] = struct.pack("<I", 0xFFFFFFF0)
        self.answer_to(self.node.port, bytes(header))

    def test_a_greeting_with_each_byte_of_its_header_flipped_does_no_harm(self):
        hello = self.greeting()
        for index in range(min(32, len(hello))):
            damaged = bytearray(hello)
            damaged[index] ^= 0x40
            self.answer_to(self.node.port, bytes(damaged))

    def test_a_greeting_with_a_damaged_body_closes_the_connection(self):
        damaged = bytearray(self.greeting())
        damaged[-1] ^= 0xFF
        self.answer_to(self.node.port, bytes(damaged))

    def test_a_greeting_that_stops_half_way_is_closed_in_time(self):
        self.answer_to(self.node.port, self.greeting()[:20])

    def greeting(self):
        """What the tool itself sends first, caught by a listener that never answers."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(10)
            asking = threading.Thread(target=run_tool, args=(
                "--endpoint", f"127.0.0.1:{listener.getsockname()[1]}", "--timeout", "500ms", "get", "b", "k"))
            asking.start()
            connection, _ = listener.accept()
            connection.settimeout(10)
            sent = connection.recv(65536)
            connection.close()
            asking.join()
        self.assertGreater(len(sent), 32)
        return sent

    def test_many_silent_connections_do_not_keep_others_out(self):
        for _ in range(100):
            self.connect(self.node.port)
        self.assertEqual(b"as it was", self.do("get", "b", "kept"))

    def test_random_bytes_on_the_HTTP_port_are_answered_400_or_closed(self):
        self.assertNotIn(b" 200 ", self.answer_to(self.node.http_port, os.urandom(4096))[:16])

    def test_an_endless_HTTP_header_is_cut_off(self):
        answer = self.answer_to(self.node.http_port, b"GET /livez HTTP/1.1\r\nX: " + b"x" * 200_000)
        self.assertNotIn(b" 200 ", answer[:16])

    def test_an_unknown_HTTP_route_says_which_there_are(self):
        answer = self.answer_to(self.node.http_port, b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertIn(b"404", answer.splitlines()[0])
        self.assertIn(b"/readyz", answer)

    def test_a_planned_HTTP_route_is_not_in_this_version(self):
        answer = self.answer_to(self.node.http_port,
                                b"GET /v1/buckets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertIn(b"501", answer.splitlines()[0])
        self.assertIn(b"not in this version", answer)

    def test_another_HTTP_method_is_refused(self):
        answer = self.answer_to(self.node.http_port, b"DELETE /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertIn(b"405", answer.splitlines()[0])


if __name__ == "__main__":
    case_runner.main()
