# SPDX-License-Identifier: Apache-2.0
"""How is a comparison told? Text, Markdown for a merge request, JSON, JUnit's XML."""

import json
import math
import re
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from cardwise_report import judge
from cardwise_report.comparing import Comparison, Row
from cardwise_report.matching import Variants
from cardwise_report.summary import Summary
from cardwise_report.terminal import Style, cut, duration, escape, many, rate, table

WORDS = {
    judge.CHANGED_WORK: "changed work",
    judge.CONFIRMED: "SLOWER confirmed",
    judge.SAME: "same",
    judge.ADDED: "added",
    judge.REMOVED: "REMOVED",
    judge.UNRESOLVED: "unresolved",
}
_FAILURES = (judge.BROKEN, judge.CONFIRMED, judge.SLOWER)
MAX_CONTEXT = 200  # characters of a difference in a table or a line


def headline(found: Comparison) -> str:
    """What was compared with what, and by which rule."""
    refs, news = found.refs, found.news
    judged = many(len({row.case_key for row in found.judged}), "case") + " compared"
    new = ", ".join(cut(run.path, 100) + run.mark for run in news)
    if found.base is not None:
        span = f"{escape(refs[0].when[:10])} … {escape(refs[-1].when[:10])}"
        rule = f"{len(refs)} runs {span}, {judged}, false discovery rate {judge.Q_SLOWER:g}"
        return f"baseline   {rule}{refs[-1].mark}\nnew        {new}"
    old = ", ".join(cut(run.path, 100) + run.mark for run in refs)
    return f"reference  {old}\nnew        {new}\nrule       two runs, {judged}"


def tail(found: Comparison) -> str:
    """'92 same, 2 slower, …': every case once, by its gravest verdict."""
    counts = found.counts()
    out = []
    for verdict in reversed(judge.GRAVITY):
        always = verdict in (judge.SAME, judge.SLOWER, judge.FASTER, judge.UNRESOLVED, judge.BROKEN)
        if counts[verdict] or always:
            out.append(f"{counts[verdict]} {verdict.lower().replace('_', ' ')}")
    return ", ".join(out)


def ordered(found: Comparison) -> list[Row]:
    """The gravest first; equal ones by family and name."""
    return sorted(
        found.rows,
        key=lambda row: (judge.GRAVITY.index(row.verdict), row.family, row.label, row.metric),
    )


def value(row: Row, seconds: float) -> str:
    """A time, or the rate that it means."""
    if not math.isfinite(seconds):
        return ""
    if row.kind in ("B/s", "FLOP/s") and math.isfinite(row.work):
        return rate(row.work / seconds, row.kind)
    return duration(seconds)


def signed(share: float) -> str:
    """'+18.2 %'."""
    return f"{100 * share:+.1f} %" if math.isfinite(share) else ""


def plain(share: float) -> str:
    """'0.32 %'."""
    return f"{100 * share:.2g} %" if math.isfinite(share) else ""


def remark(row: Row) -> str:
    """Everything about a row that is no number of its own."""
    parts = [row.reason] if row.reason else []
    if math.isfinite(row.again) and row.verdict == judge.CONFIRMED:
        parts.append(f"re-run {signed(row.again)}")
    if row.note:
        parts.append(f"work changed: {row.note}")
    if "slow" in row.cards:
        parts.append(f"slowest {cut(row.cards['slow'], 50)} z={row.cards['z']:.0f}")
    if row.cards.get("beyond") and row.verdict in (*_FAILURES, judge.SUSPECT):
        beyond, paired = row.cards["beyond"], row.cards["paired"]
        worst = f"{cut(row.cards['worst'], 50)} {signed(row.cards['worst_change'])}"
        parts.append(f"{beyond} of {paired} cards slower, most {worst}")
    return "; ".join(parts)


def cells(found: Comparison, row: Row) -> list[str]:
    """A row of the table."""
    between = ""
    if found.base is not None:
        if math.isfinite(row.low):
            between = f"[{100 * row.low:+.1f}, {100 * row.high:+.1f}]"
    elif math.isfinite(row.threshold):
        between = plain(row.threshold)
    sync = "  sync" if row.metric == "time_sync" else ""
    spread = plain(row.sigma) + (f" ({row.sigma_from})" if row.sigma_from else "")
    return [
        cut(row.label, 70) + sync,
        value(row, row.ref),
        value(row, row.new),
        signed(row.change),
        between,
        spread if math.isfinite(row.sigma) else "",
        WORDS.get(row.verdict, row.verdict),
        cut(remark(row), 160),
    ]


def header(found: Comparison) -> list[str]:
    between = "95 % prediction" if found.base is not None else "threshold"
    return ["case", "ref", "new", "time", between, "σ of a run", "verdict", ""]


