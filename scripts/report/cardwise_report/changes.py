# SPDX-License-Identifier: Apache-2.0
"""Since when is a series different? A scan of ranks for steps, from numbers alone."""

import functools
import math
from dataclasses import dataclass

import numpy as np

LEAST, WINDOW = 8, 200  # values that a series needs, and that are looked at
P_VALUE = 0.01
_PERMUTATIONS = 4999
_TAIL = 25  # of the permutations' largest: beyond it the tail is extrapolated

_NEAR = 5  # runs by which ranks may misplace a step

# A step that only the newest runs show: chosen by scripts/report/validation/history_changes.py.
NEWEST, _BEFORE = 5, 12
_CLIP, _SCORE = 2.5, 8.5  # of at most 5 x 2.5: three outlying runs of five are not enough


@dataclass(frozen=True)
class Change:
    """A step: index of the first value of the new level, its size (log), how likely by chance."""

    index: int
    effect: float
    p: float


def mid_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks 1 … n; equal values share the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


def scan(ranks: np.ndarray) -> np.ndarray:
    """z of every split of rows of ranks into a first τ and the rest, τ = 2 … n-2."""
    n = ranks.shape[-1]
    tau = np.arange(2, n - 1)
    total = np.cumsum(ranks, axis=-1)[..., 1 : n - 2]
    return np.abs(total - tau * (n + 1) / 2) / np.sqrt(tau * (n - tau) * (n + 1) / 12)


@functools.lru_cache(maxsize=512)
def null(n: int) -> np.ndarray:
    """Largest z of each of many random orders of 1 … n, sorted; the same in every process."""
    dice = np.random.default_rng(20260521 + n)
    orders = dice.permuted(np.tile(np.arange(1.0, n + 1), (_PERMUTATIONS, 1)), axis=1)
    return np.sort(scan(orders).max(axis=1))


def p_value(z: float, n: int) -> float:
    """How often chance makes a z so large somewhere in a series of n.

    Counted among permutations; beyond the largest of them as the tail of a normal maximum falls,
    z·exp(-z²/2), which is slower than that of ranks: else no series of many could ever stand out.
    """
    spread = null(n)
    counted = (1 + len(spread) - int(np.searchsorted(spread, z))) / (1 + len(spread))
    edge = float(spread[-_TAIL])
    if z <= edge:
        return counted
    tail = _TAIL / (1 + len(spread)) * z / edge * math.exp((edge**2 - z**2) / 2)
    return min(counted, tail)


def without_outliers(values: np.ndarray) -> np.ndarray:
    """Values far from the three before *and* the three after become the median of these six.

    The first value of a new level is near those after it, and stays; so does the newest of all.
    """
    n = len(values)
    if n < LEAST:
        return values
    steps = np.diff(values)
    sigma = 1.4826 * np.median(np.abs(steps - np.median(steps))) / math.sqrt(2)
    padded = np.pad(values, 3, constant_values=np.nan)
    before = [padded[i : i + n] for i in (0, 1, 2)]
    after = [padded[i : i + n] for i in (4, 5, 6)]
    far = [np.abs(values - _known_median(side)) > 4 * sigma for side in (before, after)]
    return np.where(far[0] & far[1], _known_median(before + after), values)


def _known_median(shifted: list[np.ndarray]) -> np.ndarray:
    """Median over the list of what is known at each place; NaN where nothing is."""
    ordered = np.sort(np.stack(shifted), axis=0)  # NaN comes last
    count = np.isfinite(ordered).sum(axis=0)
    at = np.arange(ordered.shape[1])
    return (ordered[np.maximum(count - 1, 0) // 2, at] + ordered[count // 2, at]) / 2


def find_changes(values: np.ndarray, least_effect: float, p_limit: float = P_VALUE) -> list[Change]:
    """Steps in a series of logs, in order: significant, and of at least `least_effect` (a share)."""
    values = np.asarray(values, dtype=float)
    least = math.log1p(least_effect)
    smooth = without_outliers(values)
    splits: dict[int, float] = {}
    _split(smooth, 0, p_limit, splits)
    out = _large(smooth, splits, least)
    start = out[-1].index if out else 0
    if change := _newest(values[start:], start, least):
        out.append(change)
    return out


def _split(values, start: int, p_limit: float, splits: dict[int, float]) -> None:
    """Fills index -> p of significant splits, whatever their size: a level that comes and goes
    shows in its parts only."""
    n = len(values)
    if n < LEAST:
        return
    z = scan(mid_ranks(values))
    at = int(z.argmax())
    p = p_value(float(z[at]), n)
    if p > p_limit:
        return
    tau = _sharpest(values, at + 2)
    splits[start + tau] = p
    _split(values[:tau], start, p_limit, splits)
    _split(values[tau:], start + tau, p_limit, splits)


def _sharpest(values: np.ndarray, near: int) -> int:
    """The split near `near` with the least absolute deviations from the medians of both sides.

    Ranks find that there is a step; where it is they see less well, and towards the middle.
    """

    def cost(tau: int) -> float:
        parts = values[:tau], values[tau:]
        return sum(float(np.abs(part - np.median(part)).sum()) for part in parts)

    return min(range(max(2, near - _NEAR), min(len(values) - 2, near + _NEAR) + 1), key=cost)


def _large(values: np.ndarray, splits: dict[int, float], least: float) -> list[Change]:
    """Those splits whose levels differ enough; the smallest difference goes first."""
    kept = sorted(splits)
    while kept:
        borders = [0, *kept, len(values)]
        levels = [float(np.median(values[a:b])) for a, b in zip(borders, borders[1:])]
        effects = [after - before for before, after in zip(levels, levels[1:])]
        worst = min(range(len(kept)), key=lambda i: abs(effects[i]))
        if abs(effects[worst]) >= least:
            return [Change(at, effect, splits[at]) for at, effect in zip(kept, effects)]
        del kept[worst]
    return []


def _newest(values: np.ndarray, start: int, least: float) -> Change | None:
    """A step within the newest runs, which are too few for a scan over all splits.

    Their scores against the level before, clipped so that none counts for much, add up to more
    than noise and outliers reach; and the typical difference is large enough.
    """
    n = len(values)
    if n < _BEFORE + NEWEST:
        return None
    before, newest = without_outliers(values)[:-NEWEST], values[-NEWEST:]
    level = np.median(before)
    sigma = max(1.4826 * np.median(np.abs(before - level)), 0.001) * (1 + 0.8 / len(before))
    effect = float(np.median(newest[:, None] - before[None, :]))
    score = np.clip((newest - level) * np.sign(effect) / sigma, -_CLIP, _CLIP).sum()
    if abs(effect) < least or score < _SCORE:
        return None
    together = np.append(before, newest)
    at = _sharpest(together, n - NEWEST)
    z = scan(mid_ranks(together))[at - 2]
    return Change(start + at, effect, p_value(float(z), n))
