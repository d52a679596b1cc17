#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the pasted blocks of the documents real: each is made from what the comment above it names.

    <!-- paste: cardwise-report show results/reference/CARD/RUN.h5 | section Cases | rows saxpy|triad -->
    <!-- paste: bench/saxpy.cpp -->                          a source file, whole
    <!-- paste: peers results/reference/CARD/RUN.h5 -->      docs/peers.csv beside that run (peers.py)
    <!-- paste: console -->                                  each line that begins with "$ " and what it prints, run in
                                                             turn in an empty folder that has this repository's results/
    ```
    (what that gives)
    ```

    paste.py            checks that the documents show what their comments give today; 1 if not, 77 without h5py
    paste.py --write    puts it there
"""

from __future__ import annotations

import difflib
import functools
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", "docs/performance.md", "docs/verdicts.md", "docs/health.md"]
BLOCK = re.compile(r"(<!-- paste: (?P<source>[^\n]+?) -->\n```[a-z+]*\n)(?P<text>.*?)(?P<end>^```$)", re.S | re.M)
FILTER = re.compile(r" \| (section|rows) ([^ ].*?)(?= \| (?:section|rows) |$)")


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "CARDWISE_REFERENCE"}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "140", "PYTHONPATH": str(ROOT / "scripts/report")}


@functools.cache
def report(*words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "cardwise_report", *words], cwd=ROOT, env=environment(), text=True, capture_output=True
    )
    if done.returncode != 0:
        raise SystemExit(f"paste.py: cardwise-report {shlex.join(words)}: exit {done.returncode}\n{done.stderr}")
    return [line.rstrip() for line in done.stdout.splitlines()]


def console(shown: str) -> str:
    """The commands of a block as a reader types them, in one folder, each with what it prints today."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "results").symlink_to(ROOT / "results")
        tool = f'cardwise-report() {{ {shlex.quote(sys.executable)} -m cardwise_report "$@"; }}\n'
        for command in [line for line in shown.splitlines() if line.startswith("$ ")]:
            done = subprocess.run(
                ["bash", "-c", tool + command[2:]],
                cwd=folder,
                env=environment(),
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            lines += [command, *(line.rstrip() for line in done.stdout.splitlines())]
    if not lines:
        raise SystemExit("paste.py: a console without a line that begins with '$ '")
    return "\n".join(lines) + "\n"


def section_of(lines: list[str], title: str) -> list[str]:
    """The table under the line that begins with `title`, up to the next empty line, without that line."""
    starts = [i for i, line in enumerate(lines) if line == title or line.startswith(title + "  (")]
    if len(starts) != 1:
        raise SystemExit(f"paste.py: {len(starts)} sections '{title}' in the output")
    rest = lines[starts[0] + 1 :]
    return rest[: rest.index("")] if "" in rest else rest


def rows_of(lines: list[str], pattern: str) -> list[str]:
    """The heading (the first line) and the lines that match; one at least, or the pattern is stale."""
    kept = [line for line in lines[1:] if re.search(pattern, line)]
    if not kept:
        raise SystemExit(f"paste.py: no line matches '{pattern}'")
    return [lines[0], *kept]


def text_of(source: str, shown: str) -> str:
    if source == "console":
        return console(shown)
    command, filters = FILTER.sub("", source).strip(), FILTER.findall(source)
    words = shlex.split(command)
    if words[0] == "cardwise-report":
        lines = report(*words[1:])
    elif words[0] == "peers":
        from peers import table_of

        lines = table_of(report("show", "--format", "csv", words[1]), ROOT / "docs/peers.csv")
    elif len(words) == 1 and (ROOT / words[0]).is_file():
        lines = (ROOT / words[0]).read_text(encoding="utf-8").splitlines()
    else:
        raise SystemExit(f"paste.py: neither a file nor cardwise-report nor peers nor console: {source}")
    for kind, argument in filters:
        lines = section_of(lines, argument) if kind == "section" else rows_of(lines, argument)
    return "\n".join(lines) + "\n"


def main(write: bool) -> int:
    try:
        import h5py, numpy, pandas  # noqa: F401, E401
    except ImportError as missing:
        print(f"SKIPPED: {missing} (scripts/setup.sh installs it into build/venv)", file=sys.stderr)
        return 77
    stale = 0
    for name in DOCUMENTS:
        document = ROOT / name
        old = document.read_text(encoding="utf-8")
        blocks = len(BLOCK.findall(old))
        if blocks == 0 or blocks != old.count("<!-- paste:"):
            print(f"{name}: {blocks} whole blocks, {old.count('<!-- paste:')} comments: broken", file=sys.stderr)
            stale = 1
        new = BLOCK.sub(lambda m: m[1] + text_of(m["source"], m["text"]) + m["end"], old)
        if write:
            document.write_text(new, encoding="utf-8")
        elif new != old:
            sys.stderr.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, "today"))
            print(f"{name} shows other text than its sources give: tests/readme/paste.py --write", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
