#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants faults in the FPGA kernels' program text, one at a time, and sees the test of each go red.

    planted.py TEST TEXT FOLDER cards       on the emulator, else PoCL: which of gtest's tests must fail
    planted.py TEST TEXT FOLDER oclgrind    under Oclgrind: what its log must say

TEST is fpga_test, TEXT the program text of an image. 0: all were seen, 1: one was not, 77: no runtime.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Kernel (as in its #line), what is replaced, by what, the test that must fail.
ON_CARDS = [
    ("fill", "i = packs * LANES; i < n", "i = packs * LANES; i + 1 < n", "Streams/0.Fill*"),  # the last element is left
    ("fill", "i = packs * LANES; i < n", "i = packs * LANES; i <= n", "Streams/1.Fill*"),  # a guard is written
    ("copy", "first < packs; first += CHUNK_PACKS", "first < CHUNK_PACKS; first += CHUNK_PACKS", "Streams/0.Copy*"),
    ("vector_add", "+= IN_PACKS(b)[", "-= IN_PACKS(b)[", "Streams/0.VectorAdd*"),
    ("saxpy", "y[i] = FMA(a, x[i], y[i])", "y[i] = FMA(a, y[i], x[i])", "Streams/1.Saxpy*"),
    ("triad", "FMA(s, chunk[p].v[l]", "FMA((REAL)1, chunk[p].v[l]", "Streams/0.Triad*"),
    ("dot", "s + 1 < SUMS", "s + 2 < SUMS", "Streams/0.Dot*"),
    ("dot", "partial[0] = total", "partial[0] = partial[1] = total", "Streams/1.Dot*"),  # more than one partial
    ("data", "% 4095u", "% 4096u", "Streams/1.Data*"),
    ("data", "0x1p-23f", "0x1p-24f", "Streams/0.Data*"),
    ("data_pattern", "out[i] = cw_mix(seed, i)", "out[i] = cw_mix(i, seed)", "Words.*"),
    ("checksum", "sum + cw_mix(nonce, 0)", "sum + nonce", "Checksums/0*"),
    ("counter", "+= 1", "+= 2", "Counter.*"),
    ("stencil2d", "x + l > 0 && ", "", "Grids/0.Stencil2d*"),  # the boundary on the left is written
    ("stencil2d", "first += INNER", "first += NX_MAX", "Grids/1.Stencil2d*"),  # blocks do not overlap
    ("stencil3d", "y + 1 >= ny", "y >= ny", "Grids/0.Stencil3d*"),
    ("stencil3d", "top += NY_MAX_3D - 2", "top += NY_MAX_3D", "Grids/1.Stencil3d*"),
    ("conv2d", "packs + 1 : PACKS", "packs : PACKS", "Grids/0.Conv2d*"),  # a row's end is not pushed out
    ("conv2d", "lines[0][p * LANES + l] = above", "lines[0][p * LANES + l] = newest[l]", "Grids/1.Conv2d*"),
    ("gemm", "c_block[t][i][j] = FMA", "c_block[0][i][j] = FMA", "Grids/0.Gemm*"),
    ("gemm", "k0 += GEMM_BLOCK", "k0 += 2 * GEMM_BLOCK", "Grids/1.Gemm*"),
]
# Kernel, old, new, what Oclgrind's log must say, the test that runs it.
UNDER_OCLGRIND = [
    ("dot", "s = 0; s < SUMS; ++s) sums[s] =", "s = 1; s < SUMS; ++s) sums[s] =", "ninitialized", "Streams/0.Dot*"),
    ("saxpy", "i = packs * LANES; i < n", "i = packs * LANES; i <= n", "Invalid", "Streams/0.Saxpy*"),
    (
        "gemm",
        "? b[row * n + col + l] : (REAL)0",
        "? b[row * n + col + l] : b[row * n + col + l]",
        "Invalid read",
        "Grids/0.Gemm*",
    ),
    ("conv2d", "x + l < nx ? in[y * nx + x + l] : (REAL)0", "in[y * nx + x + l]", "Invalid read", "Grids/0.Conv2d*"),
]
PLATFORMS = ["Intel(R) FPGA Emulation Platform for OpenCL(TM)", "Portable Computing Language"]


def plant(text: str, kernel: str, old: str, new: str) -> str:
    """Replaces `old` in every instance of a kernel, and nowhere else."""
    parts = text.split("#line 1 ")
    found = 0
    for i, part in enumerate(parts):
        if part.startswith(f'"{kernel}.cl"'):
            found += part.count(old)
            parts[i] = part.replace(old, new)
    if not found:
        raise SystemExit(f"planted.py: {kernel}.cl has no '{old}'")
    return "#line 1 ".join(parts)


def run(test: str, platform: str, text: Path, tests: str) -> tuple[int, str]:
    command = [test, platform, text, "1", "none", f"--gtest_filter={tests}"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    except subprocess.TimeoutExpired:
        return 124, "timed out"
    return done.returncode, done.stdout.decode(errors="replace")


def on_cards(test: str, sound: Path, folder: Path) -> int:
    platform = next((p for p in PLATFORMS if run(test, p, sound, "Counter.*")[0] == 0), None)
    if platform is None:
        print("SKIPPED: neither the emulator nor PoCL")
        required = {"opencl", "fpga-emulator"} & set(os.environ.get("CARDWISE_REQUIRE", "").split(","))
        return 1 if required else 77
    print(f"on {platform}")
    code, output = run(test, platform, sound, "*")
    if code != 0:
        print("without a fault:", code, output[-2000:])
        return 1
    missed = 0
    for kernel, old, new, tests in ON_CARDS:
        text = folder / "planted.cl"
        text.write_text(plant(sound.read_text(encoding="utf-8"), kernel, old, new), encoding="utf-8")
        code, output = run(test, platform, text, tests)
        # A test that fails, not a program that does not build: the kernels are there and one is wrong.
        good = code == 1 and "[  FAILED  ]" in output
        missed += not good
        print("red   " if good else "MISSED", f"{tests:20} {kernel}: {old} -> {new or 'nothing'}", flush=True)
        if not good:
            print(code, output[-2000:])
    return 1 if missed else 0


def under_oclgrind(test: str, sound: Path, folder: Path) -> int:
    if shutil.which("oclgrind") is None:
        print("SKIPPED: oclgrind is missing (package oclgrind)")
        return 1 if {"opencl", "oclgrind"} & set(os.environ.get("CARDWISE_REQUIRE", "").split(",")) else 77
    missed = 0
    for kernel, old, new, wanted, tests in UNDER_OCLGRIND:
        text, log = folder / "planted.cl", folder / "planted.log"
        text.write_text(plant(sound.read_text(encoding="utf-8"), kernel, old, new), encoding="utf-8")
        log.unlink(missing_ok=True)
        checks = ["oclgrind", "--data-races", "--uninitialized", "--check-api", "--log", log]
        command = [*checks, test, "Oclgrind", text, "1", "none", f"--gtest_filter={tests}"]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        found = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        missed += wanted not in found
        print("red   " if wanted in found else "MISSED", f"'{wanted}' {kernel}: {old} -> {new}", flush=True)
        if wanted not in found:
            print(found[:1000])
    return 1 if missed else 0


def main(arguments: list[str]) -> int:
    test, text, folder, kind = arguments
    Path(folder).mkdir(parents=True, exist_ok=True)
    return (on_cards if kind == "cards" else under_oclgrind)(test, Path(text), Path(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
