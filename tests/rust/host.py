#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the kernels' bodies, compiled for this processor, compute what a plain loop does?

host.py             all of host/main.rs, plain and, where rustc has it, under AddressSanitizer
host.py --planted   faults planted in a copy of the kernels, each of which host/main.rs must find
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import tools

PLAIN = ["--check-cfg", "cfg(exact)", "--check-cfg", "cfg(own_core)"]
SANITIZED = [*PLAIN, "-Z", "sanitizer=address", "--cfg", "exact"]
# What is planted: name, file of kernels/rust, what is there, what takes its place.
PLANTED = [
    ("no tail", "streams.rs", "(i + 1) * P::WIDTH > n", "i * P::WIDTH > n"),
    ("two roundings", "streams.rs", "fma(splat(a), *at(x, i)", "add(crate::pack::mul(splat(a), *at(x, i))"),
    ("lane before first", "pack.rs", "first + l >= begin &&", ""),
    ("beyond the row", "grids.rs", "east: if x + P::WIDTH < nx { x + P::WIDTH } else { x }", "east: x + P::WIDTH"),
    ("beyond the plane", "grids.rs", "if y + 1 < ny { y + 1 } else { ny - 1 }", "y + 1"),
    ("wrong weight", "grids.rs", "number(8.0)", "number(8.000001)"),
    ("no barrier", "gemm.rs", "barrier();", ""),
    ("one buffer", "gemm.rs", "buffer ^ 1", "buffer"),
    ("a row too many", "gemm.rs", "row < m", "row <= m"),
    ("the last of k", "gemm.rs", "step <= steps", "step < steps"),
]  # fmt: skip


def build(main: Path, program: Path, flags: list[str]) -> str:
    """Nothing, or why it did not compile. Overflow of an index is an error in it."""
    command = [*tools.rustc(), "--edition", "2021", "--crate-name", "host_kernels", "-C", "opt-level=1"]
    command += ["-C", "debug-assertions=on", *flags, "-o", str(program), str(main)]
    made = tools.run(command, env={**os.environ, "RUSTC_BOOTSTRAP": "1"})
    return "" if made.returncode == 0 else made.stdout + made.stderr


def judge(program: Path) -> tuple[bool, str]:
    """Whether it found nothing, and the last it said. A work-item that waits for ever is a fault as well."""
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    try:
        said = tools.run([str(program)], timeout_s=120, env=environment)
    except tools.subprocess.TimeoutExpired:
        return False, "no end within 120 s"
    lines = [line for line in (said.stdout + said.stderr).splitlines() if line.strip()]
    told = [line for line in lines if "ERROR: AddressSanitizer" in line or "expected" in line or "wrote" in line]
    return said.returncode == 0, (told or lines or ["nothing said"])[0 if told else -1]


def whole(folder: Path) -> int:
    faults = 0
    for name, flags in (("plain", PLAIN), ("AddressSanitizer", SANITIZED)):
        wrong = build(tools.ROOT / "tests/rust/host/main.rs", folder / "host", flags)
        if wrong and name != "plain":
            print(f"{name}: this rustc does not link it")
            continue
        good, said = (False, wrong) if wrong else judge(folder / "host")
        print(f"{name}: {said}")
        faults += not good
    return 1 if faults else 0


def planted(folder: Path) -> int:
    missed = 0
    sanitized = not build(tools.ROOT / "tests/rust/host/main.rs", folder / "host", SANITIZED)
    for name, file, old, new in PLANTED:
        tree = folder / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        for part in ("kernels/rust", "tests/rust/host"):
            shutil.copytree(tools.ROOT / part, tree / part)
        source = tree / "kernels/rust" / file
        text = source.read_text(encoding="utf-8")
        if old not in text:
            sys.exit(f"planted '{name}': {file} has no '{old}'")
        source.write_text(text.replace(old, new, 1), encoding="utf-8")
        reads_only = name in ("beyond the row", "beyond the plane")
        if reads_only and not sanitized:
            print(f"skipped  {name}: only AddressSanitizer sees reads whose value is not used")
            continue
        wrong = build(tree / "tests/rust/host/main.rs", folder / "host", SANITIZED if sanitized else PLAIN)
        if wrong:
            sys.exit(f"planted '{name}' does not compile:\n{wrong}")
        good, said = judge(folder / "host")
        print(f"{'MISSED' if good else 'found '}  {name}: {said}")
        missed += good
    return 1 if missed else 0


def main() -> int:
    tools.rustc()
    with tempfile.TemporaryDirectory() as folder:
        return (planted if sys.argv[1:] == ["--planted"] else whole)(Path(folder))


if __name__ == "__main__":
    sys.exit(main())
