# SPDX-License-Identifier: Apache-2.0
"""How does text reach a terminal? Escaped, aligned, coloured only where somebody looks."""

import math
import os
import shutil
import sys
from dataclasses import dataclass

MAX_CELL = 60  # longer texts from a file are cut in tables


def escape(text: str) -> str:
    """Text that cannot steer a terminal: controls, bidi marks, surrogates become \\xNN, \\uNNNN."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def cut(text: str, width: int = MAX_CELL) -> str:
    """Escaped text of at most `width` characters, with … where something was left out."""
    text = escape(text[: 4 * width + 4])
    return text if len(text) <= width else text[: width - 1] + "…"


def cut_middle(text: str, width: int) -> str:
    """As cut(), but what is left out is in the middle: a case's variant is its last word."""
    whole = escape(text)
    tail = width // 3
    return whole if len(whole) <= width else f"{whole[: width - 1 - tail]}…{whole[-tail:]}"


@dataclass(frozen=True)
class Style:
    """Colours, or none; `width` columns, None where nothing limits a line."""

    colour: bool = False
    width: int | None = None

    @staticmethod
    def of_stdout() -> "Style":
        """Colour on a terminal unless NO_COLOR is set; a pipe has no width but COLUMNS."""
        tty = sys.stdout.isatty()
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        wide = tty or os.environ.get("COLUMNS", "").isdigit()
        return Style(tty and not plain, shutil.get_terminal_size().columns if wide else None)

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def bad(self, text: str) -> str:
        return self._wrap("31", text)

    def warn(self, text: str) -> str:
        return self._wrap("33", text)

    def good(self, text: str) -> str:
        return self._wrap("32", text)


def table(
    header: list[str], rows: list[list[str]], style: Style, right: set[int] = frozenset()
) -> list[str]:
    """Lines of an aligned table; if too wide, the first cell stands alone, the rest below."""
    rows = [[escape(cell) for cell in row] for row in rows]
    keep = [i for i in range(len(header)) if i == 0 or any(row[i] for row in rows)]
    header = [header[i] for i in keep]
    right = {keep.index(i) for i in right if i in keep}
    rows = [[row[i] for i in keep] for row in rows]
    if _width(header, rows) + 2 * (len(header) - 1) <= (style.width or 10**9) or len(header) < 2:
        return _aligned(header, rows, style, right)
    below = _aligned(header[1:], [row[1:] for row in rows], style, {i - 1 for i in right if i})
    lines = [style.bold(header[0]), "    " + below[0]]
    for row, line in zip(rows, below[1:]):
        lines += [row[0], "    " + line]
    return lines


def _width(header: list[str], rows: list[list[str]]) -> int:
    return sum(max(len(r[i]) for r in [header, *rows]) for i in range(len(header)))


def _aligned(header, rows, style: Style, right) -> list[str]:
    sizes = [max(len(r[i]) for r in [header, *rows]) for i in range(len(header))]

    def line(row):
        cells = (
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, sizes))
        )
        return "  ".join(cells).rstrip()

    return [style.bold(line(header)), *(line(row) for row in rows)]


def number(value: float, digits: int = 3) -> str:
    """Three significant digits without exponent where that is short; '-' for unknown."""
    if not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e7 or size < 1e-3:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(size)))}f}"


def duration(seconds: float, digits: int = 4) -> str:
    """Time with the unit that fits: '812.3 us'."""
    if not math.isfinite(seconds):
        return "-"
    for limit, factor, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "us"), (1, 1e3, "ms")):
        if abs(seconds) < limit:
            return f"{number(seconds * factor, digits)} {unit}"
    return f"{number(seconds, digits)} s"


def rate(value: float, kind: str) -> str:
    """Rate in GB/s or GFLOP/s (10⁹), with T from 10¹² and P from 10¹⁵ on."""
    if not math.isfinite(value) or kind not in ("B/s", "FLOP/s"):
        return "-" if kind in ("B/s", "FLOP/s") else ""
    steps = ((1e15, "P"), (1e12, "T"), (1e9, "G"))
    factor, prefix = next((step for step in steps if abs(value) >= step[0]), steps[-1])
    return f"{number(value / factor, 4)} {prefix}{kind}"


def percent(share: float) -> str:
    """A share or a ratio's excess, with the digits that tell: '0.05 %', '2.6 %', '16 %'."""
    value = 100 * share
    return f"{value:.{0 if value >= 9.95 else 1 if value >= 0.095 else 2}f} %"


def many(count: int, word: str) -> str:
    """'1 rank', '2 ranks'."""
    return f"{count} {word}" + ("" if count == 1 else "s")


def size(count: int) -> str:
    """Bytes as MiB and the like where they divide, else with one digit after the point."""
    for power, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >= 1 << power:
            whole = count / (1 << power)
            return f"{whole:.0f} {unit}" if whole == int(whole) else f"{whole:.1f} {unit}"
    return f"{count} B"
