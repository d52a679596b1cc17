# SPDX-License-Identifier: Apache-2.0
"""How often does `history` see steps that are there, and how often ones that are not? Markdown."""

import argparse
import math

import numpy as np
from cardwise_report.changes import find_changes

LEAST_EFFECT = 0.02
SIGMA, OUTLIERS = 0.01, 0.05
NEAR = 5  # an index that far off still is the step that was planted


def series(dice, kind: str, length: int, step_at: int = 10**9, step: float = 0.0) -> np.ndarray:
    """Log times of one case, run after run."""
    if kind == "t4":
        values = SIGMA * dice.standard_t(4, length) / math.sqrt(2)
    else:
        values = SIGMA * dice.standard_normal(length)
    if kind == "AR(1) 0.5":
        for i in range(1, length):
            values[i] = 0.5 * values[i - 1] + math.sqrt(0.75) * values[i]
    if kind == "5 % outlier runs":
        odd = dice.random(length) < OUTLIERS
        values[odd] += np.log1p(dice.uniform(0.03, 0.15, odd.sum()))
    values[step_at:] += math.log1p(step)
    return values


def false_alarms(dice, kind: str, count: int, length: int = 110) -> float:
    """Alarms a series and 100 runs, analysed after each run from the tenth on."""
    alarms = 0
    for _ in range(count):
        values, known = series(dice, kind, length), []
        for n in range(10, length + 1):
            for change in find_changes(values[:n], LEAST_EFFECT):
                if all(abs(change.index - old) > NEAR for old in known):
                    alarms += 1
                    known.append(change.index)
    return alarms / count


def detection(dice, kind: str, count: int, before: int, step: float) -> tuple[float, float, float]:
    """Share found within 5 runs, within 10; median distance of the run named, where found."""
    within = {5: 0, 10: 0}
    off = []
    for _ in range(count):
        values = series(dice, kind, before + 10, before, step)
        for after in range(2, 11):
            found = find_changes(values[: before + after], LEAST_EFFECT)
            near = [abs(c.index - before) for c in found if abs(c.index - before) <= NEAR]
            if near:
                within[10] += 1
                within[5] += after <= 5
                off.append(min(near))
                break
    return within[5] / count, within[10] / count, float(np.mean(np.array(off) == 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1000)
    count = parser.parse_args().series
    dice = np.random.default_rng(6)
    print(f"σ = {100 * SIGMA:g} %, least effect {100 * LEAST_EFFECT:g} %; outlier runs take 3 to 15 % "
          f"longer. {count} series a row.\n")  # fmt: skip
    print("| noise | false alarms a series and 100 runs |\n|---|---|")
    for kind in ("normal", "t4", "5 % outlier runs", "AR(1) 0.5"):
        print(f"| {kind} | {false_alarms(dice, kind, max(count // 4, 10)):.3f} |", flush=True)
    print("\n| step | noise | runs before | found within 5 runs | within 10 | first bad run named "
          "exactly |\n|---|---|---|---|---|---|")  # fmt: skip
    for step in (0.03, 0.05):
        for kind in ("normal", "5 % outlier runs"):
            for before in (15, 20, 30, 50, 100):
                five, ten, exact = detection(dice, kind, count, before, step)
                row = f"{100 * step:+g} % | {kind} | {before} | {100 * five:.1f} % | {100 * ten:.1f} %"
                print(f"| {row} | {100 * exact:.0f} % |", flush=True)


if __name__ == "__main__":
    main()
