#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does cardwise read what ptxas makes of the Rust kernels: targets, entries, and the argument list of each?

cubin.py CARDWISE              machine code for four architectures with the manifest of the PTX: every one is whole
cubin.py CARDWISE --planted    code whose arguments are others than its manifest says: every one is refused, by name
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import tools

ARCHITECTURES = ("sm_80", "sm_90", "sm_100", "sm_120")
ENTRY = "cw_saxpy_f32x1"  # (u64 n, f32 a, buffer x, buffer y)


def check(cardwise: str, ptx: str, folder: str, architecture: str, says: str = "") -> tuple[int, str]:
    """What `cardwise image check` answers to machine code of a PTX, beside the committed manifest."""
    source, image = Path(folder) / "edited.ptx", Path(folder) / "kernels.cubin"
    source.write_text(ptx, encoding="utf-8")
    made = tools.run([tools.ptxas(), f"-arch={architecture}", "-o", str(image), str(source)])
    if made.returncode != 0:
        return -1, made.stdout + made.stderr
    code = image.read_bytes()
    about = json.loads((tools.KERNELS / "kernels.ptx.json").read_text(encoding="utf-8"))
    about["architecture"] = says or architecture
    about["image"] = {
        "file": image.name,
        "bytes": len(code),
        "sha256": hashlib.sha256(code).hexdigest(),
        "format": "cubin",
    }
    Path(f"{image}.json").write_text(json.dumps(about), encoding="utf-8")
    said = tools.run([cardwise, "image", "check", str(image)])
    return said.returncode, said.stdout + said.stderr


def whole(cardwise: str, folder: str, ptx: str) -> int:
    wrong = 0
    for architecture in ARCHITECTURES:
        code, said = check(cardwise, ptx, folder, architecture)
        good = code == 0 and said.count("\n  cw_") == ptx.count(".entry ")
        print(f"{architecture}: {'whole' if good else 'FAULT: ' + said}")
        wrong += not good
    return wrong


def planted(cardwise: str, folder: str, ptx: str) -> int:
    last, second = f"\t.param .u64 .ptr .align 1 {ENTRY}_param_3\n", f"\t.param .f32 {ENTRY}_param_1,"
    faults = {  # what is replaced, by what, and what must be said of it
        "one more": (last, f"{last.rstrip()},\n\t.param .u64 {ENTRY}_param_4\n", f"{ENTRY} has 5 parameters"),
        "a wider one": (second, second.replace(".f32", ".f64"), f"parameter 1 of kernel {ENTRY} is 8 bytes"),
        "a structure": (
            second,
            f"\t.param .align 4 .b8 {ENTRY}_param_1[12],",
            f"parameter 1 of kernel {ENTRY} is 12 bytes",
        ),
        "another name": (f".entry {ENTRY}(", f".entry {ENTRY}_(", f"no kernel '{ENTRY}'"),
    }
    missed = 0
    for name, (old, new, words) in faults.items():
        if ptx.count(old) != 1:
            print(f"MISSED  {name}: the PTX no longer has {old!r} once")
            missed += 1
            continue
        code, said = check(cardwise, ptx.replace(old, new), folder, "sm_90")
        found = code == 2 and words in said
        print(f"{'found ' if found else 'MISSED'}  {name}: {said.strip()[-200:]}")
        missed += not found
    code, said = check(cardwise, ptx, folder, "sm_90", says="sm_80")
    found = code == 2 and "made for sm_90, and its manifest says sm_80" in said
    print(f"{'found ' if found else 'MISSED'}  another architecture: {said.strip()[-200:]}")
    return missed + (not found)


def main() -> int:
    judge = planted if "--planted" in sys.argv else whole
    ptx = (tools.KERNELS / "kernels.ptx").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        return 1 if judge(sys.argv[1], folder, ptx) else 0


if __name__ == "__main__":
    sys.exit(main())
