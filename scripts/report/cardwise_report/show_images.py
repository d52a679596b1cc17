# SPDX-License-Identifier: Apache-2.0
"""How is an image of prebuilt kernels told? A section of `show`, a table of a page."""

import math
from collections.abc import Iterator

from cardwise_report.images import Image, load_span
from cardwise_report.terminal import Style, cut, duration, number, table

TITLE = "Image"
NAMES = "variant file format for language compiler clock load sha256".split()


def images(report: dict, style: Style) -> Iterator[str]:
    """A row an image: what it is, for what, made by whom, and how long loading took."""
    if report["images"]:
        yield style.bold(TITLE) + "  (kernels that were compiled before the run)"
        yield from table(NAMES, [cells(image) for image in report["images"]], style)


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
