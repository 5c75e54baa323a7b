"""`starling` against three nodes: every command, every exit code, every form of output."""

import json
import os
import socket
import tempfile
import threading
import time
import unittest
from pathlib import Path

import case_runner
from real_cluster import free_ports, run_tool
from three_nodes import AgainstThreeNodes


class Data(AgainstThreeNodes, unittest.TestCase):
    def test_a_value_comes_back_byte_by_byte(self):
        value = bytes(range(256)) + b"\n\n"
        self.do("put", "b", "bytes", "-", stdin=value)
        for index in range(3):
            self.assertEqual(value, self.do("get", "b", "bytes", via=index))

    def test_a_value_is_read_from_a_file(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"from a file")
            file.flush()
            self.do("put", "b", "file", "@" + file.name)
        self.assertEqual(b"from a file", self.do("get", "b", "file"))

    def test_an_empty_value_is_a_value(self):
        self.do("put", "b", "empty", "")
        self.assertEqual(b"", self.do("get", "b", "empty"))

    def test_a_value_of_16_MiB_is_kept(self):
        value = os.urandom(1 << 20) * 16
        self.do("--timeout", "30s", "put", "b", "big", "-", stdin=value)
        self.assertEqual(value, self.do("--timeout", "30s", "get", "b", "big", via=2))

    def test_a_key_of_4096_bytes_is_kept(self):
        self.do("put", "b", "k" * 4096, "long")
        self.assertEqual(b"long", self.do("get", "b", "k" * 4096))

    def test_a_key_of_any_bytes_is_kept(self):
        key = b"\xff /\n\xc3\xa4\x01"
        self.do("put", "b", key, "odd")
        self.assertEqual(b"odd", self.do("get", "b", key, via=1))

    def test_a_put_with_the_context_of_a_read_replaces_what_was_read(self):
        self.do("put", "b", "replace", "old")
        self.do("put", "b", "replace", "new", "--context", self.context_of("replace"))
        self.assertEqual(b"new", self.do("get", "b", "replace"))

    def test_a_put_with_the_context_of_a_put_replaces_that_put(self):
        context = self.cluster.json("put", "b", "chain", "one")["context"]
        self.do("put", "b", "chain", "two", "--context", context)
        self.assertEqual(b"two", self.do("get", "b", "chain"))

    def test_blind_puts_become_siblings_and_say_so(self):
        self.assertEqual(1, self.cluster.json("put", "b", "blind", "one")["siblings"])
        self.assertEqual(2, self.cluster.json("put", "b", "blind", "two")["siblings"])

    def test_siblings_are_resolved_by_a_put_that_has_read_both(self):
        for value in ("left", "right"):
            self.do("put", "b", "resolve", value)
        read = self.cluster.json("get", "b", "resolve")
        self.assertEqual({"left", "right"}, {sibling["value"] for sibling in read["siblings"]})
        self.do("put", "b", "resolve", "both", "--context", read["context"])
        self.assertEqual(b"both", self.do("get", "b", "resolve"))

    def test_concurrent_writes_with_one_context_are_both_kept(self):
        self.do("put", "b", "race", "start")
        context = self.context_of("race")
        self.do("put", "b", "race", "left", "--context", context, via=0)
        self.do("put", "b", "race", "right", "--context", context, via=1)
        read = self.cluster.json("get", "b", "race", via=2)
        self.assertEqual({"left", "right"}, {sibling["value"] for sibling in read["siblings"]})

    def test_a_delete_removes_what_it_reads(self):
        self.do("put", "b", "gone", "v")
        self.do("delete", "b", "gone")
        self.assertEqual(3, self.cluster.tool("get", "b", "gone", via=2).returncode)

    def test_a_delete_with_an_old_context_spares_what_it_has_not_seen(self):
        self.do("put", "b", "spared", "old")
        context = self.context_of("spared")
        self.do("put", "b", "spared", "new", "--context", context)
        self.do("delete", "b", "spared", "--context", context)
        self.assertEqual(b"new", self.do("get", "b", "spared"))

    def test_deleting_what_is_not_there_succeeds(self):
        self.do("delete", "b", "never-was")

    def test_buckets_keep_equal_keys_apart(self):
        self.do("put", "left", "same", "1")
        self.do("put", "right", "same", "2")
        self.assertEqual((b"1", b"2"), (self.do("get", "left", "same"), self.do("get", "right", "same")))

    def test_every_level_is_accepted(self):
        for level in ("one", "two", "three", "quorum", "all", "1", "2", "3"):
            with self.subTest(level):
                self.do("put", "levels", "k-" + level, "v", "--w", level)
                self.assertEqual(b"v", self.do("get", "levels", "k-" + level, "--r", level))

    def test_primaries_and_synced_copies_can_be_demanded(self):
        self.do("put", "b", "demands", "v", "--w", "2", "--pw", "2", "--dw", "3")
        self.assertEqual(b"v", self.do("get", "b", "demands", "--r", "2", "--pr", "2"))

    def test_a_session_read_sees_its_own_write_at_level_one(self):
        context = self.cluster.json("put", "b", "session", "mine", "--w", "one")["context"]
        for index in range(3):
            read = self.do("get", "b", "session", "--r", "one", "--context", context, via=index)
            self.assertEqual(b"mine", read)

    def test_a_content_type_comes_back(self):
        self.do("put", "b", "typed", "{}", "--content-type", "application/json")
        self.assertEqual("application/json", self.cluster.json("get", "b", "typed")["siblings"][0]["content_type"])


