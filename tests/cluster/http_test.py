"""Data over HTTP, against real nodes: round trips, conflicts, pages, every mistake with its status, and streams
that are slow, broken or impatient."""

import concurrent.futures
import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import case_runner
from real_cluster import ROOT, Cluster, clean_environment, wait_until
from three_nodes import AgainstThreeNodes

MIB = 1 << 20
CONTEXT = "X-Starling-Context"
ANY_BYTES = bytes(range(256))


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def context(self):
        return self.headers[CONTEXT]

    def json(self):
        return json.loads(self.body)

    def code(self):
        return self.json()["error"]["code"]


def answer_of(connection):
    response = connection.getresponse()
    return Answer(response.status, response.headers, response.read())


def ask(node, method, path, body=None, timeout=60, **headers):
    """One request on a connection of its own. Underscores in the names of headers stand for dashes."""
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=timeout)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
        return answer_of(connection)
    finally:
        connection.close()


def path_of(key, bucket="b", **options):
    query = urllib.parse.urlencode(options)
    return f"/v1/kv/{bucket}/{urllib.parse.quote(key, safe='')}" + (f"?{query}" if query else "")


def metric(node, name):
    page = ask(node, "GET", "/metrics").body.decode()
    return float(re.search(rf"^{re.escape(name)} (.*)$", page, re.MULTILINE).group(1))


class OverHttp(AgainstThreeNodes):
    def ask(self, method, path, body=None, via=0, status=None, **headers):
        answer = ask(self.cluster.nodes[via], method, path, body, **headers)
        if status is not None:
            self.assertEqual(status, answer.status, answer.body)
        return answer

    def put(self, key, value, status=204, **options):
        headers = {name: options.pop(name) for name in list(options) if name[0].isupper()}
        via = options.pop("via", 0)
        return self.ask("PUT", path_of(key, **options), value, via=via, status=status, **headers)

    def get(self, key, status=200, **options):
        headers = {name: options.pop(name) for name in list(options) if name[0].isupper()}
        via = options.pop("via", 0)
        return self.ask("GET", path_of(key, **options), via=via, status=status, **headers)


class RoundTrips(OverHttp, unittest.TestCase):
    def test_what_one_node_takes_every_node_gives(self):
        for via in range(3):
            self.put(f"trip{via}", f"value {via}", via=via)
            for reader in range(3):
                self.assertEqual(f"value {via}".encode(), self.get(f"trip{via}", via=reader).body)

    def test_a_value_and_a_key_are_any_bytes(self):
        path = f"/v1/kv/b/{urllib.parse.quote_from_bytes(ANY_BYTES, safe='')}"
        self.ask("PUT", path, ANY_BYTES * 5, status=204)
        self.assertEqual(ANY_BYTES * 5, self.ask("GET", path, via=1, status=200).body)
        page = self.ask("GET", "/v1/kv/b?limit=10000", status=200).json()
        self.assertIn({"key_base64": "AAECAwQ"}, [{"key_base64": each["key_base64"][:7]}
                                                  for each in page["keys"] if isinstance(each, dict)])

    def test_an_empty_value_and_one_of_16_MiB_pass(self):
        for value in (b"", b"v" * (16 * MIB)):
            self.put("size", value, **self.context_header("size"))
            self.assertEqual(value, self.get("size", via=1).body)

    def context_header(self, key):
        context = self.ask("GET", path_of(key)).context
        return {"X_Starling_Context": context} if context else {}

    def test_the_content_type_is_kept_and_the_tool_sees_the_same_value(self):
        self.put("typed", b"{}", Content_Type="application/json; charset=utf-8")
        self.assertEqual("application/json; charset=utf-8", self.get("typed").headers["Content-Type"])
        self.assertEqual(b"{}", self.do("get", "b", "typed", via=2))
        self.do("put", "b", "by tool", "v", "--content-type", "text/x-tool")
        self.assertEqual("text/x-tool", self.get("by tool").headers["Content-Type"])
        self.put("untyped", b"v")
        self.assertEqual("application/octet-stream", self.get("untyped").headers["Content-Type"])

    def test_a_type_that_another_client_made_up_breaks_out_of_no_header(self):
        self.do("put", "b", "broken type", "v", "--content-type", "a\r\nX-Evil: 1")
        answer = self.get("broken type")
        self.assertEqual("application/octet-stream", answer.headers["Content-Type"])
        self.assertIsNone(answer.headers["X-Evil"])

    def test_a_context_carries_on_from_write_to_write(self):
        context = self.put("chain", "one").context
        context = self.put("chain", "two", X_Starling_Context=context, via=1).context
        answer = self.put("chain", "three", X_Starling_Context=context, via=2)
        self.assertEqual("1", answer.headers["X-Starling-Siblings"])
        self.assertEqual(b"three", self.get("chain").body)

    def test_a_session_read_sees_what_its_context_has_seen(self):
        context = self.put("session", "seen", w="all").context
        self.assertEqual(b"seen", self.get("session", X_Starling_Context=context, r="1", via=2).body)

    def test_head_is_get_without_the_value(self):
        self.put("head", "value")
        answer = self.ask("HEAD", path_of("head"), status=200)
        self.assertEqual(("5", b""), (answer.headers["Content-Length"], answer.body))
        self.assertEqual(self.get("head").headers["ETag"], answer.headers["ETag"])

    def test_who_has_the_value_is_told_so_until_it_changes(self):
        context = self.put("tag", "one").context
        tag = self.get("tag").headers["ETag"]
        self.assertEqual(tag, self.get("tag", status=304, If_None_Match=tag, via=1).headers["ETag"])
        self.put("tag", "two", X_Starling_Context=context)
        self.assertEqual(b"two", self.get("tag", If_None_Match=tag).body)


