# SPDX-License-Identifier: Apache-2.0
"""How long do the commands take on large inputs, and how much memory? Markdown.

The files are made in a temporary folder (some 350 MB, some minutes): of 1,024 cards and 100 cases,
of 4 and 512 cards with the standard set, and a thousand runs of 100 cases.
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

REPORT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPORT), str(REPORT.parents[1] / "tests" / "report")]

from make_run import Spec, make_run, standard_cases  # noqa: E402


def cases(factors) -> list[Spec]:
    out = []
    for i, factor in enumerate(factors):
        key = {"backend": "cuda", "dtype": "f32", "n": str(1024 + i), "wv": "1"}
        out.append(Spec("mem/triad", key, 1e-3 * factor, work=3e9))
    return out


def measure(name: str, *words: str, **environment: str) -> None:
    """One row: wall and CPU time, and the largest process, of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    command = [sys.executable, "-m", "cardwise_report", *words]
    env = os.environ | {"PYTHONPATH": str(REPORT)} | environment
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    memory = after.ru_maxrss / 1024
    row = f"{name} | {wall:.1f} s | {cpu:.1f} s | {memory:.0f} MiB | {done.returncode}"
    print(f"| {row} |", flush=True)
    if done.returncode not in (0, 1):
        print(done.stderr[-2000:], file=sys.stderr)


def main() -> None:
    print("| command | wall | CPU | memory (largest so far) | exit code |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="cardwise-speed-") as name:
        folder = pathlib.Path(name)
        dice = np.random.default_rng(1)
        for i in (0, 1):
            root = {"created_utc": f"2026-05-0{1 + i}T03:00:00Z", "run_id": f"large-{i}"}
            factors = [1.0] * 99 + [1.1 if i else 1.0]
            make_run(folder / f"{i}.h5", ranks=1024, cases=cases(factors), seed=i, root=root)
        files = str(folder / "0.h5"), str(folder / "1.h5")
        measure("compare, 1,024 cards x 100 cases", "compare", *files)
        node, system = str(folder / "node.h5"), str(folder / "system.h5")
        make_run(node, ranks=4, cases=standard_cases(sizes=6))
        make_run(system, ranks=512, cases=standard_cases(sizes=6))
        measure("show, 4 cards of one node", "show", node)
        measure("show, 512 cards", "show", system)
        page = folder / "page.html"
        measure("html, 512 cards", "html", system, "-o", str(page))
        print(f"| the page of it | {page.stat().st_size / 1e6:.2f} MB | | | |", flush=True)
        runs = folder / "runs"
        runs.mkdir()
        for i in range(1000):
            factors = np.exp(0.005 * dice.standard_normal(100)) * (1.04 if i >= 950 else 1.0)
            root = {
                "created_utc": f"2026-{1 + i // 84:02d}-{1 + i % 84 // 3:02d}T{8 * (i % 3):02d}:00:00Z",
                "run_id": f"run-{i:06d}",
            }
            make_run(runs / f"{i:04d}.h5", cases=cases(factors), block=1, seed=i, root=root)
        cache = str(folder / "cache")
        measure(
            "history, 1,000 runs x 100 cases, no cache", "history", str(runs), XDG_CACHE_HOME=cache
        )
        measure(
            "history, 1,000 runs x 100 cases, cached", "history", str(runs), XDG_CACHE_HOME=cache
        )


if __name__ == "__main__":
    main()
