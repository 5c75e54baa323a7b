"""`starling shell` at a pseudo terminal: what is typed, what is seen, what is kept."""

import fcntl
import json
import os
import pty
import re
import select
import subprocess
import termios
import time
import unittest
from pathlib import Path

import case_runner
from real_cluster import TOOL, clean_environment, free_ports
from three_nodes import AgainstThreeNodes

SEEN_SECONDS_MAX = 30
CTRL_C, CTRL_D, CTRL_R, CTRL_Z, TAB, UP = "\x03", "\x04", "\x12", "\x1a", "\t", "\x1b[A"
# How a terminal is told to move and to erase; what is left is what can be read.
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x07|\r")


class Terminal:
    """A shell that believes it is talked to by a person."""

    def __init__(self, case, *arguments, endpoint, state, out=None, within=()):
        self.case = case
        self.seen = ""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x28\x00\xc8\x00\x00\x00\x00\x00")  # 40 lines of 200
        command = within or [TOOL, "shell", *arguments]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=out or slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=clean_environment(STARLING_ENDPOINTS=endpoint, XDG_STATE_HOME=str(state), HOME=str(state),
                                  TERM="xterm", LC_ALL="C", PS1="job> "))
        os.close(slave)
        case.addCleanup(self.end)
        self.see("> ")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)

    def type(self, text):
        os.write(self.master, text.encode())

    def see(self, text):
        """Until it is on the screen, behind what was seen before; returns what came with it."""
        deadline = time.monotonic() + SEEN_SECONDS_MAX
        while text not in ESCAPES.sub("", self.seen):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                self.case.fail(f"{text!r} is not to be seen in {self.seen!r}")
            try:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
            except OSError:
                self.case.fail(f"the shell ended before {text!r} was to be seen in {self.seen!r}")
        before, _, behind = ESCAPES.sub("", self.seen).partition(text)
        self.seen = behind
        return before

    def do(self, line):
        """A line up to the next prompt; returns what it printed."""
        self.type(line + "\n")
        return self.see("> ")

    def leave(self, keys=CTRL_D):
        self.type(keys)
        return self.process.wait(timeout=SEEN_SECONDS_MAX)


