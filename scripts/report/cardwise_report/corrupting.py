# SPDX-License-Identifier: Apache-2.0
"""Which cards compute other bits than the majority of their model?"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Odd:
    """Ranks whose results differ, each with the labels of the cases; cases without a majority."""

    cards: dict[int, list[str]] = field(default_factory=dict)
    undecided: list[str] = field(default_factory=list)


def compare_checksums(label: str, sums: dict[int, np.ndarray], ranks: dict, odd: Odd) -> None:
    """Adds what one case tells: cards of one model and driver must agree to the bit."""
    alike: dict[tuple, dict[int, set[int]]] = {}
    for r, values in sums.items():
        known = {int(v) for v in values if v}  # 0: none was taken
        if known:
            group = ranks["device_name"][r], ranks["driver_version"][r]
            alike.setdefault(group, {})[r] = known
    for cards in alike.values():
        votes = Counter(value for known in cards.values() for value in known)
        value, count = votes.most_common(1)[0]
        if len(votes) == 1:
            continue
        if 2 * count <= len(cards):
            odd.undecided.append(label)
            continue
        for r, known in cards.items():
            if known != {value}:
                odd.cards.setdefault(r, []).append(label)
