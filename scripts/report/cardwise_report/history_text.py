# SPDX-License-Identifier: Apache-2.0
"""How is a history told? Text with small plots, plain data, one self-contained page."""

import html
import math
from collections.abc import Iterator

import numpy as np

from cardwise_report import changes
from cardwise_report.incidents import Group, Incident, Series, singles
from cardwise_report.schema import parse_key
from cardwise_report.terminal import Style, cut, escape, many

_BARS = "▁▂▃▄▅▆▇█"
_SERIES, _CONTEXT, _RUNS = 8, 10, 60  # of an incident: told, told, plotted
_FIGURE_WORDS = {"imbalance": "imbalance of", "jitter": "jitter of", "card": "", "card_median": ""}


def title(series: Series) -> str:
    """What a series is, in words."""
    name = series.name
    if series.figure != "card":
        family, benchmark, key = parse_key(name)
        kept = [v for k, v in key.items() if k in ("dtype", "bytes", "phase", "path", "cache", "n")]
        name = " ".join([f"{family}/{benchmark}", *kept, key.get("backend", "")]).strip()
    return f"{_FIGURE_WORDS[series.figure]} {name}".strip()


def _signed(effect: float) -> str:
    return f"{100 * math.expm1(effect):+.1f} %"


def _parts(incident: Incident) -> list[tuple[Series, changes.Change]]:
    return sorted(incident.parts, key=lambda part: -abs(part[1].effect) / part[0].delta)


def plot(series: Series) -> str:
    """The newest values as a row of bars."""
    values = series.values[-_RUNS:]
    low, high = np.quantile(values, [0.02, 0.98])
    share = (values - low) / max(high - low, 1e-9)
    return "".join(_BARS[int(min(max(x, 0), 0.999) * len(_BARS))] for x in share)


def as_text(
    groups: list[Group], found: list[Incident], context: list[list[str]], style: Style
) -> str:
    lines = []
    for group in groups:
        models = ", ".join(cut(model, 60) for model in group.models) or "no card"
        first, last = (escape(group.runs[i].meta["created_utc"][:10]) for i in (0, -1))
        marks = sum(not line.meta["complete"] or line.meta["bad"] > 0 for line in group.runs)
        odd = f", {marks} of them incomplete or with failed cases" if marks else ""
        few = "" if len(group.runs) >= changes.LEAST else f" (at least {changes.LEAST} are needed)"
        lines.append(
            f"{cut(group.system) or 'unnamed system'}, {models}: {many(len(group.runs), 'run')} "
            f"{first} … {last}{odd}, {len(group.series)} series{few}"
        )
    for incident, told in zip(found, context):
        lines += ["", *_incident(incident, told, style)]
    rest = singles(groups, found)
    if rest:
        lines += ["", style.bold("One series alone, no incident:")]
        for group, at, series, change in rest[:_SERIES]:
            when = cut(group.runs[at].meta["created_utc"], 20)
            lines.append(f"  {_signed(change.effect)}  {cut(title(series), 90)}  since {when}")
        if len(rest) > _SERIES:
            lines.append(f"  … and {len(rest) - _SERIES} more")
    slow = sum(incident.slower for incident in found)
    lines += ["", f"{many(slow, 'open slowdown')}, {len(found) - slow} open speed-ups"]
    return "\n".join(lines) + "\n"


def _incident(incident: Incident, told: list[str], style: Style) -> Iterator[str]:
    parts = _parts(incident)
    kind = style.bad("SLOWER") if incident.slower else style.good("FASTER")
    when = cut(incident.run.meta["created_utc"], 20)
    yield style.bold(f"incident {incident.name}") + f"  {kind} since {when}, {len(parts)} series"
    yield f"  first run   {cut(incident.run.path, 150)}"
    yield f"  before      {cut(incident.before.path, 150)}"
    for text in told[:_CONTEXT] or ["nothing that is recorded"]:
        yield f"  changed     {cut(text, 150)}"
    if len(told) > _CONTEXT:
        yield f"  changed     … and {len(told) - _CONTEXT} more"
    for series, change in parts[:_SERIES]:
        yield f"  {_signed(change.effect):>9}   {cut(title(series), 90)}"
        yield f"              {plot(series)}"
    if len(parts) > _SERIES:
        yield f"  … and {len(parts) - _SERIES} more series"
    yield f"  known?      cardwise-report ack DIR {incident.name} --reason TEXT"


