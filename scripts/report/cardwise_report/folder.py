# SPDX-License-Identifier: Apache-2.0
"""Which result files lie in a folder, and which of them are runs of the same kind as a given one?"""

import os
import re
from collections.abc import Callable

from cardwise_report import annotations
from cardwise_report.run_file import InputError
from cardwise_report.summary import Summary, read_summary

NEWEST = 20  # runs that make a baseline
_TRIES = 200  # files opened at most in search of them
_STAMP = re.compile(r"(\d{8}T\d{6}Z)-")


def files_in(folder: str, deep: bool = True) -> list[str]:
    """Result files, the newest first by the time in their names, else by that of the file.

    Runs in a folder `reference` belong to no history. InputError if the folder cannot be read.
    """
    if not os.path.isdir(folder):
        raise InputError("is no folder" if os.path.exists(folder) else "does not exist")
    found = []
    for here, folders, names in os.walk(folder, onerror=None, followlinks=False):
        folders[:] = sorted(f for f in folders if f != "reference" and not f.startswith("."))
        found += [os.path.join(here, n) for n in names if n.endswith(".h5") and n[0] != "."]
        if not deep:
            break
    return sorted(found, key=lambda path: (_stamp(path), path), reverse=True)


def _stamp(path: str) -> str:
    """'20260521T030405Z': when the run began, as far as one can tell without opening the file."""
    if match := _STAMP.match(os.path.basename(path)):
        return match[1]
    import datetime

    try:
        when = datetime.datetime.fromtimestamp(os.stat(path).st_mtime, datetime.timezone.utc)
    except (OSError, ValueError, OverflowError):
        return ""
    return when.strftime("%Y%m%dT%H%M%SZ")


def comparable(run: Summary, like: Summary) -> bool:
    """A complete run of the same system, card models and kind that began before `like`."""
    return (
        run.complete
        and run.about["system"] == like.about["system"]
        and run.models == like.models
        and run.kinds == like.kinds
        and run.when < like.when
    )


def earlier_runs(
    folder: str,
    like: Summary,
    deep: bool,
    complain: Callable[[str], None] | None = None,
    skip: set[str] = frozenset(),
    last: Summary | None = None,
) -> list[Summary]:
    """The newest runs of a folder that are comparable with `like`, oldest first.

    None from before the last acknowledged change. `skip`: run_ids that are on the other side;
    `last`: counts as one of them whatever its time.
    """
    since = annotations.last_break(annotations.read(folder), like.about["system"])
    out: dict[str, Summary] = {last.about["run_id"]: last} if last else {}
    for path in files_in(folder, deep)[:_TRIES]:
        if len(out) >= NEWEST:
            break
        try:
            run = read_summary(path, rounds=False)
        except InputError as error:
            if complain:
                complain(f"{path}: {error} (left out)")
            continue
        if run.about["run_id"] in skip or run.when < since:
            continue
        if comparable(run, like):
            out.setdefault(run.about["run_id"], run)
    return sorted(out.values(), key=lambda run: (run.when, run.path))
