#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is kernels/rust/kernels.ptx what its sources give? Made again in two folders, it must be the same to the byte."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import tools


def make(top: Path, output: Path) -> None:
    """The two files, made by the script of the tree at `top`."""
    made = tools.run(["bash", str(top / "scripts" / tools.SCRIPT.name), "--output", str(output)])
    if made.returncode != 0:
        sys.exit(f"{tools.SCRIPT.name} failed:\n{made.stdout}{made.stderr}")


def main() -> int:
    tools.rustc()
    faults = []
    committed = (tools.KERNELS / "kernels.ptx").read_bytes()
    manifest = json.loads((tools.KERNELS / "kernels.ptx.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        here, there = Path(folder) / "here", Path(folder) / "a folder with another name"
        make(tools.ROOT, here)
        for part in ("kernels", "scripts"):
            shutil.copytree(tools.ROOT / part, there / part)
        (there / "kernels/rust/kernels.ptx.json").unlink()
        make(there, there / "out")
        made = (here / "kernels.ptx").read_bytes()
        if made != committed:
            faults.append("kernels.ptx is not what its sources give: run scripts/rust-kernels.sh and commit both files")
        if made != (there / "out/kernels.ptx").read_bytes():
            faults.append("two folders give two images")
        for output in (here, there / "out"):
            again = json.loads((output / "kernels.ptx.json").read_text(encoding="utf-8"))
            if {**again, "created": ""} != {**manifest, "created": ""}:
                faults.append("kernels.ptx.json is not what the script writes")
        places = [folder, str(tools.ROOT), str(Path.home())]
        text = made.decode() + (here / "kernels.ptx.json").read_text(encoding="utf-8")
        faults += [f"the files name a folder of this machine: {p}" for p in places if p != "/" and p in text]
        if re.search(r"^\s*\.(file|loc|section)\b", text, re.M):
            faults.append("the image has debug information")
    for fault in faults:
        print(f"FAULT: {fault}")
    print(f"{len(committed)} bytes of PTX, made twice by rustc {tools.WANTED}: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
