# SPDX-License-Identifier: Apache-2.0
"""Did other programs take the CPUs that are a run's cards? Then a longer time is not the cards'.

Of a CPU or an emulator the flag `preempted` says so. Where a node has several ranks they take the
CPUs from each other, by design, and it says nothing.
"""

import math

import numpy as np

from cardwise_report import schema
from cardwise_report.run_file import RunFile

# Up to a half the medians are of samples that were let alone.
MOST = 0.5


def may_tell(kinds: frozenset[str], hosts: np.ndarray) -> bool:
    """Whether the flag is of other programs: cards that are CPUs, one rank a node."""
    return bool(kinds) and kinds <= {"cpu", "emulated"} and len(set(hosts)) == len(hosts)


def preempted_share(file: RunFile, where: str) -> float:
    """Share of a case's valid samples in which another program had the CPU; NaN without any."""
    if not file.has(f"{where}/flags"):
        return math.nan
    flags = file.read(f"{where}/flags", "u2", (None, None))
    valid = (flags & schema.INVALID) == 0
    taken = (flags & (1 << schema.FLAGS.index("preempted"))) != 0
    return float(taken[valid].mean()) if valid.any() else math.nan


def why(share: float) -> str:
    """What to say of a case that was disturbed; '' where it was not, or nobody knows."""
    if not share > MOST:
        return ""
    return (
        f"other programs took the CPU in {100 * share:.0f} % of its samples: "
        "measure on a quiet machine"
    )