class Conflicts(OverHttp, unittest.TestCase):
    def setUp(self):
        self.key = self.id()
        self.put(self.key, "apples", Content_Type="text/plain")
        answer = self.put(self.key, b"\xff pear\r\n", via=1)
        self.assertEqual("2", answer.headers["X-Starling-Siblings"])

    def test_several_values_are_a_part_each(self):
        answer = self.get(self.key, status=300)
        kind, boundary = answer.headers["Content-Type"].split("; boundary=")
        self.assertEqual("multipart/mixed", kind)
        before, *parts, after = answer.body.split(f"--{boundary}".encode())
        self.assertEqual((b"", b"--\r\n"), (before, after))
        heads, values = zip(*(part.removeprefix(b"\r\n").split(b"\r\n\r\n", 1) for part in parts))
        self.assertEqual({b"apples\r\n", b"\xff pear\r\n\r\n"}, set(values))
        self.assertIn(b"Content-Type: text/plain", b"".join(heads))
        self.assertEqual(2, b"".join(heads).count(b"X-Starling-Dot: "))

    def test_several_values_as_JSON_are_what_the_tool_prints(self):
        answer = self.get(self.key, status=300, Accept="application/json")
        told, tool = answer.json(), self.cluster.json("get", "b", self.key)
        for each in (told, tool):
            del each["replies"], each["repaired"]
        self.assertEqual(tool, told)
        self.assertEqual(answer.context, told["context"])

    def test_a_write_with_their_context_replaces_them(self):
        context = self.get(self.key, status=300).context
        self.put(self.key, "fruit", X_Starling_Context=context, via=2)
        self.assertEqual(b"fruit", self.get(self.key).body)

    def test_a_delete_without_a_context_deletes_what_it_reads(self):
        self.ask("DELETE", path_of(self.key), via=2, status=204)
        answer = self.get(self.key, status=404)
        self.assertEqual("not_found", answer.code())
        self.assertEqual((False, [], answer.context),
                         tuple(answer.json()[name] for name in ("found", "siblings", "context")))
        self.put(self.key, "again", X_Starling_Context=answer.context)
        self.assertEqual(b"again", self.get(self.key).body)

    def test_a_delete_with_a_context_spares_what_that_has_not_seen(self):
        context = self.get(self.key, status=300).context
        self.put(self.key, "late")
        self.ask("DELETE", path_of(self.key), status=204, X_Starling_Context=context)
        self.assertEqual(b"late", self.get(self.key).body)

    def test_what_never_was_is_404_without_a_context_and_deleted_all_the_same(self):
        self.assertIsNone(self.get("never", status=404).context)
        self.assertIsNone(self.ask("DELETE", path_of("never"), status=204).context)


