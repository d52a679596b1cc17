#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the tables in README.md real: each is the output of the command in the comment above it.

    <!-- paste: cardwise-report show results/reference/CARD/RUN.h5 -->
    ```
    (what the command prints)
    ```

    paste.py            checks that README.md shows what the commands print today; 1 if not, 77 without h5py
    paste.py --write    puts it there
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(<!-- paste: (?P<command>[^\n]+?) -->\n```[a-z]*\n)(?P<text>.*?)(?P<end>^```$)", re.S | re.M)


def output_of(command: str) -> str:
    words = shlex.split(command)
    if words[0] != "cardwise-report":
        raise SystemExit(f"paste.py: only cardwise-report may be pasted from, not: {command}")
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "110", "PYTHONPATH": str(ROOT / "scripts/report")}
    done = subprocess.run(
        [sys.executable, "-m", "cardwise_report", *words[1:]], cwd=ROOT, env=environment, text=True, capture_output=True
    )
    if done.returncode != 0:
        raise SystemExit(f"paste.py: {command}: exit code {done.returncode}\n{done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n"


def main(write: bool) -> int:
    try:
        import h5py, numpy, pandas  # noqa: F401, E401
    except ImportError as missing:
        print(f"SKIPPED: {missing} (scripts/setup.sh installs it into build/venv)", file=sys.stderr)
        return 77
    readme = ROOT / "README.md"
    old = readme.read_text(encoding="utf-8")
    if not BLOCK.search(old):
        print("README.md has no <!-- paste: … --> block: it must show a real table", file=sys.stderr)
        return 1
    new = BLOCK.sub(lambda m: m[1] + output_of(m["command"]) + m["end"], old)
    if write:
        readme.write_text(new, encoding="utf-8")
    elif new != old:
        sys.stderr.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "README.md", "today"))
        print("README.md shows other figures than its commands: tests/readme/paste.py --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
