# SPDX-License-Identifier: Apache-2.0
"""How often is `compare` wrong? Made-up runs through its own verdict functions; prints Markdown."""

import argparse
import math

import numpy as np
from cardwise_report import judge
from cardwise_report.policy import Policy
from cardwise_report.stats import interval_rank

ROUNDS, ROUND_SIGMA = 6, 0.002  # spread of the medians of rounds within a run
UNEQUAL = 0.4  # spread of ln σ over the cases, in scenes that say so
METRICS_ALIKE = 0.9  # correlation of card_median and time_sync of one case
LOUD = (judge.SLOWER, judge.SUSPECT)
STANDARD = {"mem": 36, "compute": 12, "latency": 8, "api": 14, "copy": 18}  # cases, as of one card


class Runs:
    """Made-up runs of a set of cases, with one or two metrics each; log times about 0."""

    def __init__(self, dice, families: dict[str, int], sigma: float | None, wide: float) -> None:
        self.dice = dice
        names = [name for name, count in families.items() for _ in range(count)]
        self.cases = len(names)
        metrics = [2 if name in ("mem", "compute") else 1 for name in names]  # as comparing.py
        self.case = np.repeat(np.arange(self.cases), metrics)
        limits = [Policy().of(names[c], 1) for c in self.case]
        self.delta, self.assumed = (np.array(column) for column in zip(*limits))
        self.sigma = self.assumed if sigma is None else np.full(len(self.case), sigma)
        self.sigma = self.sigma * np.exp(wide * dice.standard_normal(self.cases))[self.case]
        first = np.r_[True, np.diff(self.case) > 0]
        self.groups = np.array([f"{names[c]} {f}" for c, f in zip(self.case, first)])

    def draw(self, shift=0.0) -> np.ndarray:
        """Medians of rounds [round, (case, metric)] of one run; `shift` of each case."""
        common = self.dice.standard_normal(self.cases)[self.case]
        own = self.dice.standard_normal(len(self.case))
        run = math.sqrt(METRICS_ALIKE) * common + math.sqrt(1 - METRICS_ALIKE) * own
        level = run * self.sigma + np.broadcast_to(shift, self.cases)[self.case]
        return level + ROUND_SIGMA * self.dice.standard_normal((ROUNDS, len(self.case)))

    def of_cases(self, hit: np.ndarray) -> np.ndarray:
        """Whether any metric of a case is hit."""
        return np.bincount(self.case, weights=hit, minlength=self.cases) > 0


def pair_of(runs: Runs, old, new, siblings) -> judge.Pair:
    """As comparing._two_runs makes it."""
    d = np.median(new, axis=0) - np.median(old, axis=0)
    sigma, df = runs.assumed, np.full(len(d), np.inf)
    if siblings:
        values = np.array([np.median(run, axis=0) for run in siblings])
        sigma, df = judge.moderated_sigma(values, runs.groups)
    else:
        seen, seen_df = judge.scatter(d, runs.groups)
        wider = seen / math.sqrt(2) > sigma
        sigma, df = np.where(wider, seen / math.sqrt(2), sigma), np.where(wider, seen_df, df)
    assert interval_rank(ROUNDS) == 1
    (a, b), (c, e) = ((side.min(axis=0), side.max(axis=0)) for side in (old, new))
    half = np.maximum(b - a, e - c) / 2
    return judge.Pair(
        d, (b < c) | (e < a), half, runs.delta, sigma, df, np.full(len(d), bool(siblings))
    )


def one(runs: Runs, shift, earlier: int, baseline: bool, assumed_df=judge.ASSUMED_DF):
    """Verdicts of a first look, and which (case, metric) a re-run confirms."""
    history = [runs.draw() for _ in range(earlier)]
    new, again = runs.draw(shift), np.median(runs.draw(shift), axis=0)
    if baseline:
        values = np.array([np.median(run, axis=0) for run in history])
        base = judge.baseline_of(values, np.median(new, axis=0)[None], runs.groups, runs.delta)
        verdicts = judge.judge_baseline(base)
        middle, mean = np.median(values, axis=0), values.mean(axis=0)
        agreed = judge.confirm_baseline(base, again - middle, again - mean)
    else:
        old = history[-1] if history else runs.draw()
        pair = pair_of(runs, old, new, history)
        verdicts = judge.judge_pair(pair)
        seen_again = again - np.median(old, axis=0)
        agreed = judge.confirm_pair(pair, seen_again, len(verdicts), assumed_df)
    flagged = np.isin(verdicts, (judge.SLOWER, judge.SUSPECT))
    return verdicts, runs.of_cases(flagged & agreed)


def false_alarms(count: int, families, sigma, earlier, baseline, wide, seed) -> list[str]:
    runs = Runs(np.random.default_rng(seed), families, sigma, wide)
    slower = faster = first = confirmed = unresolved = 0
    for _ in range(count):
        verdicts, agreed = one(runs, 0.0, earlier, baseline)
        wrong = runs.of_cases(verdicts == judge.SLOWER)
        slower += wrong.sum()
        faster += runs.of_cases(verdicts == judge.FASTER).sum()
        first += (wrong | runs.of_cases(verdicts == judge.SUSPECT)).any()
        confirmed += agreed.any()
        unresolved += runs.of_cases(verdicts == judge.UNRESOLVED).sum()
    cases = count * runs.cases
    return [
        f"{100 * slower / cases:.3f} %",
        f"{100 * faster / cases:.3f} %",
        f"{100 * first / count:.2f} %",
        f"{100 * confirmed / count:.2f} %",
        f"{100 * unresolved / cases:.2f} %",
    ]


