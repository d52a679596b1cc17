# SPDX-License-Identifier: Apache-2.0
"""What a patch's head says, and whether a test, or a case of it, is red.

The head of a patch, above its first `---`:

    Remedy: rank 0 saves the last whole image before it aborts
    Red: faults_hang
    Red: watchdog: Watchdog.NamesRankHostCaseAndStepAndSavesFirstOnRank0
    Red: e2e.bad_input: test_what_is_typed[size]; test_more_ranks_than_cards
    Ci: yes

`Red:` names a test of CTest, or `report`, which is pytest in tests/report. Behind a colon stand the
cases that must fail in it: GoogleTest's (of which only those are run) or pytest's (of which only
functions of those names are run).
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

REPORT = "report"
REPORT_LIMIT_S = 90
TAIL_LINES = 30
FOUND_BY_TESTS = (
    "cardwise",
    "tests/doubles/cuda/libcuda.so.1",
    "tests/doubles/cuda/libcardwise_nvrtc_double.so",
    "tests/faults/layer/libcardwise_test_double_lying_opencl.so",
)
WRITTEN_BY_TESTS = re.compile(r"cache|[.](log|h5|jsonl)$|add_kernel$|selftest$")


class Fault(Exception):
    """What ends a mutation, or the whole call, with exit code 2."""


@dataclass
class Mutation:
    path: Path
    remedy: str = ""
    red: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    ci: bool = False
    hash: str = ""  # of all but the Ci: line

    @property
    def name(self) -> str:
        return self.path.stem

    def rows(self) -> list[tuple[str, str]]:
        return [(test, case) for test, cases in self.red.items() for case in cases or [""]]


def read_all(folder: Path) -> list[Mutation]:
    return [read(path) for path in sorted(folder.glob("*.patch"))]


def read(path: Path) -> Mutation:
    lines = path.read_text(encoding="utf-8").splitlines()
    tested = "\n".join(line for line in lines if not line.startswith("Ci: "))
    mutation = Mutation(path, hash=hashlib.sha256(tested.encode()).hexdigest()[:8])
    for line in lines:
        if line.startswith("--- "):
            break
        word, _, rest = line.partition(": ")
        if word == "Remedy":
            mutation.remedy = rest.strip()
        elif word == "Ci":
            mutation.ci = rest.strip() == "yes"
        elif word == "Red":
            test, _, cases = rest.partition(": ")
            mutation.red.setdefault(test.strip(), [])
            mutation.red[test.strip()] += [c.strip() for c in cases.split("; ") if c.strip()]
        elif line.strip():
            raise Fault(f"{path.name}: '{line}' is none of Remedy:, Red:, Ci:")
    mutation.files = [line[6:] for line in lines if line.startswith("--- a/")]
    for what, there in (
        ("Remedy:", mutation.remedy),
        ("Red:", mutation.red),
        ("--- a/", mutation.files),
    ):
        if not there:
            raise Fault(f"{path.name} has no line '{what} …'")
    return mutation


@dataclass
class Verdict:
    test: str
    case: str
    red: str  # yes, no, or unknown: skipped, or it was not run
    seconds: float
    note: str = ""
    output: str = ""

    @property
    def label(self) -> str:
        return self.test + (f": {self.case}" if self.case else "")

    @property
    def word(self) -> str:
        return {"yes": "red", "no": "NOT RED"}.get(self.red, "UNKNOWN")


@dataclass
class Ended:
    """One call of a test: its state (passed, failed, timeout, skipped) and output."""

    state: str
    output: str
    seconds: float


class Tests:
    """The tests of a build folder."""

    def __init__(self, tree: Path, build: Path, env: dict[str, str]) -> None:
        self.tree, self.build, self.env = tree, build, {**env, "GTEST_COLOR": "no"}
        self.known: dict[str, str] = {}  # what CTest's files say of each, built or not
        for file in build.rglob("CTestTestfile.cmake"):
            for line in file.read_text(encoding="utf-8").splitlines():
                if match := re.match(r"(?:add_test|set_tests_properties)\(\[=\[(.+?)\]=\]", line):
                    self.known[match[1]] = self.known.get(match[1], "") + line
        for line in (build / "CMakeCache.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("CARDWISE_PYTHON:"):
                self.python = line.partition("=")[2]

    def targets(self, tests: Iterable[str]) -> list[str]:
        """Files of the build that the commands and environments of these tests name."""
        found = set()
        for name in tests:
            if name != REPORT and name not in self.known:
                raise Fault(f"CTest knows no test {name}")
            for word in re.split(r'[";=]', self.known.get(name, "")):
                if word == str(self.build):  # the test finds there what it needs
                    found.update(FOUND_BY_TESTS)
                inside = word.removeprefix(str(self.build) + "/")
                if inside != word and not WRITTEN_BY_TESTS.search(inside):
                    found.add(inside)
        return sorted(found)

    def run(self, test: str, cases: list[str], whole: bool = False) -> list[Verdict]:
        """One verdict a named case, or one for the test; with `whole`, also what else is red."""
        ended = self._report(cases, whole) if test == REPORT else self._ctest(test, cases, whole)
        states = case_states(ended.output)
        verdicts = []
        for case in cases or [""]:
            red, note = judge(ended, states, case)
            output = "\n".join(ended.output.splitlines()[-TAIL_LINES:])
            verdicts.append(
                Verdict(test, case, red, ended.seconds / len(cases or [""]), note, output)
            )
        if whole:
            others = [c for c, s in states.items() if s == "failed" and c not in cases]
            print(f"  {test}: {len(others)} more red: " + "; ".join(sorted(others)), flush=True)
        return verdicts

    def _ctest(self, test: str, cases: list[str], whole: bool) -> Ended:
        env = dict(self.env)
        if cases and not whole:
            env["GTEST_FILTER"] = ":".join(c for c in cases if "." in c)
            names = sorted({c.partition("[")[0] for c in cases})
            env["PYTEST_ADDOPTS"] = f"-k '{' or '.join(names)}'"
        command = ["ctest", "--test-dir", str(self.build), "-V", "-R", f"^{re.escape(test)}$"]
        start = time.monotonic()
        done = subprocess.run(command, env=env, capture_output=True, text=True, errors="replace")
        seconds = time.monotonic() - start
        output = re.sub(r"^\d+: |\033\[[\d;]*m", "", done.stdout, flags=re.M)
        # "1/1 Test #90: faults_hang ......***Failed   12.3 sec"
        line = re.search(rf"Test +#\d+: {re.escape(test)} [. ]*(.*)$", output, re.M)
        said = line[1] if line else ""
        state = "failed"
        for word in ("Passed", "Skipped", "Timeout", "Not Run"):
            if word in said:
                state = word.lower()
        return Ended(state, output, seconds)

    def _report(self, cases: list[str], whole: bool) -> Ended:
        folder = self.tree / "tests" / REPORT
        nodes = ["."] if whole or not cases else [node_of(folder, case) for case in cases]
        command = [self.python, "-m", "pytest", "-v", "--tb=short", "-p", "no:cacheprovider"]
        start = time.monotonic()
        pytest = subprocess.Popen([*command, *nodes], cwd=folder, env=self.env, text=True,
                                  errors="replace", stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
        try:
            output, _ = pytest.communicate(timeout=REPORT_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(pytest.pid, signal.SIGKILL)  # with the children that its tests have made
            output, _ = pytest.communicate()
            return Ended("timeout", output, time.monotonic() - start)
        state = {0: "passed", 1: "failed"}.get(pytest.returncode, "not run")
        return Ended(state, output, time.monotonic() - start)


def node_of(folder: Path, case: str) -> str:
    """pytest's name of a case: with the file that defines it."""
    function = f"def {case.partition('[')[0]}("
    for file in sorted(folder.glob("test_*.py")):
        if function in file.read_text(encoding="utf-8"):
            return f"{file.name}::{case}"
    raise Fault(f"no file of {folder} defines {case}")


