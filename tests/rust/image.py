#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the Rust kernels' image and its manifest agree, with each other and with the portable kernels? Needs no tool.

    image.py              the committed files
    image.py --planted    faults planted in copies of them, each of which must be found

What a kernel must look like is read from where it is decided: arguments from kernels/NAME.cl, the launch from
src/run/case_kernels.cpp, tiles from bench/gemm.cpp.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator

import tools

WIDE = {"f32": r"v4\.[fb]32", "f64": r"v2\.[fb]64"}
NARROW = {"f32": r"[fb]32", "f64": r"[fb]64"}
LANES = {"f32": 4, "f64": 2}
STREAMS = ("vector_add", "saxpy", "triad")
# Multiply-adds that the portable text writes as FMA: of each, at least so many a pack's lane.
FUSED = {"saxpy": 1, "triad": 1, "conv2d": 4, "gemm": 8 * 8 * 8 // 4}


def text(*parts: str) -> str:
    return tools.ROOT.joinpath(*parts).read_text(encoding="utf-8")


def numbers(pattern: str, source: str, where: str) -> list[str]:
    """What a pattern captures; a test that cannot read its reference must not pass."""
    match = re.search(pattern, source)
    if not match:
        sys.exit(f"image.py: {where} no longer says {pattern}")
    return list(match.groups())


def portable_arguments(kernel: str, dtype: str) -> list[dict[str, str]]:
    """The parameters of kernels/NAME.cl as the manifest writes them; what a GPU compiles is the last definition."""
    source = text("kernels", f"{kernel}.cl")
    parameters = re.findall(rf"void cw_{kernel}\(([^)]*)\)", source)[-1]
    reads_too = {"saxpy": "y"}.get(kernel)
    arguments = []
    for parameter in parameters.split(","):
        name = parameter.split()[-1]
        if "GLOBAL" in parameter:
            access = "read" if "const" in parameter else "read_write" if name == reads_too else "write"
            arguments.append({"name": name, "type": "buffer", "access": access, "bank": ""})
        else:
            arguments.append({"name": name, "type": dtype if "REAL" in parameter else "u64"})
    return arguments


def portable_defines(kernel: str, dtype: str) -> dict[str, str]:
    """What cardwise defines besides REAL, WIDTH and TAIL for this kernel on a GPU."""
    case, gemm = text("src", "run", "case_kernels.cpp"), text("bench", "gemm.cpp")
    if kernel in STREAMS:
        group = numbers(r"DeviceClass::cpu \? 1024 : (\d+)", case, "case_kernels.cpp")
        return {"GROUP": group[0]}
    if kernel != "gemm":
        plane = numbers(r"group_x = (\d+), group_y = (\d+), rows = (\d+)", case, "case_kernels.cpp")
        return dict(zip(("GROUP_X", "GROUP_Y", "ROWS"), plane))
    tiles = r"Tiles\{(\d+), (\d+), (\d+), (\d+), (\d+), \d+, (\d+)\}"
    both = numbers(rf"return f32 \? {tiles} : {tiles}", gemm, "gemm.cpp")
    own = both[:6] if dtype == "f32" else both[6:]
    return dict(zip(("TILE_M", "TILE_N", "TILE_K", "ITEM_M", "ITEM_N", "RESIDENT"), own))


def entries(ptx: str) -> dict[str, tuple[list[str], str]]:
    """Of each entry the types of its parameters, and its body."""
    found = {}
    for match in re.finditer(r"^\.visible \.entry (\w+)\(\n(.*?)\n\)(.*?)^\}", ptx, re.M | re.S):
        found[match[1]] = (re.findall(r"\.param \.(\w+)", match[2]), match[3])
    return found


def manifest_faults(manifest: dict, ptx: str) -> Iterator[str]:
    """What is wrong with the manifest's head: the image it speaks of and the sources it was made of."""
    image = manifest["image"]
    for key, wanted in (("schema", "cardwise.image"), ("version", 1), ("language", "rust"), ("board", "")):
        if manifest[key] != wanted:
            yield f"{key} is {manifest[key]}"
    if image["file"] != "kernels.ptx" or image["format"] != "ptx":
        yield "the image is not kernels.ptx"
    if image["bytes"] != len(ptx.encode()) or image["sha256"] != hashlib.sha256(ptx.encode()).hexdigest():
        yield "size or SHA-256 is not the image's"
    if f".target {manifest['architecture']}\n" not in ptx:
        yield "the image is for another architecture"
    if manifest["compiler"]["name"] != "rustc" or manifest["compiler"]["version"] != tools.WANTED:
        yield "made by another compiler"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", manifest["created"]):
        yield "created is no day"
    sources = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tools.KERNELS.glob("*.rs")}
    if {s["file"]: s["sha256"] for s in manifest["sources"]} != sources:
        yield "the sources are not those of the image: run scripts/rust-kernels.sh"
    if re.search(r"/(home|root|tmp|usr|work)/", ptx + json.dumps(manifest)):
        yield "a path of some machine"


