# SPDX-License-Identifier: Apache-2.0
"""How far did a case move, and does it matter? A change with its interval, drawn on its threshold."""

import math

from cardwise_report.comparing import Row
from cardwise_report.html_svg import BLACK, BLUE, GREY, ORANGE, esc, line, mark, tag, title

_WIDTH, _HEIGHT, _EDGE = 170, 20, 8
_SPAN = 3.0  # thresholds from the middle to each end: beyond it an arrow says so


def legend() -> str:
    """The parts of the drawing, in words."""
    return tag(
        "p",
        "Drawn is the change of time, right is slower: the band is the threshold, the dot the "
        "change, the bar its interval, the square a re-run; an arrow points to what lies beyond "
        "three thresholds.",
        class_="legend",
    )


def limit_of(row: Row) -> float:
    """The threshold as a share: of two runs τ, against a baseline δ; NaN where there is none."""
    return row.threshold if math.isfinite(row.threshold) else row.delta


def ends_of(row: Row) -> tuple[float, float]:
    """The interval of the change: of a baseline the 95 % prediction, else between the rounds."""
    if math.isfinite(row.low):
        return row.low, row.high
    return row.rounds_low, row.rounds_high


def told(row: Row) -> str:
    """The drawing in words, for a screen reader and for who hovers."""
    again = f", re-run {100 * row.again:+.1f} %" if math.isfinite(row.again) else ""
    return f"time {100 * row.change:+.1f} %, {_caption(row)}{again}"


def _caption(row: Row) -> str:
    """'+5.4 to +7.7 %, threshold 3 %'."""
    low, high = ends_of(row)
    known = math.isfinite(low) and math.isfinite(high)
    span = f"{100 * low:+.1f} to {100 * high:+.1f} %" if known else "no interval"
    return f"{span}, threshold {100 * limit_of(row):.2g} %"


def interval(row: Row) -> str:
    """The drawing, its figures below; "" where a case has no change to draw."""
    limit = limit_of(row)
    if not (math.isfinite(row.change) and limit > 0):
        return ""
    middle, half = _WIDTH / 2, _WIDTH / 2 - _EDGE

    def x(share: float) -> float:
        return middle + half * min(1.0, max(-1.0, share / limit / _SPAN))

    y, band = _HEIGHT / 2, half / _SPAN
    parts = [
        title(told(row)),
        f'<rect x="{middle - band:.1f}" y="1" width="{2 * band:.1f}" height="{_HEIGHT - 2}" '
        f'fill="#dddddd" stroke="{GREY}" stroke-width="0.5"/>',
        line(middle, 0, middle, _HEIGHT, GREY),
    ]
    low, high = ends_of(row)
    if math.isfinite(low) and math.isfinite(high):
        parts.append(line(x(low), y, x(high), y, BLACK, 2))
        parts += [line(x(v), y - 4, x(v), y + 4, BLACK, 1.5) for v in (low, high)]
    shade = ORANGE if row.change > limit else BLUE
    parts.append(_point(x(row.change), y, row.change / limit, shade))
    if math.isfinite(row.again):
        parts.append(mark("square", x(row.again), y, BLACK))
    return (
        f'<svg class="interval" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{esc(told(row))}">{"".join(parts)}</svg>{_below(row)}'
    )


def _below(row: Row) -> str:
    """The caption; a line breaks after its comma only."""
    return esc(_caption(row)).replace(" ", "&nbsp;").replace(",&nbsp;", ", ")


def _point(x: float, y: float, thresholds: float, shade: str) -> str:
    """A dot, or an arrow where the change lies beyond the drawing."""
    if abs(thresholds) <= _SPAN:
        return mark("circle", x, y, shade)
    return mark("left" if thresholds < 0 else "right", x, y, shade, size=4)
