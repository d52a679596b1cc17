# SPDX-License-Identifier: Apache-2.0
"""How do the cards spread, how near is each kernel to the roofline, which API and size is fast?"""

import math

import numpy as np

from cardwise_report import stats
from cardwise_report.cases import Case
from cardwise_report.html_map import sign
from cardwise_report.html_svg import (
    BLACK,
    BLUE,
    ORANGE,
    WIDTH,
    Axis,
    chart,
    esc,
    line,
    mark,
    path,
    short,
    tag,
    text,
)
from cardwise_report.judgement import Judgement
from cardwise_report.terminal import cut, cut_middle, duration, number, rate, size

_ROWS, _PART = 80, 20  # rows in all, and of one figure
_FAR = 2.0  # a ratio beyond it sets no axis: the others would be one point
_STYLE = {"cuda": ("circle", BLUE), "opencl": ("square", ORANGE)}


def style_of(case: Case) -> tuple[str, str]:
    return _STYLE.get(case.key.get("backend", ""), ("cross", BLACK))


def distributions(found: Judgement, cases: list[Case]) -> str:
    """A row a case: where its cards lie beside their median; named cards are marked."""
    chosen = [c for c in cases if c.measured and len(c.medians) > 1 and not c.pairs][:_ROWS]
    if not chosen:
        return ""
    offs = [100 * (c.medians / np.median(c.medians) - 1) for c in chosen]
    high = min(25.0, max(2.0, max(float(off.max()) for off in offs)))
    axis = Axis(max(-20.0, min(-2.0, min(float(off.min()) for off in offs))), high, 10, WIDTH - 10)
    head = tag("h2", "Distributions over cards")
    note = (
        "<p>Time of each card beside the median card (line); taller means more cards; slower is "
        "to the right (25 % at most); <b>×</b> marks the slow cards.</p>"
    )
    pairs = list(zip(chosen, offs))
    parts = [pairs[i : i + _PART] for i in range(0, len(pairs), _PART)]
    figures = "".join(_spread(part, axis, found) for part in parts)
    return head + note + tag("div", figures, class_="grid")


def _spread(part: list[tuple[Case, np.ndarray]], axis: Axis, found: Judgement) -> str:
    out, step = [], 34
    for i, (case, off) in enumerate(part):
        y = 24 + i * step
        out.append(text(10, y, f"{case.label:.56}"))
        value = rate(case.work / np.median(case.medians), case.kind) or duration(
            float(np.median(case.medians))
        )
        out.append(text(WIDTH - 10, y, value, "end"))
        out.append(_histogram(off, axis, y + 20))
        out.append(line(axis(0), y + 4, axis(0), y + 21, BLACK))
        for r, value in zip(case.ranks.tolist(), off.tolist()):
            if sign(found, r) == "×":
                words = f"{found.ranks['host'][r]:.40} rank {r}: {value:+.1f} % time"
                out.append(mark("cross", axis(value), y + 13, ORANGE, words, 3))
    bottom = 24 + len(part) * step
    for tick in axis.ticks():
        out.append(text(axis(tick), bottom + 8, f"{tick:+g} %" if tick else "0 %", "middle"))
    return chart(bottom + 16, "".join(out), "distribution over cards, by case")


def _histogram(off: np.ndarray, axis: Axis, base: float) -> str:
    """Steps of 60 bins, as one path; the height is by the root, so that one card shows."""
    edges = np.linspace(axis.low, axis.high, 61)
    counts, _ = np.histogram(np.clip(off, axis.low, axis.high), edges)
    top = math.sqrt(max(1, counts.max()))
    d = [f"M{axis(edges[0]):.1f} {base:.1f}"]
    for left, right, count in zip(edges, edges[1:], counts):
        y = base - 14 * math.sqrt(count) / top
        d.append(f"L{axis(left):.1f} {y:.1f}L{axis(right):.1f} {y:.1f}")
    return f'<path d="{"".join(d)}L{axis(edges[-1]):.1f} {base:.1f}Z" fill="#9ecae1" stroke="{BLUE}" stroke-width=".5"/>'