def kernel_faults(kernel: dict, parameters: list[str]) -> Iterator[str]:
    """What is wrong with a kernel's row: against the portable kernel, and against the image."""
    name, dtype = kernel["name"], kernel["dtype"]
    if kernel["entry"] != f"cw_{name}_{dtype}x{kernel['width']}":
        yield "the entry's name is not its kernel's, type's and width's"
    if kernel["arguments"] != portable_arguments(name, dtype):
        yield f"arguments are not those of {name}.cl"
    if kernel["defines"] != portable_defines(name, dtype):
        yield f"defines are not what cardwise asks for: {portable_defines(name, dtype)}"
    wanted = [a["type"] if a["type"] in LANES else "u64" for a in kernel["arguments"]]
    if parameters != wanted:
        yield f"parameters {parameters}, arguments {wanted}"
    if (kernel["launch"], kernel["tail"], kernel["replications"]) != ("range", True, 1):
        yield "launch, tail or replications"


def code_faults(kernel: dict, body: str) -> Iterator[str]:
    """What is wrong with a kernel's code: its accesses and its arithmetic."""
    name, dtype, width = kernel["name"], kernel["dtype"], kernel["width"]
    reads = sum(a.get("access", "") == "read" for a in kernel["arguments"])
    lane = WIDE[dtype] if width == LANES[dtype] else NARROW[dtype]
    count: Callable[[str], int] = lambda pattern: len(re.findall(pattern, body))
    if count(rf"ld\.global\.nc\.{lane}\b") < reads:
        yield "a buffer that is only read is not loaded through the read-only path, in whole packs"
    if count(rf"st\.global\.{lane}\b") < 1:
        yield "no store of whole packs"
    if name in STREAMS and width > 1 and count(rf"ld\.global\S*\.{lane}\b") != 2:
        yield "not two loads of whole packs"
    if name != "saxpy" and count(r"ld\.global\.(?!nc)") > 0:
        yield "a load that is not through the read-only path"
    if count(r"fma\.rn") < FUSED.get(name, 0) * width:
        yield "multiply-adds are missing"
    if name in ("saxpy", "triad", "gemm") and count(r"\b(mul|add)(\.rn)?\.f(32|64)") > 0:
        yield "a multiply-add in two roundings"
    if count(r"\b(ld|st)\.(?!global|shared|param)") > 0:
        yield "an access to an address space that is not known"
    if count(r"\bcall\b") > 0:
        yield "a call"
    if name == "gemm":
        if count(rf"ld\.shared\.{lane}\b") < 64 or count(rf"st\.shared\.{lane}\b") < 2 or count(r"bar\.sync") < 1:
            yield "local memory is not read and written in whole packs, with a barrier"
        if set(re.findall(r"cw_tiles_f\d\d", body)) != {f"cw_tiles_{dtype}"}:
            yield "local memory of another type"
    elif "shared" in body or "bar.sync" in body:
        yield "local memory or a barrier"