class Shell(AgainstThreeNodes, unittest.TestCase):
    def setUp(self):
        self.state = Path(self.cluster.folder, self.id())

    def shell(self, *arguments, **options):
        return Terminal(self, *arguments, endpoint=self.cluster.endpoints(), state=self.state, **options)

    def test_commands_are_typed_and_answered(self):
        shell = self.shell()
        self.assertIn("done at level quorum", shell.do("put typed k 'two words'"))
        self.assertIn("two words", shell.do("get typed k"))
        self.assertEqual(0, shell.leave())
        self.assertEqual(b"two words", self.do("get", "typed", "k"))

    def test_the_prompt_follows_what_is_set(self):
        shell = self.shell()
        shell.type("set bucket prompts\n")
        shell.see(f"{self.cluster.nodes[0].listen},+2/prompts r=quorum w=quorum> ")
        shell.type("set w all\n")
        shell.see("prompts r=quorum w=all> ")
        shell.type(f"set endpoint {self.cluster.nodes[2].listen}\n")
        shell.see(f"{self.cluster.nodes[2].listen}/prompts r=quorum w=all> ")
        self.assertIn("node2", shell.do("node info"))

    def test_tab_completes_commands_options_and_buckets(self):
        shell = self.shell()
        shell.do("put orchard k v")
        shell.type("ge" + TAB + "orch" + TAB + "k --r qu" + TAB)
        shell.see("get orchard k --r quorum ")
        self.assertIn("v", shell.do(""))

    def test_tab_lists_what_is_possible(self):
        shell = self.shell()
        shell.type("cluster " + TAB)
        shell.see("digest")
        shell.see("status")
        shell.see("> cluster ")

    def test_ctrl_c_drops_the_line_and_nothing_else(self):
        shell = self.shell()
        shell.type("put dropped k v" + CTRL_C)
        shell.see("^C")
        shell.see("> ")
        self.assertIn("a kept line", shell.do("put dropped k 'a kept line' -o json") + shell.do("get dropped k"))
        self.assertEqual(1, len(self.cluster.json("get", "dropped", "k")["siblings"]))

    def test_ctrl_c_ends_a_listing_and_not_the_shell(self):
        lines = "".join(json.dumps({"key": f"key-{i}", "value": "v"}) + "\n" for i in range(3000))
        self.do("import", "long", "-", stdin=lines.encode())
        out = open(self.cluster.folder / "listing", "wb")
        self.addCleanup(out.close)
        shell = self.shell(out=out)
        for _ in range(200):
            shell.type("keys long\n" + CTRL_C)
            if "interrupted" in shell.see("> "):
                break
        else:
            self.fail("no listing was interrupted")
        shell.seen = ""
        shell.do("put dropped still-there v")
        self.assertEqual(0, shell.leave("exit\n"))

    def test_a_failure_is_told_and_the_shell_goes_on(self):
        shell = self.shell("--timeout", "2s")
        self.assertIn("unknown command 'git'", shell.do("git b k"))
        self.assertIn("not found", shell.do("get nothing here"))
        shell.do(f"set endpoint 127.0.0.1:{free_ports(1)[0]}")
        self.assertIn("unreachable", shell.do("get b k"))
        shell.do("unset endpoint")
        self.assertIn("done at level", shell.do("put b k v"))
        self.assertEqual(0, shell.leave())

    def test_the_next_shell_knows_the_lines_of_the_last_one(self):
        shell = self.shell()
        shell.do("put remembered k v")
        shell.do(" put secret k v")
        shell.leave()
        kept = self.state / "starling" / "shell_history"
        self.assertEqual("put remembered k v\n", kept.read_text())
        self.assertEqual(0o600, kept.stat().st_mode & 0o777)
        shell = self.shell()
        shell.type(UP)
        shell.see("put remembered k v")
        shell.type(CTRL_C)
        shell.see("> ")
        shell.type("get rem" + TAB + "k\n")
        shell.see("get remembered k")
        shell.see("> ")
        shell.type(CTRL_R + "put rem")
        shell.see("put remembered k v")

    def test_letters_beyond_ASCII_are_typed_in_any_locale(self):
        shell = self.shell()
        shell.do("put letters k 'Grün, ja'")
        self.assertEqual("Grün, ja".encode(), self.do("get", "letters", "k"))

    def test_ctrl_z_stops_it_until_it_is_continued(self):
        shell = self.shell(within=["bash", "--norc", "--noprofile", "-i"])
        shell.type(f"{TOOL} shell\n")
        shell.see("w=quorum> ")
        shell.type(CTRL_Z)
        shell.see("Stopped")
        shell.see("job> ")
        shell.type("fg\n")
        shell.type("put stopped k v\n")
        shell.see("done at level")
        shell.see("w=quorum> ")
        shell.type(CTRL_D)
        shell.see("job> ")
        shell.leave("exit\n")

    def test_a_value_without_a_newline_does_not_hide_the_prompt(self):
        shell = self.shell()
        shell.do("put lines k value")
        shell.type("get lines k -o raw\n")
        shell.see("value\n" + self.cluster.nodes[0].listen)

    def test_a_node_that_was_started_again_is_met_again(self):
        shell = self.shell()
        shell.do("put again k v")
        for node in self.cluster.nodes:
            node.stop()
        self.cluster.start()
        self.assertIn("done at level", shell.do("put again l v"))


class Scripts(AgainstThreeNodes, unittest.TestCase):
    def test_a_script_runs_and_ends_with_0(self):
        script = b"put scripts k 'a value'\n# a comment\nset bucket scripts\nset output raw\nget k\n"
        self.assertTrue(self.do("shell", stdin=script).endswith(b"a value"))

    def test_a_script_ends_with_its_first_failure(self):
        result = self.cluster.tool("shell", stdin=b"get scripts missing\nput scripts later v\n")
        self.assertEqual(3, result.returncode)
        self.assertIn(b"line 1", result.stderr)
        self.assertEqual(3, self.cluster.tool("get", "scripts", "later").returncode)

    def test_a_script_of_many_lines_runs_them_all(self):
        script = "".join(f"put many k{i} v\n" for i in range(300))
        self.do("shell", stdin=script.encode())
        self.assertEqual(300, len(self.do("keys", "many").split()))

    def test_no_history_is_kept_of_a_script(self):
        state = self.cluster.folder / "state"
        self.do("shell", stdin=b"put scripts secret v\n", env={"XDG_STATE_HOME": str(state)})
        self.assertFalse(state.exists())


if __name__ == "__main__":
    case_runner.main()
