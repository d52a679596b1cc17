# SPDX-License-Identifier: Apache-2.0
"""Since when is a system different? The command `history`: incidents over all runs of a folder."""

import argparse
import datetime
import json

from cardwise_report import annotations, changes, incidents, otava_engine, policy
from cardwise_report.cli import Outcome
from cardwise_report.context import differences
from cardwise_report.history_page import as_page
from cardwise_report.history_text import as_text, data_of
from cardwise_report.run_cache import read_archive
from cardwise_report.run_file import InputError
from cardwise_report.summary import read_summary
from cardwise_report.terminal import Style
from cardwise_report.whole_file import write_whole


ENGINES = {"scan": changes.find_changes, "otava": otava_engine.find_changes}


def analyse(folder: str, since: str, engine, complain) -> tuple[list, list]:
    """Groups of series, and the open incidents."""
    remarks = annotations.read(folder)
    archive = read_archive(folder, complain)
    if not archive.runs:
        raise InputError("holds no readable run")
    found = incidents.groups(archive, policy.Policy(), since)
    return found, incidents.find(found, remarks, engine)


def run(arguments: argparse.Namespace) -> Outcome:
    """Tells open incidents; exit code 1 if one of them is a slowdown."""
    folder, complaints = arguments.files[0], []
    try:
        since = _since(arguments.since)
        groups, found = analyse(folder, since, ENGINES[arguments.engine], complaints.append)
    except InputError as error:
        return Outcome(2, "", (*complaints, f"{folder}: {error}"))
    context = [_context(incident, complaints) for incident in found]
    if arguments.output:
        try:
            write_whole(arguments.output, as_page(groups, found, context))
        except (OSError, ValueError) as error:
            return Outcome(2, "", (*complaints, f"{arguments.output}: cannot be written: {error}"))
    if arguments.format == "json":
        text = json.dumps(data_of(groups, found, context), indent=1, allow_nan=False) + "\n"
    else:
        text = as_text(groups, found, context, Style.of_stdout())
    return Outcome(_code(groups, found, arguments.strict), text, tuple(complaints))


def _code(groups: list, found: list, strict: bool) -> int:
    if any(incident.slower for incident in found):
        return 1
    few = not any(len(group.runs) >= changes.LEAST for group in groups)
    return 4 if strict and few else 0


def _since(text: str | None) -> str:
    if text is None:
        return ""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(f"--since: {text:.40} is no YYYY-MM-DD") from None


def _context(incident, complaints: list[str]) -> list[str]:
    """What differs between the last run before and the first one of the new level."""
    try:
        old, new = (
            read_summary(line.path, rounds=False, context=True)
            for line in (incident.before, incident.run)
        )
    except InputError as error:
        complaints.append(f"{incident.run.path}: its environment: {error}")
        return []
    return [str(difference) for difference in differences(old, new)]
