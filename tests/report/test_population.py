# SPDX-License-Identifier: Apache-2.0
"""Does the densest half hold with many slow cards, and does the critical value keep its rate?"""

import numpy as np
import pytest

from cardwise_report import population


def cards(n, share=0.0, deficit=0.0, sigma=0.003, seed=1):
    values = sigma * np.random.default_rng(seed).standard_normal(n)
    values[: round(share * n)] -= np.log(1 - deficit)
    return values


@pytest.mark.parametrize("share", [0.0025, 0.05, 0.18, 0.3, 0.45, 0.6])
@pytest.mark.parametrize("deficit", [0.04, 0.06, 0.1])
def test_slow_cards_of_a_fleet_are_named_however_many(share, deficit):
    found = population.judge(cards(400, share, deficit), 1, 0.01)

    slow = round(share * 400)
    assert found.slow[:slow].all() and not found.slow[slow:].any()
    assert found.deficit[:slow].mean() == pytest.approx(deficit, abs=0.003)


@pytest.mark.parametrize(("n", "slow"), [(12, 4), (16, 6), (31, 13)])
def test_few_cards_of_which_many_are_slow(n, slow):
    found = population.judge(cards(n, slow / n, 0.1), 1, 0.01)

    assert abs(found.reference.centre) < 0.004 and found.reference.scale < 0.01
    assert found.slow.tolist() == [True] * slow + [False] * (n - slow)


def test_six_per_cent_that_a_fifth_shares_is_hidden_from_a_mean_with_a_fixed_cut():
    """The fault that the shorth is there for, so that the test above is known to be one."""
    values = cards(400, 0.18, 0.06)
    rates = np.exp(-values)

    assert (rates[:72] < 0.95 * rates.mean()).mean() < 0.6
    assert population.judge(values, 1, 0.01).slow[:72].all()


@pytest.mark.parametrize("n", [6, 7, 8, 11, 16, 24, 40, 64, 100])
def test_false_alarms_keep_their_rate(n):
    random = np.random.default_rng(n)
    runs = 3000
    named = sum(
        population.judge(0.005 * random.standard_normal(n), 1, 0.0).slow.any() for _ in range(runs)
    )

    assert named <= 0.01 * runs + 4 * (0.01 * runs) ** 0.5
    assert n > 60 or named > 0  # else the critical value is larger than it need be


def test_fast_cards_are_not_named():
    values = cards(64)
    values[:3] -= 0.1

    found = population.judge(values, 1, 0.01)

    assert not found.slow.any()


def test_more_tests_need_a_larger_distance_and_few_cards_a_larger_one_still():
    assert population.critical(64, 1) < population.critical(64, 40)
    assert population.critical(1024, 40) < population.critical(16, 40) < population.critical(8, 40)


def test_equal_values_have_a_scale():
    values = np.zeros(10)
    values[0] = 0.02

    found = population.judge(values, 1, 0.01)

    assert found.reference.scale == population.LEAST_SCALE and found.slow.tolist() == [True] + 9 * [
        False
    ]


def test_smallest_deficit_is_what_is_named():
    values = cards(64)
    found = population.judge(values, 1, 0.0)
    for factor, named in ((0.98, False), (1.02, True)):
        probe = values.copy()
        at = probe.argmax()
        probe[at] = found.reference.centre - np.log(1 - factor * found.smallest)
        assert population.judge(probe, 1, 0.0).slow[at] == named