class Pages(OverHttp, unittest.TestCase):
    KEYS = [f"k/{i:03}" for i in range(60)]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for key in [*cls.KEYS, "other"]:
            assert ask(cls.cluster.nodes[0], "PUT", path_of(key, bucket="pages"), "v").status == 204

    def page(self, **options):
        return self.ask("GET", "/v1/kv/pages?" + urllib.parse.urlencode(options), status=200).json()

    def test_one_page_has_all_and_is_the_last(self):
        page = self.page()
        self.assertEqual(("pages", sorted([*self.KEYS, "other"])), (page["bucket"], sorted(page["keys"])))
        self.assertNotIn("cursor", page)

    def test_pages_by_their_cursor_neither_miss_nor_repeat(self):
        page = self.page(limit=7, prefix="k/")
        keys = page["keys"]
        while "cursor" in page:
            self.assertLessEqual(len(page["keys"]), 7)
            page = self.page(limit=7, prefix="k/", cursor=page["cursor"])
            keys += page["keys"]
        self.assertEqual(self.KEYS, sorted(keys))

    def test_a_page_begins_behind_a_key(self):
        keys = self.page()["keys"]
        self.assertEqual(keys[20:], self.page(after=keys[19])["keys"])

    def test_a_bucket_without_keys_is_an_empty_page(self):
        self.assertEqual({"bucket": "nothing", "keys": []}, self.ask("GET", "/v1/kv/nothing", status=200).json())


class Administration(OverHttp, unittest.TestCase):
    def test_every_question_is_answered_as_the_tool_does(self):
        for route, words in [("/v1/cluster", ["cluster", "status"]), ("/v1/ring", ["cluster", "ring"]),
                             ("/v1/ring?key=b/k", ["cluster", "ring", "--key", "b/k"]),
                             ("/v1/digest", ["cluster", "digest"]), ("/v1/tasks", ["cluster", "tasks"])]:
            told = self.ask("GET", route, status=200).json()
            self.assertEqual(self.cluster.json(*words), told, route)
        node = self.ask("GET", "/v1/node", via=1, status=200).json()
        self.assertEqual(self.cluster.json("node", "info", via=1).keys(), node.keys())
        self.assertEqual("node1", node["name"])

    def test_answers_are_counted(self):
        before = metric(self.cluster.nodes[2], 'starling_http_answers_total{status="4xx"}')
        self.get("never", status=404, via=2)
        self.assertEqual(before + 1, metric(self.cluster.nodes[2], 'starling_http_answers_total{status="4xx"}'))


