#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What does a run do with every fault, in every step, on one card and on all, through both APIs?

    matrix.py --build build/release              every cell that has no result yet; goes on where it was interrupted
    matrix.py --build build/release --ci         a subset: every fault, and all pairs of step, API and ranks
    matrix.py --build build/release --only TEXT  the cells whose name holds TEXT, again
    matrix.py --table                            writes the table into docs/reliability.md

A result is a line of JSON in build/matrix/results.jsonl (--results); of each cell the last one counts.
"""

import argparse
import concurrent.futures
import dataclasses
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

import lying_layer
import matrix_data
from matrix_run import Tools, run_cell

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


def revision():
    shown = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    return shown.stdout.strip() or "unknown"


def results(path):
    """The last result of each cell."""
    found = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found[record["id"]] = record
    return found


def subset(cells):
    """Few cells that hold each fault, and each pair of step x API, step x ranks, API x ranks: greedily, cheap first."""

    def covers(cell):
        return {
            ("fault", cell.fault.name),
            ("sb", cell.step, cell.backend),
            ("sr", cell.step, cell.ranks),
            ("br", cell.backend, cell.ranks),
        }

    def cost(cell):
        """A cell that shows less, or takes long: a hang on rank 1 alone leaves rank 0 five seconds more."""
        weak = cell.expects in ("harmless", "wrong_or_ok") or (
            cell.expects in ("refused_twice", "slower") and (cell.ranks == "one") == (cell.expects == "refused_twice")
        )
        dear = cell.expects == "hang" and cell.ranks == "one"
        weak = weak or (cell.fault.layer and cell.backend == "cuda")  # the layer tries the OpenCL backend
        return 10 * weak + dear + cell.plant.case.startswith("phases")

    left, chosen = set().union(*map(covers, cells)), []
    turns = itertools.cycle(itertools.product(matrix_data.STEPS[1:], matrix_data.BACKENDS, matrix_data.RANKS))
    for _, group in itertools.groupby(cells, key=lambda c: c.fault.name):
        wanted = next(turns)  # so that faults do not all take their first step
        chosen.append(
            max(
                group,
                key=lambda c: (
                    -cost(c),
                    len(covers(c) & left),
                    sum(a == b for a, b in zip((c.step, c.backend, c.ranks), wanted)),
                ),
            )
        )
        left -= covers(chosen[-1])
    while left:
        best = max(cells, key=lambda c: (len(covers(c) & left), -cost(c)))
        chosen.append(best)
        left -= covers(best)
    return chosen


def tools_of(args):
    build = args.build.resolve()
    cache = build / "tests/faults/pocl_cache"
    cache.mkdir(parents=True, exist_ok=True)
    found = lambda path: str(build / path) if (build / path).exists() else ""
    return Tools(
        cardwise=str(build / "cardwise"),
        mpirun=args.mpirun,
        pocl_cache=str(cache),
        timeout_s=args.timeout,
        cuda=found("tests/doubles/cuda/libcuda.so.1"),
        nvrtc=found("tests/doubles/cuda/libcardwise_nvrtc_double.so"),
        layer=found("tests/faults/layer/libcardwise_test_double_lying_opencl.so"),
    )


def missing(tools):
    """Why some cells cannot be run here: a reason for each name of CARDWISE_REQUIRE."""
    if not tools.cuda:
        yield "cuda", "the CUDA double is not built"
    if not tools.layer:
        yield "opencl", "the OpenCL layer is not built (CL/cl_layer.h)"
    shown = subprocess.run(
        [tools.cardwise, "devices", "--type", "cpu", "--backend", "opencl"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "POCL_DEVICES": "basic basic"},
    )
    if shown.returncode != 0 or "opencl" not in shown.stdout.lower():
        yield "opencl", "no OpenCL card of type cpu (PoCL) is here"
        return
    if tools.layer and not lying_layer.loaded(tools.cardwise, tools.layer):
        yield "layer", "the OpenCL loader does not load OPENCL_LAYERS"


def warm(tools, cells):
    """Compiles what the cells need, so that no build is slow enough for the watchdog."""
    nothing = matrix_data.Fault("nothing", False, {})
    tools = dataclasses.replace(tools, timeout_s=120)
    for backend in sorted({c.backend for c in cells}):
        for case in ["warm"] + sorted({c.plant.case for c in cells if c.plant.case.startswith("phases")}):
            plant = matrix_data.Plant("kind=error,nth=999999999", case, "fine")
            run_cell(tools, matrix_data.Cell(nothing, "measure", "all", backend, plant), "")


def run_all(tools, cells, path, jobs):
    path.parent.mkdir(parents=True, exist_ok=True)
    known, lock, bad = revision(), threading.Lock(), []
    print(f"{len(cells)} cells to run, revision {known}; results go to {path}", flush=True)

    def one(cell):
        record = run_cell(tools, cell, known)
        with lock:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            verdict = "as required" if not record["broken"] else "NOT: " + ", ".join(record["broken"])
            print(
                f"{record['id']}: exit {record['code']}, {record['seconds']} s, {record['file']}: {verdict}", flush=True
            )
            if record["broken"]:
                bad.append(record)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(one, cell) for cell in cells]:
            done.result()
    for record in bad:
        print(f"\n== {record['id']} ({record['planted']}): {', '.join(record['broken'])}\n{record['output']}")
    print(f"{len(cells) - len(bad)} of {len(cells)} cells as required")
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--mpirun", default=shutil.which("mpirun"))
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build/matrix/results.jsonl")
    parser.add_argument("--jobs", type=int, default=2, help="cells at once")
    parser.add_argument("--timeout", type=int, default=5, help="the watchdog's, in seconds")
    parser.add_argument("--ci", action="store_true")
    parser.add_argument("--again", action="store_true", help="those too that were not as required")
    parser.add_argument("--only", default="")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    if args.table:
        import matrix_table

        return matrix_table.write(results(args.results))

    tools, here = tools_of(args), list(matrix_data.cells())
    for name, why in missing(tools):
        print(f"SKIPPED: {why}")
        if name in os.environ.get("CARDWISE_REQUIRE", "").split(","):
            return 1
        if name == "opencl" and tools.layer:
            return SKIPPED
        here = [c for c in here if not (c.backend == "cuda" if name == "cuda" else c.fault.layer)]
    if args.ci:
        here = subset(here)
    elif args.only:
        here = [c for c in here if args.only in c.id]
    else:
        before = results(args.results)
        done = {i for i, r in before.items() if not (args.again and r["broken"])}
        here = [c for c in here if c.id not in done or before[c.id]["planted"] != c.text]
    warm(tools, here)
    return run_all(tools, here, args.results, args.jobs)


if __name__ == "__main__":
    sys.exit(main())
