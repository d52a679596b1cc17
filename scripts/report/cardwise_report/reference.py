# SPDX-License-Identifier: Apache-2.0
"""How are reference values made of a good run? The command `reference`."""

import argparse
import json
import math
import os

import numpy as np

from cardwise_report import references
from cardwise_report.cli import Outcome
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.summary import Summary, read_summary
from cardwise_report.terminal import many
from cardwise_report.whole_file import write_whole

_LEAST_ROUNDS = 6


def run(arguments: argparse.Namespace) -> Outcome:
    """Writes the references of the run's card model; says what was left out and why."""
    path = arguments.files[0]
    try:
        summary = read_summary(path, context=True)
        with RunFile(path) as file:
            code = file.attribute("/", "exit_code", "i4")
        must_be_good(summary, code)
        values, left_out = values_of(summary)
    except InputError as error:
        return Outcome(2, "", (f"{path}: {error}",))
    if not values:
        return Outcome(2, "", (f"{path}: no case is fit for a reference", *left_out))
    model = summary.models[0]
    target = arguments.output or os.path.join(references.FOLDER, references.file_name(model))
    data = {"schema": references.SCHEMA, "version": references.VERSION, "model": model}
    try:
        _write(target, data | {"values": values}, arguments.force)
    except InputError as error:
        return Outcome(2, "", (f"{target}: {error}",))
    text = f"{target}: {many(len(values), 'value')} of {model:.100}, {summary.when[:10]}\n"
    return Outcome(0, text, left_out)


def must_be_good(run: Summary, exit_code: int) -> None:
    """InputError where a run is nothing to hold others against."""
    if not run.complete or exit_code != 0:
        reason = run.about["exit_reason"]
        raise InputError(f"is no good run: it ended with {reason:.40}, exit code {exit_code}")
    if len(run.models) != 1:
        raise InputError(f"has {len(run.models)} card models: references are of one")
    if "emulated" in run.kinds:
        raise InputError("is of an emulator: its times say nothing about a card")
    bad = sorted(e.label for e in run.entries.values() if e.status in ("failed", "wrong"))
    if bad:
        raise InputError(f"is no good run: {bad[0]:.80} was {run_status(run, bad[0])}")
    ranks = run.ranks
    troubles = (
        (ranks["verify_failures"] > 0, "wrong results"),
        (
            (ranks["ecc_uncorrected_start"] >= 0)
            & (ranks["ecc_uncorrected_end"] > ranks["ecc_uncorrected_start"]),
            "memory errors that ECC could not correct",
        ),
        (ranks["shared"] == 1, "a card that another rank uses too"),
        (ranks["status_text"] != "", "no card to measure"),
    )
    for hit, words in troubles:
        if hit.any():
            raise InputError(f"is no good run: rank {int(np.flatnonzero(hit)[0])} had {words}")


def run_status(run: Summary, label: str) -> str:
    return next(entry.status for entry in run.entries.values() if entry.label == label)


def values_of(run: Summary) -> tuple[list[dict], tuple[str, ...]]:
    """Values with unit, peak, source, date and cards; and why cases were left out."""
    out, left_out = [], []
    source = f"cardwise run {run.about['run_id']:.60} on {run.about['system']:.60}"
    for entry in run.entries.values():
        time = entry.by_metric["card_median"].value if entry.by_metric else math.nan
        why = "" if entry.status == "ok" else entry.status
        if not why and not (math.isfinite(time) and entry.row["rounds"] >= _LEAST_ROUNDS):
            why = f"fewer than {_LEAST_ROUNDS} rounds of valid times"
        value = references.reached(entry, time)
        if not why and not (entry.kind in references.UNITS and math.isfinite(value)):
            why = "its headline is neither a rate nor a time"
        if not why and entry.row["throttled_frac"] > 0:
            why = "throttled"
        peak = references.peak_of(entry, run.ranks)
        if not why and math.isfinite(peak):
            try:
                references.must_be_plausible(value, peak, "implausible")
            except InputError as error:
                why = str(error)
        if why:
            left_out.append(f"left out: {entry.label:.100}: {why}")
            continue
        out.append(
            {
                "case_key": entry.row["case_key"],
                "value": value,
                "unit": entry.kind,
                "peak": peak if math.isfinite(peak) else None,
                "source": source,
                "date": run.when[:10],
                "cards": sorted(entry.by_card) or ["unnamed"],
            }
        )
    return out, tuple(left_out)


def _write(path: str, data: dict, force: bool) -> None:
    """As a whole or not at all; what was written is read back and checked."""
    if os.path.lexists(path) and not force:
        raise InputError("exists: --force replaces it")
    folder = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(folder, exist_ok=True)
        write_whole(path, json.dumps(data, indent=1) + "\n", check=references.load)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be written: {error}") from None