def roofline(ranks: dict, cases: list[Case]) -> str:
    """Kernels over their arithmetic intensity, below the ceilings measured in the same run."""
    points = []
    for case in cases:
        flops, moved = case.row["flops_per_launch"], case.row["traffic_per_launch"]
        moved = moved if moved > 0 else case.row["bytes_per_launch"]
        if case.measured and case.row["family"] in ("mem", "compute") and flops > 0 and moved > 0:
            points.append((case, flops / moved, flops / float(np.median(case.medians))))
    memory = stats.median(ranks["ceiling_mem"])
    tops = {d: stats.median(ranks[f"ceiling_{d}"]) for d in ("f32", "f64")}
    tops = {d: top for d, top in tops.items() if top > 0}
    if not points or not (memory > 0 or tops):
        return ""
    xs = [p[1] for p in points] + [top / memory for top in tops.values() if memory > 0]
    ys = [p[2] for p in points] + list(tops.values())
    x = Axis(min(xs) / 2, max(xs) * 3, 52, WIDTH - 10, log=True)
    y = Axis(min(ys) / 3, max(ys) * 2, 240, 20, log=True)
    out = [_frame(x, y, 240, "FLOP/B", short)]
    if memory > 0:
        far = min(x.high, max(tops.values(), default=y.high) / memory)
        ends = [(v, v * memory) for v in (max(x.low, y.low / memory), far)]
        out.append(path([(x(a), y(b)) for a, b in ends], BLACK, 1.8))
        at = math.sqrt(ends[0][0] * ends[1][0])  # below the line, where no point can be
        out.append(text(x(at) + 10, y(at * memory) + 16, rate(memory, "B/s")))
    for dtype, top in tops.items():
        left = max(x.low, top / memory) if memory > 0 else x.low
        out.append(line(x(left), y(top), x.end, y(top), BLACK, 1.8))
        lift = 3 if top == max(tops.values()) else -5
        out.append(text(x(left) - 4, y(top) - lift, f"{dtype} {rate(top, 'FLOP/s')}", "end"))
    for case, a, b in points:
        kind, shade = style_of(case)
        words = f"{case.label}: {rate(b, 'FLOP/s')}, {number(a)} FLOP/B"
        out.append(mark(kind, x(a), y(b), shade, words))
    head = tag("h2", "Roofline")
    note = "<p>Median card; the lines are the ceilings that this run measured."
    return head + note + _apis() + "</p>" + chart(270, "".join(out), "roofline") + _points(points)


def _apis() -> str:
    return " Filled circles are CUDA, open squares OpenCL."


def _points(points: list) -> str:
    """The same as a table, for paper."""
    rows = "".join(
        tag("tr", tag("td", esc(c.label, 60)) + tag("td", number(a)) + tag("td", rate(b, "FLOP/s")))
        for c, a, b in points
    )
    header = "<tr><th>kernel</th><th>FLOP/B</th><th>rate</th></tr>"
    table = f'<div class="wide"><table>{header}{rows}</table></div>'
    return f"<details><summary>The points as a table</summary>{table}</details>"


def _frame(x: Axis, y: Axis, base: float, unit: str, told) -> str:
    out = [line(x.start, base, x.end, base), line(x.start, base, x.start, y.end)]
    for tick in x.ticks():
        out += [
            line(x(tick), base, x(tick), base + 4),
            text(x(tick), base + 15, f"{tick:g}", "middle"),
        ]
    for tick in y.ticks():
        out += [line(x.start - 4, y(tick), x.end, y(tick), "#dddddd")]
        out += [text(x.start - 6, y(tick) + 4, told(tick), "end")]
    return "".join(out) + text(x.end, base + 27, unit, "end")


def apis(rows: list[dict]) -> str:
    """Time of OpenCL over that of CUDA, with the interval, a row an operation."""
    rows = [row for row in rows if math.isfinite(row["ratio"]) and row["ratio"] > 0][:_ROWS]
    if not rows:
        return ""
    ends = [v for row in rows for v in (row["ratio"], row["ratio_lo"], row["ratio_hi"])]
    near = [v for v in ends if 1 / _FAR <= v <= _FAR] or [1.0]
    axis = Axis(min(*near, 0.8) / 1.05, max(*near, 1.25) * 1.05, 10, WIDTH - 10, log=True)
    parts = [rows[i : i + _PART] for i in range(0, len(rows), _PART)]
    note = "<p>Time of OpenCL / time of CUDA with its 95 % interval: right of 1 CUDA is faster."
    far = any(not axis.low <= row["ratio"] <= axis.high for row in rows)
    note += " An arrow: beyond the drawing, its value beside it.</p>" if far else "</p>"
    figures = tag("div", "".join(_ratios(part, axis) for part in parts), class_="grid")
    return tag("h2", "OpenCL against CUDA") + note + figures


