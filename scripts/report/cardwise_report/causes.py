# SPDX-License-Identifier: Apache-2.0
"""Why may a card be slow, by what the file recorded, and what would settle it?"""

from dataclasses import dataclass

import numpy as np

from cardwise_report import stats
from cardwise_report.card_samples import CardSamples, flagged

CLOCK_BELOW, HOTTER_K, POWER_BELOW = 0.03, 15.0, 0.02
FLAG_SHARE = 0.05  # of a card's samples, in a case that it is slow in


@dataclass(frozen=True)
class Cause:
    """A stable word, what was recorded, and what to do or try next."""

    word: str
    text: str
    next: str


def of_card(ranks: dict, r: int, peers: np.ndarray) -> list[Cause]:
    """Causes that /ranks tells of card r; `peers`: ranks with cards of its model."""
    out = []

    def add(word: str, text: str, then: str) -> None:
        out.append(Cause(word, text, then))

    for name, unit in (("gen", "generation"), ("width", "lanes")):
        load, most = int(ranks[f"pcie_{name}_load"][r]), int(ranks[f"pcie_{name}_max"][r])
        usual = _median(ranks[f"pcie_{name}_load"][peers])
        if 0 < load < most or 0 < load < usual:
            text = f"PCIe {unit} {load} under load, of {max(most, int(usual))}"
            add("link", text, "reseat the card or its riser, then run the copy cases again")
    limit, usual = ranks["power_limit_w"][r], _median(ranks["power_limit_w"][peers])
    if limit < (1 - POWER_BELOW) * usual:
        text = f"power limit {limit:.0f} W, its peers' {usual:.0f} W"
        add("power_limit", text, "set the peers' power limit and run again")
    clock, usual = ranks["clock_app_mhz"][r], _median(ranks["clock_app_mhz"][peers])
    if 0 < clock < usual:
        text = f"application clock {clock} MHz, its peers' {usual:.0f} MHz"
        add("app_clock", text, "set the peers' application clock and run again")
    for name, words in (("ecc_corrected", "memory errors corrected"), ("pcie_replays", "replays")):
        rise = int(ranks[f"{name}_end"][r]) - int(ranks[f"{name}_start"][r])
        if ranks[f"{name}_start"][r] >= 0 and rise > 0:
            what = f"{rise} {words}" + (" on the PCIe link" if name == "pcie_replays" else "")
            add(name, f"{what} during the run", "run the vendor's diagnostic of memory and link")
    if ranks["rows_remapped"][r] > 0:
        text = f"{ranks['rows_remapped'][r]} remapped memory rows"
        add("remapped", text, "run the vendor's memory diagnostic")
    if ranks["numa_match"][r] == 0:
        add("numa", "its CPUs lie on another NUMA node", "bind the rank to the card's NUMA node")
    if ranks["shared"][r] == 1:
        add("shared", "several ranks used it at once", "run with one rank a card")
    if ranks["mig_mode"][r] == 1:
        add("mig", "it is in MIG mode", "compare it with slices of the same size only")
    if ranks["mps"][r] == 1:
        add("mps", "it is served through MPS", "run without MPS")
    return out


def of_samples(samples: CardSamples, row: int, peers: np.ndarray) -> list[Cause]:
    """Causes that the samples of a case tell of its row; `peers`: rows of its model."""
    out = []
    for flag, word, text, then in (
        ("hw_throttle", "hw_throttle", "throttled by the hardware", "check cooling and power"),
        ("sw_thermal", "thermal", "throttled because of heat", "check the cooling"),
        ("preempted", "preempted", "disturbed by other processes", "run on an empty node"),
        ("clock_low", "clock", "core clock far below its peers'", "read its clock-event reasons"),
        ("link_degraded", "link", "PCIe link below its maximum", "reseat the card or its riser"),
        ("ecc", "ecc", "an error counter rose", "run the vendor's diagnostic of memory and link"),
    ):
        share = float(flagged(samples, flag)[row])
        if share >= FLAG_SHARE:
            out.append(Cause(word, f"{text} in {100 * share:.0f} % of its samples", then))
    clock = samples.sensors.get("sm_mhz")
    if clock is not None and clock[row] > 0:
        usual = stats.median(clock[peers])
        if clock[row] < (1 - CLOCK_BELOW) * usual:
            text = f"core clock {clock[row]:.0f} MHz, its peers' {usual:.0f} MHz"
            out.append(
                Cause("clock", text, "read its clock-event reasons, check cooling and power")
            )
    heat = samples.sensors.get("temp_c")
    if heat is not None and heat[row] > stats.median(heat[peers]) + HOTTER_K:
        text = f"{heat[row]:.0f} Cel, its peers {stats.median(heat[peers]):.0f} Cel"
        out.append(Cause("hot", text, "check the cooling"))
    return out


def _median(values: np.ndarray) -> float:
    """Median of the known values; NaN, which nothing is below, if there are none."""
    known = np.asarray(values, float)
    return stats.median(np.where(known >= 0, known, np.nan))


def unexplained(host: str, rechecked: str) -> str:
    """What would settle a deficit that nothing recorded explains."""
    if rechecked == "alone":
        return "swap the card with one of another node: if the deficit goes with it, replace it"
    if rechecked == "pair":
        return "look at what the cards of the node share: power, cooling, PCIe switch, host memory"
    if rechecked == "neither":
        return "run again; if it is slow again, look at heat, power and what all cards share"
    alone = "slow alone, it is card or slot (swap it)"
    return f"run {host} alone: {alone}; slow only together, power, cooling or a shared link"
