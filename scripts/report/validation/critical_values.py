# SPDX-License-Identifier: Apache-2.0
"""Which critical value goes with how many cards? Prints the table of population.py.

Healthy cards only, normal values. Below 32 cards the largest distance is counted; from there on
centre and scale are simulated, and the chance of a larger value given them is computed.
"""

import pathlib
import sys
from math import erfc, sqrt

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cardwise_report import population  # noqa: E402

# odd where only some are taken: the densest half of an odd number is the smaller share, so they are the stricter
SIZES = (*range(6, 17), 17, 21, 25, 33, 49, 65, 97, 129, 257, 513, 1025, 4097, 16385)
COUNTED, COMPUTED = 3_000_000, 20_000


def counted(n: int, random: np.random.Generator) -> list[float]:
    """Quantiles of the largest distance; all runs of a chunk at once, by the shorth's formula."""
    half, largest = n // 2 + 1, []
    for _ in range(COUNTED // 200_000):
        x = np.sort(random.standard_normal((200_000, n)), axis=1)
        lengths = x[:, half - 1 :] - x[:, : n - half + 1]
        i = lengths.argmin(axis=1)[:, None]
        low, high = np.take_along_axis(x, i, 1), np.take_along_axis(x, i + half - 1, 1)
        scale = (high - low) / population._OF_NORMAL
        largest.append(((x[:, -1:] - (low + high) / 2) / scale)[:, 0])
    return list(np.quantile(np.concatenate(largest), [1 - p for p in population._LEVELS]))


def computed(n: int, random: np.random.Generator) -> list[float]:
    """As above, by the normal tail beyond the simulated centre and scale."""
    runs = COMPUTED if n <= 1025 else COMPUTED // 5
    found = [population.reference(random.standard_normal(n), 0.0) for _ in range(runs)]
    tail = np.vectorize(lambda z: erfc(z / sqrt(2)) / 2)
    out = []
    for p in population._LEVELS:
        low, high = 2.0, 60.0
        for _ in range(25):
            c = (low + high) / 2
            beyond = tail(np.array([f.centre + c * f.scale for f in found]))
            low, high = (c, high) if -np.expm1(n * np.log1p(-beyond)).mean() > p else (low, c)
        out.append(high)
    return out


if __name__ == "__main__":
    for size in SIZES:
        dice = np.random.default_rng(size)
        row = counted(size, dice) if size < 32 else computed(size, dice)
        print(f"    {size}: ({', '.join(f'{c:.2f}' for c in row)}),", flush=True)
