# SPDX-License-Identifier: Apache-2.0
"""What did the cards do over time? Samples by round with the marks of their flags."""

import warnings

import numpy as np

from cardwise_report import schema
from cardwise_report.card_samples import CardSamples, read_samples
from cardwise_report.html_svg import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    WIDTH,
    Axis,
    chart,
    esc,
    line,
    path,
    tag,
    text,
    title,
)
from cardwise_report.judgement import Judgement
from cardwise_report.run_file import RunFile
from cardwise_report.slow_cards import FLOORS
from cardwise_report.terminal import duration

_SHOWN = 8
_LATE = 400  # points of a line at most


def chosen_cases(found: Judgement) -> list:
    """The cases with most named cards, and at least one of each family."""
    hits: dict[str, int] = {}
    for verdict in found.verdicts.values():
        for label in {finding.test.label for finding in verdict.findings}:
            hits[label] = hits.get(label, 0) + 1
    rows = [c for c in found.rows if c.row["family"] in FLOORS and c.status in ("ok", "partial")]
    rows.sort(key=lambda case: -hits.get(case.label, 0))
    first = {case.row["family"]: case for case in reversed(rows)}
    rest = [case for case in rows if hits.get(case.label) and case not in first.values()]
    return [*first.values(), *rest][:_SHOWN]


def section(run: RunFile, found: Judgement) -> str:
    """A figure a case."""
    figures = []
    for case in chosen_cases(found):
        samples = read_samples(run, case.row, len(found.ranks["rank"]))
        if samples is not None and np.isfinite(samples.times).any():
            figures.append(_figure(case, samples, found))
    if not figures:
        return ""
    note = (
        "<p>Blue: median card, its band all cards but the slowest and fastest hundredth. Orange: "
        "the slowest card. Upright lines part the rounds. A tick below is a flag on any card.</p>"
    )
    return tag("h2", "Samples over time") + note + tag("div", "".join(figures), class_="grid")


def _figure(case, samples: CardSamples, found: Judgement) -> str:
    times = samples.times
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        low, middle, high = np.nanquantile(times, [0.01, 0.5, 0.99], axis=0)
    worst = int(np.nanargmax(samples.views.middle))
    slowest = times[worst]
    count = times.shape[1]
    known = np.concatenate([low, high, slowest])
    known = known[np.isfinite(known)]
    top = min(known.max(), 4 * np.median(known))  # one stray sample must not flatten the rest
    x = Axis(0, max(1, count - 1), 62, WIDTH - 10)
    y = Axis(min(known.min(), 0.98 * top), 1.02 * top, 120, 22)
    out = [text(10, 12, f"{case.label:.64}")]
    for tick in y.ticks(3):
        out += [line(x.start - 4, y(tick), x.end, y(tick), "#dddddd")]
        out += [text(x.start - 6, y(tick) + 4, duration(tick, 3), "end")]
    for edge in np.flatnonzero(np.diff(samples.sample_round.astype(int))).tolist():
        out.append(line(x(edge + 0.5), 22, x(edge + 0.5), 120, GREY, 0.5, "2 2"))
    step = max(1, count // _LATE)
    at = range(0, count, step)
    if len(times) > 2:
        band = [(x(s), y(high[s])) for s in at if np.isfinite(high[s])]
        band += [(x(s), y(low[s])) for s in reversed(at) if np.isfinite(low[s])]
        d = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in band)
        out.append(f'<path d="{d}Z" fill="#c6dbef"/>')
    if len(times) > 1:
        out.append(path([(x(s), y(slowest[s])) for s in at], ORANGE, 1))
    out.append(path([(x(s), y(middle[s])) for s in at], BLUE, 1.6))
    flags, height = _flags(samples, x, 128)
    r = int(samples.ranks[worst])
    if len(times) > 1:
        name = f"slowest: {found.ranks['host'][r]:.30} rank {r}"
        out.append(text(WIDTH - 10, 24, name, "end", f' fill="{ORANGE}"'))
    label = f"samples of {case.label} over time"
    return chart(132 + height, "".join(out) + flags, label)


def _flags(samples: CardSamples, x: Axis, top: float) -> tuple[str, float]:
    out, y = [], top
    for bit, name in enumerate(schema.FLAGS):
        hit = ((samples.flags >> bit) & 1).sum(axis=0)
        where = np.flatnonzero(hit)
        if not len(where):
            continue
        y += 12
        d = "".join(f"M{x(s):.1f} {y - 7:.1f}v7" for s in where.tolist())
        words = f"{name}: {int(hit.sum())} samples"
        out.append(f'<g>{title(words)}<path d="{d}" stroke="{BLACK}" stroke-width="1.2"/></g>')
        out.append(text(x.start - 6, y, esc(name)[:11], "end", ' class="small"'))
    return "".join(out), y - top
