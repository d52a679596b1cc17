# SPDX-License-Identifier: Apache-2.0
"""How is an image of prebuilt kernels told, and what a launch of them costs? Sections of `show`."""

import math
from collections.abc import Iterator
from types import ModuleType

from cardwise_report import banks, fits
from cardwise_report.card_names import emulated_mark
from cardwise_report.images import Image, load_span
from cardwise_report.terminal import Style, cut, duration, number, table

TITLE, FITS = "Image", "Launch and rate of FPGA kernels"
BANKS = "Memory banks of FPGA cards"
NAMES = "variant file format for language compiler clock load sha256".split()


def images(report: dict, style: Style) -> Iterator[str]:
    """A row an image: what it is, for what, made by whom, and how long loading took."""
    if report["images"]:
        mark = emulated_mark(report["ranks"])
        yield style.bold(TITLE) + "  (kernels that were compiled before the run)" + mark
        yield from table(NAMES, [cells(image) for image in report["images"]], style)


def launches(report: dict, style: Style) -> Iterator[str]:
    """A row a stream kernel of a board with three sizes or more: what of its time is the launch."""
    title = style.bold(FITS) + "  (least squares over sizes, median card)"
    return _section(title, fits, {3, 4, 6}, report, report["fits"], style)


def memory_banks(report: dict, style: Style) -> Iterator[str]:
    """Each bank of a board alone, and a ramp to all of them together."""
    title = style.bold(BANKS) + "  (triad, a replication a bank, median card)"
    return _section(title, banks, {1, 3, 5}, report, report["banks"], style)


def _section(
    title: str, kind: ModuleType, right: set, report: dict, rows: list, style: Style
) -> Iterator[str]:
    """A table of what `kind` (NAMES and cells) has rows of."""
    if rows:
        yield title + emulated_mark(report["ranks"])
        lines = [[cut(cell, 90) for cell in kind.cells(row)] for row in rows]
        yield from table(kind.NAMES, lines, style, right)


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
