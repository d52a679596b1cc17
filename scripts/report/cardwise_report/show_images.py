# SPDX-License-Identifier: Apache-2.0
"""How is an image of prebuilt kernels told, and what a launch of them costs? Sections of `show`."""

import math
from collections.abc import Iterator

from cardwise_report import fits
from cardwise_report.card_names import emulated_mark
from cardwise_report.images import Image, load_span
from cardwise_report.terminal import Style, cut, duration, number, table

TITLE, FITS = "Image", "Launch and rate of FPGA kernels"
NAMES = "variant file format for language compiler clock load sha256".split()


def images(report: dict, style: Style) -> Iterator[str]:
    """A row an image: what it is, for what, made by whom, and how long loading took."""
    if report["images"]:
        mark = emulated_mark(report["ranks"])
        yield style.bold(TITLE) + "  (kernels that were compiled before the run)" + mark
        yield from table(NAMES, [cells(image) for image in report["images"]], style)


def launches(report: dict, style: Style) -> Iterator[str]:
    """A row a stream kernel of a board with three sizes or more: what of its time is the launch."""
    if report["fits"]:
        mark = emulated_mark(report["ranks"])
        yield style.bold(FITS) + "  (least squares over sizes, median card)" + mark
        rows = [[cut(cell, 90) for cell in fits.cells(fit)] for fit in report["fits"]]
        yield from table(fits.NAMES, rows, style, {3, 4, 5})


def cells(image: Image) -> list[str]:
    """A row of the table."""
    if image.problem:
        return [cut(image.variant, 40), cut(image.file, 60), "unknown", *[""] * 6]
    clock = f"{number(image.clock_hz / 1e6, 4)} MHz" if math.isfinite(image.clock_hz) else ""
    row = [cut(image.variant, 40), cut(image.file, 60), image.format, image.target, image.language]
    row += [image.compiler, clock, ", ".join(_load(image, api) for api in sorted(image.load_s))]
    return [*(cut(cell, 60) for cell in row), cut(image.sha256, 17)]


def _load(image: Image, api: str) -> str:
    least, middle, longest = load_span(image, api)
    span = f" ({duration(least)} .. {duration(longest)})" if longest > least else ""
    return f"{cut(api, 12)} {duration(middle)}{span}"
