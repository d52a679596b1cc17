# SPDX-License-Identifier: Apache-2.0
"""Change points by Apache Otava, for `history --engine otava`: a second opinion, not the default.

Fleming et al., "Hunter", doi 10.1145/3578244.3583719: E-divisive in windows, then a t-test.
"""

import numpy as np

from cardwise_report import changes
from cardwise_report.run_file import InputError

INSTALL = "pip install --no-deps apache-otava==0.8.0"  # its wheel pins far more than it needs here
_P_VALUE = 1e-4  # of a t-test on the best of many splits: no rate of false alarms
_WINDOW = 50
_EDGE = 3  # runs that a level needs on either side


def find_changes(values: np.ndarray, least_effect: float) -> list[changes.Change]:
    """As changes.find_changes. InputError where the library is not installed."""
    try:
        from otava.analysis import compute_change_points
    except ImportError:
        raise InputError(f"--engine otava needs it: {INSTALL}") from None
    smooth = changes.without_outliers(np.asarray(values, dtype=float))
    # Otava's least magnitude is a share of the values themselves: of times, not of their logs.
    times = np.exp(smooth - np.median(smooth))
    points, _ = compute_change_points(
        [float(t) for t in times],
        window_len=_WINDOW,
        max_pvalue=_P_VALUE,
        min_magnitude=least_effect,
    )
    inner = [p for p in points if _EDGE <= p.index <= len(smooth) - _EDGE]
    borders = [0, *(int(p.index) for p in inner), len(smooth)]
    levels = [float(np.median(smooth[a:b])) for a, b in zip(borders, borders[1:])]
    return [
        changes.Change(int(point.index), after - before, float(point.stats.pvalue))
        for point, before, after in zip(inner, levels, levels[1:])
    ]