def data_of(groups: list[Group], found: list[Incident], context: list[list[str]]) -> dict:
    """What --format json prints."""

    def change_of(series, change):
        effect = math.expm1(change.effect)
        return {"series": series.name, "figure": series.figure, "effect": effect, "p": change.p}

    return {
        "groups": [
            {
                "system": group.system,
                "models": list(group.models),
                "runs": [line.path for line in group.runs],
                "series": len(group.series),
            }
            for group in groups
        ],
        "incidents": [
            {
                "incident": incident.name,
                "system": incident.group.system,
                "slower": incident.slower,
                "first_run": incident.run.path,
                "first_utc": incident.run.meta["created_utc"],
                "before": incident.before.path,
                "changed": told,
                "changes": [change_of(*part) for part in _parts(incident)],
            }
            for incident, told in zip(found, context)
        ],
        "single_changes": [
            {"first_utc": group.runs[at].meta["created_utc"], **change_of(series, change)}
            for group, at, series, change in singles(groups, found)
        ],
    }


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222}svg{width:100%;height:auto;background:#fafafa}h2{margin-top:2rem}"
    "code{overflow-wrap:anywhere}li{overflow-wrap:anywhere}.slower{color:#b00}.faster{color:#070}"
)


def as_page(groups: list[Group], found: list[Incident], context: list[list[str]]) -> str:
    """One file with a plot a series; it loads nothing and runs nothing."""

    def text(value: str, width: int = 300) -> str:
        return html.escape(cut(value, width))

    body = ["<h1>History</h1>"]
    for group in groups:
        models = ", ".join(group.models) or "no card"
        body.append(
            f"<p>{text(group.system) or 'unnamed system'}, {text(models)}: "
            f"{many(len(group.runs), 'run')}, {len(group.series)} series</p>"
        )
    if not found:
        body.append("<p>No open incident.</p>")
    for incident, told in zip(found, context):
        kind = "slower" if incident.slower else "faster"
        when = text(incident.run.meta["created_utc"], 30)
        body.append(f'<h2 class="{kind}">{incident.name}: {kind} since {when}</h2>')
        body.append(f"<p>First run <code>{text(incident.run.path)}</code></p><ul>")
        body += [f"<li>{text(line)}</li>" for line in told[:50]] or ["<li>no change recorded</li>"]
        body.append("</ul>")
        for series, change in _parts(incident)[: 3 * _SERIES]:
            body.append(f"<h3>{text(title(series))}: {_signed(change.effect)}</h3>")
            body.append(_svg(series, change, incident))
    head = f'<meta charset="utf-8"><title>History</title><style>{_STYLE}</style>'
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head += f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>\n' + "\n".join(body) + "\n</body></html>\n"  # fmt: skip


def _svg(series: Series, change: changes.Change, incident: Incident) -> str:
    """Points over runs, in per cent of the level before; the change as a line."""
    width, height, left, pad = 800, 180, 60, 15
    at = next(at for at, c in series.found if c is change)
    before = series.values[series.at < at]
    level = float(np.median(before)) if len(before) else float(np.median(series.values))
    y = 100 * np.expm1(series.values - level)
    low, high = min(float(y.min()), -1.0), max(float(y.max()), 1.0)
    first, last = int(series.at[0]), int(series.at[-1])

    def px(run):
        return left + (run - first) / max(last - first, 1) * (width - left - pad)

    def py(value):
        return height - pad - (value - low) / (high - low) * (height - 2 * pad)

    marks = []
    for value in sorted({low, 0.0, high}):
        marks.append(
            f'<line x1="{left}" x2="{width - pad}" y1="{py(value):.1f}" y2="{py(value):.1f}" '
            f'stroke="#ccc"/><text x="{left - 5}" y="{py(value) + 4:.1f}" text-anchor="end" '
            f'font-size="12">{value:+.1f} %</text>'
        )
    x = px(at - 0.5)
    marks.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{pad}" y2="{height - pad}" stroke="#b00"/>')
    for run, value in zip(series.at, y):
        line = incident.group.runs[int(run)]
        label = html.escape(f"{cut(line.meta['created_utc'], 20)}: {value:+.2f} %")
        odd = not line.meta["complete"] or line.meta["bad"] > 0
        fill = "#b80" if odd else "#246"
        marks.append(
            f'<circle cx="{px(run):.1f}" cy="{py(value):.1f}" r="3" fill="{fill}">'
            f"<title>{label}</title></circle>"
        )
    label = html.escape(escape(f"time of {title(series)} over runs")[:200], quote=True)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(marks)}</svg>'  # fmt: skip
