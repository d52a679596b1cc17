# SPDX-License-Identifier: Apache-2.0
"""How do the times of two cases compare? Ratios by rounds, and words for them."""

import math
from dataclasses import dataclass

import numpy as np

from cardwise_report import stats
from cardwise_report.cases import Case
from cardwise_report.terminal import number, percent

_EQUAL = 0.01  # a ratio of times that nobody would choose an API or a kernel for


@dataclass(frozen=True)
class Ratio:
    """A ratio of times with its 95 % interval (NaN below 6 rounds), and what it means."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    words: str = ""

    @property
    def interval(self) -> str:
        """'0.9471 .. 0.9501'; "" where there is none."""
        known = math.isfinite(self.low) and math.isfinite(self.high)
        return f"{number(self.low, 4)} .. {number(self.high, 4)}" if known else ""

    @property
    def told(self) -> str:
        """'0.9490'; "" where it is unknown."""
        return number(self.value, 4) if math.isfinite(self.value) else ""

    def data(self) -> dict:
        return {"ratio": self.value, "ratio_lo": self.low, "ratio_hi": self.high} | {
            "verdict": self.words
        }


def by_rounds(over: Case, under: Case) -> np.ndarray:
    """Time of one case over that of another in each round that both have."""
    rounds = min(len(over.sync_rounds), len(under.sync_rounds))
    return over.sync_rounds[:rounds] / under.sync_rounds[:rounds]


def ratio_of(ratios: np.ndarray, over: str, under: str) -> Ratio:
    """The median of ratios by round with its interval; `over`, `under`: what was divided."""
    value = stats.median(ratios)
    low, high = stats.interval(ratios)
    return Ratio(value, low, high, verdict(value, low, high, over, under))


def verdict(
    ratio: float, low: float, high: float, over: str = "OpenCL", under: str = "CUDA"
) -> str:
    """Which is faster, in words; `ratio`: time of `over` / time of `under`, low .. high: interval.

    "equal within 1 %" where the whole interval lies within 1 % of 1: a difference may be there, but
    none that one would choose for. Else the faster one, if the interval leaves 1 out, and by
    how much longer the other takes. Else the samples do not tell: "no difference seen". Without an
    interval nothing is said.
    """
    if not (math.isfinite(low) and low > 0):
        return ""
    if 1 - _EQUAL <= low and high <= 1 + _EQUAL:
        return f"equal within {100 * _EQUAL:.0f} %"
    if low <= 1 <= high:
        return "no difference seen"
    name, longer = (under, ratio) if low > 1 else (over, 1 / ratio)
    if longer >= 2:
        return f"{name} {longer:.{0 if longer >= 9.95 else 1}f} times as fast"
    return f"{name} faster by {percent(longer - 1)}"
