# SPDX-License-Identifier: Apache-2.0
"""What did each card do in one case? Its middle, its slow tail, its rounds and its sensors."""

import warnings
from dataclasses import dataclass, field

import numpy as np

from cardwise_report import schema, stats
from cardwise_report.figures import seconds
from cardwise_report.run_file import InputError, RunFile

TAIL = 0.9  # the quantile of a card's samples that its slow tail is told by
SENSORS = ("sm_mhz", "temp_c", "power_w")
CASE_COLUMNS = (
    "case_key case_id group_path family benchmark backend units status status_text "
    "launches_per_sample traffic_per_launch flops_per_launch bytes_per_launch n_bytes"
).split()
CASE_REQUIRED = ("case_key", "group_path", "family", "status", "launches_per_sample")


@dataclass
class Views:
    """Logarithms of seconds a launch, a row a card; NaN for a card that measured nothing."""

    middle: np.ndarray  # median over rounds of the medians by round
    tail: np.ndarray  # quantile TAIL of all samples
    rounds: np.ndarray  # [card, round] medians


@dataclass
class CardSamples:
    """One case of a run, a row a rank that took part."""

    ranks: np.ndarray
    views: Views
    times: np.ndarray  # s a launch [card, sample]; NaN where invalid
    flags: np.ndarray
    sample_round: np.ndarray
    sensors: dict[str, np.ndarray] = field(default_factory=dict)  # median over rounds, by card


def views_of(times: np.ndarray, sample_round: np.ndarray) -> Views:
    """The views of seconds[card, sample] that cards are judged by."""
    count = int(sample_round.max()) + 1 if len(sample_round) else 0
    rounds = stats.round_medians(times, sample_round, count)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # cards without a sample
        if np.isnan(times).any():
            tail = np.nanquantile(times, TAIL, axis=1)
        else:
            place = min(times.shape[1] - 1, int(TAIL * times.shape[1]))
            tail = np.partition(times, place, axis=1)[:, place]
        return Views(np.log(stats.row_medians(rounds)), np.log(tail), np.log(rounds))


def read_samples(run: RunFile, row: dict, world: int) -> CardSamples | None:
    """The samples of a case by its row of /index; None where there are none, or none by card."""
    where = row["group_path"]
    if row["status"] not in ("ok", "partial") or run.has(f"{where}/pair"):
        return None
    window = run.read(f"{where}/time_ns", "i8", (None, None))
    if 0 in window.shape:
        return None
    flags = run.read(f"{where}/flags", "u2", window.shape)
    of_round = run.read(f"{where}/sample_round", "u1", (window.shape[1],))
    ranks = rows_of(run, where, window.shape[0], world)
    if row["launches_per_sample"] < 1:
        raise InputError(f"/index/launches_per_sample: is {row['launches_per_sample']}")
    times = seconds(window, flags, row["launches_per_sample"])
    untold = (window <= 0) & ((flags & (schema.INVALID | schema.BAD_TIMER)) == 0)
    if untold.any():
        r, s = np.argwhere(untold)[0]
        raise InputError(f"{where}/time_ns[{r}, {s}]: is {window[r, s]} ns, and no flag says why")
    sensors = {}
    for name in SENSORS:
        if run.has(f"{where}/{name}"):
            values = run.read(f"{where}/{name}", "f4", (window.shape[0], None))
            sensors[name] = stats.row_medians(values.astype(float))
    return CardSamples(ranks, views_of(times, of_round), times, flags, of_round, sensors)


def rows_of(run: RunFile, where: str, count: int, world: int) -> np.ndarray:
    """World ranks of a case's rows."""
    ranks = run.read(f"{where}/rank", "i4", (count,))
    if count and (ranks.min() < 0 or ranks.max() >= world):
        raise InputError(f"{where}/rank: names a rank that /ranks does not have")
    return ranks


def flagged(samples: CardSamples, name: str) -> np.ndarray:
    """Share of each card's valid samples that carry a flag."""
    valid = (samples.flags & schema.INVALID) == 0
    hit = (samples.flags & (1 << schema.FLAGS.index(name))) != 0
    return (hit & valid).sum(axis=1) / np.maximum(1, valid.sum(axis=1))


def read_checksums(run: RunFile, row: dict, world: int) -> dict[int, np.ndarray]:
    """Checksums of a case's results by rank and round; {} where results may differ by rank."""
    where = row["group_path"]
    named = "data" in schema.parse_key(row["case_key"])[2]  # the same data on every rank
    if not named or not run.has(f"{where}/result_checksum"):
        return {}
    sums = run.read(f"{where}/result_checksum", "u8", (None, None))
    ranks = rows_of(run, where, sums.shape[0], world)
    return {int(r): row_sums for r, row_sums in zip(ranks, sums) if len(row_sums)}
