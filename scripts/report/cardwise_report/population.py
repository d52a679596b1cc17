# SPDX-License-Identifier: Apache-2.0
"""Which of many alike cards stand apart on the slow side, and what could not have been seen?

A card's value is the logarithm of a time. Centre and scale come from the densest half of the cards
(the shorth), so that many slow cards move neither; the critical value goes with their number.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

FALSE_ALARM_RATE = 0.01  # chance that a run with healthy cards alone names any of them
FEWEST = 6  # alike cards below which nothing is judged
BLIND = 0.30  # a test that would see no smaller deficit than this says nothing
LEAST_SCALE = 0.001  # clocks and rounding: closer than this no two cards are taken to be

_OF_NORMAL = 2 * NormalDist().inv_cdf(0.75)  # length of the densest half, in standard deviations
_DROP = 4.7  # cards farther off, in scales, leave the reference before it is taken again ...
_DROP_FROM = 32  # ... from this many cards on
_VALLEY = 3.5  # a gap is where cards lie this much thinner than on both its sides
_WINDOW, _WINDOW_SHARE = 32, 20  # cards that the density is taken from: 32, or a twentieth
_LEAST_GROUP = 4  # the faster group holds at least a quarter of the cards
_APART = 5.0  # and the slower group's median is this many scales away

# c(n, p): with n healthy cards (normal values) the largest of (x - centre) / scale exceeds it with
# probability p. Made by validation/critical_values.py from the functions below.
_LEVELS = (1e-2, 1e-3, 1e-4, 1e-5)
_CRITICAL: dict[int, tuple[float, ...]] = {
    6: (9.31, 20.72, 45.96, 92.23),
    7: (13.56, 30.23, 67.21, 138.31),
    8: (7.94, 14.86, 27.35, 48.98),
    9: (10.25, 19.21, 35.14, 66.53),
    10: (7.14, 12.14, 19.92, 32.48),
    11: (8.63, 14.66, 24.08, 39.25),
    12: (6.63, 10.48, 16.40, 25.48),
    13: (7.71, 12.21, 18.39, 28.99),
    14: (6.25, 9.43, 13.73, 20.40),
    15: (7.07, 10.66, 15.50, 23.07),
    16: (5.99, 8.73, 12.40, 17.30),
    17: (6.63, 9.68, 13.52, 17.67),
    21: (6.06, 8.38, 11.16, 15.41),
    25: (5.70, 7.62, 9.91, 12.44),
    33: (5.54, 7.38, 10.00, 14.74),
    49: (5.02, 6.22, 7.42, 8.60),
    65: (4.78, 5.78, 6.75, 7.70),
    97: (4.58, 5.42, 6.22, 7.00),
    129: (4.49, 5.24, 5.95, 6.63),
    257: (4.39, 5.02, 5.61, 6.16),
    513: (4.38, 4.94, 5.46, 5.94),
    1025: (4.44, 4.96, 5.44, 5.89),
    4097: (4.63, 5.11, 5.54, 5.95),
    16385: (4.88, 5.32, 5.73, 6.11),
}


@dataclass(frozen=True)
class Reference:
    """What healthy cards of a population look like."""

    centre: float
    scale: float
    cards: int  # it was taken from
    parted: bool  # a slower group was split off as a whole


def shorth(ordered: np.ndarray) -> tuple[float, float]:
    """Middle of the densest half of ordered values, and its length in standard deviations."""
    half = ordered.shape[-1] // 2 + 1
    lengths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
    i = int(lengths.argmin())
    return float(ordered[i] + ordered[i + half - 1]) / 2, float(lengths[i]) / _OF_NORMAL


def faster_group(ordered: np.ndarray) -> int:
    """How many of ordered values lie before the first gap between two groups; all without one.

    Faults make cards slow, never fast: of two groups the faster one is healthy, even if it is the
    smaller. A gap is a stretch where values are _VALLEY times thinner than on either side.
    """
    n = len(ordered)
    window = max(_WINDOW, n // _WINDOW_SHARE)
    if n < 4 * window:
        return n
    lengths = ordered[window - 1 :] - ordered[: n - window + 1]
    before = np.minimum.accumulate(lengths)
    after = np.minimum.accumulate(lengths[::-1])[::-1]
    thin = lengths > _VALLEY * np.maximum(before, after)
    middle = np.arange(len(lengths)) + window // 2
    thin &= (middle >= n // _LEAST_GROUP) & (middle <= n - window // 2)
    where = np.flatnonzero(thin)
    if not len(where):
        return n
    end = int(np.argmax(np.diff(where, append=where[-1] + 2) > 1)) + 1
    first = where[:end]  # the windows of the first gap
    i = int(first[lengths[first].argmax()])
    size = i + 1 + int(np.diff(ordered[i : i + window]).argmax())
    centre, scale = shorth(ordered[:size])
    apart = float(np.median(ordered[size:])) - centre
    return size if apart > _APART * max(scale, LEAST_SCALE) else n


def reference(values: np.ndarray, least: float = LEAST_SCALE) -> Reference:
    """Centre and scale of the healthy cards among values, of which many may be slow."""
    ordered = np.sort(values)
    count = faster_group(ordered)
    parted = count < len(ordered)
    centre, scale = shorth(ordered[:count])
    for _ in range(10):
        limit = centre + _DROP * max(scale, least)
        kept = int(np.searchsorted(ordered[:count], limit, side="right"))
        if kept == count or count < _DROP_FROM:
            break
        count = kept
        centre, scale = shorth(ordered[:count])
    return Reference(centre, max(scale, least), count, parted)


def critical(cards: int, tests: int = 1, rate: float = FALSE_ALARM_RATE) -> float:
    """c(n, p) with p = rate / tests: between the table's rows by ln n, between columns by ln p."""
    level = math.log(rate / max(1, tests))
    levels = [math.log(p) for p in reversed(_LEVELS)]
    level = max(level, levels[0])
    sizes = sorted(_CRITICAL)
    cards = max(sizes[0], cards)
    by_size = [np.interp(level, levels, _CRITICAL[n][::-1]) for n in sizes]
    return float(np.interp(math.log(cards), [math.log(n) for n in sizes], by_size))


@dataclass(frozen=True)
class Judged:
    """A population that was judged: who is slow, and the smallest deficit that would have shown."""

    reference: Reference
    critical: float
    distance: np.ndarray  # (x - centre) / scale of each card
    deficit: np.ndarray  # share of the rate that each card lacks
    slow: np.ndarray  # bool
    smallest: float  # deficit


def judge(values: np.ndarray, tests: int, floor: float) -> Judged:
    """One-sided: values beyond centre + c(n, p) scales, and by no less than `floor` of the rate."""
    found = reference(values)
    limit = critical(found.cards, tests)
    off = values - found.centre
    deficit = -np.expm1(-off)
    smallest = max(floor, -math.expm1(-limit * found.scale))
    return Judged(found, limit, off / found.scale, deficit, deficit > smallest, smallest)