class BadInput(OverHttp, unittest.TestCase):
    """Every refused write goes to the key `kept`, which must still hold what it held."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = ask(cls.cluster.nodes[0], "PUT", path_of("kept"), "as it was").context
        cls.other = ask(cls.cluster.nodes[0], "PUT", path_of("other"), "v").context

    def refuse(self, status, code, words, method="PUT", path="/v1/kv/b/kept", body="changed", **headers):
        answer = self.ask(method, path, None if method == "GET" else body, status=status, **headers)
        self.assertEqual("application/json", answer.headers["Content-Type"])
        self.assertEqual(code, answer.code())
        self.assertIn(words, answer.json()["error"]["message"])
        self.assertEqual(b"as it was", self.get("kept", r="all").body)

    def test_levels(self):
        for query, words in [("w=most", "'most'"), ("w=0", "at least one"), ("w=-1", "-1"), ("w=4", "only 3 replicas"),
                             ("w=2&pw=3", "pw=3"), ("dw=9", "only 3"), ("w=any", "not in this version"),
                             ("r=2", "'r'"), ("w=1&w=2", "twice"), ("sloppy=maybe", "'maybe'")]:
            self.refuse(400, "usage", words, path=f"/v1/kv/b/kept?{query}")
        for query, words in [("r=0", "at least one"), ("r=4", "only 3 replicas"), ("r=2&pr=3", "pr=3"), ("w=1", "'w'")]:
            self.refuse(400, "usage", words, method="GET", path=f"/v1/kv/b/kept?{query}")

    def test_options_of_later_versions_and_of_nobody(self):
        self.refuse(400, "usage", "not in this version", path="/v1/kv/b/kept?ttl=1h")
        self.refuse(400, "usage", "'wrong'", path="/v1/kv/b/kept?wrong=1")
        self.refuse(400, "usage", "not in this version", If_None_Match="*")
        self.refuse(400, "usage", "not in this version", If_Match='"x"', method="DELETE")
        self.refuse(400, "usage", "Content-Encoding", Content_Encoding="gzip")

    def test_timeouts(self):
        for timeout in ("5", "0s", "61s", "soon"):
            self.refuse(400, "usage", "timeout", path=f"/v1/kv/b/kept?timeout={timeout}")

    def test_names(self):
        for path, words in [("/v1/kv/a%2Fb/kept", "'a/b'"), ("/v1/kv//kept", "bucket"), ("/v1/kv/b/", "the key is empty"),
                            ("/v1/kv/b/%4", "%4"), (f"/v1/kv/b/{'k' * 4097}", "4097"), (f"/v1/kv/{'b' * 256}/k", "1 to 255")]:
            self.refuse(400, "usage", words, path=path)

    def test_contexts(self):
        changed = self.first[:20] + ("A" if self.first[20] != "A" else "B") + self.first[21:]
        for context, words in [("***", "base64"), (changed, "damaged or was made up"), (self.other, "of another key")]:
            for method in ("PUT", "GET", "DELETE"):
                self.refuse(400, "bad_context", words, method=method, X_Starling_Context=context)

    def test_sizes(self):
        self.refuse(413, "too_large", "16 MiB", body=b"x" * (16 * MIB + 1))
        self.refuse(413, "too_large", "255 bytes", Content_Type="t" * 256)
        self.refuse(431, "usage", "32 KiB", X_Long="x" * 40_000, body=None)

    def test_pages(self):
        for query, words in [("limit=0", "limit"), ("limit=10001", "10000"), ("cursor=x", "base64"), ("r=0", "at least one")]:
            self.refuse(400, "usage", words, method="GET", path=f"/v1/kv/b?{query}")

    def test_methods_and_routes(self):
        answer = self.ask("POST", "/v1/kv/b/kept", "x", status=405)
        self.assertEqual("GET, HEAD, PUT, DELETE", answer.headers["Allow"])
        self.ask("PUT", "/v1/kv/b", "x", status=405)
        self.ask("DELETE", "/v1/cluster", status=405)
        self.assertIn("not in this version", self.ask("GET", "/v1/buckets", status=501).json()["error"]["message"])
        self.ask("GET", "/nowhere", status=404)


class Streams(OverHttp, unittest.TestCase):
    def raw(self, *portions, via=0, pause=0.0, end=True):
        """Everything that is answered to these bytes until the node closes, or for two seconds."""
        with socket.create_connection(("127.0.0.1", self.cluster.nodes[via].http_port), timeout=20) as stream:
            for portion in portions:
                stream.sendall(portion)
                time.sleep(pause)
            if end:
                stream.shutdown(socket.SHUT_WR)
            heard = b""
            while part := stream.recv(1 << 16):
                heard += part
            return heard

    def test_a_connection_serves_many_requests(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.cluster.nodes[0].http_port, timeout=20)
        connection.connect()
        local = connection.sock.getsockname()
        for i in range(50):
            connection.request("PUT", path_of(f"alive{i}"), f"v{i}")
            self.assertEqual(204, answer_of(connection).status)
            connection.request("GET", path_of(f"alive{i}"))
            self.assertEqual(f"v{i}".encode(), answer_of(connection).body)
        self.assertEqual(local, connection.sock.getsockname())
        connection.close()

    def test_requests_that_are_sent_together_are_answered_in_their_order(self):
        many = b"".join(b"PUT /v1/kv/b/line%d HTTP/1.1\r\nContent-Length: 2\r\n\r\nv%d"
                        b"GET /v1/kv/b/line%d HTTP/1.1\r\n\r\n" % (i, i, i) for i in range(9))
        heard = self.raw(many, end=True)
        self.assertEqual(9, heard.count(b"HTTP/1.1 204 "))
        self.assertEqual([b"v%d" % i for i in range(9)], re.findall(rb"\r\n\r\n(v\d)", heard))

    def test_a_chunked_body_is_put_together(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.cluster.nodes[0].http_port, timeout=20)
        connection.request("PUT", path_of("chunked"), iter([b"x" * MIB] * 3), encode_chunked=True,
                           headers={"Transfer-Encoding": "chunked"})
        self.assertEqual(204, answer_of(connection).status)
        connection.close()
        self.assertEqual(b"x" * (3 * MIB), self.get("chunked").body)

    def test_an_endless_chunked_body_is_cut_off(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.cluster.nodes[0].http_port, timeout=20)
        try:
            connection.request("PUT", path_of("endless"), iter([b"x" * MIB] * 40), encode_chunked=True,
                               headers={"Transfer-Encoding": "chunked"})
            self.assertEqual(413, answer_of(connection).status)
        except ConnectionError:
            pass  # it was closed while we were still sending
        connection.close()
        self.get("endless", status=404)

    def test_whoever_asks_whether_to_go_on_is_told(self):
        head = b"PUT /v1/kv/b/%s HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
        heard = self.raw(head % b"expected", b"value", pause=0.2)
        self.assertTrue(heard.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 "), heard)
        refused = self.raw(head % b"expected?w=9nine")
        self.assertTrue(refused.startswith(b"HTTP/1.1 400 "), refused)

    def test_a_side_that_sends_nothing_more_gets_its_whole_answer(self):
        value = b"v" * (8 * MIB)
        self.put("large", value, **RoundTrips.context_header(self, "large"))
        heard = self.raw(b"GET /v1/kv/b/large HTTP/1.0\r\n\r\n")
        self.assertTrue(heard.endswith(value), len(heard))

    def test_a_connection_that_ends_within_a_body_leaves_nothing_behind(self):
        node = self.cluster.nodes[0]
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", node.http_port)) as stream:
                stream.sendall(b"PUT /v1/kv/b/half HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 4_000_000)
        wait_until(lambda: metric(node, "starling_client_request_bytes") == 0, 10, "the promised bytes are given back")
        self.get("half", status=404)

    def test_a_connection_that_ends_before_its_answer_harms_nobody(self):
        for i in range(20):
            with socket.create_connection(("127.0.0.1", self.cluster.nodes[0].http_port)) as stream:
                stream.sendall(b"PUT /v1/kv/b/gone%d HTTP/1.1\r\nContent-Length: 1\r\n\r\nvGET /v1/k" % i)
        self.assertEqual(b"v", self.get_when_there("gone19"))

    def get_when_there(self, key):
        wait_until(lambda: self.ask("GET", path_of(key)).status == 200, 10, key)
        return self.get(key).body

    def test_a_request_that_does_not_arrive_is_given_up(self):
        begun = time.monotonic()
        heard = self.raw(b"PUT /v1/kv/b/slow HTTP/1.1\r\nContent-Len", end=False)
        self.assertTrue(heard.startswith(b"HTTP/1.1 408 "), heard)
        self.assertLess(time.monotonic() - begun, 20)

    def test_an_answer_that_nobody_reads_is_given_up(self):
        node = self.cluster.nodes[1]
        value = b"v" * (8 * MIB)
        self.put("unread", value, **RoundTrips.context_header(self, "unread"))
        with socket.create_connection(("127.0.0.1", node.http_port)) as stream:
            stream.sendall(b"GET /v1/kv/b/unread HTTP/1.1\r\n\r\n" * 20)
            wait_until(lambda: metric(node, "starling_client_answer_bytes") > MIB, 10, "its answers wait")
            # One of them, and not twenty.
            self.assertLess(metric(node, "starling_client_answer_bytes"), 9 * MIB)
            wait_until(lambda: metric(node, "starling_client_answer_bytes") < MIB, 30, "they are given up")


class InTrouble(OverHttp, unittest.TestCase):
    def test_too_few_replicas_are_503_before_a_write_and_504_after(self):
        self.put("kept", "as it was", w="all")
        for node in self.cluster.nodes[1:]:
            node.signal(signal.SIGSTOP)
        try:
            doubt = self.put("doubt", "v", status=504, timeout="700ms")
            self.assertEqual(("in_doubt", True), (doubt.code(), doubt.json()["error"]["in_doubt"]))
            unread = self.get("kept", status=503, timeout="700ms")
            self.assertEqual("unavailable", unread.code())
            self.assertTrue(unread.json()["error"]["retryable"])
            self.assertEqual(b"as it was", self.get("kept", r="1").body)
        finally:
            for node in self.cluster.nodes[1:]:
                node.signal(signal.SIGCONT)

    def test_with_one_node_gone_quorums_go_on_and_all_is_refused(self):
        cluster = Cluster()
        self.addCleanup(cluster.close)
        cluster.start()
        cluster.nodes[2].kill()
        node = cluster.nodes[0]

        def refused():
            return ask(node, "PUT", path_of("k", w="all"), "v").status == 503

        wait_until(refused, 30, "node2 counts as down")
        answer = ask(node, "PUT", path_of("k", w="all"), "v")
        self.assertEqual((503, "unavailable", 3, False),
                         (answer.status, answer.code(), answer.json()["error"]["required"],
                          answer.json()["error"]["in_doubt"]))
        self.assertEqual(404, ask(node, "GET", path_of("k")).status)
        self.assertEqual(204, ask(node, "PUT", path_of("k"), "v").status)
        self.assertEqual(503, ask(node, "GET", path_of("k", r="all")).status)
        self.assertEqual(200, ask(node, "GET", path_of("k")).status)
        self.assertEqual(204, ask(node, "PUT", path_of("sloppy", sloppy=""), "v").status)

    def test_a_node_that_is_asked_to_end_answers_what_is_under_way(self):
        cluster = Cluster(nodes=1)
        self.addCleanup(cluster.close)
        cluster.start()
        node = cluster.nodes[0]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            writes = [pool.submit(ask, node, "PUT", path_of(f"end{i}"), b"v" * 50_000) for i in range(8)]
            for write in writes[:4]:
                write.result()
            node.signal(signal.SIGTERM)
            told = []
            for write in writes[4:]:
                try:
                    told.append(write.result().status)
                except OSError:
                    told.append(0)  # it came too late to be let in
        self.assertLessEqual(set(told), {204, 503, 0}, told)
        self.assertEqual(0, node.wait())


class Readme(unittest.TestCase):
    """The examples of the README's section on HTTP do what they say, word for word but for what is drawn."""

    def test_its_examples(self):
        if shutil.which("curl") is None:
            self.skipTest("there is no curl")
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        block = re.search(r"^## Over HTTP$.*?^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL).group(1)
        with Cluster(nodes=1) as cluster, tempfile.TemporaryDirectory() as folder:
            cluster.start()
            Path(folder, "cat.png").write_bytes(b"\x89PNG" + ANY_BYTES)
            script = block.replace("localhost:7500", cluster.nodes[0].http)
            commands = [line[2:] for line in script.splitlines() if line.startswith("$ ")]
            told = subprocess.run(["bash", "-c", "\n".join(f"echo '$ '\n{command}" for command in commands)],
                                  cwd=folder, capture_output=True, check=False, timeout=60, env=clean_environment())
        self.assertEqual(b"", told.stderr)
        expected = re.sub(r"^\$ .*$", "$ ", block, flags=re.MULTILINE)
        self.assertEqual(self.undrawn(expected), self.undrawn(told.stdout.decode()))
        self.assertGreater(len(commands), 5)

    def undrawn(self, text):
        text = re.sub(r"\bA[\w-]{30,}", "CONTEXT", text.replace("\r", ""))
        text = re.sub(r"[0-9a-f]{16}-\d+\.\d+", "DOT", text)
        text = re.sub(r"[0-9a-f]{32}", "HASH", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "DATE", text)
        return [line.rstrip() for line in text.splitlines() if line.strip()]


if __name__ == "__main__":
    case_runner.main()
