# SPDX-License-Identifier: Apache-2.0
"""How is a comparison told on one page? The verdict, what differs around it, then every case."""

from cardwise_report import judge
from cardwise_report.compare_text import (
    MAX_CONTEXT,
    WORDS,
    cells,
    headline,
    ordered,
    signed,
    tail,
)
from cardwise_report.comparing import Comparison, Row
from cardwise_report.html_document import document
from cardwise_report.html_interval import interval, legend
from cardwise_report.html_style import STYLE
from cardwise_report.html_svg import esc, tag
from cardwise_report.html_table import markup_row, table
from cardwise_report.matching import Variants
from cardwise_report.terminal import cut, many

_NAMES = (
    "case",
    "verdict",
    "ref",
    "new",
    "time",
    "change on its threshold",
    "σ of a run",
    "remark",
)
_SHOWN = 500  # rows of a table
_CONTEXT = 100  # differences of the environment
# Each verdict has a sign, so that colour is never alone in telling.
_SIGNS = {
    judge.BROKEN: "✖",
    judge.CONFIRMED: "▲▲",
    judge.SLOWER: "▲",
    judge.SUSPECT: "△",
    judge.FASTER: "▼",
    judge.SAME: "=",
}
_MORE_STYLE = (
    "svg.interval{width:170px;height:20px;display:block}td{font-variant-numeric:tabular-nums}"
    "p,li,code,td:first-child,td:last-child{overflow-wrap:anywhere}.legend{font-size:.85rem}"
    ".stack td:first-child{font-weight:600}@media print{.wide td{padding:.1rem .3rem}}"
    "@media(max-width:700px){.stack td:empty{display:none}svg.interval{margin:.2rem 0}}"
)


def as_page(found: Comparison, told: list[str], again: str, with_rerun: bool) -> str:
    """One file that fetches nothing and runs nothing.

    `told`: what differs in the environment; `again`: the command to confirm with, or "";
    `with_rerun`: whether a second look was asked for.
    """
    rows = ordered(found)
    quiet = [row for row in rows if row.verdict == judge.SAME]
    loud = [row for row in rows if row.verdict not in (judge.SAME, judge.ADDED)]
    added = [row for row in rows if row.verdict == judge.ADDED]
    parts = [
        tag("h1", "cardwise: comparison"),
        _banner(found),
        _rerun(found, again, with_rerun),
        _environment(told),
        tag("h2", "Cases"),
        legend(),
        _section(found, "Changed, or cannot be told", loud),
        _section(found, "Without a change", quiet),
        _added(added),
    ]
    body = tag("main", "".join(parts))
    return document("cardwise: comparison", STYLE + _MORE_STYLE, body)


def verdict(found: Comparison) -> tuple[str, str, str]:
    """Class of the banner, its sign and its words: the gravest verdict, and of how many cases."""
    counts = found.counts()
    of = f" of {many(sum(counts.values()) - counts[judge.ADDED], 'case')}"
    if counts[judge.BROKEN]:
        return "bad", "✖", f"Broken: {counts[judge.BROKEN]}{of} gave results before, and none now"
    slower = counts[judge.SLOWER] + counts[judge.CONFIRMED]
    if slower:
        sure = f", {counts[judge.CONFIRMED]} confirmed" if counts[judge.CONFIRMED] else ""
        return "bad", "▲", f"Slower: {slower}{of}{sure}"
    if counts[judge.SUSPECT]:
        return "warn", "△", f"Perhaps slower: {counts[judge.SUSPECT]}{of}, not sure enough"
    open_ones = counts[judge.UNRESOLVED] + counts[judge.REMOVED] + counts[judge.CHANGED_WORK]
    if open_ones:
        return "warn", "?", f"Nothing is known to be slower, but {open_ones}{of} cannot be told"
    return (
        "good",
        "✔",
        "Nothing is slower"
        + (f"; {counts[judge.FASTER]}{of} faster" if counts[judge.FASTER] else ""),
    )


def _banner(found: Comparison) -> str:
    style, sign, words = verdict(found)
    inside = tag("p", f"<b>{sign}</b> {esc(words)}", class_="verdict")
    inside += tag("p", esc(tail(found)))
    inside += "".join(tag("p", esc(line)) for line in headline(found).split("\n"))
    return tag("div", inside, class_=f"banner {style}")


def _rerun(found: Comparison, again: str, asked: bool) -> str:
    """What the second look said, or how to take one."""
    if again:
        return tag("p", "To confirm, measure the flagged cases again: " + tag("code", esc(again)))
    if not asked:
        return ""
    seen = [row for row in found.judged if row.again == row.again]  # NaN: not measured again
    agreed = sum(row.verdict == judge.CONFIRMED for row in seen)
    words = f"{agreed} of {many(len(seen), 'flagged number')} slower again"
    if not seen:
        words = "nothing was measured again"
    return tag("p", f"<b>Re-run:</b> {esc(words)}.")


def _environment(told: list[str]) -> str:
    lines = told[:_CONTEXT] or ["nothing differs"]
    if len(told) > _CONTEXT:
        lines.append(f"… and {len(told) - _CONTEXT} more (--format json has all)")
    items = "".join(tag("li", esc(text, MAX_CONTEXT)) for text in lines)
    return tag("h2", "What differs around the cases") + tag("ul", items)


def _section(found: Comparison, title: str, rows: list[Row]) -> str:
    if not rows:
        return ""
    body = table(_NAMES, "".join(_row(found, row) for row in rows[:_SHOWN]))
    if len(rows) > _SHOWN:
        body += tag("p", f"… and {len(rows) - _SHOWN} more (--format json has all).")
    return tag("h3", esc(f"{title} ({many(len(rows), 'row')})")) + body


def _added(rows: list[Row]) -> str:
    """What only the new run has, by name."""
    if not rows:
        return ""
    names = ", ".join(cut(row.label) for row in rows[:_SHOWN])
    names += f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    if other := sum(Variants.NOT_COMPARED in row.reason for row in rows):
        names += f" ({other} in another variant before: {Variants.NOT_COMPARED})"
    return tag("h3", esc(f"Only in the new run ({many(len(rows), 'case')})")) + tag("p", esc(names))


def _row(found: Comparison, row: Row) -> str:
    label, *numbers, sigma, _, remark = map(esc, cells(found, row))
    ref, new, change = (_unbroken(number) for number in numbers[:3])
    words = _unbroken(esc(f"{_SIGNS.get(row.verdict, '?')} {WORDS.get(row.verdict, row.verdict)}"))
    if row.again == row.again:
        change += f"<br>re-run {_unbroken(esc(signed(row.again)))}"
    return markup_row(_NAMES, [label, words, ref, new, change, interval(row), sigma, remark])


def _unbroken(markup: str) -> str:
    """A number stays on one line with its unit."""
    return markup.replace(" ", "&nbsp;")