class Listings(AgainstThreeNodes, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = {f"key-{i:03}": f"value {i}" for i in range(120)}
        lines = "".join(json.dumps({"key": key, "value": value}) + "\n" for key, value in cls.rows.items())
        cls.imported = cls.cluster.tool("import", "list", "-", stdin=lines.encode())
        cls.cluster.tool("delete", "list", "key-007")
        del cls.rows["key-007"]

    def test_import_succeeds(self):
        self.assertEqual(0, self.imported.returncode, self.imported.stderr)

    def test_keys_lists_the_live_keys_one_a_line(self):
        self.assertEqual(set(self.rows), set(self.do("keys", "list").decode().splitlines()))

    def test_keys_are_in_the_same_order_at_every_node(self):
        orders = [self.do("keys", "list", via=index) for index in range(3)]
        self.assertEqual(1, len(set(orders)))

    def test_keys_in_JSON_is_one_string_a_line(self):
        lines = self.do("-o", "json", "keys", "list").splitlines()
        self.assertEqual(set(self.rows), {json.loads(line) for line in lines})

    def test_a_prefix_narrows_the_list(self):
        found = self.do("keys", "list", "--prefix", "key-01").decode().split()
        self.assertEqual({key for key in self.rows if key.startswith("key-01")}, set(found))

    def test_pages_neither_miss_nor_repeat(self):
        found, after = [], []
        while page := self.do("keys", "list", "--limit", "17", *after).decode().split():
            found += page
            after = ["--after", page[-1]]
        self.assertEqual(sorted(self.rows), sorted(found))

    def test_export_returns_what_was_imported(self):
        lines = self.do("export", "list", "-").splitlines()
        self.assertEqual(self.rows, {row["key"]: row["value"] for row in map(json.loads, lines)})

    def test_what_is_exported_can_be_imported(self):
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder, "rows"))
            self.do("export", "list", file)
            self.do("import", "copy", file)
        self.assertEqual(sorted(self.do("export", "list", "-").splitlines()),
                         sorted(self.do("export", "copy", "-").splitlines()))

    def test_binary_values_survive_export_and_import(self):
        value = b"\x00\xff\xfe not text"
        self.do("put", "binary", "k", "-", stdin=value)
        self.do("import", "binary-copy", "-", stdin=self.do("export", "binary", "-"))
        self.assertEqual(value, self.do("get", "binary-copy", "k"))

    def test_import_overwrites(self):
        for value in ("one", "two"):
            self.do("import", "again", "-", stdin=json.dumps({"key": "k", "value": value}).encode())
        self.assertEqual(b"two", self.do("get", "again", "k"))

    def test_a_blind_import_makes_siblings(self):
        for value in ("one", "two"):
            self.do("import", "blind", "-", "--blind", stdin=json.dumps({"key": "k", "value": value}).encode())
        self.assertEqual(4, self.cluster.tool("get", "blind", "k").returncode)

    def test_an_empty_bucket_lists_nothing(self):
        self.assertEqual(b"", self.do("keys", "nothing-here"))


