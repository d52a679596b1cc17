# SPDX-License-Identifier: Apache-2.0
"""How is a history told on one page? An incident a heading, what changed there, a plot a series."""

import numpy as np

from cardwise_report import changes
from cardwise_report.history_text import parts_of, signed, title
from cardwise_report.html_document import document
from cardwise_report.html_svg import (
    BLUE,
    GREY,
    ORANGE,
    Axis,
    chart,
    esc,
    line,
    mark,
    tag,
    text,
)
from cardwise_report.incidents import Group, Incident, Series
from cardwise_report.terminal import cut, many

_PLOTS, _CHANGES = 24, 50  # of an incident
_WIDTH, _HEIGHT = 800, 180
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222}figure{margin:0}svg{width:100%;height:auto;background:#fafafa;font-size:12px}"
    "h2{margin-top:2rem}code,li{overflow-wrap:anywhere}.slower{color:#b00}.faster{color:#070}"
)


def as_page(groups: list[Group], found: list[Incident], context: list[list[str]]) -> str:
    """One file with a plot a series; it loads nothing and runs nothing."""
    body = [tag("h1", "History")]
    for group in groups:
        models = ", ".join(group.models) or "no card"
        told = f"{cut(group.system) or 'unnamed system'}, {models}: {many(len(group.runs), 'run')}"
        body.append(tag("p", esc(f"{told}, {len(group.series)} series", 400)))
    if not found:
        body.append(tag("p", "No open incident."))
    for incident, told in zip(found, context):
        kind = "slower" if incident.slower else "faster"
        when = cut(incident.run.meta["created_utc"], 30)
        body.append(tag("h2", esc(f"{incident.name}: {kind} since {when}"), class_=kind))
        body.append(tag("p", f"First run {tag('code', esc(incident.run.path, 300))}"))
        lines = told[:_CHANGES] or ["no change recorded"]
        body.append(tag("ul", "".join(tag("li", esc(words, 300)) for words in lines)))
        for series, change in parts_of(incident)[:_PLOTS]:
            body.append(tag("h3", esc(f"{title(series)}: {signed(change.effect)}", 300)))
            body.append(_plot(series, change, incident))
    return document("History", _STYLE, "\n".join(body))


def _plot(series: Series, change: changes.Change, incident: Incident) -> str:
    """Points over runs, in per cent of the level before; the change as a line."""
    at = next(at for at, c in series.found if c is change)
    before = series.values[series.at < at]
    level = float(np.median(before)) if len(before) else float(np.median(series.values))
    values = 100 * np.expm1(series.values - level)
    low, high = min(float(values.min()), -1.0), max(float(values.max()), 1.0)
    x = Axis(float(series.at[0]), float(series.at[-1]), 60, _WIDTH - 15)
    y = Axis(low, high, _HEIGHT - 15, 15)
    marks = []
    for value in sorted({low, 0.0, high}):
        marks.append(line(60, y(value), _WIDTH - 15, y(value), "#cccccc"))
        marks.append(text(55, y(value) + 4, f"{value:+.1f} %", "end"))
    marks.append(line(x(at - 0.5), 15, x(at - 0.5), _HEIGHT - 15, ORANGE))
    for run, value in zip(series.at, values):
        meta = incident.group.runs[int(run)].meta
        odd = not meta["complete"] or meta["bad"] > 0
        words = f"{cut(meta['created_utc'], 20)}: {value:+.2f} %" + (", not whole" if odd else "")
        kind, shade = ("cross", GREY) if odd else ("circle", BLUE)
        marks.append(mark(kind, x(float(run)), y(float(value)), shade, words, 3))
    label = cut(f"time of {title(series)} over runs", 200)
    return chart(_HEIGHT, "".join(marks), label, _WIDTH)
