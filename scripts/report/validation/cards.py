# SPDX-License-Identifier: Apache-2.0
"""Does `cards` name the slow cards, and only them? Simulated runs, judged by the command's own functions.

Prints Markdown. `--quick` makes a tenth of the runs.
"""

import argparse
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cardwise_report.card_samples import views_of  # noqa: E402
from cardwise_report.slow_cards import FLOORS, VIEWS, judge_views  # noqa: E402

ROUNDS, BLOCK = 6, 8
SAMPLE_NOISE = 0.004  # of a sample, beside what is the card's own
OF_ROUND = np.repeat(np.arange(ROUNDS), BLOCK)
TESTS = 2 * 18  # a quick run of one API has 18 cases, each with two views


def run_of(cards: np.ndarray, random, late: dict[int, tuple[float, float]] = {}) -> dict:
    """Values of cards by view, from samples; `late`: card -> share of its samples, factor."""
    times = np.exp(
        cards[:, None] + SAMPLE_NOISE * random.standard_normal((len(cards), len(OF_ROUND)))
    )
    for card, (share, factor) in late.items():
        times[card, random.random(len(OF_ROUND)) < share] *= factor
    views = views_of(times, OF_ROUND)
    return {view: getattr(views, view) for view in VIEWS}


def named(cards: np.ndarray, random, late={}, floor: float = FLOORS["mem"]) -> np.ndarray:
    """Which cards are named, in either view."""
    found = judge_views(run_of(cards, random, late), TESTS, floor)
    return np.any([found[view].slow for view in VIEWS], axis=0)


def normal(n: int, sigma: float, random) -> np.ndarray:
    return sigma * random.standard_normal(n)


def iterated_mean(cards: np.ndarray, cut: float) -> np.ndarray:
    """The rule that this one replaces: below (1 - cut) of the mean of the cards that are not."""
    rate, good = np.exp(-cards), np.ones(len(cards), bool)
    for _ in range(100):
        again = rate >= (1 - cut) * rate[good].mean()
        if (again == good).all():
            break
        good = again
    return ~good


def one_slow_card(runs: int) -> None:
    print("## One card of n at -10 %\n")
    print("| cards | spread | runs | named | a healthy card named, runs |\n|---|---|---|---|---|")
    for n, divide in ((8, 1), (16, 1), (64, 1), (1024, 5), (4096, 10)):
        for sigma in (0.001, 0.0025, 0.005):
            random = np.random.default_rng(n)
            hits = wrong = 0
            count = max(20, runs // divide)
            for _ in range(count):
                cards = normal(n, sigma, random)
                cards[0] -= np.log(0.9)
                who = named(cards, random)
                hits += who[0]
                wrong += who[1:].any()
            print(f"| {n} | {sigma:.2%} | {count} | {hits / count:.1%} | {wrong} |", flush=True)


def healthy(runs: int) -> None:
    print("\n## Healthy cards only\n")
    print("One case of the 18 that the critical value allows for; no floor under the deficit.\n")
    print("| cards | values | runs | runs with a card named | cards named |\n|---|---|---|---|---|")
    for n, divide in ((8, 1), (64, 1), (400, 2), (4096, 5)):
        for word in ("normal", "t with 5 degrees of freedom", "skewed: slow side twice as wide"):
            random = np.random.default_rng(n + 7)
            count = max(20, runs // divide)
            any_, all_ = 0, 0
            for _ in range(count):
                cards = normal(n, 0.005, random)
                if word.startswith("t "):
                    cards = 0.005 * random.standard_t(5, n)
                elif word.startswith("skewed"):
                    cards = np.where(cards > 0, 2 * cards, cards)
                who = named(cards, random, floor=0.0)
                any_ += who.any()
                all_ += who.sum()
            print(f"| {n} | {word} | {count} | {any_} | {all_} |", flush=True)


def fleets(runs: int) -> None:
    print("\n## Fleets of 400 cards, spread 0.5 %, one of them bimodal\n")
    print("A quarter of the bimodal card's samples is 10 % late; its median is good. Recall of the")
    print(
        "slow cards (and false alarms, cards a run): this rule, the iterated mean with a 5 % cut,"
    )
    print(
        "and the iterated mean with the cut at which healthy cards give this rule's false alarms.\n"
    )
    tuned = tuned_cut()
    head = (
        "| deficit | slow cards | this rule | mean, 5 % | mean, tuned | bimodal card: this rule |"
    )
    print(f"Tuned cut: {tuned:.2%}.\n\n{head} mean, 5 % |\n|---|---|---|---|---|---|---|")
    worse = []
    for deficit in (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1):
        for share in (0.0025, 0.05, 0.1, 0.15, 0.18, 0.25, 0.35, 0.45, 0.6):
            random = np.random.default_rng(int(1000 * deficit + 100000 * share))
            total = {name: np.zeros(3) for name in ("rule", "mean", "tuned")}
            for _ in range(runs):
                cards = normal(400, 0.005, random)
                slow = np.arange(400) < round(400 * share)
                cards[slow] -= np.log(1 - deficit)
                views = run_of(cards, random, {399: (0.25, 1 / 0.9)})
                found = judge_views(views, TESTS, FLOORS["mem"])
                for name, who in (
                    ("rule", found["middle"].slow | found["tail"].slow),
                    ("mean", iterated_mean(views["middle"], 0.05)),
                    ("tuned", iterated_mean(views["middle"], tuned)),
                ):
                    fine = ~slow[:399]
                    total[name] += who[slow].mean(), who[:399][fine].sum(), who[399]
            cells = [f"{t[0] / runs:.1%} ({t[1] / runs:.2f})" for t in total.values()]
            late = [f"{total[name][2] / runs:.0%}" for name in ("rule", "mean")]
            print(f"| {deficit:.0%} | {share:.2%} | {' | '.join(cells + late)} |", flush=True)
            for name in ("mean", "tuned"):
                gap = (total[name][0] - total["rule"][0]) / runs
                if gap > 0.01:
                    worse.append(f"{deficit:.0%} at {share:.2%}: {gap:.1%} behind {name}")
    print(f"\nWorse by more than 1 point of recall: {'; '.join(worse) or 'nowhere'}.")


def tuned_cut() -> float:
    """The cut that names a card in 1 of 100 healthy fleets / TESTS, as this rule allows a test."""
    from statistics import NormalDist

    spread = (0.005**2 + (1.2 * SAMPLE_NOISE) ** 2 / len(OF_ROUND)) ** 0.5
    return float(-np.expm1(-spread * NormalDist().inv_cdf(1 - 0.01 / TESTS / 400)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    factor = 0.1 if parser.parse_args().quick else 1
    one_slow_card(int(1000 * factor))
    healthy(int(1000 * factor))
    fleets(int(60 * factor))
