# SPDX-License-Identifier: Apache-2.0
"""What does each memory bank of an FPGA card give, and all of them together? The cases mem/banks."""

import math
import re
from dataclasses import dataclass

import numpy as np

from cardwise_report.card_names import emulated
from cardwise_report.cases import Case
from cardwise_report.fits import boards_of, peak_cells, peak_data
from cardwise_report.images import Entry, Image
from cardwise_report.peaks import Peak, peak_of, replications
from cardwise_report.terminal import rate
from cardwise_report.variants import variant_of

KERNEL = "triad"  # that bench/banks.cpp runs
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)


@dataclass(frozen=True)
class Banks:
    """Replications at work at once, by their number; of 1: over all the banks, each alone."""

    label: str
    variant: str
    backend: str
    dtype: str
    replications: int
    cases: int
    rate: float  # bytes/s, the median over cases of the median card
    least: float
    most: float
    slowest: str  # names of the banks of the least and the most
    fastest: str
    peak: Peak

    @property
    def share(self) -> float:
        """Rate over what pipelines and banks can move; NaN if that is unknown."""
        return self.rate / self.peak.rate

    def data(self) -> dict:
        return vars(self) | peak_data(self.peak, self.share)


def banks(cases: list[Case], images: list[Image], ranks: dict) -> list[Banks]:
    """A row for the banks each alone, then one a step of the ramp, for each image and type."""
    boards, groups = boards_of(images), {}
    for case in cases:
        usable = case.status in ("ok", "partial") and case.measured and not case.pairs
        ours = (case.row["family"], case.row["benchmark"]) == ("mem", "banks")
        if usable and ours and variant_of(case) in boards and case.work > 0:
            dtype = case.key.get("dtype", "")
            copies = replications(boards[variant_of(case)], KERNEL, dtype)
            if used := _used(case, copies):
                which = (variant_of(case), case.row["backend"], dtype, len(used))
                groups.setdefault(which, []).append((case, used))
    emu = emulated(ranks).any()
    return [_row(boards[which[0]], which, groups[which], emu) for which in sorted(groups)]


def _used(case: Case, copies: list[Entry]) -> list[Entry]:
    """The replications of a case; none where the image has not as many."""
    alone, together = case.key.get("bank", ""), case.key.get("replications", "")
    if _NUMBER.fullmatch(alone):
        return copies[int(alone) :][:1]
    if _NUMBER.fullmatch(together) and int(together) <= len(copies):
        return copies[: int(together)]
    return []


def _row(image: Image, which: tuple, members: list[tuple[Case, list[Entry]]], emu: bool) -> Banks:
    variant, backend, dtype, count = which
    rates = np.array([case.work / float(np.median(case.medians)) for case, _ in members])
    names = [", ".join(sorted(set().union(*(e.banks for e in used)))) for _, used in members]
    peaks = [Peak() if emu else peak_of(image, KERNEL, dtype, used) for _, used in members]
    what = f"{count} together" if count > 1 else f"each of {len(members)} alone"
    return Banks(
        label=f"{variant} {backend} {dtype}  {what}",
        variant=variant,
        backend=backend,
        dtype=dtype,
        replications=count,
        cases=len(members),
        rate=float(np.median(rates)),
        least=float(rates.min()),
        most=float(rates.max()),
        slowest=names[int(rates.argmin())],
        fastest=names[int(rates.argmax())],
        peak=min(peaks, key=lambda peak: peak.rate if math.isfinite(peak.rate) else math.inf),
    )


NAMES = ["replications", "rate", "from .. to", "peak", "limit", "of it"]


def cells(row: Banks) -> list[str]:
    """A row of the table."""
    ends = [f"{rate(row.least, 'B/s')} {row.slowest}", f"{rate(row.most, 'B/s')} {row.fastest}"]
    span = f"({ends[0].strip()} .. {ends[1].strip()})" if row.cases > 1 else ""
    return [row.label, rate(row.rate, "B/s"), span, *peak_cells(row.peak, row.share)]
