# SPDX-License-Identifier: Apache-2.0
"""How is told what cards are against their model's reference?"""

from cardwise_report.card_names import card_name
from cardwise_report.judgement import Judgement
from cardwise_report.standing import ModelStanding
from cardwise_report.terminal import cut, many, percent

_SHOWN = 10  # cards that are named; all are in JSON


def standing_lines(found: Judgement) -> list[str]:
    """A line a model that has references, then its cards that are under them."""
    out = []
    for model, standing in found.standings.items():
        if run := standing.run:
            worst = min(run.per_cent, key=run.per_cent.get)
            label = next(case.label for case in standing.cases if case.key == worst)
            head = f"against its reference: {cut(model)}: {run.words}"
            median = f"median of {many(len(run.per_cent), 'case')}"
            out += ["", f"{head} ({median}), lowest {run.per_cent[worst]:.0f} %: {cut(label, 90)}"]
            out += _cards_under(found, standing) + _alone(found, standing)
    return out


def _cards_under(found: Judgement, standing: ModelStanding) -> list[str]:
    members = standing.members.tolist()
    under = [card for card in found.under if card.rank in members]
    if len(under) == len(members) > 1:
        return [
            f"    UNDER IT: all {len(members)} cards, which their peers cannot show: look at what "
            "they share (driver, power limit, clocks, cooling)"
        ]
    out = [f"    UNDER IT: {cut(card_name(found.ranks, c.rank), 120)}: {c.words}" for c in under]
    more = [f"    and {len(out) - _SHOWN} more (--format json has all)"] if out[_SHOWN:] else []
    return out[:_SHOWN] + more


def _alone(found: Judgement, standing: ModelStanding) -> list[str]:
    """Where there are too few peers: that the reference alone tells, and from which deficit on."""
    few = [untold.text for untold in found.untold if untold.model == standing.model]
    if not few or few[0] in found.cannot:
        return []
    seen = {case.family: percent(1 - case.bound) for case in standing.cases}
    bounds = ", ".join(f"{family} {least}" for family, least in seen.items())
    why = cut(few[0].partition("; ")[0], 150)
    return [f"    nothing else tells ({why}); it names a deficit in two cases beyond: {bounds}"]


def standings_data(found: Judgement) -> list[dict]:
    """The same as plain data."""
    return [_data(model, s) for model, s in found.standings.items() if s.run]


def _data(model: str, standing: ModelStanding) -> dict:
    cards = []
    for card in standing.cards:
        far = [case.label for case in card.far]
        told = card.standing.middle if card.compared else None
        cards.append({"rank": card.rank, "per_cent": told, "under": card.under, "far_under": far})
    run = standing.run
    about = {"model": model, "file": run.path, "date": run.date, "per_cent": run.middle}
    return about | {"per_cent_by_case": run.per_cent, "cards": cards}
