# SPDX-License-Identifier: Apache-2.0
"""How are texts and figures put into a page? Escaped elements, axes, colours that all can tell."""

import html
import math

from cardwise_report.terminal import cut, escape

WIDTH = 420  # of a chart, in its own units: letters stay readable on a phone
BLUE, ORANGE, GREY, BLACK = "#0072b2", "#d55e00", "#767676", "#222222"  # Okabe and Ito
_SLOW = ("#eeeeee", "#fdd0a2", "#fdae6b", "#e6550d", "#a63603", "#5f1d00")
_STEPS = (0.01, 0.02, 0.05, 0.10, 0.20)  # deficits where the next colour begins
_FAST = "#c6dbef"


def esc(text: object, width: int | None = None) -> str:
    """Text of a file as text of a page, whatever it holds."""
    value = str(text)
    return html.escape(cut(value, width) if width else escape(value), quote=True)


def tag(name: str, inside: str = "", **attributes) -> str:
    """An element; `inside` is markup already, attributes are escaped here. class_ is class."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{esc(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{told}>{inside}</{name}>"


def colour(deficit: float) -> str:
    """Darker is slower, also in print and for every eye; fast is pale blue."""
    if not math.isfinite(deficit):
        return "#ffffff"
    if deficit < -_STEPS[0]:
        return _FAST
    return _SLOW[sum(deficit >= step for step in _STEPS)]


def legend() -> str:
    """The colours of `colour`, in words."""
    words = ["within 1 %"] + [f"{100 * step:.0f} % and more below" for step in _STEPS]
    pairs = [(_FAST, "faster by 1 % and more"), *zip(_SLOW, words), ("#ffffff", "not compared")]
    items = (
        f'<span class="key"><i style="background:{shade}"></i>{word}</span>'
        for shade, word in pairs
    )
    return tag("p", "".join(items), class_="legend")


def text(x: float, y: float, words: object, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{esc(words)}</text>'


def line(x1, y1, x2, y2, shade=GREY, width=1.0, dash="") -> str:
    more = f' stroke-dasharray="{dash}"' if dash else ""
    at = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {at} stroke="{shade}" stroke-width="{width}"{more}/>'


def title(words: str) -> str:
    """What hovering shows; a screen reader reads it too."""
    return f"<title>{esc(words)}</title>"


def mark(kind: str, x: float, y: float, shade: str, words: str = "", size: float = 3.5) -> str:
    """A point: 'circle', 'square' or 'cross', so that colour is never alone in telling.

    'left' and 'right' are arrows whose tip is at x: to what lies beyond a drawing.
    """
    inside = title(words) if words else ""
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{shade}">{inside}</circle>'
    if kind == "square":
        at = f'x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}"'
        return f'<rect {at} fill="none" stroke="{shade}" stroke-width="1.6">{inside}</rect>'
    if kind in ("left", "right"):
        back = 1.7 * size if kind == "left" else -1.7 * size
        d = f"M{x:.1f} {y:.1f}l{back:.1f} {-size}v{2 * size}z"
        return f'<path d="{d}" fill="{shade}">{inside}</path>'
    d = f"M{x - size:.1f} {y - size:.1f}l{2 * size} {2 * size}m0 {-2 * size}l{-2 * size} {2 * size}"
    return f'<path d="{d}" stroke="{shade}" stroke-width="2" fill="none">{inside}</path>'


def path(points: list[tuple[float, float]], shade: str, width: float = 1.4, dash: str = "") -> str:
    """A line through points; NaN breaks it."""
    d, pen = [], "M"
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y):
            d.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        else:
            pen = "M"
    more = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{"".join(d)}" fill="none" stroke="{shade}" stroke-width="{width}"{more}/>'


def chart(height: float, inside: str, label: str, width: float = WIDTH) -> str:
    """A figure that scales with its column."""
    head = f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{esc(label)}"'
    return f'<figure>{head} style="max-width:{1.3 * width:.0f}px">{inside}</svg></figure>'


def short(value: float) -> str:
    """A rate at a tick: '2 T', '500 G'."""
    for factor, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.9999 * factor:
            return f"{value / factor:.3g} {prefix}"
    return f"{value:.3g}"


class Axis:
    """From values to places, linear or logarithmic, with ticks."""

    def __init__(self, low: float, high: float, start: float, end: float, log: bool = False):
        self.log = log
        # a damaged file can say infinity: nothing is drawn beyond this
        least, most = (1e-30, 1e30) if log else (-1e300, 1e300)
        low, high = (min(max(value, least), most) for value in (low, high))
        if log:
            if high <= low:
                low, high = low / 2, high * 2
        elif high <= low:
            low, high = low - 0.5 * abs(low) - 1e-12, high + 0.5 * abs(high) + 1e-12
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value: float) -> float:
        if self.log:
            if not value > 0:
                return math.nan
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        """Round values inside the axis."""
        if self.log:
            decades = math.log10(self.high / self.low)
            base = (1, 2, 5) if decades < 2 else (1,)
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            values = [m * 10.0**e for e in range(first, last + 1) for m in base]
            inside = [v for v in values if self.low * 0.999 <= v <= self.high * 1.001]
            return inside[:: max(1, round(len(inside) / (count + 2)))]
        rough = (self.high - self.low) / count
        step = 10.0 ** math.floor(math.log10(rough))
        step *= next(m for m in (1, 2, 5, 10) if m * step >= rough)
        first = math.ceil(self.low / step)
        return [i * step for i in range(first, first + 3 * count) if i * step <= self.high * 1.0001]
