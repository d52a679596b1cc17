# SPDX-License-Identifier: Apache-2.0
"""Which codes does `health` know, what does each ask for, and what does it mean?"""

from dataclasses import dataclass

# The gravest first; of two findings of one severity the lower code stands first.
SEVERITIES = ("isolate", "triage", "configure", "incomplete", "watch", "ok")
EXIT_CODES = {"isolate": 5, "triage": 1, "configure": 1, "incomplete": 4, "watch": 0, "ok": 0}


@dataclass(frozen=True)
class Code:
    """A code, which never changes its meaning; its severity is what to do."""

    name: str
    severity: str
    meaning: str
    action: str


CODES = {
    code.name: code
    for code in (
        Code("CW000", "ok", "every test was made, and nothing was found", "none"),
        Code(
            "CW101",
            "isolate",
            "result checksums differ from the majority of the card's model",
            "take the card out; vendor's diagnostic; do not trust its results",
        ),
        Code(
            "CW102",
            "isolate",
            "results failed verification",
            "take the card out; vendor's diagnostic; do not trust its results",
        ),
        Code(
            "CW103",
            "isolate",
            "memory errors that ECC could not correct",
            "take the card out; vendor's memory diagnostic",
        ),
        Code(
            "CW104",
            "isolate",
            "the rank has no healthy card: lost, missing or refused",
            "look at the bus and the driver's log; reset or reseat the card",
        ),
        Code("CW105", "isolate", "a card was lost during the run", "as CW104"),
        Code(
            "CW201",
            "triage",
            "slow, and the hardware throttled it",
            "power supply, power brake and cooling of the node",
        ),
        Code("CW202", "triage", "slow, and throttled because of heat", "cooling of the card"),
        Code(
            "CW203",
            "triage",
            "slow, and its PCIe link is below its maximum or its peers'",
            "reseat card or riser; run the copy cases again",
        ),
        Code(
            "CW204",
            "triage",
            "slow, and its clock is below its peers'",
            "read the clock-event reasons; power and cooling",
        ),
        Code(
            "CW205",
            "triage",
            "slow, and memory or link error counters say why it may be",
            "vendor's diagnostic of memory and link",
        ),
        Code("CW206", "triage", "slow, hotter than its peers", "cooling of the card"),
        Code(
            "CW207",
            "triage",
            "slow alone too (measured again), no cause recorded",
            "swap the card with another node's",
        ),
        Code(
            "CW208",
            "triage",
            "slow only together with other cards",
            "what the cards of the node share: power, cooling, switch, memory",
        ),
        Code(
            "CW209", "triage", "slow, no cause recorded", "run the node alone, then swap the card"
        ),
        Code(
            "CW210",
            "triage",
            "slow at times: its median is good, its slowest samples are not",
            "look for throttling or other processes; run again with more rounds",
        ),
        Code(
            "CW211",
            "triage",
            "result bits differ between the cards, with no majority",
            "run with more cards of the model: the majority tells",
        ),
        Code("CW212", "triage", "a case failed with an error", "read the case's status text"),
        Code(
            "CW213",
            "triage",
            "results beyond the card's theoretical peak",
            "clock or work model is wrong: trust no figure of that case",
        ),
        Code(
            "CW214",
            "triage",
            "under its model's reference: far in two cases, or less far in the middle of many",
            "driver, power limit, clocks and cooling, of all cards alike where all are under it",
        ),
        Code("CW301", "configure", "power limit below its peers'", "set the peers' limit"),
        Code("CW302", "configure", "application clock below its peers'", "set the peers' clock"),
        Code("CW303", "configure", "CPUs on another NUMA node than the card's", "mend the binding"),
        Code("CW304", "configure", "several ranks shared a card", "one rank a card"),
        Code("CW305", "configure", "MIG mode or MPS, unlike its peers", "same mode on all"),
        Code("CW306", "configure", "driver unlike the majority's", "install the same driver"),
        Code("CW307", "configure", "other processes used the card or its CPUs", "an empty node"),
        Code(
            "CW401",
            "incomplete",
            "the run ended early, or is still running: the file holds what was saved",
            "run again, or wait",
        ),
        Code(
            "CW402",
            "incomplete",
            "a kind of case that a health check needs was not measured (mem, compute, copy)",
            "run without a filter",
        ),
        Code(
            "CW403",
            "incomplete",
            "too few cards alike, or too different: nobody can tell whether it is slow",
            "--alike with files of runs of such cards",
        ),
        Code(
            "CW404",
            "incomplete",
            "a case has no valid sample of this card",
            "read flags and warnings (show)",
        ),
        Code(
            "CW405",
            "incomplete",
            "error counters or sensors could not be read",
            "NVML, or the vendor's library, on the node",
        ),
        Code("CW406", "incomplete", "no card: a CPU or an emulator was measured", "--type gpu"),
        Code(
            "CW407",
            "incomplete",
            "the reference of the model cannot be true, so nobody knows how the card stands to it",
            "make it anew of a good run (reference --force), or take the file away",
        ),
        Code("CW501", "watch", "memory errors that ECC corrected", "watch the counter"),
        Code("CW502", "watch", "PCIe link repeated packets", "watch the counter"),
        Code("CW503", "watch", "remapped memory rows", "watch the counter"),
        Code("CW504", "watch", "throttled, though not slower than its peers", "watch the cooling"),
        Code("CW505", "watch", "PCIe link below its maximum, though not slow", "reseat when down"),
        Code(
            "CW506",
            "watch",
            "far under its model's reference in one case",
            "run again; look at that case",
        ),
        Code(
            "CW507",
            "watch",
            "too few cards alike, but its model's reference vouches for it",
            "--alike sees smaller deficits",
        ),
        Code(
            "CW508",
            "watch",
            "slow in the run, but neither alone nor in a pair when measured again",
            "run again: heat, power and what all cards share show under full load only",
        ),
    )
}
