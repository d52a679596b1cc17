#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/slurm/fpga-build.sbatch with a stand-in for aoc: the text, the image, the manifest, and what is said without.

build_test.py ROOT FOLDER      0: right, 1: wrong
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

AOC = """#!/bin/bash
if [ "$1" = --version ]; then echo 'Intel(R) FPGA SDK for OpenCL(TM)'; echo 'Version 20.4.0 Build 72'; exit 0; fi
printf '%s\\n' "$@" >"$AOC_SAW"
while [ $# -gt 0 ]; do [ "$1" = -rtl ] && exit 0; [ "$1" = -o ] && image=$2; shift; done
sleep 0.05; printf bitstream >"$image"
mkdir -p "${image%.aocx}"; echo 'Kernel fmax: 312.5' >"${image%.aocx}/acl_quartus_report.txt"
"""


def check(root: Path, folder: Path) -> list[str]:
    failed = []

    def expect(good: bool, what: str, more: object = "") -> None:
        print("right" if good else "WRONG", what)
        if not good:
            failed.append(f"{what}: {more}")

    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    shutil.copytree(root / "kernels/fpga", folder / "kernels/fpga", ignore=shutil.ignore_patterns("__pycache__"))
    script = root / "scripts/slurm/fpga-build.sbatch"
    plain = os.environ | {"SLURM_SUBMIT_DIR": str(folder), "SLURM_CPUS_PER_TASK": "6", "PYTHONDONTWRITEBYTECODE": "1"}

    def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", script, *arguments], text=True, capture_output=True, env=plain | more, timeout=120
        )

    none = call()
    expect(none.returncode == 2 and "no compiler 'aoc' here" in none.stderr, "without aoc it says so", none)

    aoc, saw = folder / "bin/aoc", folder / "saw"
    aoc.write_text(AOC)
    aoc.chmod(0o755)
    with_aoc = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "AOC_SAW": str(saw)}
    done = call("520n-mx", "streams", CARDWISE_REPLICATIONS="3", CARDWISE_DEFINES="CHUNK=1024", **with_aoc)
    expect(done.returncode == 0, "it ends well", done)
    made = folder / "build/fpga/520n-mx-streams"
    words = saw.read_text().split("\n")
    expect("-board=p520_hpc_m210h_g3x16" in words and "-parallel=6" in words, "aoc gets the board and the cores", words)
    text = (made / "kernels.cl").read_text()
    expect("#define CHUNK 1024\n" in text and "cw_##name##_f32_r2" in text, "the text is that of the settings")
    manifest = json.loads((made / "kernels.aocx.json").read_text())
    expect(
        manifest["image"]["sha256"] == hashlib.sha256(b"bitstream").hexdigest(), "the manifest is the image's", manifest
    )
    expect(manifest["clock_hz"] == 312.5e6, "with the clock that was reached", manifest["clock_hz"])
    expect(manifest["compiler"]["version"] == "Version 20.4.0 Build 72", "and aoc's version", manifest["compiler"])
    expect("-DCHUNK=1024" in manifest["compiler"]["flags"], "and the defines", manifest["compiler"])
    banks = {a["bank"] for k in manifest["kernels"] for a in k["arguments"] if a["type"] == "buffer"}
    expect(banks == {"HBM0", "HBM1", "HBM2"}, "a bank a replication", banks)
    rates = manifest["memory"]["banks"]
    expect(rates == dict.fromkeys(sorted(banks), 12.8e9), "and what each of them can give", manifest["memory"])

    report = call("520n-mx", "gemm", CARDWISE_AOC_FLAGS="-rtl -report", **with_aoc)
    expect(report.returncode == 0 and "no image was made" in report.stderr, "-rtl makes a report and no image", report)
    expect({"-rtl", "-report"} <= set(saw.read_text().split("\n")), "more flags reach aoc", saw.read_text())
    return failed


def main(arguments: list[str]) -> int:
    failed = check(Path(arguments[0]).resolve(), Path(arguments[1]).resolve())
    for text in failed:
        print("build_test:", text, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
