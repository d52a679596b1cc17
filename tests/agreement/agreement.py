#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do runs of one quiet machine agree? Repeats a run and prints how far the medians of its cases spread.

    agreement.py --cardwise build/release/cardwise --runs 20 --folder build/agreement -- --type cpu --profile quick
    agreement.py … --witness build/release/tests/harness/harness_cost -- …     is it the machine? see below
    agreement.py --folder build/agreement --table             the table of what is there
    agreement.py --folder build/agreement --table --paste agreement    … into docs/reliability.md

What stands in the folder is continued: a run more is a file more. Of each case the median over the cards of a run is one
number; its spread over the runs is their half width about their median, (max - min) / 2 / median, and the shift between
two runs in a row is |second - first| / median. The cause of a wide spread is told from what the file holds beside the
samples: foreign processes (preempted), other clocks (throttled), two speeds (bimodal), times near the clock's tick.

A machine that looks quiet from within need not be: a virtual one shares memory and cache with its neighbours. The witness
tells: before each run tests/harness/harness_cost times the same work as a bare loop of API calls, without cardwise, and
through cardwise, in turn. Where the bare loop spreads as the cases do, it is the machine; the ratio says what is left.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "readme"))

import section  # noqa: E402

PREEMPTED = "preempted"
WITNESSED = re.compile(r"^(.+?)  +bare +([\d.]+) \S+, cardwise +([\d.]+) \S+, bare/cardwise ([\d.]+)", re.MULTILINE)
SETTLED = 0.01  #: a spread that needs no cause


def text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def read(path: pathlib.Path) -> dict[str, dict]:
    """Of each good case: its median and what may explain it."""
    found = {}
    with h5py.File(path) as file:
        for group in file["cases"].values():
            if text(group.attrs["status"]) != "ok":
                continue
            times, flags = group["time_ns"][:].astype(float), group["flags"]
            masks = dict(zip(text(flags.attrs["flag_meanings"]).split(), np.atleast_1d(flags.attrs["flag_masks"])))
            good = (flags[:] & masks["invalid"]) == 0
            medians = group["median_ns"][:].astype(float)
            found[text(group.attrs["case_key"])] = {
                "median": float(np.median(times[good])),
                "preempted": float(np.mean((flags[:] & masks[PREEMPTED]) != 0)) if PREEMPTED in masks else 0.0,
                "rounds": float(np.ptp(medians) / 2 / np.median(medians)) if medians.size else 0.0,
            }
        found[""] = {"start": text(file.attrs["created_utc"]), "revision": text(file.attrs["git_revision"]),
                     "card": text(file["ranks/device_name"][0])}  # fmt: skip
    return found


def cause(runs: list[dict]) -> str:
    medians = np.array([r["median"] for r in runs])
    preempted = float(np.mean([r["preempted"] for r in runs]))
    rounds = float(np.median([r["rounds"] for r in runs]))
    if float(np.median(medians)) < 20e3:
        return f"a short time ({np.median(medians) / 1e3:.3g} us), rounds of one run differ by ±{100 * rounds:.2g} %"
    middle = np.sort(medians)
    gap = np.diff(middle).max() / np.median(medians)
    if (
        len(runs) >= 6
        and gap > np.ptp(medians) / np.median(medians) / 2
        and 0.2 < np.argmax(np.diff(middle)) / len(middle) < 0.8
    ):
        return f"two speeds, {100 * gap:.2g} % apart: a state that lasts for a run"
    if preempted > 0.05:
        return f"other processes ({100 * preempted:.0f} % of the samples preempted)"
    if rounds > np.ptp(medians) / 2 / np.median(medians) / 3:
        return f"it moves within a run as well (rounds differ by ±{100 * rounds:.2g} %)"
    return "a state that lasts for a run (placement of its memory, clocks, neighbours)"


