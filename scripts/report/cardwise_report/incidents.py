# SPDX-License-Identifier: Apache-2.0
"""Which changes of many series are one incident, and which of them are more than chance?"""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from cardwise_report import annotations, changes, judge, schema
from cardwise_report.policy import Policy
from cardwise_report.run_cache import Archive, RunLine

Q = 0.05  # share of false ones among the series with a change
_LEAST_EFFECT = 0.02  # of families whose delta is smaller than 10 %, and of a card against peers
_FIGURES = ("card_median", "imbalance", "jitter")


@dataclass
class Series:
    """One figure of one case (or of one card) over the runs of a group."""

    name: str
    figure: str
    at: np.ndarray  # runs, as indices into the group
    values: np.ndarray  # logs; larger is worse
    delta: float
    found: list[tuple[int, changes.Change]] = field(default_factory=list)  # run, change


@dataclass
class Group:
    """Runs of one system and card model."""

    system: str
    models: tuple[str, ...]
    runs: list[RunLine]
    series: list[Series] = field(default_factory=list)


@dataclass
class Incident:
    """Changes of several series within a run of each other."""

    group: Group
    first: int  # index of the first run of the new level
    parts: list[tuple[Series, changes.Change]]

    @property
    def run(self) -> RunLine:
        return self.group.runs[self.first]

    @property
    def before(self) -> RunLine:
        return self.group.runs[max(self.first - 1, 0)]

    @property
    def name(self) -> str:
        """Stable as long as the first run of the new level is the same."""
        text = f"{self.group.system}\n{self.group.models}\n{self.run.meta['run_id']}"
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]

    @property
    def slower(self) -> bool:
        return any(change.effect > 0 for _, change in self.parts)

    @property
    def weight(self) -> float:
        return max(abs(change.effect) / series.delta for series, change in self.parts)


def groups(archive: Archive, policy: Policy, since: str = "") -> list[Group]:
    """Series of each system and card model, of the newest runs."""
    found: dict[tuple, Group] = {}
    for line in archive.runs:
        if line.meta["created_utc"] >= since:
            key = (line.meta["system"], tuple(line.meta["models"]))
            found.setdefault(key, Group(*key, [])).runs.append(line)
    for group in found.values():
        group.runs = group.runs[-changes.WINDOW :]
        group.series = [*_of_cases(group, archive.names, policy), *_of_cards(group, archive.names)]
    return list(found.values())


def _of_cases(group: Group, names: dict, policy: Policy) -> list[Series]:
    runs = np.repeat(np.arange(len(group.runs)), [len(line.cases) for line in group.runs])
    if not len(runs):
        return []
    cases = np.concatenate([line.cases for line in group.runs])
    figures = np.concatenate([line.figures for line in group.runs])
    order = np.argsort(cases, kind="stable")
    out = []
    starts = np.flatnonzero(np.diff(cases[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        key = names["cases"][cases[rows[0]]]
        family = schema.parse_key(key)[0]
        if family not in schema.FAMILIES:
            continue
        delta = policy.of(family, 1)[0]
        for i, figure in enumerate(_FIGURES):
            known = np.isfinite(figures[rows, i])
            if known.sum() >= changes.LEAST:
                at = runs[rows[known]]
                out.append(Series(key, figure, at, figures[rows[known], i], delta))
    return out


def _of_cards(group: Group, names: dict) -> list[Series]:
    runs = np.repeat(np.arange(len(group.runs)), [len(line.cards) for line in group.runs])
    if not len(runs):
        return []
    cards = np.concatenate([line.cards for line in group.runs]).astype("i8")
    values = np.concatenate([line.deviations for line in group.runs])
    code = cards[:, 0] * (len(names["families"]) + 1) + cards[:, 1]
    order = np.argsort(code, kind="stable")
    out = []
    for rows in np.split(order, np.flatnonzero(np.diff(code[order], prepend=-1))[1:]):
        if len(rows) >= changes.LEAST:
            card, family = cards[rows[0]]
            name = f"{names['families'][family]} on card {names['cards'][card]}"
            out.append(Series(name, "card", runs[rows], values[rows], 0.05))
    return out


def find(groups_: list[Group], remarks: dict, engine=changes.find_changes) -> list[Incident]:
    """Open incidents, the gravest first. Acknowledged changes split the series beforehand."""
    for group in groups_:
        stops = annotations.breaks(remarks, group.system)
        borders = [line.meta["created_utc"] for line in group.runs]
        cuts = sorted({sum(when < stop for when in borders) for stop in stops})
        for series in group.series:
            _search(series, cuts, engine)
    everything = [series for group in groups_ for series in group.series]
    smallest = [min((c.p for _, c in series.found), default=1.0) for series in everything]
    kept = judge.discoveries(np.array(smallest), Q) if everything else []
    for series, good in zip(everything, kept):
        if not good:
            series.found = []
    out = [incident for group in groups_ for incident in _incidents(group)]
    return sorted(out, key=lambda incident: -incident.weight)


def _search(series: Series, cuts: list[int], engine) -> None:
    least = series.delta if series.delta >= 0.1 else _LEAST_EFFECT
    borders = [0, *np.searchsorted(series.at, cuts).tolist(), len(series.at)]
    series.found = []
    for a, b in zip(borders, borders[1:]):
        if b - a >= changes.LEAST:
            for change in engine(series.values[a:b], least):
                series.found.append((int(series.at[a + change.index]), change))


def _incidents(group: Group) -> list[Incident]:
    """Changes of at least two series, each within a run of the next, of one direction."""
    out = []
    for sign in (1, -1):
        points = sorted(
            (
                (at, series, change)
                for series in group.series
                for at, change in series.found
                if change.effect * sign > 0
            ),
            key=lambda point: point[0],
        )
        bundle: list = []
        for point in [*points, None]:
            if point and (not bundle or point[0] - bundle[-1][0] <= 1):
                bundle.append(point)
                continue
            if len({id(series) for _, series, _ in bundle}) >= 2:
                at = [place for place, _, _ in bundle]
                first = max(sorted(set(at)), key=at.count)  # where most of them begin
                out.append(Incident(group, first, [(s, c) for _, s, c in bundle]))
            bundle = [point] if point else []
    return out


def singles(groups_: list[Group], incidents: list[Incident]) -> list[tuple[Group, int, Series, changes.Change]]:  # fmt: skip
    """Changes that one series alone shows: to be told, but no incident."""
    taken = {(id(s), id(c)) for incident in incidents for s, c in incident.parts}
    return [
        (group, at, series, change)
        for group in groups_
        for series in group.series
        for at, change in series.found
        if (id(series), id(change)) not in taken
    ]
