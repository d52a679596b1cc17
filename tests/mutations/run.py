#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does each test of a fault turn red when its remedy is taken away?

A mutation is a patch of this folder: its head names the remedy that it removes and the tests that
must then fail. This script copies what git does not ignore into a folder of its own, builds the
copy, and for each mutation applies the patch there, builds what the named tests need, runs them,
and takes the patch back. The tree that it is called from is never changed.

  tests/mutations/run.py                       all mutations
  tests/mutations/run.py --list                what there is, without running anything
  tests/mutations/run.py watchdog_off poison   these two
  tests/mutations/run.py --ci                  a covering subset of a few minutes
  tests/mutations/run.py --continue            go on where a call on this revision was interrupted
  tests/mutations/run.py --table               the table of each patch's last results
  tests/mutations/run.py --whole watchdog_off  name all cases of those tests that turn red

Exit code: 0 every named test turned red; 1 a test stayed green, or is red without any mutation;
2 a patch does not apply, a mutation does not compile, a test does not exist, or usage.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import itertools
import os
import re
import re
import subprocess
import sys
import time
from pathlib import Path

from mutation import Fault, Mutation, Tests, Verdict, read_all

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NOTHING = Mutation(Path("(none)"))
COLUMNS = [
    "utc", "revision", "mutation", "patch", "remedy", "test", "case", "red", "seconds", "note"
]  # fmt: skip


def git(*words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), *words], check=True, capture_output=True, text=True
    ).stdout


def revision() -> str:
    """The last commit outside this folder, with a hash of what differs from it."""
    outside = ["--", str(ROOT), f":(exclude){HERE.relative_to(ROOT).as_posix()}"]
    changes = git("diff", "HEAD", *outside)
    for name in git("ls-files", "--others", "--exclude-standard", *outside).splitlines():
        changes += name + (ROOT / name).read_text(encoding="utf-8", errors="replace")
    mark = "+" + hashlib.sha256(changes.encode()).hexdigest()[:8] if changes else ""
    return git("log", "-1", "--format=%h", "--abbrev=12", *outside).strip() + mark


def copy_tree(to: Path) -> None:
    """Makes `to` hold what git does not ignore, writing only what differs: builds stay small."""
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    names = {name for name in listed if name and (ROOT / name).is_file()}
    for name in names:
        source, copy = ROOT / name, to / name
        if copy.is_file() and copy.read_bytes() == source.read_bytes():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
        copy.chmod(source.stat().st_mode)
    for copy in to.rglob("*"):
        inside = copy.relative_to(to).as_posix()
        if copy.is_file() and inside not in names and "__pycache__" not in inside:
            copy.unlink()


def cached(cache: Path) -> dict[str, str]:
    """CMake's settings of another build folder that matter here."""
    if not cache.is_file():
        return {}
    wanted = ("CARDWISE_", "CMAKE_BUILD_TYPE", "CMAKE_CXX_COMPILER:", "CMAKE_CXX_FLAGS:")
    settings = {}
    for line in cache.read_text(encoding="utf-8").splitlines():
        if line.startswith(wanted) and "NOTFOUND" not in line and not line.endswith("="):
            name, _, value = line.partition("=")
            settings[name] = value
    return settings


