# SPDX-License-Identifier: Apache-2.0
"""Are steps found where they are, and none where there are none?"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardwise_report import changes, judge


def noise(n, seed=1, sigma=0.01):
    return sigma * np.random.default_rng(seed).standard_normal(n)


def test_mid_ranks():
    assert changes.mid_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_scan_by_hand():
    z = changes.scan(np.arange(1.0, 9.0))
    n, tau = 8, 4
    by_hand = abs(1 + 2 + 3 + 4 - tau * (n + 1) / 2) / math.sqrt(tau * (n - tau) * (n + 1) / 12)

    assert len(z) == n - 3 and z[tau - 2] == pytest.approx(by_hand) and z.argmax() == tau - 2


def test_p_falls_with_z_and_is_the_counted_share():
    spread = changes.null(30)
    assert len(spread) == 4999
    assert changes.p_value(0.0, 30) == 1.0
    assert changes.p_value(float(spread[-50]), 30) == pytest.approx(51 / 5000)
    values = [changes.p_value(z, 30) for z in np.linspace(0, 6, 100)]
    assert all(a >= b for a, b in zip(values, values[1:])) and values[-1] < 1e-5


def test_a_long_step_is_found_where_it_is():
    values = noise(60)
    values[40:] += math.log(1.05)
    found = changes.find_changes(values, 0.02)

    assert [change.index for change in found] == [40]
    assert found[0].effect == pytest.approx(math.log(1.05), abs=0.01) and found[0].p < 0.001


def test_two_steps_are_two_changes():
    values = noise(90)
    values[30:60] += math.log(1.06)

    found = [c.index for c in changes.find_changes(values, 0.02)]

    assert len(found) == 2 and abs(found[0] - 30) <= 1 and abs(found[1] - 60) <= 1


def test_five_newest_runs_are_enough():
    values = noise(45, seed=3)
    values[40:] += math.log(1.04)
    found = changes.find_changes(values, 0.02)

    assert len(found) == 1 and abs(found[0].index - 40) <= 2


def test_three_outliers_of_the_newest_five_are_not_enough():
    values = noise(45, seed=3)
    values[-5:] = [0.1, 0.0, 0.12, -0.005, 0.1]

    assert changes.find_changes(values, 0.02) == []


def test_a_single_outlier_is_smoothed_but_not_the_newest():
    values = np.full(20, 0.0) + noise(20, sigma=1e-3)
    values[7], values[-1] = 0.5, 0.5
    out = changes.without_outliers(values)

    assert abs(out[7]) < 0.01 and out[-1] == 0.5


def test_the_first_run_of_a_clean_step_is_named_exactly():
    values = noise(24, sigma=1e-4)
    values[18:] += 0.1

    assert [c.index for c in changes.find_changes(values, 0.02)] == [18]
    assert changes.without_outliers(values).tolist() == values.tolist()


def test_small_steps_are_no_change():
    values = noise(100, sigma=0.001)
    values[50:] += math.log(1.015)

    assert changes.find_changes(values, 0.02) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-20, 20), max_size=40))
def test_any_series_is_survived(values):
    for change in changes.find_changes(np.array(values), 0.02):
        assert 2 <= change.index <= len(values) - 2 and 0 < change.p <= 1


def test_discoveries_by_hand():
    p = np.array([0.001, 0.9, 0.015, 0.04, np.nan])

    assert judge.discoveries(p, 0.05).tolist() == [True, False, True, False, False]
    assert not judge.discoveries(np.array([np.nan]), 0.05).any()


def test_critical_values_are_those_of_tables():
    assert judge.critical(0.025, np.inf) == pytest.approx(1.95996, abs=1e-4)
    assert judge.critical(0.025, 8.0) == pytest.approx(2.306, abs=1e-3)
    assert judge.critical(judge.FIRST_LOOK, np.inf) == pytest.approx(3.0)


def test_moderated_sigma_by_hand():
    values = np.array([[0.0, 0.0], [0.02, 0.04], [0.04, 0.08]])
    sigma, df = judge.moderated_sigma(values, np.array(["a", "a"]))
    middle = np.median([0.02**2, 0.04**2]) / (math.log(4) / 2)  # chi2's median of 2 df: ln 4

    assert df.tolist() == [6.0, 6.0]
    assert sigma[0] == pytest.approx(math.sqrt((4 * middle + 2 * 0.02**2) / 6))


def test_scatter_is_not_taken_in_by_changes_of_half_the_cases():
    dice = np.random.default_rng(2)
    quiet = 0.01 * dice.standard_normal(200)
    half = quiet + np.where(np.arange(200) % 2, 0.5, 0.0)
    groups = np.array(["mem"] * 200)

    assert judge.scatter(quiet, groups)[0][0] == pytest.approx(0.01, rel=0.3)
    assert judge.scatter(half, groups)[0][0] < 0.03
    assert judge.scatter(quiet[:20], groups[:20])[0][0] == 0


def test_an_assumed_spread_that_is_believed_less_confirms_less():
    one = np.ones(1)
    d, again, sigma = 0.05 * one, 0.05 * one, 0.005 * one
    pair = judge.Pair(d, one > 0, 0.002 * one, 0.03 * one, sigma, np.inf * one, one < 0)

    assert judge.confirm_pair(pair, again, 100)[0]
    assert not judge.confirm_pair(pair, again, 100, assumed_df=5)[0]
