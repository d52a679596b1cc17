# SPDX-License-Identifier: Apache-2.0
"""What needs a machine that is not here, as logic on made-up machines."""

from __future__ import annotations

from situation import LOGIC, Row


def logic_rows() -> list[Row]:
    def row(name, must, *units) -> Row:
        return Row(name, LOGIC, must, units=list(units))

    return [
        row(
            "OpenCL's and CUDA's order differ",
            "matched by UUID, else by PCI address",
            "MergeCards.MatchesByUuidWhateverTheOrder",
            "MergeCards.MatchesByPciAddressWhereOneApiHasNoUuid",
            "MergeCards.NeverMatchesByOrderOrName",
            "MergeCards.SortsAlikeForEveryOrderOfTheApis",
        ),
        row("a card seen by one API only", "kept", "MergeCards.KeepsACardThatOneApiDoesNotSee"),
        row("a card shown by two platforms", "one card", "MergeCards.KeepsTheVendorsViewOfACardShownByTwoPlatforms"),
        row("a MIG slice that OpenCL shows as a GPU", "one card", "MergeCards.MatchesAMigSliceThatOpenClCallsAGpu"),
        row(
            "a cpuset narrower than the card's NUMA node",
            "never widened",
            "CpuTarget.NeverWidensANarrowCpuset",
            "CpuTarget.LeavesACpusetOnTheOtherNodeAlone",
        ),
        row("CPUs far from the card", "named", "CheckBindings.NamesCpusFarFromTheirCard"),
        row("10,000 ranks", "short messages", "CheckBindings.StaysShortForTenThousandRanks"),
    ]