class Work:
    """The copy of the tree with its build, and the results so far."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.folder: Path = args.build.resolve()
        self.tree, self.build, self.jobs = self.folder / "tree", self.folder / "build", args.jobs
        self.results = self.folder / "results.tsv"
        self.revision = revision()
        self.definitions: list[str] = args.define
        self.env = {
            **os.environ,
            # A copy of the tree finds in the compiler's cache what another copy has compiled.
            "CCACHE_BASEDIR": str(self.folder),
            "CCACHE_NOHASHDIR": "1",
            "OMPI_MCA_mpi_yield_when_idle": "1",
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            # git apply must not take the copy for a part of the repository around it.
            "GIT_CEILING_DIRECTORIES": str(self.folder),
        }
        # A test whose tool is missing is to be seen as skipped, not as red.
        self.env.pop("CARDWISE_REQUIRE", None)

    def prepare(self) -> None:
        self.tree.mkdir(parents=True, exist_ok=True)
        (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
        copy_tree(self.tree)
        settings = cached(ROOT / "build" / "release" / "CMakeCache.txt")
        settings.setdefault("CARDWISE_PYTHON:FILEPATH", sys.executable)
        # A removed remedy may leave something unused behind.
        settings |= {"CARDWISE_TESTS:BOOL": "ON", "CARDWISE_WERROR:BOOL": "OFF"}
        command = ["cmake", "-S", str(self.tree), "-B", str(self.build), "-G", "Ninja"]
        command += ["-DCMAKE_BUILD_TYPE=Release"]
        command += [f"-D{name}={value}" for name, value in settings.items()]
        command += [f"-D{text}" for text in self.definitions]
        self._tool(command, "configuring the copy")

    def make(self, targets: list[str]) -> None:
        if targets:
            command = ["cmake", "--build", str(self.build), f"-j{self.jobs}", "--target", *targets]
            self._tool(command, "building " + ", ".join(targets))

    def _tool(self, command: list[str], what: str) -> None:
        done = subprocess.run(
            command, env=self.env, capture_output=True, text=True, errors="replace"
        )
        if done.returncode != 0:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
            raise Fault(f"{what} failed\n{tail}")

    def apply(self, mutation: Mutation) -> dict[Path, bytes]:
        """Applies the patch; what its files held before."""
        before = {self.tree / name: (self.tree / name).read_bytes() for name in mutation.files}
        command = ["git", "apply", "--whitespace=nowarn", "-p1", str(mutation.path)]
        done = subprocess.run(command, cwd=self.tree, env=self.env, capture_output=True, text=True)
        unchanged = all(path.read_bytes() == held for path, held in before.items())
        if done.returncode != 0 or unchanged:
            restore(before)
            why = done.stderr.strip() or "it changes nothing"
            raise Fault(f"the patch does not apply to {self.revision}: {why}")
        return before

    def record(self, mutation: Mutation, verdicts: list[Verdict]) -> None:
        fresh = not self.results.exists()
        with self.results.open("a", encoding="utf-8") as out:
            if fresh:
                out.write("\t".join(COLUMNS) + "\n")
            for v in verdicts:
                now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
                row = [now, self.revision, mutation.name, mutation.hash, mutation.remedy]
                row += [v.test, v.case, v.red, f"{v.seconds:.1f}", v.note]
                out.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")

    def recorded(self, any_revision: bool = False) -> dict[tuple[str, str, str], dict[str, str]]:
        """The last result, of this revision or any, for each patch, test and case."""
        if not self.results.exists():
            return {}
        rows = {}
        for line in self.results.read_text(encoding="utf-8").splitlines()[1:]:
            row = dict(zip(COLUMNS, line.split("\t")))
            if any_revision or row["revision"] == self.revision:
                rows[row["patch"], row["test"], row["case"]] = row
        return rows


def restore(before: dict[Path, bytes]) -> None:
    """With today's time stamp: an object file of the mutation must not pass for newer."""
    for path, held in before.items():
        path.write_bytes(held)


def baseline(work: Work, tests: Tests, chosen: list[Mutation], done: dict) -> bool:
    """All named tests pass without a mutation: else their being red says nothing."""
    wanted: dict[str, list[str]] = {}
    for mutation in chosen:
        for test, cases in mutation.red.items():
            known = wanted.setdefault(test, [])
            known += [case for case in cases if case not in known]
    good = True
    for test, cases in wanted.items():
        fresh = [c for c in cases or [""] if ("", test, c) not in done]
        if not fresh:
            continue
        verdicts = tests.run(test, [c for c in fresh if c])
        work.record(NOTHING, verdicts)
        for v in verdicts:
            if v.red != "no":
                good = False
                print(
                    f"without any mutation {v.label} is not green: {v.note}\n{v.output}", flush=True
                )
    return good


def run_one(work: Work, tests: Tests, mutation: Mutation, whole: bool) -> list[Verdict]:
    start = time.monotonic()
    before = work.apply(mutation)
    try:
        work.make(tests.targets(mutation.red))
        built = time.monotonic()
        verdicts = [
            v for test, cases in mutation.red.items() for v in tests.run(test, cases, whole)
        ]
    finally:
        restore(before)
    print(f"{mutation.name}: built {built - start:.0f} s, tested {time.monotonic() - built:.0f} s")
    for v in verdicts:
        print(f"  {v.word:9} {v.label} ({v.seconds:.1f} s)")
        if v.red != "yes":
            print("\n".join("    " + line for line in [v.note, *v.output.splitlines()]))
    sys.stdout.flush()
    return verdicts


