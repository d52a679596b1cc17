# SPDX-License-Identifier: Apache-2.0
"""What can a stream kernel of an FPGA's image move at most? Its pipelines, or its memory banks."""

import math
from dataclasses import dataclass

from cardwise_report.images import Entry, Image

_BYTES = {"f32": 4, "f64": 8}


@dataclass(frozen=True)
class Peak:
    """Bytes/s that the replications in use can move; NaN where it is unknown."""

    pipeline: float = math.nan
    memory: float = math.nan

    @property
    def rate(self) -> float:
        """The lesser of the two, or the one that is known: no rate can be above it."""
        return min((x for x in (self.pipeline, self.memory) if math.isfinite(x)), default=math.nan)

    @property
    def limit(self) -> str:
        """Which of them it is; "" where neither is known."""
        if not math.isfinite(self.rate):
            return ""
        return "pipeline" if self.rate == self.pipeline else "memory"


def replications(image: Image, kernel: str, dtype: str) -> list[Entry]:
    """The copies of a kernel in an image, in order."""
    return [e for e in image.entries if (e.name, e.dtype) == (kernel, dtype)]


def peak_of(image: Image, kernel: str, dtype: str, used: list[Entry]) -> Peak:
    """Of the replications in `used`, each with its own pipeline, at once.

    pipeline: packs a cycle x clock, for a bank sees one direction at a time (docs/fpga.md,
    Pipelines); dot reads two. memory: banks in use x bank width x clock, which the board's data
    sheet gives as bytes/s of a bank; of interleaved memory all banks are in use.
    """
    if not used:
        return Peak()
    names = set().union(*(entry.banks for entry in used))
    rates = [image.bank_rates.get(name, math.nan) for name in names]
    memory = image.memory_rate if "" in names else sum(rates) if rates else math.nan
    return Peak(sum(_pipeline(image, entry, kernel, dtype) for entry in used), memory)


def _pipeline(image: Image, entry: Entry, kernel: str, dtype: str) -> float:
    if not image.clock_hz > 0 or dtype not in _BYTES:
        return math.nan
    pack, packs = entry.width * _BYTES[dtype], 1
    if entry.task:
        if "VECTOR" not in image.defines:
            return math.nan
        pack = max(_BYTES[dtype], 4 * image.defines["VECTOR"])
        packs = 2 if kernel == "dot" else image.defines.get("UNROLL", 1)
    return packs * pack * image.clock_hz
