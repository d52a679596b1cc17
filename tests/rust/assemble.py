#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does ptxas make machine code of the Rust kernels, without spills, that a group of 256 can run?

assemble.py                        the committed image, for sm_80 and sm_90
assemble.py --planted              an image that spills, and one that is no PTX: both must be refused
assemble.py --table NVRTC_CHECK    the table of docs/rust-kernels.md: registers beside those of the
                                   portable kernels, which tests/kernels' program compiles and prints
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

import tools

ARCHITECTURES = ("sm_80", "sm_90")
REGISTERS = 65_536  # of a multiprocessor, and what a group may take, from compute capability 5.0 on
GROUP = 256
TILES = {"cw_gemm_f32x4": 33_280, "cw_gemm_f64x2": 33_024}  # bytes of local memory, as the portable gemm has


def assemble(image: Path, architecture: str, *options: str) -> tuple[dict[str, dict[str, int]], str]:
    """Of each entry what ptxas -v reports; with what it said if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        output = str(Path(folder) / "out.cubin")
        said = tools.run([tools.ptxas(), "-v", f"-arch={architecture}", *options, "-o", output, str(image)])
    if said.returncode != 0:
        return {}, said.stdout + said.stderr
    report: dict[str, dict[str, int]] = {}
    entry = ""
    for line in (said.stdout + said.stderr).splitlines():
        if match := re.search(r"entry function '(\w+)'", line):
            entry = match[1]
        numbers = report.setdefault(entry, {}) if entry else {}
        for key, pattern in (
            ("stack", r"(\d+) bytes stack frame"),
            ("spilled", r"(\d+) bytes spill stores"),
            ("reloaded", r"(\d+) bytes spill loads"),
            ("registers", r"Used (\d+) registers"),
            ("local", r"(\d+) bytes smem"),
        ):
            if match := re.search(pattern, line):
                numbers[key] = int(match[1])
    return report, ""


def faults(entries: list[str], report: dict[str, dict[str, int]]) -> list[str]:
    """What is wrong with what ptxas reports."""
    found = [f"{entry}: not assembled" for entry in sorted(set(entries) ^ set(report))]
    for entry, numbers in report.items():
        if {"stack", "spilled", "reloaded", "registers"} - set(numbers):
            found.append(f"{entry}: ptxas does not report everything")
            continue
        if numbers["stack"] or numbers["spilled"] or numbers["reloaded"]:
            found.append(f"{entry}: registers spill")
        if -(-numbers["registers"] // 8) * 8 * GROUP > REGISTERS:
            found.append(f"{entry}: {numbers['registers']} registers are too many for {GROUP} work-items")
        if numbers.get("local", 0) != TILES.get(entry, 0):
            found.append(f"{entry}: {numbers.get('local', 0)} bytes of local memory")
    return found


def listed() -> list[str]:
    manifest = json.loads((tools.KERNELS / "kernels.ptx.json").read_text(encoding="utf-8"))
    return [kernel["entry"] for kernel in manifest["kernels"]]


def judge() -> int:
    wrong = 0
    for architecture in ARCHITECTURES:
        report, failure = assemble(tools.KERNELS / "kernels.ptx", architecture)
        found = [failure] if failure else faults(listed(), report)
        for entry, numbers in sorted(report.items()):
            print(
                f"{architecture} {entry}: {numbers.get('registers')} registers, {numbers.get('local', 0)} bytes local"
            )
        for fault in found:
            print(f"FAULT: {architecture} {fault}")
        wrong += len(found)
    print(f"{len(listed())} kernels for {', '.join(ARCHITECTURES)}: {wrong} faults")
    return 1 if wrong else 0


def planted() -> int:
    image = tools.KERNELS / "kernels.ptx"
    report, _ = assemble(image, "sm_80", "-maxrregcount=64")
    spills = faults(listed(), report)
    with tempfile.TemporaryDirectory() as folder:
        damaged = Path(folder) / "damaged.ptx"
        text = image.read_text(encoding="utf-8")
        damaged.write_text(text.replace("fma.rn.f32", "fma.rx.f32", 1), encoding="utf-8")
        _, refused = assemble(damaged, "sm_80")
        damaged.write_text(text.replace("[33280]", "[33264]"), encoding="utf-8")
        smaller = faults(listed(), assemble(damaged, "sm_80")[0])
    results = {
        "gemm in 64 registers": any("spill" in fault for fault in spills),
        "an instruction that is none": bool(refused),
        "less local memory": any("local memory" in fault for fault in smaller),
        "an entry that is not there": bool(faults([*listed(), "cw_none"], report)),
        "an entry too heavy for its group": bool(
            faults(["x"], {"x": {"stack": 0, "spilled": 0, "reloaded": 0, "registers": 257}})
        ),
    }
    for name, found in results.items():
        print(f"{'found ' if found else 'MISSED'}  {name}")
    return 0 if all(results.values()) else 1


def portable(program: str) -> dict[tuple[str, str, str, str, str], int]:
    """Registers by architecture, kernel, type, width and TAIL, as tests/kernels' nvrtc_check prints them."""
    said = tools.run([program], timeout_s=600)
    found = {}
    for line in said.stdout.splitlines():
        match = re.match(r"(sm_\d+) (\w+) \[(.*?)\]: (\d+) registers", line)
        if not match:
            continue
        defines = dict(word.split("=") for word in match[3].split())
        if match[2] == "gemm":  # the tuner's other tiles
            tiles = [defines[f"TILE_{axis}"] for axis in "MNK"]
            if tiles != ["128", "128", "16" if defines["REAL"] == "float" else "8"]:
                continue
        dtype = {"float": "f32", "double": "f64"}.get(defines.get("REAL", ""), "")
        key = (match[1], match[2], dtype, defines.get("WIDTH", "1"), defines.get("TAIL", ""))
        found[key] = int(match[4])
    return found


def table(program: str) -> int:
    beside = portable(program)
    reports = {a: assemble(tools.KERNELS / "kernels.ptx", a)[0] for a in ARCHITECTURES}
    print("| kernel | " + " | ".join(f"{a} Rust | {a} C | C, tail" for a in ARCHITECTURES) + " |")
    print("|---|" + "---|" * 3 * len(ARCHITECTURES))
    for entry in sorted(listed()):
        name, dtype, width = re.fullmatch(r"cw_(\w+)_(f\d\d)x(\d)", entry).groups()
        cells = []
        for architecture in ARCHITECTURES:
            key = (architecture, name, dtype, width)
            plain = beside.get((*key, "0"), beside.get((*key, "")))
            cells += [reports[architecture][entry]["registers"], plain, beside.get((*key, "1"), "")]
        print(f"| {name} {dtype} × {width} | " + " | ".join(str(cell) for cell in cells) + " |")
    return 0


def main() -> int:
    if sys.argv[1:2] == ["--table"] and len(sys.argv) == 3:
        return table(sys.argv[2])
    return planted() if sys.argv[1:] == ["--planted"] else judge()


if __name__ == "__main__":
    sys.exit(main())
