# SPDX-License-Identifier: Apache-2.0
"""How often does `compare` find a change where there is none? Pairs of real runs of one machine.

    aa_pairs.py --cardwise build/release/cardwise --folder build/aa   # until there are 600
    aa_pairs.py --folder build/aa --table                             # what they say
    aa_pairs.py --folder build/aa --table --paste aa-pairs            # ... into docs/verdicts.md

Both runs of a pair are of one build and one machine; the command itself compares them, with the
spread from run to run that it learns from the newest 20 runs before, which stay in the folder, and
with a re-run of what it calls slower. Each pair appends a line to pairs.jsonl: what was broken off
goes on where it stopped. A busy machine is no excuse: its noise is what the rule has to stand.
"""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts" / "report"))
sys.path.insert(0, str(ROOT / "tests" / "readme"))

import section  # noqa: E402

PAGE = ROOT / "docs" / "verdicts.md"
BEFORE = 8  # runs before the first pair: what the spread is learned from, five at least
KEPT = 30  # run files; the command reads 20
OPTIONS = ["--type", "cpu", "--backend", "opencl", "--profile", "quick", "--max-bytes", "256KiB"]
OPTIONS += ["--no-recheck", "--progress", "none"]
CASES = ["--filter", "mem/(saxpy|triad|vector_add)", "--filter", "f32", "--rounds", "6"]


def measure(cardwise: str, folder: pathlib.Path) -> pathlib.Path:
    """One run more in the folder; RuntimeError with its output where it has failed."""
    path = folder / f"{time.time_ns()}.h5"
    command = [cardwise, "run", *OPTIONS, *CASES, "--output", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return path


def environment() -> dict[str, str]:
    """One PoCL card, and the package that this file belongs to."""
    path = str(ROOT / "scripts" / "report")
    return os.environ | {"POCL_DEVICES": "basic", "PYTHONPATH": path}


def judge(cardwise: str, old: pathlib.Path, new: pathlib.Path) -> dict:
    """What `compare` says of a pair, as data; RuntimeError where it cannot."""
    again = shlex.join([cardwise, "run", *OPTIONS])
    command = [sys.executable, "-m", "cardwise_report", "compare", str(old), str(new)]
    command += ["--format", "json", "--rerun", again]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    if done.returncode not in (0, 1):
        raise RuntimeError(f"compare: exit code {done.returncode}\n{done.stderr}")
    if "nothing is confirmed" in done.stderr:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def line_of(found: dict, seconds: float) -> dict:
    """Of a pair: its runs, and of each case the verdict at first and after the re-run."""
    cases = {}
    for row in found["rows"]:
        # Only what is called slower is measured again: a second look tells the first verdict.
        looked = row["again"] is not None
        cases[row["label"]] = {
            "first": "SLOWER" if looked else row["verdict"],
            "last": row["verdict"],
            "reason": row["reason"],
            "change": row["change"],
            "sigma": row["sigma"],
            "sigma_from": row["sigma_from"],
            "again": row["again"],
        }
    new = found["new"][0]
    return {
        "utc": new["created_utc"],
        "revision": new["git_revision"],
        "seconds": round(seconds, 1),
        "cases": cases,
    }


def read(folder: pathlib.Path) -> list[dict]:
    """The pairs so far; a last line that was cut off is none."""
    path = folder / "pairs.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    return [json.loads(line) for line in lines[:-1]]


def go_on(cardwise: str, folder: pathlib.Path, pairs: int) -> None:
    """Makes pairs until there are as many as asked for."""
    runs = folder / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    done = read(folder)
    # What a killed write has left must not join the next line.
    text = "".join(json.dumps(line) + "\n" for line in done)
    (folder / "pairs.jsonl").write_text(text, encoding="utf-8")
    while len(list(runs.glob("*.h5"))) < BEFORE:
        measure(cardwise, runs)
    for number in range(len(done) + 1, pairs + 1):
        began = time.monotonic()
        old, new = measure(cardwise, runs), measure(cardwise, runs)
        line = line_of(judge(cardwise, old, new), time.monotonic() - began)
        with open(folder / "pairs.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        for path in sorted(runs.glob("*.h5"))[:-KEPT]:
            path.unlink()
        print(f"pair {number} of {pairs}: {line['seconds']} s", flush=True)


def share(part: int, whole: int) -> str:
    """'3 of 600 (0.50 %)'."""
    return f"{part} of {whole} ({100 * part / max(1, whole):.2f} %)"


def table(done: list[dict]) -> str:
    """What the pairs say, as Markdown."""
    names = sorted({name for line in done for name in line["cases"]})
    every = [case for line in done for case in line["cases"].values()]
    rows = [("all cases", every)]
    rows += [
        (name, [line["cases"][name] for line in done if name in line["cases"]]) for name in names
    ]
    days = sorted({line["utc"][:10] for line in done}) or ["never"]
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    revisions = ", ".join(sorted({line["revision"] for line in done}))
    learned = sorted({int(c["sigma_from"].split()[0]) for c in every if c["sigma"] is not None})
    spread_of = f"{learned[0]} to {learned[-1]}" if learned else "no"
    out = [
        f"{len(done)} pairs, {span}, revision {revisions}; "
        f"the spread learned from {spread_of} runs before.",
        "",
        "| | verdicts | SLOWER at first | FASTER | CONFIRMED after the re-run | UNRESOLVED "
        "| median σ |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, cases in rows:
        count = {word: sum(c["last"] == word for c in cases) for word in ("FASTER", "CONFIRMED")}
        first = sum(c["first"] == "SLOWER" for c in cases)
        unresolved = sum(c["first"] == "UNRESOLVED" for c in cases)
        spread = sorted(c["sigma"] for c in cases if c["sigma"] is not None)
        middle = f"{100 * spread[len(spread) // 2]:.1f} %" if spread else "unknown"
        cells = [str(len(cases)), share(first, len(cases)), share(count["FASTER"], len(cases))]
        cells += [share(count["CONFIRMED"], len(cases)), share(unresolved, len(cases)), middle]
        out.append(f"| {name} | {' | '.join(cells)} |")

    def pairs_with(key: str, *words: str) -> str:
        hit = sum(any(c[key] in words for c in line["cases"].values()) for line in done)
        return share(hit, len(done))

    out += [
        "",
        f"Comparisons with a false SLOWER before the re-run: {pairs_with('first', 'SLOWER')}; "
        f"with a false SLOWER or FASTER: {pairs_with('first', 'SLOWER', 'FASTER')}; "
        f"with a false CONFIRMED after it: {pairs_with('last', 'CONFIRMED')}.",
    ]
    return "\n".join(out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cardwise", help="the program; without it nothing is measured")
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--pairs", type=int, default=600)
    parser.add_argument("--table", action="store_true", help="print what is there")
    parser.add_argument(
        "--paste", metavar="MARKER", help="put it between marks of docs/verdicts.md"
    )
    arguments = parser.parse_args()
    if arguments.cardwise:
        program = str(pathlib.Path(arguments.cardwise).resolve())
        go_on(program, arguments.folder.resolve(), arguments.pairs)
    if arguments.table or arguments.paste:
        text = table(read(arguments.folder))
        print(text)
        if arguments.paste:
            section.put(arguments.paste, text, PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