def faults(manifest: dict, ptx: str) -> list[str]:
    """Everything that is wrong."""
    found = list(manifest_faults(manifest, ptx))
    code = entries(ptx)
    listed = [kernel["entry"] for kernel in manifest["kernels"]]
    if sorted(listed) != sorted(code):
        found.append("manifest and image have different entries")
    widths = {(k["name"], k["dtype"], k["width"]) for k in manifest["kernels"]}
    for name in (*STREAMS, "stencil2d", "conv2d", "gemm"):
        for dtype, lanes in LANES.items():
            for width in {lanes} if name == "gemm" else {lanes, 1}:
                if (name, dtype, width) not in widths:
                    found.append(f"no {name} of {dtype} x {width}")
    for kernel in manifest["kernels"]:
        parameters, body = code.get(kernel["entry"], ([], ""))
        wrong = [*kernel_faults(kernel, parameters), *code_faults(kernel, body)]
        found += [f"{kernel['entry']}: {fault}" for fault in wrong]
    if ".func" in ptx:
        found.append("a function that is no entry")
    return found


def planted(manifest: dict, ptx: str) -> int:
    """Each a part of what is found when one word of the image or one value of the manifest is another."""
    in_code = [
        ("read-only path", "ld.global.nc.v4.b32", "ld.global.v4.b32"),
        ("no store of whole packs", "st.global.v2.b64", "st.global.v1.b64"),
        ("two roundings", "fma.rn.f32 \t", "mul.rn.f32 \t"),
        ("address space", "ld.global.nc.b32", "ld.b32"),
        ("whole packs, with a barrier", "bar.sync", "nothing"),
        ("different entries", ".visible .entry cw_triad_f64x1(", ".visible .entry cw_triad_f64x3("),
        ("parameters", ".param .f32 cw_saxpy_f32x1_param_1", ".param .f64 cw_saxpy_f32x1_param_1"),
        ("SHA-256", "add.s64", "sub.s64"),
        ("another architecture", ".target sm_80", ".target sm_90"),
        ("a call", "ret;", "call f;"),
        ("a path of some machine", "//\n", "// /home/someone\n"),
    ]
    in_rows: list[tuple[str, Callable[[dict], object]]] = [
        ("arguments are not", lambda k: k["arguments"].reverse()),
        ("arguments are not", lambda k: k["arguments"][-1].update(access="read")),
        ("defines are not", lambda k: k["defines"].update(GROUP="128", TILE_K="4")),
        ("launch, tail", lambda k: k.update(tail=False)),
        ("the entry's name", lambda k: k.update(width=2 if k["width"] == 1 else 1)),
    ]
    trials = [(expected, manifest, ptx.replace(old, new)) for expected, old, new in in_code]
    for expected, change in in_rows:
        for place in range(len(manifest["kernels"])):
            other = copy.deepcopy(manifest)
            change(other["kernels"][place])
            trials.append((expected, other, ptx))
    other = copy.deepcopy(manifest)
    other["sources"][0]["sha256"] = "0" * 64
    trials.append(("the sources are not", other, ptx))
    other = copy.deepcopy(manifest)
    del other["kernels"][0]
    trials.append(("no conv2d of f32 x 1", other, ptx))
    missed = [expected for expected, m, p in trials if not any(expected in fault for fault in faults(m, p))]
    for expected in missed:
        print(f"MISSED  {expected}")
    print(f"{len(trials)} planted, {len(missed)} missed")
    return 1 if missed else 0


def main() -> int:
    ptx = (tools.KERNELS / "kernels.ptx").read_text(encoding="utf-8")
    manifest = json.loads((tools.KERNELS / "kernels.ptx.json").read_text(encoding="utf-8"))
    if sys.argv[1:] == ["--planted"]:
        return planted(manifest, ptx)
    found = faults(manifest, ptx)
    for fault in found:
        print(f"FAULT: {fault}")
    print(f"{len(manifest['kernels'])} kernels, {len(found)} faults")
    return 1 if found or not manifest["kernels"] else 0


if __name__ == "__main__":
    sys.exit(main())