def case_states(output: str) -> dict[str, str]:
    """passed, failed, skipped, or begun, of each case that GoogleTest or pytest names."""
    words = {"RUN": "begun", "OK": "passed", "SKIPPED": "skipped", "PASSED": "passed"}
    states: dict[str, str] = {}
    for line in output.splitlines():
        if match := re.match(r"\[ +(RUN|OK|FAILED|SKIPPED) +\] ([\w/.]+)", line):
            word, case = match.groups()
        elif match := re.match(r"\S+\.py::(.+?) (PASSED|FAILED|ERROR|SKIPPED)\b", line):
            case, word = match.groups()
        else:
            continue
        if states.get(case) != "failed":  # of several ranks one is enough
            states[case] = words.get(word, "failed")
    return states


def judge(ended: Ended, states: dict[str, str], case: str) -> tuple[str, str]:
    """Whether the test, or its case, is red: yes, no or unknown, and why."""
    if ended.state in ("skipped", "not run"):
        return "unknown", f"the test was {ended.state}"
    if not case:
        return ("no", "it passed") if ended.state == "passed" else ("yes", ended.state)
    state = states.get(case)
    if state == "failed":
        return "yes", "failed"
    if state == "begun" and ended.state != "passed":
        return "yes", f"it did not come to its end ({ended.state})"
    if state == "passed":
        return "no", "it passed"
    if state is None and ended.state == "timeout":
        return "yes", "timeout"
    return "unknown", f"the case was {state or 'not run'}"
