# SPDX-License-Identifier: Apache-2.0
"""Where the tests of the Rust kernels find their tools, and how they say that one is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "kernels" / "rust"
SCRIPT = ROOT / "scripts" / "rust-kernels.sh"
WANTED = re.search(r"^wanted=([\d.]+)", SCRIPT.read_text(encoding="utf-8"), re.M)[1]


def skip(reason: str, requirement: str) -> None:
    """Ends the test: skipped, or failed where CARDWISE_REQUIRE names what is missing."""
    print(f"SKIPPED: {reason}")
    sys.exit(1 if requirement in os.environ.get("CARDWISE_REQUIRE", "").split(",") else 77)


def version(command: list[str]) -> str:
    """Which rustc it is, or nothing if it is none."""
    environment = {**os.environ, "RUSTUP_AUTO_INSTALL": "0"}
    try:
        said = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, env=environment)
    except OSError:
        return ""
    match = re.match(r"rustc (\S+)", said.stdout)
    return match[1] if match else ""


def rustc() -> list[str]:
    """The command of the very release that the committed image was made with, as the script finds it."""
    named = os.environ.get("RUSTC")
    toolchains = [["rustup", "run", toolchain, "rustc"] for toolchain in (WANTED, "stable")]
    candidates = [[named]] if named else [["rustc"], *toolchains]
    for command in candidates:
        if version(command) == WANTED:
            return command
    found = version(candidates[0]) or "none"
    skip(f"rustc {WANTED} is wanted, and here is {found} ({SCRIPT.name} --help)", "rust")
    raise AssertionError


def ptxas() -> str:
    """NVIDIA's assembler for PTX: of a toolkit, or of the wheel that scripts/setup.sh --tests fetches."""
    roots = [os.environ.get(name) for name in ("CARDWISE_CUDA_ROOT", "CUDA_HOME", "CUDA_PATH")]
    folders = [Path(root) / "bin" for root in roots if root]
    folders += [Path("/usr/local/cuda/bin"), ROOT / "build" / "cuda" / "bin"]
    found = shutil.which("ptxas")
    for folder in folders:
        found = found or shutil.which("ptxas", path=str(folder))
    if not found:
        skip("no ptxas (scripts/setup.sh --tests fetches it)", "nvrtc")
    return str(found)


def run(command: list[str], timeout_s: int = 300, **more) -> subprocess.CompletedProcess:
    """A command with its time limit; what it wrote is kept."""
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, **more)
