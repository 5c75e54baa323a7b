"""Runs the unittest cases of a script and prints what scripts/check counts: `cases: X passed, Y failed`.

Each case is named by class and method, as a sentence. A failure shows the end of the nodes' logs.
"""

import sys
import time
import unittest


# What a test tells meson that could not be run here.
MESON_SKIPPED = 77


def name_of(test):
    method = getattr(test, "_testMethodName", None)
    if method is None:  # a scenario that could not even be set up
        return str(test)
    return f"{type(test).__name__}: {method.removeprefix('test_').replace('_', ' ')}"


class Report(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.passed = 0
        self.failed = 0
        self.skipped_cases = 0
        self._begun = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._begun = time.monotonic()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        print(f"ok      {name_of(test)} ({time.monotonic() - self._begun:.1f} s)", flush=True)

    def addError(self, test, err):
        super().addError(test, err)
        self._fail(test, self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail(test, self.failures[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.skipped_cases += 1
        print(f"skipped {name_of(test)}: {reason}", flush=True)

    def _fail(self, test, text):
        self.failed += 1
        print(f"FAILED  {name_of(test)}\n{text}", flush=True)
        cluster = getattr(test, "cluster", None)
        if cluster is not None:
            print(f"the ends of the logs:\n{cluster.tail()}", flush=True)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    if len(sys.argv) > 1:
        suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:], sys.modules["__main__"])
    report = Report()
    suite.run(report)
    print(f"cases: {report.passed} passed, {report.failed} failed")
    if report.skipped_cases and not report.failed and not report.passed:
        sys.exit(MESON_SKIPPED)
    sys.exit(1 if report.failed or not report.passed else 0)
