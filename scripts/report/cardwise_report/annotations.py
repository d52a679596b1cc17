# SPDX-License-Identifier: Apache-2.0
"""What have people remarked about runs? annotations.json beside them: breaks of a history."""

import json
import os

from cardwise_report.policy import read_json
from cardwise_report.run_file import InputError
from cardwise_report.whole_file import write_whole

NAME = "annotations.json"


def read(folder: str) -> dict:
    """The remarks of a folder, {"breaks": [...]}; InputError where the file is no such thing."""
    path = os.path.join(folder, NAME)
    if not os.path.lexists(path):
        return {"breaks": []}
    try:
        out = read_json(path)
        breaks = out.setdefault("breaks", [])
        good = isinstance(breaks, list) and all(_is_break(entry) for entry in breaks)
    except InputError as error:
        raise InputError(f"{NAME}: {error}") from None
    if not good:
        raise InputError(f"{NAME}: breaks: needs objects with the texts system, first_utc, reason")
    return out


def _is_break(entry: object) -> bool:
    return isinstance(entry, dict) and all(
        isinstance(entry.get(name), str) for name in ("system", "first_utc", "reason")
    )


def breaks(remarks: dict, system: str) -> list[str]:
    """When the acknowledged changes of a system began: first run of each new level."""
    return sorted(entry["first_utc"] for entry in remarks["breaks"] if entry["system"] == system)


def last_break(remarks: dict, system: str) -> str:
    """Runs from before it say nothing about today; "" if there was none."""
    return max(breaks(remarks, system), default="")


def write(folder: str, remarks: dict) -> None:
    """Replaces the file as a whole; InputError if that cannot be done."""
    path = os.path.join(folder, NAME)
    try:
        write_whole(path, json.dumps(remarks, indent=1) + "\n")
    except OSError as error:
        raise InputError(f"{NAME}: cannot be written: {error.strerror}") from None
