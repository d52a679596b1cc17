# SPDX-License-Identifier: Apache-2.0
"""Where do the cards stand that are not as their peers? A map of nodes and cards."""

import warnings

import numpy as np

from cardwise_report.card_names import identity, place
from cardwise_report.cards import kind
from cardwise_report.html_svg import colour, esc, legend, tag, title
from cardwise_report.judgement import Judgement
from cardwise_report.recheck import WORDS
from cardwise_report.slow_cards import FLOORS
from cardwise_report.terminal import percent

_CELL, _GAP, _LABEL = 16, 2, 96
_NODES = 16  # rows of a block: blocks stand beside each other, or below on a phone


def deviations(found: Judgement, cases: list) -> dict[str, np.ndarray]:
    """Deficit by family and rank: the median over the family's cases; NaN where unknown.

    Against the judged centre; where too few cards are alike, against the median of all.
    """
    out, world = {}, len(found.ranks["rank"])
    for family in FLOORS:
        columns = found.deficits.get(family, [])
        if not columns:
            chosen = [c for c in cases if c.row["family"] == family and c.measured and not c.pairs]
            for case in (c for c in chosen if len(c.medians) > 1):
                column = np.full(world, np.nan)
                column[case.ranks] = 1 - np.median(case.medians) / case.medians
                columns.append(column)
        if columns:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                out[family] = np.nanmedian(np.array(columns), axis=0)
    return out


def worst_of(by_family: dict[str, np.ndarray], world: int) -> np.ndarray:
    """The largest deficit of each card over families; latency, which varies, counts less."""
    columns = [v * (0.2 if family == "latency" else 1) for family, v in by_family.items()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmax(np.array(columns), axis=0) if columns else np.full(world, np.nan)


def card_text(found: Judgement, r: int, by_family: dict[str, np.ndarray]) -> str:
    """Host, serial number, value, cause: what hovering over a card shows."""
    ranks, verdict = found.ranks, found.verdicts.get(r)
    parts = [f"{ranks['host'][r]:.60} card {ranks['local_rank'][r]} (rank {r})"]
    parts.append(f"serial {ranks['device_serial'][r]:.40}" if ranks["device_serial"][r] else "")
    parts.append(f"{place(ranks, r):.60}" if identity(ranks, r) else "no card")
    for family, values in by_family.items():
        if np.isfinite(values[r]):
            word = "below" if values[r] >= 0 else "above"
            parts.append(f"{family} {percent(abs(values[r]))} {word}")
    if verdict:
        if verdict.corrupting:
            parts.append("CORRUPTING")
        if verdict.findings:
            parts.append(kind(verdict).upper())
        if verdict.rechecked:
            parts.append(f"measured again: {WORDS[verdict.rechecked]}")
        parts.append("; ".join(cause.text for cause in verdict.causes) or "no cause recorded")
    return "\n".join(part for part in parts if part)


def sign(found: Judgement, r: int) -> str:
    """What marks a card beside its colour."""
    verdict = found.verdicts.get(r)
    if verdict is None:
        return "" if identity(found.ranks, r) else "–"
    if verdict.corrupting:
        return "!"
    return {"slow": "×", "slow at times": "~"}[kind(verdict)] if verdict.findings else ""


def map_of(found: Judgement, values: np.ndarray, texts: list[str] | None) -> str:
    """Blocks of nodes; a cell a card, named ones with their sign; `texts` on hovering."""
    hosts: dict[str, list[int]] = {}
    for r, host in enumerate(found.ranks["host"]):
        hosts.setdefault(host, []).append(r)
    names = list(hosts)
    most = min(64, max((len(members) for members in hosts.values()), default=1))
    blocks = []
    for start in range(0, len(names), _NODES):
        rows = names[start : start + _NODES]
        cells = [
            _row(found, hosts[host][:most], host, y, values, texts) for y, host in enumerate(rows)
        ]
        width = _LABEL + most * (_CELL + _GAP)
        height = len(rows) * (_CELL + _GAP)
        head = f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        label = f"cards of {len(rows)} nodes from {rows[0]:.40} on"
        blocks.append(f'{head} role="img" aria-label="{esc(label)}">{"".join(cells)}</svg>')
    return tag("div", "".join(blocks), class_="map")


def _row(found, members: list[int], host: str, y: int, values, texts) -> str:
    top = y * (_CELL + _GAP)
    out = [f'<text x="0" y="{top + 12}">{esc(host, 14)}</text>']
    for x, r in enumerate(members):
        left, letter = _LABEL + x * (_CELL + _GAP), sign(found, r)
        inside = title(texts[r]) if texts else ""
        border = ' stroke="#000" stroke-width="2"' if letter else ' stroke="#bbb"'
        at = f'x="{left + 1}" y="{top + 1}" width="{_CELL - 2}" height="{_CELL - 2}"'
        cell = f'<rect {at} fill="{colour(values[r])}"{border}/>'
        if letter:
            light = ' fill="#fff"' if np.isfinite(values[r]) and values[r] >= 0.05 else ""
            cell += f'<text x="{left + 8}" y="{top + 13}" class="sign"{light}>{letter}</text>'
        out.append(f"<g>{inside}{cell}</g>" if inside else cell)
    return "".join(out)


def section(found: Judgement, cases: list) -> str:
    """The map over all families, and a small one for each."""
    by_family = deviations(found, cases)
    world = len(found.ranks["rank"])
    texts = [card_text(found, r, by_family) for r in range(world)]
    out = [tag("h2", "Card map"), legend()]
    out.append(
        "<p>One cell a card, a row a node: how far below its peers, the worst of its families "
        "(latency counts a fifth). <b>×</b> slow, <b>~</b> slow at times, <b>!</b> corrupting, "
        "<b>–</b> no card. Hovering shows host, serial number, values and cause.</p>"
    )
    out.append(map_of(found, worst_of(by_family, world), texts))
    for family, values in by_family.items():
        summary = f"<summary>{esc(family)} alone</summary>"
        out.append(tag("details", summary + map_of(found, values, None)))
    return "".join(out)
