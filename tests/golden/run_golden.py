# SPDX-License-Identifier: Apache-2.0
"""Runs the golden tests with pytest, or says loudly why it cannot (exit code 77)."""

import importlib.util
import os
import pathlib
import sys

NEEDED = ["pytest", "h5py", "numpy", "pandas"]


def main() -> int:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"SKIPPED: {sys.executable} has no {', '.join(missing)}; scripts/setup.sh installs them")
        required = "python" in os.environ.get("CARDWISE_REQUIRE", "").split(",")
        return 1 if required else 77
    import pytest

    os.environ["CARDWISE_WRITE_GOLDEN"], os.environ["CARDWISE_PRINT_SCHEMA"] = sys.argv[1:3]
    folder = pathlib.Path(__file__).parent
    return int(pytest.main(["-v", "-rs", "-p", "no:cacheprovider", str(folder)]))


if __name__ == "__main__":
    sys.exit(main())