def planted(count, families, sigma, earlier, baseline, wide, seed, effect, share) -> list[str]:
    runs = Runs(np.random.default_rng(seed), families, sigma, wide)
    hit = np.zeros(runs.cases, bool)
    hit[:: round(1 / share)] = True
    first = confirmed = faster = unresolved = 0
    for _ in range(count):
        verdicts, agreed = one(runs, np.where(hit, math.log1p(effect), 0.0), earlier, baseline)
        first += runs.of_cases(np.isin(verdicts, LOUD))[hit].sum()
        confirmed += agreed[hit].sum()
        faster += runs.of_cases(verdicts == judge.FASTER)[hit].sum()
        unresolved += runs.of_cases(verdicts == judge.UNRESOLVED)[hit].sum()
    cases = count * hit.sum()
    return [f"{100 * x / cases:.2f} %" for x in (first, confirmed, faster, unresolved)]


def doubt(count: int) -> None:
    """What a wider bound of `CONFIRMED` costs, with one reference and an assumed spread of mem."""
    print(
        f"\nOne reference, σ of a run 0.5 %, 100 mem cases, CONFIRMED: {count} comparisons a row.\n"
    )
    row("an assumed σ is believed as if from", "a ghost, cases unequal", "a ghost, cases equal",
        "+5 % in 5 % of the cases, unequal", "equal")  # fmt: skip
    row(*["---"] * 5)
    for df in (30, judge.ASSUMED_DF, 10, 8, 6):
        found = []
        for effect in (0.0, 0.05):
            for wide in (UNEQUAL, 0.0):
                runs = Runs(np.random.default_rng(5), {"mem": 100}, 0.005, wide)
                hit = np.arange(runs.cases) % 20 == 0 if effect else np.ones(runs.cases, bool)
                shift = np.where(hit, math.log1p(effect), 0.0)
                seen = [one(runs, shift, 0, False, df)[1][hit] for _ in range(count)]
                share = np.mean(seen) if effect else np.mean([each.any() for each in seen])
                found.append(f"{100 * share:.2f} %")
        row(f"{df + 1} runs", *found)


def row(*cells) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    count = parser.parse_args().pairs
    mem = {"mem": 100}
    print(f"Nothing changed: {count} comparisons a row.\n")
    row("cases", "σ of a run", "reference", "SLOWER, a case", "FASTER, a case", "a comparison: "
        "any SLOWER, SUSPECT", "any CONFIRMED", "UNRESOLVED, of the cases")  # fmt: skip
    row(*["---"] * 8)
    one = "1 run, σ assumed"
    scenes = [
        ("standard set, 88", STANDARD, None, 0, False, 0.0, one),
        ("100 collective", {"collective": 100}, None, 0, False, 0.0, one),
        ("100 mem", mem, 0.003, 0, False, 0.0, one),
        ("100 mem", mem, 0.005, 0, False, 0.0, one),
        ("100 mem", mem, 0.010, 0, False, 0.0, one),
        ("100 mem", mem, 0.005, 0, False, UNEQUAL, one),
        ("100 mem", mem, 0.010, 5, False, 0.0, "1 run, σ of 5 runs"),
        ("100 mem", mem, 0.010, 5, False, UNEQUAL, "1 run, σ of 5 runs"),
        ("100 mem", mem, 0.010, 20, False, UNEQUAL, "1 run, σ of 20 runs"),
        ("100 mem", mem, 0.005, 5, True, 0.0, "baseline of 5"),
        ("100 mem", mem, 0.010, 5, True, 0.0, "baseline of 5"),
        ("100 mem", mem, 0.010, 5, True, UNEQUAL, "baseline of 5"),
        ("100 mem", mem, 0.010, 10, True, UNEQUAL, "baseline of 10"),
        ("standard set, 88", STANDARD, None, 3, True, UNEQUAL, "baseline of 3"),
    ]
    for seed, (name, families, sigma, earlier, baseline, wide, words) in enumerate(scenes):
        told = "the family's" if sigma is None else f"{100 * sigma:g} %"
        told += ", unequal" if wide else ""
        found = false_alarms(count, families, sigma, earlier, baseline, wide, seed)
        row(name, told, words, *found)
    print(f"\nPlanted in all ranks of a share of 100 mem cases: {count // 10} comparisons a row.\n")
    row("planted", "cases", "σ of a run", "reference", "SLOWER or SUSPECT", "CONFIRMED", "FASTER",
        "UNRESOLVED")  # fmt: skip
    row(*["---"] * 8)
    for effect, share in ((0.05, 0.05), (0.05, 0.5), (0.03, 0.05)):
        for sigma in (0.003, 0.005, 0.010):
            for earlier, baseline in ((0, False), (5, False), (5, True), (10, True)):
                words = f"baseline of {earlier}" if baseline else "1 run, σ "
                words += "" if baseline else f"of {earlier} runs" if earlier else "assumed"
                found = planted(count // 10, mem, sigma, earlier, baseline, 0.0, 77, effect, share)
                head = (
                    f"{100 * x:{form}g} %" for x, form in zip((effect, share, sigma), ("+", "", ""))
                )
                row(*head, words, *found)
    doubt(count)


if __name__ == "__main__":
    main()
