#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/fpga_emulator.sh with small wheels of its own: what is kept, that a second call does nothing, what is said
where PyPI cannot be reached. Touches no network.

    setup_test.py ROOT FOLDER      0: right, 1: wrong, 77: pip cannot be had
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

RELEASE = "2025.0.5"
WHEELS = {
    "intel_opencl_fpga_emu_rt": ["libintelocl_emu.so", "cl.fpga_emu.cfg", "intel_fpga_emu.icd"],
    "intel_opencl_rt": [
        "libcommon_clang.so.1",
        "libtbb.so.12",
        "libonnxruntime.1.so",
        "libOpenCL.so.1",
        "libhwloc.so.15",
    ]
    + ["libocl_svml_e9.so", "clbltfne9.rtl", "cllibrary.rtl", "icx-lto.so"],
    "intel_cmplr_lib_rt": ["libimf.so", "libsvml.so", "libirng.so", "libintlc.so.5", "libqkmalloc.so"],
}
KEPT = {name for names in WHEELS.values() for name in names} - {
    "intel_fpga_emu.icd",
    "libOpenCL.so.1",
    "libhwloc.so.15",
    "icx-lto.so",
    "libqkmalloc.so",
}


def make_wheels(folder: Path, without: str = "") -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, files in WHEELS.items():
        top, info = f"{name}-{RELEASE}", f"{name}-{RELEASE}.dist-info"
        with zipfile.ZipFile(folder / f"{top}-py3-none-any.whl", "w") as wheel:
            for file in files:
                if file != without:
                    wheel.writestr(f"{top}.data/data/lib/{file}", f"this is {file}\n")
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {RELEASE}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")


def call(root: Path, build: Path, wheels: Path | None, path: str = "") -> subprocess.CompletedProcess[str]:
    script = f'set -euo pipefail; . "{root}/scripts/lib.sh"; . "{root}/scripts/fpga_emulator.sh"; build="{build}"'
    environment = os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels or "")}
    environment["PATH"] = path + os.environ["PATH"]
    if wheels is None:
        del environment["PIP_FIND_LINKS"]
    return subprocess.run(
        ["bash", "-c", f"{script}; fpga_emulator"], text=True, capture_output=True, env=environment, timeout=300
    )


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = [f for f in folder.rglob("*") if f.is_file()]
    return {str(f.relative_to(folder)): (f.stat().st_mtime_ns, f.read_bytes()) for f in files}


def check(root: Path, folder: Path) -> list[str]:
    failed = []

    def expect(good: bool, what: str, more: object = "") -> None:
        print("right" if good else "WRONG", what)
        if not good:
            failed.append(f"{what}: {more}")

    build, wheels = folder / "build", folder / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    build.mkdir(parents=True)
    made = build / "fpga-emulator"

    unreachable = call(root, build, None)
    expect(unreachable.returncode != 0, "without PyPI it fails", unreachable)
    expect("Is PyPI reachable?" in unreachable.stderr, "and says so", unreachable.stderr)
    expect(list(build.iterdir()) == [], "and leaves nothing", list(build.iterdir()))

    make_wheels(wheels, without="libtbb.so.12")
    partial = call(root, build, wheels)
    expect(
        partial.returncode != 0 and "hold no libtbb.so.12" in partial.stderr, "a part that is missing is named", partial
    )
    expect(not made.exists(), "and nothing is left of it", list(build.iterdir()))

    make_wheels(wheels)
    first = call(root, build, wheels)
    expect(first.returncode == 0, "wheels are installed", first)
    if failed:
        return failed
    kept = {f.name for f in (made / "lib").iterdir()}
    expect(kept == KEPT, "what the platform opens is kept, no libOpenCL, no libhwloc", kept ^ KEPT)
    icd = made / "icd" / "fpga-emu.icd"
    expect(
        icd.read_text() == f"{made}/lib/libintelocl_emu.so\n",
        "the .icd names the library's absolute path",
        icd.read_text(),
    )
    expect(
        f"OCL_ICD_VENDORS={made}/icd CL_CONFIG_CPU_EMULATE_DEVICES=2" in first.stdout,
        "the line is printed",
        first.stdout,
    )
    expect(sorted(f.name for f in build.iterdir()) == ["fpga-emulator"], "nothing else is left", list(build.iterdir()))

    before = snapshot(made)
    second = call(root, build, None)  # no wheels: whoever fetches, fails
    expect(second.returncode == 0, "a second call fetches nothing", second)
    expect(snapshot(made) == before, "and touches no file")
    expect(f"OCL_ICD_VENDORS={made}/icd" in second.stdout, "but prints the line again", second.stdout)

    moved = folder / "moved"
    build.rename(moved)
    third = call(root, moved, None)
    now = (moved / "fpga-emulator/icd/fpga-emu.icd").read_text()
    expect(third.returncode == 0 and now.startswith(str(moved)), "a folder that was moved names its own library", now)

    (moved / "fpga-emulator/release").write_text("2024.0.0\n")
    old = call(root, moved, wheels)
    release = (moved / "fpga-emulator/release").read_text()
    expect(old.returncode == 0 and release == f"{RELEASE}\n", "another release is replaced", old)
    help_text = subprocess.run([root / "scripts/setup.sh", "--help"], text=True, capture_output=True, check=True).stdout
    expect("--with-fpga-emulator" in help_text, "setup.sh --help names the option", help_text)
    return failed


def main(arguments: list[str]) -> int:
    root, folder = Path(arguments[0]).resolve(), Path(arguments[1]).resolve()
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode != 0:
        print("SKIPPED: no module ensurepip (package python3-venv)")
        return 77
    failed = check(root, folder)
    for text in failed:
        print("setup_test:", text, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
