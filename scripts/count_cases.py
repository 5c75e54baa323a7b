#!/usr/bin/env python3
"""Counts the cases of a test run from meson's testlog.json.

A program tells its cases in its own way: doctest by its summary, python's unittest by `Ran N tests`,
others by a line `cases: X passed, Y failed`. A program without such a line is one case. A program
that fails without a failed case (it crashed, or ran out of time) is one failed case, so that
nothing ends unseen. Names each program that failed; the last line is `PASSED FAILED`.
"""

import json
import re
import sys
from pathlib import Path

DOCTEST = re.compile(r"^\[doctest\] test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed", re.MULTILINE)
UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_FAILED = re.compile(r"^FAILED \((.*)\)", re.MULTILINE)
UNITTEST_SKIPPED = re.compile(r"^(?:OK|FAILED) \(.*\bskipped=(\d+)", re.MULTILINE)
OTHERS = re.compile(r"^cases: (\d+) passed, (\d+) failed", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def cases_told(output):
    """(passed, failed) as the program's output tells them, or None."""
    told = DOCTEST.findall(output) + OTHERS.findall(output)
    ran = UNITTEST.findall(output)
    if ran:
        words = UNITTEST_FAILED.search(output)
        failed = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", words.group(1))) if words else 0
        skipped = sum(int(n) for n in UNITTEST_SKIPPED.findall(output))
        told.append((sum(int(n) for n in ran) - failed - skipped, failed))
    if not told:
        return None
    return sum(int(good) for good, _ in told), sum(int(bad) for _, bad in told)


def count(entry):
    """(passed, failed) of one program of the log."""
    if entry["result"] == "SKIP":
        return 0, 0
    output = COLOUR.sub("", (entry.get("stdout") or "") + "\n" + (entry.get("stderr") or ""))
    is_good = entry["result"] in ("OK", "EXPECTEDFAIL")
    told = cases_told(output)
    if told is None:
        return (1, 0) if is_good else (0, 1)
    passed, failed = told
    if not is_good and failed == 0:
        failed = 1
    return passed, failed


def main(log):
    passed, failed = 0, 0
    entries = []
    if log.exists():
        entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    if not entries:
        print(f"count_cases: no test ran ({log})")
        failed = 1
    for entry in entries:
        good, bad = count(entry)
        passed, failed = passed + good, failed + bad
        if bad:
            print(f"failed: {entry['name']} ({entry['result'].lower()}, {bad} cases)")
    print(f"{passed} {failed}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
