#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one file of end-to-end tests with pytest, or says loudly why it cannot (exit code 77).

    run_pytest.py --cardwise PROGRAM --mpirun MPIRUN [--needs opencl] FILE [ARGUMENTS OF PYTEST]
"""

import argparse
import importlib.util
import os
import pathlib
import sys


def skip(why: str, name: str) -> int:
    required = name in os.environ.get("CARDWISE_REQUIRE", "").split(",")
    print(f"{'FAILED, it is required' if required else 'SKIPPED'}: {why}")
    return 1 if required else 77


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cardwise", required=True)
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--needs", choices=["opencl", "fpga-emulator"], default="opencl")
    parser.add_argument("file")
    args, more = parser.parse_known_args()
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    os.environ["CARDWISE_EXE"], os.environ["CARDWISE_MPIRUN"] = args.cardwise, args.mpirun

    missing = [m for m in ("pytest", "h5py", "numpy") if importlib.util.find_spec(m) is None]
    if missing:
        return skip(f"{sys.executable} has no {', '.join(missing)} (scripts/setup.sh --tests)", "python")
    import program
    import pytest

    if args.needs == "fpga-emulator":
        if not program.has_platform("Intel(R) FPGA Emulation Platform for OpenCL(TM)"):
            return skip("no FPGA emulator (scripts/setup.sh --with-fpga-emulator)", args.needs)
    elif not program.has_cards("cpu"):
        return skip("no OpenCL platform with a CPU (apt-get install pocl-opencl-icd)", "opencl")
    return int(pytest.main(["-v", "-rs", "-p", "no:cacheprovider", "--tb=short",
                            "--durations=5", args.file, *more]))


if __name__ == "__main__":
    sys.exit(main())