def as_text(found: Comparison, told: list[str], again: str, style: Style) -> str:
    lines = [f"context    {cut(text, MAX_CONTEXT)}" for text in told]
    lines = lines or ["context    nothing differs"]
    lines += [headline(found), ""]
    rows = [row for row in ordered(found) if row.verdict != judge.ADDED]
    table_lines = table(header(found), [cells(found, r) for r in rows], style, {1, 2, 3, 4, 5})
    lines += [*table_lines, "", *_added(found), tail(found)]
    if again:
        lines += ["", f"to confirm, measure the flagged cases again: --rerun CMD, or {again}"]
    return "\n".join(lines) + "\n"


def _added(found: Comparison) -> list[str]:
    """One line for the cases that only the new run has."""
    rows = [row for row in ordered(found) if row.verdict == judge.ADDED]
    names = [cut(row.label, 40) for row in rows]
    other = sum(Variants.NOT_COMPARED in row.reason for row in rows)
    note = f" ({other} in another variant before: {Variants.NOT_COMPARED})" if other else ""
    more = f", … and {len(names) - 4} more" if len(names) > 4 else ""
    return [f"added: {', '.join(names[:4])}{more}{note}"] if names else []


def _markdown(text: str) -> str:
    """Text that means nothing in Markdown or HTML."""
    text = xml_escape(escape(text))
    return re.sub(r"([\\`*_{}\[\]()#+!|~@:])", r"\\\1", text)


def as_markdown(found: Comparison, told: list[str], again: str) -> str:
    """For a merge request: what matters open, the rest folded."""
    rows = ordered(found)
    open_rows = [row for row in rows if row.verdict not in (judge.SAME, judge.ADDED)]
    rest = [row for row in rows if row.verdict in (judge.SAME, judge.ADDED)]
    lines = [f"**cardwise: {tail(found)}**", ""]
    lines += [_markdown(line) + "  " for line in headline(found).split("\n")]
    lines += ["", "Environment:", ""]
    lines += [f"* {_markdown(cut(text, MAX_CONTEXT))}" for text in told or ["nothing differs"]]
    lines += ["", *_markdown_table(found, open_rows)] if open_rows else []
    if rest:
        lines += ["", f"<details><summary>{many(len(rest), 'row')} without a change</summary>", ""]
        lines += [*_markdown_table(found, rest), "", "</details>"]
    if again:
        lines += ["", "To confirm:", "", f"    {escape(again)}"]
    return "\n".join(lines) + "\n"


def _markdown_table(found: Comparison, rows: list[Row]) -> list[str]:
    head = header(found)
    out = ["| " + " | ".join(head) + " |", "|---" + "|--:" * 5 + "|---|---|"]
    return out + ["| " + " | ".join(map(_markdown, cells(found, row))) + " |" for row in rows]


def as_json(found: Comparison, told: list[str], again: str) -> str:
    def number(x):
        return float(x) if math.isfinite(x) else None

    rows = []
    for row in ordered(found):
        rows.append(
            {name: getattr(row, name) for name in "case_key label family metric verdict".split()}
            | {"reason": row.reason, "note": row.note, "sigma_from": row.sigma_from}
            | {
                name: number(getattr(row, name))
                for name in (
                    "ref new change low high rounds_low rounds_high threshold delta sigma again"
                ).split()
            }
            | {"cards": {k: v if isinstance(v, str) else number(v) for k, v in row.cards.items()}}
        )
    data = {
        "rule": "baseline" if found.base is not None else "two runs",
        "references": [_run_data(run) for run in found.refs],
        "new": [_run_data(run) for run in found.news],
        "context": told,
        "counts": found.counts(),
        "cases": found.of_case(),
        "rows": rows,
        "command_to_confirm": again,
    }
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def _run_data(run: Summary) -> dict:
    return {"file": run.path, **run.about, "emulated": bool(run.mark)}


def as_junit(found: Comparison, told: list[str], again: str) -> str:
    """A test a row: regressions fail, what cannot be told is skipped."""
    rows = ordered(found)
    failures = sum(row.verdict in _FAILURES for row in rows)
    skipped = sum(row.verdict in (judge.UNRESOLVED, judge.REMOVED, judge.SUSPECT) for row in rows)
    counts = f'tests="{len(rows)}" failures="{failures}" skipped="{skipped}" errors="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuite name="cardwise-report compare" {counts}>')
    for row in rows:
        name = quoteattr(escape(f"{row.label} {row.metric}".strip()))
        head = f"  <testcase classname={quoteattr(row.family)} name={name}"
        text = " ".join(filter(None, (row.verdict, signed(row.change), remark(row))))
        message = quoteattr(escape(text))
        if row.verdict in _FAILURES:
            lines.append(f"{head}><failure message={message}/></testcase>")
        elif row.verdict in (judge.UNRESOLVED, judge.REMOVED, judge.SUSPECT):
            lines.append(f"{head}><skipped message={message}/></testcase>")
        else:
            lines.append(f"{head}/>")
    told = "\n".join(escape(text) for text in [headline(found).replace("\n", "; "), *told])
    lines.append(f"  <system-out>{xml_escape(told)}</system-out>")
    lines.append("</testsuite>")
    return "\n".join(lines) + "\n"
