# SPDX-License-Identifier: Apache-2.0
"""What does a launch of an FPGA's kernel cost, and at which rate do bytes flow? A line over sizes."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cardwise_report.card_names import emulated
from cardwise_report.cases import Case
from cardwise_report.images import Image
from cardwise_report.peaks import Peak, peak_of, replications
from cardwise_report.terminal import duration, number, rate
from cardwise_report.variants import variant_of

LEAST_SIZES = 3
MAX_SIZES = 64  # of one kernel; more are cut off from the small end
STREAMS = ("fill", "copy", "vector_add", "saxpy", "triad", "dot")
_FAR = 0.05  # share of a time: a size nearer to the line than that is never left out


@dataclass(frozen=True)
class Fit:
    """time = overhead_s + bytes / rate, over the sizes of one stream kernel of one image."""

    label: str
    variant: str
    backend: str
    benchmark: str
    dtype: str
    sizes: int
    left_out: int  # sizes too far from the line of the others
    overhead_s: float
    rate: float  # bytes/s; NaN where the time does not grow with the size
    worst: float  # largest share by which a kept size is off the line
    peak: Peak  # of the one replication that a launch runs

    @property
    def told(self) -> str:
        """'12.00 us + bytes / 3.100 GB/s'."""
        if not math.isfinite(self.rate):
            return "no rate: the time does not grow with the size"
        start = f"{duration(self.overhead_s)} + " if self.overhead_s > 0 else ""
        return f"{start}bytes / {rate(self.rate, 'B/s')}"

    @property
    def share(self) -> float:
        """Rate over what pipeline and memory bank can move; NaN if that is unknown."""
        return self.rate / self.peak.rate

    def data(self) -> dict:
        return vars(self) | peak_data(self.peak, self.share) | {"told": self.told}


def peak_data(peak: Peak, share: float) -> dict:
    """What --format json says of a peak."""
    limits = {"pipeline": peak.pipeline, "memory": peak.memory, "limit": peak.limit}
    return limits | {"peak": peak.rate, "of_peak": share}


def boards_of(images: list[Image]) -> dict[str, Image]:
    """The images for boards, by variant; of two with one name nobody can tell which it was."""
    names = [image.variant for image in images]
    return {
        i.variant: i for i in images if i.board and not i.problem and names.count(i.variant) == 1
    }


def fits(cases: list[Case], images: list[Image], ranks: dict) -> list[Fit]:
    """A line for each stream kernel of an image for a board that was measured with enough sizes."""
    boards = boards_of(images)
    groups: dict[tuple, list[Case]] = {}
    for case in cases:
        usable = case.status in ("ok", "partial") and case.measured and not case.pairs
        stream = case.row["family"] == "mem" and case.row["benchmark"] in STREAMS
        if usable and stream and variant_of(case) in boards and case.work > 0:
            rest = tuple((k, v) for k, v in case.key.items() if k not in ("n", "cache", "wv"))
            groups.setdefault((case.row["benchmark"], rest), []).append(case)
    out = []
    for members in groups.values():
        points = sorted((case.work, float(np.median(case.medians))) for case in members)
        if len({size for size, _ in points}) >= LEAST_SIZES:
            image = boards[variant_of(members[0])]
            out.append(_fit(members[0], image, points[-MAX_SIZES:], emulated(ranks).any()))
    return out


def _fit(case: Case, image: Image, points: list[tuple[float, float]], emu: bool) -> Fit:
    x, t = np.array(points).T
    keep = _near(x, t)
    overhead, slope = _least_squares(x[keep], t[keep])
    off = np.abs(overhead + slope * x - t)[keep] / t[keep]
    name, dtype, backend = (case.row["benchmark"], case.key.get("dtype", ""), case.row["backend"])
    used = replications(image, name, dtype)[:1]
    return Fit(
        label=f"mem/{name} {dtype} {image.variant} {backend}",
        variant=image.variant,
        backend=backend,
        benchmark=name,
        dtype=dtype,
        sizes=len(points),
        left_out=int((~keep).sum()),
        overhead_s=float(overhead),
        rate=float(1 / slope) if slope > 0 else math.nan,
        worst=float(off.max()),
        peak=Peak() if emu else peak_of(image, name, dtype, used),
    )


def _least_squares(x: np.ndarray, t: np.ndarray) -> tuple[float, float]:
    """Intercept and slope of t over x; a size counts by its share of error, not by its length."""
    scale = x.max()  # so that both columns are of one order
    columns = np.stack([1 / t, x / scale / t], axis=1)
    (intercept, slope), *_ = np.linalg.lstsq(columns, np.ones(len(t)), rcond=None)
    return intercept, slope / scale


def _near(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Which sizes lie on the line of the most.

    The line through two of the points with the least sum of relative errors is the one that a few
    odd sizes cannot move; what is farther from it than 5 % and than 5 x 1.4826 of the median error
    is left out, unless too few would stay.
    """
    best, error = np.inf, np.zeros(len(x))
    for i, j in combinations(range(len(x)), 2):
        if x[i] != x[j]:
            slope = (t[j] - t[i]) / (x[j] - x[i])
            off = np.abs(t[i] + slope * (x - x[i]) - t) / t
            if off.sum() < best:
                best, error = off.sum(), off
    keep = error <= max(_FAR, 5 * 1.4826 * float(np.median(error)))
    return keep if len(set(x[keep])) >= LEAST_SIZES else np.ones(len(x), bool)


NAMES = ["kernel", "sizes", "fit", "off by at most", "peak", "limit", "of it"]


def cells(fit: Fit) -> list[str]:
    """A row of the table."""
    sizes = f"{fit.sizes}" + (f" ({fit.left_out} left out)" if fit.left_out else "")
    worst = f"{number(100 * fit.worst, 2)} %"
    return [fit.label, sizes, fit.told, worst, *peak_cells(fit.peak, fit.share)]


def peak_cells(peak: Peak, share: float) -> list[str]:
    """Peak, what limits it, and a rate's share of it; empty where it is unknown."""
    told = rate(peak.rate, "B/s") if math.isfinite(peak.rate) else ""
    return [told, peak.limit, f"{100 * share:.0f} %" if math.isfinite(share) else ""]
