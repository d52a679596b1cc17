# SPDX-License-Identifier: Apache-2.0
"""How is a history told? Text with small plots, plain data."""

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


def signed(effect: float) -> str:
    return f"{100 * math.expm1(effect):+.1f} %"


def parts_of(incident: Incident) -> list[tuple[Series, changes.Change]]:
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
            lines.append(f"  {signed(change.effect)}  {cut(title(series), 90)}  since {when}")
        if len(rest) > _SERIES:
            lines.append(f"  … and {len(rest) - _SERIES} more")
    slow = sum(incident.slower for incident in found)
    lines += ["", f"{many(slow, 'open slowdown')}, {len(found) - slow} open speed-ups"]
    return "\n".join(lines) + "\n"


def _incident(incident: Incident, told: list[str], style: Style) -> Iterator[str]:
    parts = parts_of(incident)
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
        yield f"  {signed(change.effect):>9}   {cut(title(series), 90)}"
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
                "changes": [change_of(*part) for part in parts_of(incident)],
            }
            for incident, told in zip(found, context)
        ],
        "single_changes": [
            {"first_utc": group.runs[at].meta["created_utc"], **change_of(series, change)}
            for group, at, series, change in singles(groups, found)
        ],
    }
