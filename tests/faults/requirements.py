# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests of faults need, and how a test says that it is missing."""

import importlib.util
import os
import subprocess
import sys


def pocl_is_missing(tools):
    environment = {**os.environ, "POCL_DEVICES": "basic basic"}
    shown = subprocess.run(
        [tools.cardwise, "devices", "--type", "cpu", "--backend", "opencl"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return shown.returncode != 0 or "opencl" not in shown.stdout.lower()


def skip(reason, requirement):
    print(f"SKIPPED: {reason}")
    return 1 if requirement in os.environ.get("CARDWISE_REQUIRE", "").split(",") else 77


def skipped(tools):
    """An exit code where h5py or a card is missing, else 0."""
    if importlib.util.find_spec("h5py") is None:
        return skip(f"{sys.executable} has no h5py; scripts/setup.sh installs it", "python")
    if pocl_is_missing(tools):
        return skip("no OpenCL card of type cpu (PoCL) is here", "opencl")
    return 0
