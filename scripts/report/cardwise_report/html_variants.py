# SPDX-License-Identifier: Apache-2.0
"""How are images, and kernels of one meaning side by side, told on a page?"""

from types import ModuleType

from cardwise_report import banks, fits, show_images, variants
from cardwise_report.html_svg import esc, tag
from cardwise_report.html_table import markup_row, table, text_row
from cardwise_report.show_variants import BESIDE, PARTS, split
from cardwise_report.terminal import cut, duration

_ROWS = 80  # of a table


def page(report: dict) -> str:
    """The two tables of `show`; "" where there is one variant alone."""
    note = "Time of each kernel; below it its ratio to that of the C kernel through the same API "
    note += "with the 95 % interval (below 1 it is faster than C), and what that means."
    names, rows = _beside(report["variants"])
    out = _rows(BESIDE, note, names, rows)
    note = "Time of OpenCL / time of CUDA for the C kernels = the API's part (one code through "
    note += "both) × the compiler's (what is left), with 95 % intervals."
    names, rows, _ = split(report["variants"])
    return out + _rows(PARTS, note, names, [[esc(cell) for cell in row] for row in rows])


def _rows(title: str, note: str, names: list[str], rows: list[list[str]]) -> str:
    """A section of so many rows of markup; "" without any."""
    if not rows:
        return ""
    body = "".join(markup_row(tuple(names), row) for row in rows[:_ROWS])
    more = f"<p>… and {len(rows) - _ROWS} more.</p>" if len(rows) > _ROWS else ""
    return tag("h2", title) + tag("p", note) + table(tuple(names), body) + more


def _beside(found: list[variants.Kernel]) -> tuple[list[str], list[list[str]]]:
    """A column a variant and API; what `show` has in columns of their own stands in its cell."""
    which = variants.columns(found)
    names = ["kernel", *(cut(variants.named(w), 30) for w in which)]
    return names, [[esc(k.label, 90), *(_cell(k, w) for w in which)] for k in found]


def _cell(kernel: variants.Kernel, which: tuple[str, str]) -> str:
    """Markup: '2.979 ms', and below it '0.9732 (0.9717 .. 0.9742): Rust faster by 2.7 %'."""
    if which not in kernel.cases:
        return ""
    time = esc(duration(kernel.cases[which].sync)).replace(" ", "&nbsp;")
    ratio = kernel.ratios.get(which)
    if ratio is None or not ratio.told:
        return time
    span = f" ({ratio.interval})" if ratio.interval else ""
    words = f": {cut(ratio.words)}" if ratio.words else ""
    return time + "<br>" + tag("small", esc(f"{ratio.told}{span}{words}", 120))


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
