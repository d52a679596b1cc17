# SPDX-License-Identifier: Apache-2.0
"""What changed between runs? The command `compare`: verdicts, formats, exit codes."""

import argparse
import os

from cardwise_report import judge, policy, rerun
from cardwise_report.cli import Outcome
from cardwise_report.compare_text import as_json, as_junit, as_markdown, as_text
from cardwise_report.comparing import LEARN_FROM, Comparison, compare
from cardwise_report.comparing import rerun as judge_again
from cardwise_report.context import differences
from cardwise_report.folder import earlier_runs
from cardwise_report.html_compare import as_page
from cardwise_report.matching import NotComparable, must_be_comparable
from cardwise_report.run_file import InputError
from cardwise_report.summary import Summary, read_summary
from cardwise_report.terminal import Style
from cardwise_report.whole_file import write_whole

_FAILS = {
    "suspect": (judge.SUSPECT, judge.SLOWER, judge.CONFIRMED),
    "slower": (judge.SLOWER, judge.CONFIRMED),
    "confirmed": (judge.CONFIRMED,),
    "never": (),
}
_FORMATS = {"json": as_json, "markdown": as_markdown, "junit": as_junit}


class TooFewRuns(Exception):
    """The baseline has fewer runs than --least: the first nights of a system, and no error."""


def run(arguments: argparse.Namespace) -> Outcome:
    """Compares and says so; 2 and 3 end at once, else 5 > 1 > 4 > 0."""
    if arguments.least != 1 and not arguments.baseline:
        return Outcome(2, "", ("--least counts the runs of --baseline DIR, which is not given",))
    if not arguments.baseline and len(arguments.files) < 2:
        return Outcome(2, "", ("compare needs two files, or --baseline DIR and one",))
    complaints: list[str] = []
    try:
        words = rerun.parse(arguments.rerun) if arguments.rerun is not None else None
        limits = _named(arguments.policy, policy.load)
        refs, news, siblings = _read(arguments, complaints)
        for new in news:
            must_be_comparable([*refs, *news[:-1]], new, arguments.cross_system)
        found = compare(
            refs,
            news,
            limits,
            siblings,
            arguments.metric,
            arguments.accept_changed_kernels,
        )
    except TooFewRuns as few:
        return Outcome(4 if arguments.strict else 0, "", (*complaints, str(few)))
    except NotComparable as error:
        return Outcome(3, "", (*complaints, f"not comparable: {error}"))
    except InputError as error:
        return Outcome(2, "", (*complaints, str(error)))
    told = [str(difference) for difference in differences(refs[-1], news[-1])]
    again = ""
    if flagged := _flagged(found):
        if words is None:
            again = rerun.command_to_type(flagged, news[-1])
        else:
            try:
                once_more = rerun.measure_again(words, flagged)
                must_be_comparable(news, once_more, arguments.cross_system)
                judge_again(found, once_more, {entry.row["case_key"] for entry in flagged})
            except (InputError, NotComparable) as error:
                complaints.append(f"{error}: nothing is confirmed")
    write = _FORMATS.get(arguments.format)
    if write:
        text = write(found, told, again)
    else:
        text = as_text(found, told, again, Style.of_stdout())
    code = _code(found, arguments)
    if arguments.html:
        try:
            write_whole(arguments.html, as_page(found, told, again, words is not None))
        except (OSError, ValueError) as error:
            # a re-run may have taken hours: what it found is told all the same
            complaints.append(f"{arguments.html}: cannot be written: {error}")
            code = 2
    return Outcome(code, text, tuple(complaints))


def _named(path: str | None, read):
    """What `read` gives for a path, whose name stands before what is wrong with it."""
    try:
        return read(path)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _read(arguments, complaints) -> tuple[list[Summary], list[Summary], list[Summary]]:
    """References (oldest first), new runs, and what tells how runs differ by themselves."""

    def whole(path):
        return _named(path, lambda p: read_summary(p, context=True))

    if arguments.baseline:
        news = sorted(map(whole, arguments.files), key=lambda run: run.when)
        ids = {run.about["run_id"] for run in news}
        folder = arguments.baseline
        refs = _named(folder, lambda f: earlier_runs(f, news[0], True, complaints.append, skip=ids))
        if len(refs) < arguments.least != 1:
            raise TooFewRuns(
                f"nothing compared: {len(refs)} earlier runs of the same system and cards in "
                f"{folder}, and --least {arguments.least}"
            )
        if not refs:
            raise InputError(
                f"{folder}: holds no complete run of the same system and card models that is "
                "older than the new one"
            )
        refs[-1] = whole(refs[-1].path)  # of the newest the cards and the environment, too
        if len(refs) < judge.BASELINE_RUNS:
            refs[:-1] = [_named(run.path, read_summary) for run in refs[:-1]]
        return refs, news, []
    *old, new = arguments.files
    news = [whole(new)]
    if len(old) >= judge.BASELINE_RUNS:
        refs = [_named(path, lambda p: read_summary(p, rounds=False)) for path in old]
        refs.sort(key=lambda run: run.when)
        refs[-1] = whole(refs[-1].path)
        return refs, news, []
    refs = sorted(map(whole, old), key=lambda run: run.when)
    return refs, news, _siblings(refs[-1], news[0])


def _siblings(old: Summary, new: Summary) -> list[Summary]:
    """Runs like OLD beside it: nobody named them, so what is wrong with them is not told."""
    folder = os.path.dirname(os.path.abspath(old.path))
    try:
        skip = {new.about["run_id"]}
        found = earlier_runs(folder, old, False, skip=skip, last=old)
    except InputError:
        return []
    return found if len(found) >= LEARN_FROM else []


def _flagged(found: Comparison) -> list:
    """Entries of the cases that look slower, each once."""
    keys = dict.fromkeys(
        row.case_key for row in found.judged if row.verdict in (judge.SLOWER, judge.SUSPECT)
    )
    out = (run.entries.get(key) for key in keys for run in found.news[-1:])
    return [entry for entry in out if entry is not None]


def _code(found: Comparison, arguments: argparse.Namespace) -> int:
    verdicts = set(found.of_case().values())
    if judge.BROKEN in verdicts:
        return 5
    if verdicts & set(_FAILS[arguments.fail_on]):
        return 1
    few = arguments.baseline and len(found.refs) < judge.BASELINE_RUNS
    if arguments.strict and (few or verdicts & {judge.UNRESOLVED, judge.REMOVED}):
        return 4
    return 0