def table(folder: pathlib.Path) -> str:
    files = sorted(folder.glob("run-*.h5"))
    if len(files) < 2:
        return f"\n{len(files)} runs in {folder.name}: nothing to compare.\n\n"
    runs = [read(f) for f in files]
    keys = [k for k in runs[0] if k and all(k in r for r in runs)]
    spread, shift = {}, {}
    for key in keys:
        medians = np.array([r[key]["median"] for r in runs])
        spread[key] = np.ptp(medians) / 2 / np.median(medians)
        shift[key] = float(np.median(np.abs(np.diff(medians)))) / np.median(medians)
    about = runs[0][""]
    lines = [f"\n{len(files)} runs on {about['card']}, revision {about['revision'][:12]}, from {about['start']}:"
             f" {len(keys)} cases in all of them.\n",
             "| family | cases | spread of a case's median: middle case | worst case | two runs in a row: middle | "
             "rounds of one run: middle |",
             "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    for family in sorted({k.split("/")[0] for k in keys}):
        mine = [k for k in keys if k.split("/")[0] == family]
        worst = max(mine, key=lambda k: spread[k])
        lines.append(f"| {family} | {len(mine)} | ±{100 * np.median([spread[k] for k in mine]):.2g} % | "
                     f"±{100 * spread[worst]:.2g} % | {100 * np.median([shift[k] for k in mine]):.2g} % | "
                     f"±{100 * np.median([r[k]['rounds'] for k in mine for r in runs]):.2g} % |")  # fmt: skip
    lines += ["\nThe five cases that spread most, and why:\n", "| case | spread | cause |", "|---|---:|---|"]
    for key in sorted(keys, key=lambda k: -spread[k])[:5]:
        why = cause([r[key] for r in runs]) if spread[key] > SETTLED else "-"
        lines.append(f"| `{key}` | ±{100 * spread[key]:.2g} % | {why} |")
    lines += witnesses(folder)
    return "\n".join(lines) + "\n\n"


def stolen_s() -> float:
    """Seconds of this machine's CPUs that its hypervisor gave to others (proc(5), /proc/stat, steal)."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[8]) / 100


def witness(command: pathlib.Path, path: pathlib.Path) -> None:
    """What the bare loop takes now, into a file beside the run's."""
    words = [str(command), "--rounds", "8", "--bytes", "16MiB"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)  # 1: not within its limits
    found = {m[1]: {"bare": float(m[2]), "ratio": float(m[4])} for m in WITNESSED.finditer(ended.stdout)}
    if not found:
        sys.exit(f"{command} gives no figures:\n{ended.stdout}{ended.stderr}")
    path.write_text(json.dumps({"stolen_s": stolen_s(), "loops": found}) + "\n")


def witnesses(folder: pathlib.Path) -> list[str]:
    """The witness's rows, where there was one."""
    seen = [json.loads(p.read_text()) for p in sorted(folder.glob("run-*.witness.json"))]
    if len(seen) < 2:
        return []

    def half_width(name: str, what: str) -> float:
        values = np.array([s["loops"][name][what] for s in seen])
        return 100 * float(np.ptp(values) / 2 / np.median(values))

    lines = ["", f"The machine, by {len(seen)} witnesses, one before each run: a bare loop of API calls in which nothing is "
             "cardwise's, and the same work through cardwise in turn with it.\n",
             "| work | spread of the bare loop | of bare / cardwise | its median |", "|---|---:|---:|---:|"]  # fmt: skip
    for name in seen[0]["loops"]:
        ratio = float(np.median([s["loops"][name]["ratio"] for s in seen]))
        bare, both = half_width(name, "bare"), half_width(name, "ratio")
        lines.append(f"| {name} | ±{bare:.2g} % | ±{both:.2g} % | {ratio:.3f} |")
    lines.append(f"\nBetween the first and the last its hypervisor took {seen[-1]['stolen_s'] - seen[0]['stolen_s']:.1f} s "
                 "of its CPUs (steal).")  # fmt: skip
    return lines


def measure(args, options: list[str]) -> int:
    args.folder.mkdir(parents=True, exist_ok=True)
    for number in range(args.runs):
        path = args.folder / f"run-{number:03}.h5"
        if path.exists():
            continue
        if args.witness:
            witness(args.witness, path.with_suffix(".witness.json"))
        command = [args.cardwise, "run", *options, "--progress", "none", "--output", path]
        ended = subprocess.run([str(w) for w in command], capture_output=True, text=True, check=False)
        print(f"run {number + 1} of {args.runs}: {(ended.stdout.strip().splitlines() or [''])[-2:]}", flush=True)
        if ended.returncode != 0:
            print(ended.stdout + ended.stderr, file=sys.stderr)
            return 1
    return 0


def main() -> int:
    own = sys.argv[1:]
    options = own[own.index("--") + 1 :] if "--" in own else ["--type", "cpu", "--profile", "quick"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cardwise", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--witness", type=pathlib.Path, metavar="HARNESS_COST", help="what the machine does by itself")
    parser.add_argument("--table", action="store_true", help="only print the table")
    parser.add_argument("--paste", metavar="MARKER", help="put the table between these markers of docs/reliability.md")
    args = parser.parse_args(own[: own.index("--")] if "--" in own else own)
    if not args.table:
        if args.cardwise is None:
            parser.error("--cardwise is needed to make runs")
        if measure(args, options):
            return 1
    result = table(args.folder)
    print(result)
    if args.paste:
        section.put(args.paste, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
