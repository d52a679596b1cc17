# SPDX-License-Identifier: Apache-2.0
"""Was a slow card measured again at the end of the run, and was it slow alone?"""

from cardwise_report.run_file import RunFile


def rechecked(run: RunFile, row: dict, rank: int, limit: float) -> str:
    """ "alone" if it was slow by itself too, "pair" if only beside others, "" if nobody knows.

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
        return 2 * sum(slow[mode]) > len(slow[mode])

    if "alone" not in slow:
        return ""
    if mostly("alone"):
        return "alone"
    return "pair" if "pair" not in slow or mostly("pair") else ""
