#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every way in which ranks and cards can be mismatched, tried with the real program.

    matrix.py --cardwise PROGRAM [--only WORDS]         tries all on PoCL, the CUDA double, two "nodes"
    matrix.py … --on gpu                                the CUDA rows on the real cards of this node
    matrix.py … --markdown FILE                         also writes the table there
    matrix.py --paste FILE MARKER                       puts such a table into docs/reliability.md

A row is data: how ranks are started, what they see, and what must come of it. Exit code 0: each as it must be.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import traceback

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "readme")]

import program  # noqa: E402
import section  # noqa: E402
from rows_cuda import cuda_rows  # noqa: E402
from rows_logic import logic_rows  # noqa: E402
from rows_opencl import pocl_rows  # noqa: E402
from situation import NODES, Cuda, Row  # noqa: E402

AGENT = TESTS / "mpi" / "fakessh.sh"
SMALL = ["--profile", "quick", "--max-bytes", "64KiB", "--rounds", "1", "--progress", "none", "--filter", "mem/saxpy"]


def start(row: Row, path: pathlib.Path) -> program.Done:
    words = ["run", *row.args, *SMALL, "--output", path]
    launcher = list(row.launcher)
    env = row.env
    if row.on == NODES:
        forward = [word for name in env for word in ("-x", name)]
        nodes = subprocess.run(
            [AGENT, "--options", program.MPIRUN], check=True, capture_output=True, text=True
        ).stdout.split()
        launcher = [*nodes, *forward, *launcher]
    if not row.each:
        return program.cardwise(*words, ranks=row.ranks, launcher=launcher, env=env, timeout_s=180)
    kept, program.CARDWISE = program.CARDWISE, "bash"
    try:  # what is different from rank to rank is a line of shell before the program
        return program.cardwise(
            "-c", row.each + ' exec "$0" "$@"', kept, *words, ranks=row.ranks, launcher=launcher, env=env, timeout_s=180
        )
    finally:
        program.CARDWISE = kept


def judge(row: Row, done: program.Done, path: pathlib.Path) -> list[str]:
    """What is not as it must be."""
    wrong = []
    if done.code != row.code:
        wrong.append(f"exit code {done.code}, not {row.code}")
    said = done.messages() if row.refused else (done.out + done.err).splitlines()
    if row.refused and len(said) != 1:
        wrong.append(f"{len(said)} messages, not one")
    for words in row.says:
        if not any(all(re.search(w, line) for w in words.split(" & ")) for line in said):
            wrong.append(f"nothing says '{words}'")
    if path.exists() == row.refused:
        wrong.append("a result file was written" if row.refused else "no result file")
    elif path.exists():
        ranks = program.read_ranks(path)
        for column, values in row.columns.items():
            if ranks[column] != values:
                wrong.append(f"{column} is {ranks[column]}, not {values}")
        if row.distinct and len(set(zip(ranks["node"], ranks["identity"]))) != row.ranks:
            wrong.append(f"{ranks['identity']} are not {row.ranks} cards")
        dead = row.ranks - len([i for i in ranks["identity"] if i])
        wrong += [] if dead == row.dead else [f"{dead} ranks without a card, not {row.dead}"]
        wrong += [f"{c.key} is {c.status}: {c.text}" for c in program.read_cases(path) if c.status != "ok"]
    return wrong


def what_happened(row: Row, done: program.Done, path: pathlib.Path) -> str:
    if path.exists():
        ranks = program.read_ranks(path)
        cards = ", ".join(f"{h}: {i.rsplit('/', 1)[-1][-16:]}" for h, i in zip(ranks["host"], ranks["identity"]))
        named = [
            line.strip() for line in done.out.splitlines() if row.says and re.search(row.says[0].split(" & ")[0], line)
        ]
        return f"exit {done.code}; {cards}" + (f"; “{named[0]}”" if named else "")
    said = done.messages()
    return f"exit {done.code}; “{said[0] if said else ''}”"