class Administration(AgainstThreeNodes, unittest.TestCase):
    def test_status_names_the_members_and_what_may_fail(self):
        status = self.cluster.json("cluster", "status")
        self.assertEqual(["node0", "node1", "node2"], sorted(each["name"] for each in status["members"]))
        self.assertEqual({"up"}, {each["state"] for each in status["members"]})
        self.assertEqual({"availability": 1, "durability": 1}, status["can_lose"])
        self.assertEqual((64, 3, 3), (status["partitions"], status["replicas"], status["replicas_configured"]))

    def test_the_ring_names_three_owners_of_every_partition(self):
        rows = self.cluster.json("cluster", "ring")["partitions"]
        self.assertEqual(list(range(64)), [row["partition"] for row in rows])
        self.assertEqual({3}, {len(set(row["owners"])) for row in rows})

    def test_the_ring_names_the_owners_of_a_key(self):
        answers = [self.cluster.json("cluster", "ring", "--key", "b/k/with/slashes", via=i) for i in range(3)]
        self.assertEqual(3, len(answers[0]["owners"]))
        self.assertEqual([answers[0]] * 3, answers)

    def test_replicas_that_hold_the_same_agree(self):
        for i in range(10):
            self.do("put", "b", f"digest-{i}", "v", "--w", "all")
        digest = self.cluster.json("cluster", "digest")
        self.assertTrue(digest["agree"])
        self.assertEqual({3}, {len(row["digests"]) for row in digest["partitions"]})

    def test_node_info_is_about_the_node_that_was_asked(self):
        self.assertEqual("node2", self.cluster.json("node", "info", via=2)["name"])

    def test_tables_are_for_people(self):
        self.assertIn(b"node1", self.do("-o", "table", "cluster", "status"))

    def test_commands_of_later_versions_are_refused(self):
        for words in (["bucket", "list"], ["node", "drain"]):
            with self.subTest(" ".join(words)):
                self.assert_fails(2, "not in this version", *words)

    def test_options_of_later_versions_are_refused(self):
        for words in (["put", "b", "k", "v", "--ttl", "10s"], ["put", "b", "k", "v", "--if-absent"],
                      ["get", "b", "k", "--sloppy"], ["keys", "b", "--trace"],
                      ["get", "b", "k", "--r", "local_quorum"], ["put", "b", "k", "v", "--w", "any"]):
            with self.subTest(" ".join(words)):
                self.assert_fails(2, "not in this version", *words)


