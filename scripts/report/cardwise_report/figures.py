# SPDX-License-Identifier: Apache-2.0
"""Which figures of /index do samples give, and does a stored one contradict them?"""

import math
from dataclasses import dataclass, field

import numpy as np

from cardwise_report import schema, stats

_ROUNDING = 1e-6  # relative; a changed figure that matters is far beyond it
_HEADLINES = ("time_sync_median", "card_median")  # a measured case must know them
_OF_LIMITS = ("pct_theoretical", "pct_ceiling")  # need more than samples: unknown limits are no lie


@dataclass
class Figures:
    """Figures of a case, and what else a sound writer may have stored under their names."""

    rows: np.ndarray  # those that measured anything
    medians: np.ndarray  # M[r] of those
    series: np.ndarray  # T[s]
    sync_rounds: np.ndarray  # T by round
    values: dict[str, float] = field(default_factory=dict)  # named as in /index
    others: dict[str, list[float]] = field(default_factory=dict)


def seconds(window: np.ndarray, flags: np.ndarray, launches: int) -> np.ndarray:
    """t[r, s] of a launch; NaN where a sample is invalid or has no time."""
    valid = ((flags & schema.INVALID) == 0) & (window > 0)
    return np.where(valid, window.astype(float), np.nan) * (1e-9 / launches)


def figures(
    times: np.ndarray, flags: np.ndarray, sample_round: np.ndarray, work: float, names: np.ndarray
) -> Figures | None:
    """Figures of seconds[rank, sample]; None where nothing is valid.

    `work`: bytes or operations of a launch on one rank; `names`: the model of each rank's card.
    """
    there = np.isfinite(times).any(axis=1)  # a rank that measures nothing takes no part
    if not there.any():
        return None
    rows = np.flatnonzero(there)
    rounds = int(sample_round.max()) + 1
    times = times[there]
    medians = stats.row_medians(stats.round_medians(times, sample_round, rounds))
    # NaN where one rank's sample is invalid: then nobody knows the slowest
    series = times.max(axis=0)
    sync_rounds = _by_round(series, sample_round, rounds)
    out = Figures(rows, medians, series, sync_rounds)
    _of_cards(out, work, names[there].astype(str))
    out.values |= _of_sync(sync_rounds, medians, work)
    known = np.isfinite(times)
    if not known.all():  # the writer takes the slowest of the ranks that have a sample
        seen = known.any(axis=0)
        rest = np.where(known, times, -1.0).max(axis=0)
        rest = _by_round(np.where(seen, rest, np.nan), sample_round, rounds)
        _add_others(out, _of_sync(rest, medians, work))
    _of_flags(out, flags)
    return out


def _by_round(series: np.ndarray, sample_round: np.ndarray, rounds: int) -> np.ndarray:
    return stats.round_medians(series[None, :], sample_round, rounds)[0]


def _of_cards(out: Figures, work: float, models: np.ndarray) -> None:
    unique, count = np.unique(models, return_counts=True)
    main = out.medians[models == unique[count.argmax()]]  # cards of two models are no one spread
    out.values |= _quantiles(main)
    if len(unique) > 1:
        _add_others(out, _quantiles(out.medians))
    out.values["imbalance"] = float(out.medians.mean() / out.medians.max())
    out.values["rate_sum"] = float((work / out.medians).sum())


def _quantiles(medians: np.ndarray) -> dict[str, float]:
    names = ("card_min", "card_q25", "card_median", "card_q75", "card_max")
    return dict(zip(names, map(float, np.quantile(medians, [0, 0.25, 0.5, 0.75, 1]))))


def _of_sync(rounds: np.ndarray, medians: np.ndarray, work: float) -> dict[str, float]:
    sync = stats.median(rounds)
    low, high = stats.interval(rounds)
    return {
        "time_sync_median": sync,
        "time_sync_lo": low,
        "time_sync_hi": high,
        "ci_halfwidth": (high - low) / 2 / sync,
        "rate_sync": work * len(medians) / sync,
        "jitter": float(medians.max()) / sync,
    }


def _of_flags(out: Figures, flags: np.ndarray) -> None:
    """Shares of the valid samples; the first writers counted all of them, invalid ones too."""
    valid = (flags & schema.INVALID) == 0
    odd = (flags & np.uint16(~schema.NOT_ODD & 0xFFFF)) != 0
    slow = (flags & schema.THROTTLED) != 0
    for name, hit in (("flagged_frac", odd), ("throttled_frac", slow)):
        out.values[name] = float((hit & valid).sum() / valid.sum()) if valid.any() else math.nan
        out.others[name] = [float(hit.mean())]


def _add_others(out: Figures, values: dict[str, float]) -> None:
    for name, value in values.items():
        out.others.setdefault(name, []).append(value)


def contradictions(row: dict, found: Figures) -> list[tuple[str, float, float]]:
    """Stored figures of a row of /index that the samples cannot give: name, stored, recomputed.

    A stored NaN says nothing and so contradicts nothing, but of the headlines.
    """
    out = []
    factor = {"GB/s": 1e9, "GFLOP/s": 1e9}.get(row["units"], 1.0)
    for name, mine in found.values.items():
        stored = float(row[name]) * (factor if name.startswith("rate_") else 1.0)
        if math.isnan(stored) and name not in _HEADLINES:
            continue
        if math.isnan(mine) and name in _OF_LIMITS:
            continue
        if not any(_same(stored, value) for value in (mine, *found.others.get(name, []))):
            out.append((name, stored, mine))
    return out


def told(value: float) -> str:
    """A stored or recomputed figure in a sentence."""
    return "no figure" if math.isnan(value) else f"{value:.6g}"


def _same(stored: float, mine: float) -> bool:
    both_unknown = math.isnan(stored) and math.isnan(mine)
    return both_unknown or math.isclose(stored, mine, rel_tol=_ROUNDING, abs_tol=1e-18)