def _ratios(rows: list[dict], axis: Axis) -> str:
    out, step = [], 30
    for i, row in enumerate(rows):
        y = 14 + i * step
        out.append(text(10, y, cut_middle(row["case"], 40)))
        beyond = not axis.low <= row["ratio"] <= axis.high
        ratio = f"{row['ratio']:.3g}"
        verdict = f"{ratio}: {row['verdict']}" if beyond and row["verdict"] else row["verdict"]
        out.append(text(WIDTH - 10, y, verdict or ratio, "end"))
        out.append(line(10, y + 9, WIDTH - 10, y + 9, "#dddddd"))
        out.append(line(axis(1), y + 3, axis(1), y + 15, BLACK))
        if row["ratio_lo"] > 0:
            out.append(line(axis(row["ratio_lo"]), y + 9, axis(row["ratio_hi"]), y + 9, BLUE, 3))
        words = f"{row['case']}: {row['ratio']:.4g}"
        kind = "circle" if not beyond else "left" if row["ratio"] < 1 else "right"
        out.append(mark(kind, axis(row["ratio"]), y + 9, BLUE, words, 3.5))
    bottom = 14 + len(rows) * step
    ticks = axis.ticks() if axis.high > 4 * axis.low else [0.8, 1, 1.25]
    for tick in ticks:
        out.append(text(axis(tick), bottom + 10, f"{tick:g}", "middle"))
    return chart(bottom + 18, "".join(out), "OpenCL against CUDA")


def copies(cases: list[Case]) -> str:
    """Rate of copies by size, a line a direction and API."""
    lines: dict[tuple, list[tuple[float, float, Case]]] = {}
    for case in cases:
        count = case.key.get("bytes", "")
        if case.row["family"] == "copy" and case.measured and count.isascii() and count.isdigit():
            rest = sorted(
                (k, v) for k, v in case.key.items() if k not in ("bytes", "backend", "wv")
            )
            words = " ".join(v for k, v in rest if k not in ("variant", "cache"))
            name = f"{case.row['benchmark']} {words}".strip()
            value = case.work / float(np.median(case.medians))
            lines.setdefault((name, case.key.get("backend", "")), []).append(
                (float(count[:18]), value, case)
            )
    lines = {k: [p for p in v if p[0] > 0 and p[1] > 0] for k, v in lines.items()}
    points = [point for values in lines.values() for point in values]
    if not points:
        return ""
    x = Axis(
        min(p[0] for p in points) / 2, max(p[0] for p in points) * 1.2, 72, WIDTH - 100, log=True
    )
    y = Axis(min(p[1] for p in points) / 1.5, max(p[1] for p in points) * 1.5, 220, 12, log=True)
    out = [line(x.start, 220, x.end, 220)]
    for tick in sorted({p[0] for p in points})[:: max(1, len({p[0] for p in points}) // 6)]:
        out.append(text(x(tick), 235, size(int(tick)), "middle"))
    for tick in y.ticks():
        out.append(line(x.start - 4, y(tick), x.end, y(tick), "#dddddd"))
        out.append(text(x.start - 6, y(tick) + 4, f"{short(tick)}B/s", "end"))
    dashes = ("", "6 3", "2 3", "8 3 2 3", "1 4")
    names = sorted({name for name, _ in lines})
    taken: list[float] = []
    for (name, backend), values in sorted(lines.items()):
        kind, shade = _STYLE.get(backend, ("cross", BLACK))
        dash = dashes[names.index(name) % len(dashes)]
        values.sort(key=lambda p: p[0])
        out.append(path([(x(a), y(b)) for a, b, _ in values], shade, 1.4, dash))
        out += [mark(kind, x(a), y(b), shade, f"{c.label}: {rate(b, 'B/s')}") for a, b, c in values]
        end = y(values[-1][1])
        if all(abs(end - other) > 10 for other in taken):  # else they would cover each other
            taken.append(end)
            out.append(text(WIDTH - 94, end + 4, cut(name, 18)))
    rows = "".join(
        tag(
            "tr",
            tag("td", esc(f"{name} {api}"))
            + tag("td", ", ".join(f"{size(int(a))}: {rate(b, 'B/s')}" for a, b, _ in values)),
        )
        for (name, api), values in sorted(lines.items())
    )
    table = f'<div class="wide"><table>{rows}</table></div>'
    head, note = tag("h2", "Copies by size"), "<p>Median card.</p>"
    if len({p[0] for p in points}) == 1:  # no curve through one size
        return head + note + table
    note = f"<p>Median card.{_apis()} Values are below the figure.</p>"
    return head + note + chart(242, "".join(out), "copies by size") + table