class Forms(AgainstThreeNodes, unittest.TestCase):
    def test_get_in_JSON_has_the_promised_fields(self):
        self.do("put", "b", "form", "text")
        read = self.cluster.json("get", "b", "form")
        self.assertEqual(("b", "form", True, "quorum"),
                         (read["bucket"], read["key"], read["found"], read["level"]))
        self.assertEqual({"required", "received", "primaries"}, set(read["replies"]))
        self.assertEqual((0, True), (read["repaired"], read["protected"]))
        sibling = read["siblings"][0]
        self.assertEqual(("text", "dGV4dA=="), (sibling["value"], sibling["value_base64"]))
        self.assertRegex(sibling["modified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_put_in_JSON_has_the_promised_fields(self):
        answer = self.cluster.json("put", "b", "form-put", "v")
        self.assertEqual({"bucket", "key", "context", "siblings", "level", "replies"},
                         set(answer) & {"bucket", "key", "context", "siblings", "level", "replies"})

    def test_a_value_that_is_no_text_stands_only_in_base64(self):
        self.do("put", "b", "no-text", "-", stdin=b"\xff\x00")
        sibling = self.cluster.json("get", "b", "no-text")["siblings"][0]
        self.assertEqual("/wA=", sibling["value_base64"])
        self.assertNotIn("value", sibling)

    def test_an_absent_key_in_JSON_is_no_error_object(self):
        result = self.cluster.tool("--json", "get", "b", "absent")
        self.assertEqual(3, result.returncode)
        answer = json.loads(result.stdout)
        self.assertEqual((False, []), (answer["found"], answer["siblings"]))

    def test_a_deleted_key_keeps_its_context(self):
        self.do("put", "b", "deleted", "v")
        self.do("delete", "b", "deleted")
        answer = self.cluster.json("get", "b", "deleted")
        self.assertFalse(answer["found"])
        self.assertTrue(answer["context"])

    def test_several_siblings_in_JSON_are_no_failure(self):
        for value in ("1", "2"):
            self.do("put", "b", "two-json", value)
        self.assertEqual(0, self.cluster.tool("-o", "json", "get", "b", "two-json").returncode)

    def test_options_stand_before_or_after_the_arguments(self):
        self.do("put", "b", "order", "v", "-o", "json", "--timeout", "2s")
        self.assertEqual("order", json.loads(self.do("get", "b", "order", "-o", "json"))["key"])

    def test_endpoints_come_from_the_environment(self):
        self.do("put", "b", "variable", "v")
        result = run_tool("get", "b", "variable", env={"STARLING_ENDPOINTS": self.cluster.endpoints()})
        self.assertEqual(b"v", result.stdout)

    def test_the_next_endpoint_is_tried_when_one_is_not_there(self):
        self.do("put", "b", "next", "v")
        endpoints = f"127.0.0.1:{free_ports(1)[0]},{self.cluster.endpoints()}"
        self.assertEqual(b"v", run_tool("--endpoint", endpoints, "get", "b", "next").stdout)

    def test_help_ends_with_code_0(self):
        result = run_tool("--help")
        self.assertEqual(0, result.returncode)
        self.assertIn(b"put", result.stdout)

    def test_version_ends_with_code_0(self):
        self.assertEqual(0, run_tool("--version").returncode)


class Codes(AgainstThreeNodes, unittest.TestCase):
    def test_3_a_key_that_is_not_there(self):
        result = self.cluster.tool("get", "b", "not-there")
        self.assertEqual((3, b""), (result.returncode, result.stdout))

    def test_4_several_siblings_in_raw_form(self):
        for value in ("1", "2"):
            self.do("put", "b", "raw-conflict", value)
        self.assert_fails(4, "2 concurrent values", "get", "b", "raw-conflict")

    def test_4_too_many_siblings(self):
        for number in range(200):
            result = self.cluster.tool("-o", "json", "put", "b", "pile", str(number))
            if result.returncode != 0:
                break
        self.assertEqual("too_many_siblings", json.loads(result.stdout)["error"]["code"])
        self.assertEqual(4, result.returncode)

    def test_5_no_server(self):
        result = run_tool("--endpoint", f"127.0.0.1:{free_ports(1)[0]}", "-o", "json", "put", "b", "k", "v")
        error = json.loads(result.stdout)["error"]
        self.assertEqual((5, "unreachable", False, True),
                         (result.returncode, error["code"], error["in_doubt"], error["retryable"]))

    def test_1_a_server_that_speaks_something_else(self):
        result = run_tool("--endpoint", self.cluster.nodes[0].http, "--timeout", "3s", "get", "b", "k")
        self.assertIn(result.returncode, (1, 5), result.stderr)
        self.assertTrue(result.stderr)

    def test_2_in_JSON_is_an_error_object_on_standard_output(self):
        error = self.assert_fails_in_json(2, "usage", "get", "b", "k", "--r", "0")
        self.assertEqual((False, False), (error["in_doubt"], error["retryable"]))


class Deadlines(unittest.TestCase):
    """Whatever is at the other end: each command ends by its time, and says why."""

    COMMANDS = (["put", "b", "k", "v"], ["get", "b", "k"], ["delete", "b", "k"], ["keys", "b"],
                ["cluster", "status"], ["cluster", "ring"], ["cluster", "digest"], ["node", "info"],
                ["export", "b", "-"], ["import", "b", "-"], ["shell"])
    TIMEOUT_SECONDS = 1
    # The time of a busy machine; what hangs takes longer.
    ENDS_WITHIN = TIMEOUT_SECONDS + 10

    def assert_ends(self, endpoint, codes, words):
        for command in self.COMMANDS:
            with self.subTest(" ".join(command)):
                stdin = {"import": b'{"key":"k","value":"v"}', "shell": b"get b k"}.get(command[0], b"")
                begun = time.monotonic()
                result = run_tool("--endpoint", endpoint, "--timeout", f"{self.TIMEOUT_SECONDS}s", *command,
                                  stdin=stdin)
                self.assertLess(time.monotonic() - begun, self.ENDS_WITHIN)
                self.assertIn(result.returncode, codes, result.stderr)
                self.assertIn(words, result.stderr.decode())

    def test_nobody_there(self):
        self.assert_ends(f"127.0.0.1:{free_ports(1)[0]}", {5}, "no server could be reached")

    def test_a_name_that_is_none(self):
        self.assert_ends("no-such-host.invalid:7400", {5}, "no-such-host.invalid")

    def test_somebody_who_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            self.assert_ends(f"127.0.0.1:{listener.getsockname()[1]}", {5}, "no greeting, in time")

    def test_somebody_who_hangs_up_at_once(self):
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            threading.Thread(target=self.hang_up, args=[listener], daemon=True).start()
            self.assert_ends(f"127.0.0.1:{listener.getsockname()[1]}", {5}, "before it greeted")

    def test_somebody_who_speaks_something_else(self):
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            threading.Thread(target=self.hang_up, args=[listener, b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9],
                             daemon=True).start()
            self.assert_ends(f"127.0.0.1:{listener.getsockname()[1]}", {1}, "not Starling's protocol")

    @staticmethod
    def hang_up(listener, first=b""):
        while True:
            try:
                connection, _ = listener.accept()
                connection.sendall(first)
                if first:
                    connection.recv(65536)
                connection.close()
            except OSError:
                return


if __name__ == "__main__":
    case_runner.main()
