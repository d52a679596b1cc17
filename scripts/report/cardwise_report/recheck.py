# SPDX-License-Identifier: Apache-2.0
"""Was a slow card measured again at the end of the run, and was it slow alone?

The limit comes from the run, in which all cards worked at once. Alone a healthy card can only be
faster than that, so none is called slow by mistake; one that is slow by itself, but less than the
others' work costs, may pass for slow in a pair only, or for not slow.
"""

from cardwise_report.run_file import RunFile

# What is known of a card, the gravest first, and how it is told.
WORDS = {
    "alone": "slow alone too",
    "pair": "slow only together with others",
    "neither": "not reproduced, slow neither alone nor beside another card",
}


def rechecked(run: RunFile, row: dict, rank: int, limit: float) -> str:
    """ "alone" if it was slow by itself too, "pair" if only beside another, "neither" if it was
    measured both ways and slow in none of them, "" if nobody knows.

    `limit`: seconds a launch beyond which the card is slow in this case. A card that is slow alone
    has the fault itself; one that is slow only together shares something.
    """
    where = row["group_path"]
    if not all(run.has(f"{where}/recheck_{name}") for name in ("ns", "rank", "mode")):
        return ""
    windows = run.read(f"{where}/recheck_ns", "i8", (None,))
    ranks = run.read(f"{where}/recheck_rank", "i4", windows.shape)
    modes = run.read(f"{where}/recheck_mode", "str", windows.shape)
    launches = max(1, row["launches_per_sample"])
    slow: dict[str, list[bool]] = {}
    for window, r, mode in zip(windows.tolist(), ranks.tolist(), modes):
        if r == rank and window > 0:
            slow.setdefault(mode, []).append(window * 1e-9 / launches > limit)

    def mostly(mode: str) -> bool:
        return mode in slow and 2 * sum(slow[mode]) > len(slow[mode])

    if mostly("alone"):
        return "alone"
    if "alone" not in slow or "pair" not in slow:
        return ""
    return "pair" if mostly("pair") else "neither"


def graver(one: str, other: str) -> str:
    """Of what two cases tell of a card, what weighs more."""
    return next((word for word in WORDS if word in (one, other)), "")
