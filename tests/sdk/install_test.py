#!/usr/bin/env python3
"""The SDK as its user meets it: installed, found by pkg-config, compiled against, run.

It installs into a temporary folder, compiles the README's example there with nothing but what was
installed, and runs it against a real node."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cluster"))

import case_runner
from real_cluster import BUILD, ROOT, Cluster

EXAMPLE = ROOT / "examples" / "carts.cc"
# What the library may export: the functions of the public headers, and what of templates and types
# the compiler makes in every file that includes them.
PUBLIC = re.compile(
    r"starling::(Client|CausalSession|Status|Level)(::|$)"
    r"|(typeinfo|vtable)( name)? for starling::(Client|CausalSession)"
    r"|starling::(parse_(level|endpoints)|check_(bucket|key|value)|status_code_(name|of)"
    r"|exit_code_of|http_status_of|is_retryable|get_resolved|update)(\[abi:cxx11\])?\(")


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                          timeout=240, **options)


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Path(tempfile.mkdtemp(prefix="starling-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        result = run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", cls.root)
        assert result.returncode == 0, result.stdout + result.stderr
        (cls.description,) = cls.root.rglob("starling.pc")
        (cls.library,) = (path for path in cls.root.rglob("libstarling.so") if path.is_symlink())
        cls.environment = {**os.environ, "PKG_CONFIG_PATH": str(cls.description.parent),
                           "PKG_CONFIG_SYSROOT_DIR": str(cls.root),
                           "LD_LIBRARY_PATH": str(cls.library.parent)}

    def pkg_config(self, *words):
        result = run("pkg-config", *words, "starling", env=self.environment)
        self.assertEqual(0, result.returncode, result.stderr)
        return result.stdout.split()

    def compile(self, source):
        program = self.root / source.stem
        result = run("c++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", source,
                     *self.pkg_config("--cflags", "--libs"), "-o", program)
        self.assertEqual(0, result.returncode, result.stderr)
        return program

    def test_the_example_runs_against_a_node(self):
        program = self.compile(EXAMPLE)
        with Cluster(nodes=1) as cluster:
            cluster.start()
            result = run(program, cluster.nodes[0].listen, env=self.environment)
        self.assertEqual((0, "apples\nbread\ncheese\n"), (result.returncode, result.stdout), result.stderr)

    def test_the_example_says_what_is_wrong_without_a_node(self):
        result = run(self.compile(EXAMPLE), "127.0.0.1:1", env=self.environment)
        self.assertEqual(5, result.returncode)
        self.assertIn("127.0.0.1:1: Connection refused", result.stderr)

    def test_every_public_function_is_exported(self):
        result = run(self.compile(Path(__file__).with_name("surface.cc")), "all", env=self.environment)
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertEqual(self.pkg_config("--modversion"), result.stdout.split())

    def test_nothing_else_is_exported(self):
        result = run("nm", "--dynamic", "--defined-only", "--demangle", self.library)
        names = [line.split(maxsplit=2)[2] for line in result.stdout.splitlines()]
        self.assertGreater(len(names), 30)
        self.assertEqual([], [name for name in names if not PUBLIC.search(name)])

    def test_only_the_public_headers_are_installed(self):
        installed = {path.name for path in self.root.rglob("*.h")}
        public = {path.name for path in (ROOT / "include" / "starling").iterdir()}
        self.assertEqual(public, installed)

    def test_the_library_brings_no_store_and_no_event_loop(self):
        needed = run("ldd", self.library, env=self.environment).stdout
        self.assertIn("libstdc++", needed)
        for name in ("leveldb", "libuv", "spdlog", "fmt", "libssl", "libedit", "not found"):
            self.assertNotIn(name, needed)

    def test_the_readme_shows_the_example_as_it_is(self):
        self.assertIn(EXAMPLE.read_text(), (ROOT / "README.md").read_text())


if __name__ == "__main__":
    case_runner.main()
