# SPDX-License-Identifier: Apache-2.0
"""How are images, and kernels of one meaning side by side, told on a page?"""

import re
from types import ModuleType

from cardwise_report import banks, fits, show_images
from cardwise_report.html_svg import esc, tag
from cardwise_report.html_table import markup_row, table, text_row
from cardwise_report.show_variants import BESIDE, PARTS, beside, split

_ROWS = 80  # of a table
_TIME = re.compile(r"[0-9.]+ [num]?s")


def page(report: dict) -> str:
    """The two tables of `show`; "" where there is one variant alone."""
    out = ""
    for title, note, (names, rows, _) in (
        (
            BESIDE,
            "Time of each kernel, and its ratio to that of the C kernel through the same API with "
            "the 95 % interval: below 1 it is faster than C.",
            beside(report["variants"]),
        ),
        (
            PARTS,
            "Time of OpenCL / time of CUDA for the C kernels = the API's part (one code through "
            "both) × the compiler's (what is left), with 95 % intervals.",
            split(report["variants"]),
        ),
    ):
        if rows:
            body = "".join(markup_row(tuple(names), _unbroken(row)) for row in rows[:_ROWS])
            more = f"<p>… and {len(rows) - _ROWS} more.</p>" if len(rows) > _ROWS else ""
            out += tag("h2", title) + tag("p", note) + table(tuple(names), body) + more
    return out


def _unbroken(row: list[str]) -> list[str]:
    """Markup of the cells; a time stays on one line with its unit."""
    return [c.replace(" ", "&nbsp;") if _TIME.fullmatch(c) else esc(c) for c in row]


def images(report: dict) -> str:
    """The images that the run loaded; "" if it compiled all its kernels."""
    if not report["images"]:
        return ""
    names = tuple(show_images.NAMES)
    rows = "".join(text_row(names, show_images.cells(image)) for image in report["images"])
    return tag("h2", show_images.TITLE) + table(names, rows)


def launches(report: dict) -> str:
    """What a launch of an FPGA's stream kernels costs, and their rate; "" where no board was fit."""
    note = "Least squares over the sizes of a kernel, median card: time = launch + bytes / rate."
    return _section(show_images.FITS, note, fits, report["fits"])


def memory_banks(report: dict) -> str:
    """Each memory bank of an FPGA card alone, and all of them together; "" without such cases."""
    note = "Triad, a replication a bank, median card: each bank alone, then several at once."
    return _section(show_images.BANKS, note, banks, report["banks"])


def _section(title: str, note: str, kind: ModuleType, rows: list) -> str:
    """A table of what `kind` (NAMES and cells) has rows of."""
    if not rows:
        return ""
    names = tuple(kind.NAMES)
    body = "".join(text_row(names, kind.cells(row)) for row in rows[:_ROWS])
    return tag("h2", title) + tag("p", note) + table(names, body)
