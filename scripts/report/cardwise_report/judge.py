# SPDX-License-Identifier: Apache-2.0
"""Is a difference a change? Verdicts from numbers alone, of two runs and against a baseline.

Everything is an array over (case, metric) on the log of time: `scripts/report/validation` calls
these functions with made-up numbers, `compare` with those of files. docs/verdicts.md explains them.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

BROKEN, CONFIRMED, SLOWER, SUSPECT = "BROKEN", "CONFIRMED", "SLOWER", "SUSPECT"
REMOVED, UNRESOLVED, CHANGED_WORK = "REMOVED", "UNRESOLVED", "CHANGED_WORK"
FASTER, ADDED, SAME = "FASTER", "ADDED", "SAME"
GRAVITY = (BROKEN, CONFIRMED, SLOWER, SUSPECT, REMOVED, UNRESOLVED, CHANGED_WORK, FASTER, ADDED, SAME)  # fmt: skip

FIRST_LOOK = special.ndtr(-3.0)  # chance that noise exceeds three standard errors
PER_COMPARISON = 0.005  # chance that anything at all is confirmed where nothing changed
Q_SLOWER, Q_SUSPECT = 0.01, 0.05  # shares of false ones among those that are called so
PRIOR_WEIGHT = 4  # degrees of freedom that the family's spread counts for
LEAST_SIGMA = 0.001
# An assumed spread is right for the typical case only. Fewer would confirm fewer ghosts of cases that
# spread more than their family, and hardly any true change: validation prints what either costs.
ASSUMED_DF = 15
BASELINE_RUNS = 3  # from so many reference runs on they are a baseline


def critical(tail: float, df) -> np.ndarray:
    """Standard errors that noise exceeds with probability `tail`; df may be infinite."""
    df = np.asarray(df, dtype=float)
    finite = np.where(np.isfinite(df), df, 1e9)
    return np.where(np.isfinite(df), -special.stdtrit(finite, tail), -special.ndtri(tail))


def moderated_sigma(values: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run-to-run spread of each column of values[run, case], shrunk to its group's; and its df.

    Few runs make a poor variance: it is averaged with the group's (family's) typical one, which
    counts PRIOR_WEIGHT degrees of freedom. NaN where a case has fewer than two values.
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    own = np.maximum(count - 1, 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    square = np.where(known, values - mean, 0.0) ** 2
    variance = square.sum(axis=0) / own
    usable = count >= 2
    typical = np.full(values.shape[1], np.nan)
    # the median of a sample variance lies below the true one
    unbiased = variance / (special.chdtri(own, 0.5) / own)
    for group in np.unique(groups):
        chosen = (groups == group) & usable
        if chosen.any():
            typical[groups == group] = np.median(unbiased[chosen])
    df = PRIOR_WEIGHT + own
    pooled = (PRIOR_WEIGHT * typical + own * variance) / df
    sigma = np.sqrt(np.maximum(pooled, LEAST_SIGMA**2))
    return np.where(usable, sigma, np.nan), df.astype(float)


# The shortest interval that holds a third of n normal values, and what brings it to their spread;
# by simulation (3000 draws); and the share by which one such estimate varies.
_SHORTEST_N = (24, 36, 50, 100, 200, 1000)
_SHORTEST_FACTOR = (1.78, 1.50, 1.34, 1.18, 1.12, 1.04)
_SHORTEST_VARIES = (0.29, 0.23, 0.19, 0.13, 0.10, 0.04)
_THIRD = 2 * 0.4307  # standard deviations that the middle third of a normal distribution spans


def scatter(d: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spread of differences that the comparison itself shows, by group, and its df.

    0 where a group has too few.

    From the shortest interval that holds a third of them, so that changes of up to two thirds of a
    family's cases are not taken for noise.
    """
    out, df = np.zeros(len(d)), np.full(len(d), np.inf)
    for group in np.unique(groups):
        values = np.sort(d[(groups == group) & np.isfinite(d)])
        n = len(values)
        if n < _SHORTEST_N[0]:
            continue
        width = -(-n // 3)
        shortest = (values[width - 1 :] - values[: n - width + 1]).min()
        factor = np.interp(np.log(n), np.log(_SHORTEST_N), _SHORTEST_FACTOR)
        out[groups == group] = shortest / _THIRD * factor
        varies = np.interp(np.log(n), np.log(_SHORTEST_N), _SHORTEST_VARIES)
        df[groups == group] = 1 / (2 * varies**2)
    return out, df


@dataclass
class Pair:
    """Two runs, or means of few: arrays over (case, metric)."""

    d: np.ndarray  # ln(new / old)
    apart: np.ndarray  # the intervals of both sides are known and do not overlap
    half_width: np.ndarray  # the wider one of both sides, relative; NaN if unknown
    delta: np.ndarray
    sigma: np.ndarray  # of a run; NaN if nobody knows it
    df: np.ndarray  # of sigma; infinite if assumed
    learned: np.ndarray  # sigma is from runs of this system
    old_runs: int = 1
    new_runs: int = 1

    @property
    def error(self) -> np.ndarray:
        return self.sigma * np.sqrt(1 / self.old_runs + 1 / self.new_runs)

    @property
    def tau(self) -> np.ndarray:
        """Threshold, as a share."""
        return np.fmax(self.delta, critical(FIRST_LOOK, self.df) * self.error)


def judge_pair(pair: Pair) -> np.ndarray:
    """Verdicts of two runs."""
    out = np.full(len(pair.d), UNRESOLVED, dtype=object)
    beyond = np.log1p(pair.tau)
    clear = pair.apart & np.isfinite(pair.sigma)
    with np.errstate(invalid="ignore"):
        same = (np.abs(pair.d) <= np.log1p(pair.delta)) & (pair.half_width < pair.delta)
        out[same] = SAME
        out[clear & (pair.d > beyond)] = SLOWER
        out[clear & (pair.d < -beyond)] = FASTER
    return out


def confirm_pair(
    pair: Pair, again: np.ndarray, tested: int, assumed_df: float = ASSUMED_DF
) -> np.ndarray:
    """Where a re-run agrees: it too lies beyond the threshold, and both together beyond doubt.

    The old run is the same in both comparisons, so its own luck is not tested twice: hence the
    mean of both must lie so far out that PER_COMPARISON holds for all that were tested.
    `assumed_df`: how well an assumed spread is believed, as degrees of freedom.
    """
    both = (pair.d * pair.new_runs + again) / (pair.new_runs + 1)
    error = pair.sigma * np.sqrt(1 / pair.old_runs + 1 / (pair.new_runs + 1))
    # a learned spread has its own doubt in tau already
    df = np.where(pair.learned, np.inf, assumed_df)
    doubt = critical(PER_COMPARISON / max(tested, 1), df) * error
    with np.errstate(invalid="ignore"):
        return (again > np.log1p(pair.tau)) & (both > doubt)


@dataclass
class Baseline:
    """New values against K reference runs: arrays over (case, metric)."""

    d: np.ndarray  # ln(new / median of the references)
    mean: np.ndarray  # new minus mean of the references
    runs: np.ndarray  # K: references that have the case
    delta: np.ndarray
    sigma: np.ndarray
    df: np.ndarray
    new_runs: int = 1

    @property
    def error(self) -> np.ndarray:
        """Of a prediction, not of a mean."""
        return self.sigma * np.sqrt(1 / self.new_runs + 1 / np.maximum(self.runs, 1))

    @property
    def t(self) -> np.ndarray:
        return self.mean / self.error

    @property
    def half_width(self) -> np.ndarray:
        """Of the 95 % prediction interval, in logs."""
        return critical(0.025, self.df) * self.error


def baseline_of(values: np.ndarray, new: np.ndarray, groups, delta) -> Baseline:
    """From values[run, case] of the references and new[run, case], all logs."""
    sigma, df = moderated_sigma(values, groups)
    runs = np.isfinite(values).sum(axis=0)
    middle, mean = column(np.median, values), column(np.mean, values)
    found = column(np.mean, new)
    enough = runs >= BASELINE_RUNS
    sigma = np.where(enough, sigma, np.nan)
    return Baseline(found - middle, found - mean, runs, delta, sigma, df, len(new))


def column(of, values: np.ndarray) -> np.ndarray:
    if np.isfinite(values).all() and len(values):
        return of(values, axis=0)
    kept = (column[np.isfinite(column)] for column in values.T)
    return np.array([of(column) if len(column) else np.nan for column in kept])


def judge_baseline(base: Baseline) -> np.ndarray:
    """Verdicts against a baseline, by false discovery rate over all that are tested."""
    out = np.full(len(base.d), UNRESOLVED, dtype=object)
    with np.errstate(invalid="ignore"):
        same = (np.abs(base.d) <= np.log1p(base.delta)) & (base.half_width < base.delta)
        out[same] = SAME
        slower, faster = base.d > np.log1p(base.delta), base.d < -np.log1p(base.delta)
    upper = special.stdtr(base.df, -base.t)
    out[slower & discoveries(upper, Q_SUSPECT)] = SUSPECT
    out[slower & discoveries(upper, Q_SLOWER)] = SLOWER
    out[faster & discoveries(special.stdtr(base.df, base.t), Q_SLOWER)] = FASTER
    return out


def confirm_baseline(base: Baseline, again: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Where a re-run agrees; `again`: against the median, `shift`: against the mean."""
    error = base.sigma * np.sqrt(1 + 1 / np.maximum(base.runs, 1))
    with np.errstate(invalid="ignore"):
        return (again > np.log1p(base.delta)) & (shift / error > 2)


def discoveries(p: np.ndarray, q: float) -> np.ndarray:
    """Benjamini-Hochberg: which of the known p-values are discoveries at the rate q."""
    known = np.flatnonzero(np.isfinite(p))
    out = np.zeros(len(p), dtype=bool)
    if not len(known):
        return out
    order = known[np.argsort(p[known])]
    below = p[order] <= q * np.arange(1, len(order) + 1) / len(order)
    if below.any():
        out[order[: np.flatnonzero(below)[-1] + 1]] = True
    return out
