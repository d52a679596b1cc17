# SPDX-License-Identifier: Apache-2.0
"""Are medians and intervals what the methodology says, with numbers to check by eye?"""

import math

import numpy as np
import pytest

from cardwise_report import stats


@pytest.mark.parametrize(
    ("n", "k"),
    [(6, 1), (7, 1), (8, 1), (9, 2), (10, 2), (12, 3), (15, 4), (18, 5), (20, 6), (24, 7)],
)
def test_interval_ranks_are_those_of_the_table(n, k):
    assert stats.interval_rank(n) == k


@pytest.mark.parametrize("n", [0, 1, 5])
def test_fewer_than_six_values_have_no_interval(n):
    assert stats.interval_rank(n) is None
    assert all(math.isnan(end) for end in stats.interval(np.arange(n, dtype=float)))


def test_interval_of_six_is_from_least_to_greatest():
    assert stats.interval(np.array([3.0, 1, 2, 6, 5, 4])) == (1, 6)


def test_interval_of_nine_leaves_out_one_at_each_end():
    assert stats.interval(np.arange(1.0, 10)) == (2, 8)


def test_round_medians_leave_out_what_was_not_measured():
    times = np.array([[1.0, 2, 9, 4, 5, 6], [1, np.nan, 3, np.nan, np.nan, np.nan]])

    medians = stats.round_medians(times, np.array([0, 0, 0, 1, 1, 1]), 2)

    assert medians[0].tolist() == [2, 5]
    assert medians[1][0] == 2 and math.isnan(medians[1][1])


def test_alternating_series_has_negative_autocorrelation():
    times = np.tile([1.0, 2.0], 16)[None, :]

    rho = stats.autocorrelation(times, np.zeros(32, int))

    assert rho == pytest.approx(-31 / 32)


def test_describe_counts_distinct_values_and_withholds_q99_below_100():
    few = stats.describe(np.array([1.0, 1, 2, 2]), 0.0)

    assert few["n"] == 4 and few["distinct"] == 2 and few["q50"] == 1.5
    assert math.isnan(few["q99"])
    assert stats.describe(np.arange(101.0) + 1, 0.0)["q99"] == 100