def table(rows: list[dict[str, str]]) -> str:
    """Mutation | remedy removed | test | red?, in Markdown: one row a test, however many cases."""
    lines = ["| mutation | remedy removed | test | red? |", "|---|---|---|---|"]
    last = ""
    for (mutation, test), group in itertools.groupby(
        rows, key=lambda row: (row["mutation"], row["test"])
    ):
        cases = list(group)
        name = {1: f"{test}: {cases[0]['case']}".removesuffix(": ")}
        label = name.get(len(cases), f"{test}: {len(cases)} cases").replace("|", "\\|")
        green = [row["case"] for row in cases if row["red"] != "yes"]
        red = "yes" if not green else "NO: " + "; ".join(green)
        head = f"| {mutation} | {cases[0]['remedy']} " if mutation != last else "| | "
        lines.append(f"{head}| {label} | {red} |")
        last = mutation
    mutations = len({row["mutation"] for row in rows})
    red_rows = sum(row["red"] == "yes" for row in rows)
    revisions = ", ".join(sorted({row["revision"] for row in rows}))
    day = max((row["utc"][:10] for row in rows), default="nothing yet")
    end = f"{mutations} mutations, {red_rows} of {len(rows)} tests and cases red"
    return "\n".join([*lines, "", f"{end}; {day}, revision {revisions}"])


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutations; default: all")
    parser.add_argument("--list", action="store_true", help="print the mutations and their tests")
    parser.add_argument(
        "--ci", action="store_true", help="the subset marked Ci, without a baseline"
    )
    parser.add_argument("--only", metavar="REGEX", default="",
                        help="tests whose name matches: '^selftest' takes each alarm's remedy away")  # fmt: skip
    parser.add_argument("--continue", dest="resume", action="store_true",
                        help="skip what this revision's results hold")  # fmt: skip
    parser.add_argument(
        "--table", action="store_true", help="print each patch's last results and end"
    )
    parser.add_argument("--whole", action="store_true",
                        help="run the named tests whole; name all that turn red")  # fmt: skip
    parser.add_argument("--no-baseline", action="store_true",
                        help="do not first see the tests green")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="compilers at a time; default: one a CPU")  # fmt: skip
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "mutations", metavar="DIR",
                        help="folder of copy, build and results.tsv (build/mutations)")  # fmt: skip
    parser.add_argument("-D", dest="define", action="append", default=[], metavar="NAME=VALUE",
                        help="for CMake, beside the settings of build/release")  # fmt: skip
    return parser.parse_args()


def choose(args: argparse.Namespace) -> list[Mutation]:
    known = read_all(HERE)
    names = {m.name for m in known}
    unknown = [name for name in args.names if name not in names]
    if unknown:
        raise Fault(f"there is no mutation {', '.join(unknown)}; --list names them")
    chosen = [m for m in known if m.name in args.names] if args.names else known
    if args.only:  # of each patch the tests of that name, and nothing else
        for m in chosen:
            m.red = {test: cases for test, cases in m.red.items() if re.search(args.only, test)}
        chosen = [m for m in chosen if m.red]
    return [m for m in chosen if m.ci] if args.ci else chosen


def run_all(args: argparse.Namespace, chosen: list[Mutation], work: Work) -> int:
    start = time.monotonic()
    done = work.recorded() if args.resume else {}
    todo = [m for m in chosen if any((m.hash, t, c) not in done for t, c in m.rows())]
    work.prepare()
    tests = Tests(work.tree, work.build, work.env)
    work.make(tests.targets({test: [] for m in todo for test in m.red}))
    print(
        f"{work.revision}: {len(todo)} mutations, built in {time.monotonic() - start:.0f} s",
        flush=True,
    )
    code = 0
    if not (args.ci or args.no_baseline) and not baseline(work, tests, todo, done):
        code = 1
    for mutation in todo:
        try:
            verdicts = run_one(work, tests, mutation, args.whole)
        except Fault as fault:
            print(f"{mutation.name}: ERROR: {fault}", flush=True)
            code = 2
            continue
        work.record(mutation, verdicts)
        if any(v.red != "yes" for v in verdicts):
            code = max(code, 1)
    print(f"{time.monotonic() - start:.0f} s in all\n")
    return code


def main() -> int:
    args = parse()
    try:
        chosen = choose(args)
        if args.list:
            for m in chosen:
                print(f"{m.name}{' (ci)' if m.ci else ''}: {m.remedy}")
                for test, cases in m.red.items():
                    print(f"    {test}" + (": " + "; ".join(cases) if cases else ""))
            return 0
        work = Work(args)
        code = 0 if args.table else run_all(args, chosen, work)
        results = work.recorded(any_revision=args.table)
        keys = [(m.hash, test, case) for m in chosen for test, case in m.rows()]
        rows = [results[key] for key in keys if key in results]
        print(table(rows))
        if not args.table and any(row["red"] != "yes" for row in rows):
            code = max(code, 1)
        return code
    except Fault as fault:
        print(f"run.py: {fault}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