def logic(row: Row, tests: pathlib.Path) -> tuple[list[str], str]:
    ended = subprocess.run(
        [tests, f"--gtest_filter={':'.join(row.units)}"], capture_output=True, text=True, check=False, timeout=120
    )
    print(ended.stdout)
    passed = [u for u in row.units if f"[       OK ] {u} " in ended.stdout]
    wrong = [f"{u} did not pass" for u in row.units if u not in passed]
    return wrong, f"{len(passed)} of {len(row.units)} unit tests: " + ", ".join(row.units)


def can(row: Row) -> str:
    """Why this machine cannot try a row; "" it can."""
    if row.on == NODES and subprocess.run([AGENT, "probe", "true"], check=False, capture_output=True).returncode:
        return "this machine allows no namespaces"
    if "OCL_ICD_VENDORS" in row.each and not program.loader_hears():
        return "the OpenCL loader does not hear of OCL_ICD_VENDORS"
    return row.cannot


def tell(text: str, limit: int = 230) -> str:
    text = re.sub(r"(/[\w.+-]+){3,}", lambda m: "…/" + m.group(0).rsplit("/", 1)[1], text)
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return text.replace("|", "\\|")


def try_all(rows: list[Row], args) -> tuple[list[str], int, int, int]:
    lines = ["| situation | on | what must happen | what happened | |", "|---|---|---|---|---|"]
    right = tried = skipped = 0
    for row in rows:
        why = can(row)
        if why:
            skipped += 1
            lines.append(f"| {row.name} | {row.on} | {row.must} | untested: {tell(why)} | – |")
            print(f"\n=== {row.name} ({row.on}): untested: {why}", flush=True)
            continue
        print(f"\n=== {row.name} ({row.on}): {row.must}", flush=True)
        tried += 1
        try:
            if row.units:
                wrong, happened = logic(row, args.unit_tests)
            else:
                with tempfile.TemporaryDirectory() as folder:
                    path = pathlib.Path(folder) / "run.h5"
                    done = start(row, path)
                    wrong, happened = judge(row, done, path), what_happened(row, done, path)
        except Exception:  # a row that cannot be judged is not as it must be
            traceback.print_exc()
            wrong, happened = ["no verdict"], traceback.format_exc(limit=1).splitlines()[-1]
        right += not wrong
        verdict = "FAILED: " + "; ".join(wrong) if wrong else "PASSED"
        print(f"matrix.py::{row.on}: {row.name} {verdict}", flush=True)  # as pytest prints it
        mark = "yes" if not wrong else "**NO**: " + tell("; ".join(wrong))
        lines.append(f"| {row.name} | {row.on} | {row.must} | {tell(happened)} | {mark} |")
    return lines, right, tried, skipped


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cardwise", type=pathlib.Path)
    parser.add_argument("--unit-tests", type=pathlib.Path, help="test_placement, for rows of logic")
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--on", choices=["here", "gpu"], default="here")
    parser.add_argument("--only", default="", help="rows whose name or 'on' matches this expression")
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--paste", nargs=2, metavar=("FILE", "MARKER"))
    args = parser.parse_args()
    if args.paste:
        section.put(args.paste[1], pathlib.Path(args.paste[0]).read_text())
        return 0
    program.CARDWISE, program.MPIRUN = str(args.cardwise), args.mpirun
    if args.on == "gpu":
        cards = program.cards("gpu")
        rows = cuda_rows(Cuda.real([c["uuid"] for c in cards], cards[0]["name"] if cards else ""))
    else:
        rows = [*pocl_rows(), *cuda_rows(Cuda.double(os.environ)), *logic_rows()]
    rows = [r for r in rows if re.search(args.only, f"{r.name} {r.on}")]
    lines, right, tried, skipped = try_all(rows, args)
    count = f"{right} of {tried} as they must be" + (f", {skipped} untested" if skipped else "")
    print(f"\n{count}")
    if args.markdown:
        args.markdown.write_text(f"\n{count}.\n\n" + "\n".join(lines) + "\n\n")
    return 0 if right == tried and tried else 1


if __name__ == "__main__":
    sys.exit(main())
