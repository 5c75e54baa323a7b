"""The ground of the tests that ask a healthy cluster: three nodes, and short words for asking them."""

import json

from real_cluster import Cluster


class AgainstThreeNodes:
    """One cluster for the cases of a class; each case uses keys of its own."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()

    def do(self, *arguments, **options):
        result = self.cluster.tool(*arguments, **options)
        self.assertEqual(0, result.returncode, result.stderr.decode())
        return result.stdout

    def context_of(self, key, bucket="b"):
        return self.cluster.json("get", bucket, key)["context"]

    def assert_fails(self, code, words, *arguments, **options):
        """The exit code, the message for people, and nothing on standard output."""
        result = self.cluster.tool(*arguments, **options)
        self.assertEqual(code, result.returncode, result.stderr.decode())
        self.assertIn(words, result.stderr.decode())
        self.assertEqual(b"", result.stdout)

    def assert_fails_in_json(self, code, name, *arguments):
        result = self.cluster.tool("-o", "json", *arguments)
        self.assertEqual(code, result.returncode, result.stdout)
        error = json.loads(result.stdout)["error"]
        self.assertEqual(name, error["code"])
        self.assertTrue(error["message"])
        return error
