#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the manifest of the Rust kernels' image: what is in it, what it was made of, and how each entry is called.

The arguments of a kernel are those of kernels/<name>.cl; that the PTX has them is checked here and in tests/rust/.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import re
import sys
from pathlib import Path

# Of each kernel: its arguments in order, "real" for the type of its elements; r, w and rw are buffers.
ARGUMENTS = {
    "vector_add": [("n", "u64"), ("a", "r"), ("b", "r"), ("c", "w")],
    "saxpy": [("n", "u64"), ("a", "real"), ("x", "r"), ("y", "rw")],
    "triad": [("n", "u64"), ("s", "real"), ("b", "r"), ("c", "r"), ("a", "w")],
    "stencil2d": [("nx", "u64"), ("ny", "u64"), ("u", "r"), ("v", "w")],
    "conv2d": [("nx", "u64"), ("ny", "u64"), ("in", "r"), ("out", "w")],
    "gemm": [("m", "u64"), ("n", "u64"), ("k", "u64"), ("a", "r"), ("b", "r"), ("c", "w")],
}
ACCESS = {"r": "read", "w": "write", "rw": "read_write"}
# What the kernels were written for besides REAL and WIDTH, as Case and bench/gemm.cpp define it on GPUs.
STREAM = {"GROUP": 256}
PLANE = {"GROUP_X": 32, "GROUP_Y": 8, "ROWS": 4}
TILES = {"TILE_M": 128, "TILE_N": 128, "ITEM_M": 8, "ITEM_N": 8, "RESIDENT": 1}
TILE_K = {"f32": 16, "f64": 8}

ENTRY = re.compile(r"^\.visible \.entry (\w+)\(\n(.*?)\n\)", re.M | re.S)
NAME = re.compile(r"cw_(\w+)_(f32|f64)x([124])")


def defines(kernel: str, dtype: str) -> dict[str, str]:
    """What a caller must ask for to be given this kernel."""
    if kernel == "gemm":
        numbers = {**TILES, "TILE_K": TILE_K[dtype]}
    else:
        numbers = PLANE if kernel in ("stencil2d", "conv2d") else STREAM
    return {name: str(number) for name, number in numbers.items()}


def argument(name: str, kind: str, dtype: str) -> dict[str, str]:
    if kind in ACCESS:
        return {"name": name, "type": "buffer", "access": ACCESS[kind], "bank": ""}
    return {"name": name, "type": dtype if kind == "real" else kind}


def kernel(entry: str, parameters: str) -> dict:
    """One row of the manifest; exits where the entry's parameters are not the kernel's."""
    match = NAME.fullmatch(entry)
    if not match or match[1] not in ARGUMENTS:
        sys.exit(f"manifest.py: {entry} is no kernel of cardwise's with a type and a width")
    name, dtype, width = match[1], match[2], int(match[3])
    arguments = [argument(what, kind, dtype) for what, kind in ARGUMENTS[name]]
    found = re.findall(r"\.param \.(\w+)", parameters)
    wanted = [a["type"] if a["type"] in ("f32", "f64") else "u64" for a in arguments]
    if found != wanted:
        sys.exit(f"manifest.py: {entry} takes {found}, and {name} has {wanted}")
    return {
        "name": name,
        "entry": entry,
        "dtype": dtype,
        "width": width,
        "replications": 1,
        "launch": "range",
        "defines": defines(name, dtype),
        "tail": True,
        "arguments": arguments,
    }


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def created(previous: Path, image_sha256: str) -> str:
    """The day: SOURCE_DATE_EPOCH's, else that of an earlier manifest of the same image, else today."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        return datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).date().isoformat()
    try:
        earlier = json.loads(previous.read_text(encoding="utf-8"))
        if earlier["image"]["sha256"] == image_sha256:
            return earlier["created"]
    except (OSError, ValueError, KeyError):
        pass
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", type=Path, required=True, help="the PTX")
    parser.add_argument(
        "--sources", type=Path, required=True, help="folder of the .rs files it was made of"
    )
    parser.add_argument("--arch", required=True, help="the least compute capability: sm_80")
    parser.add_argument("--version", required=True, help="of rustc")
    parser.add_argument(
        "--previous", type=Path, required=True, help="a manifest whose date stays if the image did"
    )
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("flags", nargs="*", help="the compiler's, after --")
    given = parser.parse_args()
    text = given.image.read_text(encoding="utf-8")
    kernels = [kernel(entry, parameters) for entry, parameters in ENTRY.findall(text)]
    if not kernels:
        sys.exit(f"manifest.py: no kernel in {given.image.name}")
    manifest = {
        "schema": "cardwise.image",
        "version": 1,
        "image": {
            "file": given.image.name,
            "bytes": given.image.stat().st_size,
            "sha256": sha256(given.image),
            "format": "ptx",
        },
        "board": "",
        "architecture": given.arch,
        "language": "rust",
        "compiler": {"name": "rustc", "version": given.version, "flags": given.flags},
        "clock_hz": 0,
        "created": created(given.previous, sha256(given.image)),
        "sources": [
            {"file": p.name, "sha256": sha256(p)} for p in sorted(given.sources.glob("*.rs"))
        ],
        "kernels": sorted(kernels, key=lambda k: k["entry"]),
    }
    given.output.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
