#!/usr/bin/env python3
"""Checks what neither the compiler nor clang-tidy sees: the include law and the house rules.

The law stands in ARCHITECTURE.md, whose tables this script reads, so that map and code can not
drift apart. Usage: scripts/check_tree.py [--root DIR] [--report]
"""

import argparse
import re
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from cpp_source import CppSource

LINES_MAX = 500
LINES_MAX_NODE = 400
PUBLIC_HEADERS_MAX = 10
CODE_FOLDERS = ("src", "include")
NAMES_REFUSED = ("util", "utils", "common", "helper", "helpers", "manager", "misc")
TEXT_SUFFIXES = (".cc", ".h", ".c", ".py", ".md", ".fbs", ".build", ".toml", ".yaml", ".sh", "")
FOLDERS_SKIPPED = re.compile(r"^(\.git|\.cache|__pycache__|build.*|starling-(data|cluster))$")

STANDARD_HEADERS = frozenset(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono
    cinttypes climits clocale cmath compare complex concepts condition_variable coroutine csetjmp
    csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
    exception execution filesystem format forward_list fstream functional future initializer_list
    iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource
    mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator
    semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf
    string string_view syncstream system_error thread tuple type_traits typeindex typeinfo
    unordered_map unordered_set utility valarray variant vector version""".split()
)

# What a pure folder must not contain: rule, pattern, what to do instead.
PURE_BANS = (
    ("clock", r"\bstd::chrono::\w+_clock\b|\b(?:system|steady|high_resolution)_clock\b"
              r"|\b(?:clock_gettime|gettimeofday|timespec_get|localtime|gmtime)(?:_r)?\s*\("
              r"|\bstd::clock\s*\(|(?<![\w.>])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)",
     "take the instant as a parameter"),
    ("chance", r"\bstd::(?:random_device|\w+_distribution|shuffle|sample|rand|srand)\b"
               r"|(?<![\w.>:])s?rand\s*\(|\b(?:getrandom|arc4random)\w*\s*\(",
     "draw from a Random"),
    ("thread", r"#\s*include\s*<(?:thread|mutex|shared_mutex|atomic|condition_variable|future|semaphore"
               r"|latch|barrier|stop_token)>|\bpthread_\w+|\bstd::(?:j?thread|mutex|atomic)\b"
               r"|\bthread_local\b",
     "threads belong to the edges"),
    ("pointer-order", r"\bstd::(?:multi)?(?:set|map)\s*<\s*(?:const\s+)?[\w:]+\s*(?:const\s*)?\*"
                      r"|\bstd::less\s*<[^>]*\*\s*>",
     "addresses differ from run to run: order by an id"),
)


@dataclass(frozen=True)
class Finding:
    place: str
    rule: str
    text: str

    def __str__(self):
        return f"{self.place}: [{self.rule}] {self.text}"


@dataclass
class Law:
    """What the tables of ARCHITECTURE.md say."""

    includes: dict = field(default_factory=dict)  # folder -> {target: files that may, or None}
    pure: set = field(default_factory=set)
    packages: list = field(default_factory=list)  # (name, header patterns, homes)
    exceptions: dict = field(default_factory=dict)  # (file, rule) -> reason


def table_rows(text, first_column, second_column):
    """The rows, as lists of cells, of the table whose head begins with these two columns."""
    rows, inside = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[:2] == [first_column, second_column]:
            inside = True
        elif inside and not set(line) <= set("|-: "):
            rows.append(cells)
    return rows


def ticked(cell):
    return re.findall(r"`([^`]+)`", cell)


def read_law(architecture):
    law = Law()
    for folder_cell, pure, may in table_rows(architecture, "Folder", "Pure"):
        folder = ticked(folder_cell)[0]
        if pure == "yes":
            law.pure.add(folder)
        targets = re.findall(r"`([^`]+)`(?: \(only in ([^)]*)\))?", may)
        law.includes[folder] = {name: ticked(files) or None for name, files in targets}
    for name, headers, homes in table_rows(architecture, "Package", "Headers"):
        law.packages.append((name, ticked(headers), ticked(homes)))
    for file_cell, rule, reason in table_rows(architecture, "File", "Rule"):
        law.exceptions[(ticked(file_cell)[0], ticked(rule)[0])] = reason
    return law


class TreeCheck:
    def __init__(self, root):
        self.root = root
        self.law = read_law((root / "ARCHITECTURE.md").read_text(encoding="utf-8"))
        self.findings = []
        self.exceptions_used = set()
        self.sources = [CppSource.read(path) for path in self._code_files()]

    def _code_files(self):
        for top in CODE_FOLDERS:
            for suffix in ("*.h", "*.cc"):
                yield from sorted((self.root / top).rglob(suffix))

    def run(self):
        if not self.law.includes:
            self._add("ARCHITECTURE.md", "law", "has no table 'Folder | Pure | May include'")
        for source in self.sources:
            self._check_source(source)
        self._check_public_headers()
        self._check_whole_tree()
        for key in sorted(self.law.exceptions.keys() - self.exceptions_used):
            self._add("ARCHITECTURE.md", "exception", f"'{key[0]}' does not break '{key[1]}': drop it")
        return self.findings

    def _add(self, place, rule, text):
        self.findings.append(Finding(place, rule, text))

    def _report(self, source, line, rule, text):
        name = self._name(source)
        if (name, rule) in self.law.exceptions:
            self.exceptions_used.add((name, rule))
            return
        place = source.path.relative_to(self.root)
        self._add(f"{place}:{line}" if line else f"{place}", rule, text)

    def _name(self, source):
        """The file as the tables name it: `base/log.cc`, `include/starling/client.h`."""
        relative = source.path.relative_to(self.root)
        return relative.relative_to("src").as_posix() if relative.parts[0] == "src" else relative.as_posix()

    def folder_of(self, source):
        relative = source.path.relative_to(self.root)
        return relative.parts[1] if relative.parts[0] == "src" else "include/starling"

    def _check_source(self, source):
        folder = self.folder_of(source)
        if folder != "include/starling" and folder not in self.law.includes:
            self._report(source, 0, "law", f"folder '{folder}' has no row in ARCHITECTURE.md")
        self._check_includes(source, folder)
        if folder in self.law.pure:
            self._check_purity(source)
        self._check_house_rules(source, folder)
        self._check_test(source, folder)

    # -- the include law --

    def _check_includes(self, source, folder):
        for include in source.includes():
            if self._is_third_party(include):
                self._check_package(source, include, folder)
            elif not include.is_angled:
                self._check_direction(source, include, folder)

    def _is_third_party(self, include):
        if include.is_angled:
            return include.name not in STANDARD_HEADERS
        return any(fnmatch(include.name, p) for _, patterns, _ in self.law.packages for p in patterns)

    def _check_package(self, source, include, folder):
        for name, patterns, homes in self.law.packages:
            if not any(fnmatch(include.name, pattern) for pattern in patterns):
                continue
            if folder not in homes and self._name(source) not in homes:
                self._report(source, include.line, "package",
                             f"{include.name}: {name} lives in {', '.join(homes)}")
            return
        self._report(source, include.line, "package",
                     f"<{include.name}> is neither standard nor in the table of packages")

    def _check_direction(self, source, include, folder):
        if include.name.startswith("starling/"):
            return
        target = include.name.split("/")[0]
        if "/" not in include.name:
            self._report(source, include.line, "include", f"'{include.name}': write folder/file.h")
        elif target == folder:
            return
        elif not self._may_include(source, folder, target, include.name):
            self._report(source, include.line, "include", f"{folder} may not include {include.name}")

    def _may_include(self, source, folder, target, header):
        allowed = self.law.includes.get(folder, {})
        for entry in (target, header):
            if entry in allowed:
                files = allowed[entry]
                return files is None or source.path.name in files
        return False

    # -- determinism --

    def _check_purity(self, source):
        for number, line in enumerate(source.code_lines, 1):
            for rule, pattern, advice in PURE_BANS:
                match = re.search(pattern, line)
                if match:
                    self._report(source, number, rule, f"'{match.group().strip()}': {advice}")
        self._check_hash_order(source)

    def _check_hash_order(self, source):
        names = self._unordered_names(source)
        if not names:
            return
        alternatives = "|".join(sorted(names))
        walks = re.compile(rf"\bfor\s*\([^;]*[^:]:\s*[\w.>()-]*?\b(?:{alternatives})\s*\)"
                           rf"|\b(?:{alternatives})\s*\.\s*c?begin\s*\(")
        for number, line in enumerate(source.code_lines, 1):
            around = "".join(source.lines[max(0, number - 2) : number])
            if walks.search(line) and "order unseen:" not in around:
                self._report(source, number, "hash-order",
                             "a walk over a hash container; if nobody can see the order, say why in "
                             "'// order unseen: …'")

    def _unordered_names(self, source):
        """Variables and members declared here, or in the header of the same name, as unordered."""
        code = source.code
        header = source.path.with_suffix(".h")
        if source.path.suffix == ".cc" and header.exists():
            code += CppSource.read(header).code
        types = [r"std::unordered_\w+\s*<[^;={}()]*>"]
        types += [rf"\b{name}" for name in re.findall(r"\busing\s+(\w+)\s*=\s*std::unordered_", code)]
        return set(re.findall(rf"(?:{'|'.join(types)})\s*&?\s+&?(\w+)", code))

    # -- house rules --

    def _check_house_rules(self, source, folder):
        limit = LINES_MAX_NODE if folder == "node" else LINES_MAX
        if len(source.lines) > limit:
            self._report(source, 0, "size", f"{len(source.lines)} lines, the limit is {limit}")
        for number, line in enumerate(source.code_lines, 1):
            if re.search(r"\busing\s+namespace\b", line):
                self._report(source, number, "using-namespace", "name what you use")
            if re.search(r"\bstd::shared_ptr\s*<(?!\s*const\s+Ring\s*>)", line):
                self._report(source, number, "shared-pointer", "only the immutable Ring is shared")
        if source.path.suffix == ".h" and not re.search(r"^#pragma once$", source.code, re.MULTILINE):
            self._report(source, 0, "pragma-once", "a header begins with #pragma once")

    def _check_test(self, source, folder):
        if source.path.suffix != ".cc":
            return
        below = source.path.relative_to(self.root / "src").with_suffix("")
        test = Path("tests/unit") / below.with_name(below.name + "_test.cc")
        if not (self.root / test).exists():
            self._report(source, 0, "test", f"has no test {test}")

    def _check_public_headers(self):
        count = sum(1 for s in self.sources if self.folder_of(s) == "include/starling")
        if count > PUBLIC_HEADERS_MAX:
            self._add("include/starling", "size", f"{count} headers, the limit is {PUBLIC_HEADERS_MAX}")

    # -- every file, of whatever kind --

    def files(self):
        pending = [self.root]
        while pending:
            for path in sorted(pending.pop().iterdir()):
                if FOLDERS_SKIPPED.match(path.name) or path.is_symlink():
                    continue
                if path.is_dir():
                    pending.append(path)
                elif path.is_file():
                    yield path

    def _check_whole_tree(self):
        # A path of the author's machine is of no use to anybody else.
        machine_path = re.compile(r"(?<![\w.~)}-])/(?:work|home|Users|root|mnt)/[\w.-]+")
        for path in self.files():
            relative = path.relative_to(self.root)
            for part in relative.with_suffix("").parts:
                words = part.lower().split("_")
                if any(word in NAMES_REFUSED for word in words) and relative.parts[0] != "schemas":
                    self._add(str(relative), "name", f"'{part}' says nothing: name the thing in it")
            if path.suffix not in TEXT_SUFFIXES:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            for number, line in enumerate(text.splitlines(), 1):
                if machine_path.search(line):
                    self._add(f"{relative}:{number}", "machine-path", line.strip()[:80])


def main():
    parser = argparse.ArgumentParser(description="Checks the tree against ARCHITECTURE.md.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--report", action="store_true", help="print the numbers and the budget")
    arguments = parser.parse_args()
    if not (arguments.root / "ARCHITECTURE.md").exists():
        parser.error(f"{arguments.root} has no ARCHITECTURE.md, where the law stands")
    check = TreeCheck(arguments.root.resolve())
    if arguments.report:
        import tree_report

        tree_report.print_report(check)
        return 0
    findings = check.run()
    for finding in findings:
        print(finding)
    print(f"check_tree: {len(check.sources)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
