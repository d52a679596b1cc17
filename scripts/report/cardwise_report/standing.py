# SPDX-License-Identifier: Apache-2.0
"""How does each card do against what its model should reach? What its peers cannot tell.

Cards that are all slow look alike; and fewer than six have no peers to speak of. The reference of
their model tells both. Shares are rate / reference (time: reference / time); 1 is as good.
"""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cardwise_report import population, references, stats
from cardwise_report.card_names import emulated
from cardwise_report.cases import Case
from cardwise_report.references import Reference, Standing
from cardwise_report.run_file import InputError

# Time beyond the reference's that cards of one model do not reach by themselves, by family
# (docs/methodology.md, section 8); twice as much where fewer than FEWEST cards made the reference.
EXCESS = {"mem": 0.05, "compute": 0.10, "copy": 0.10, "latency": 0.30}
LEAST_FAR = 2  # cases far under it, of which one alone may be an accident
THROUGHOUT, LEAST_CASES = 0.05, 6  # excess of the median case that counts, of so many at least
NEEDED = ("mem", "compute", "copy")


@dataclass
class CaseShares:
    """One case of the cards of one model, by world rank; NaN where a card has no number."""

    key: str
    label: str
    family: str
    bound: float  # share below which a card is far under the reference
    share: np.ndarray
    best: np.ndarray  # the better end of the 95 % interval of its rounds; NaN below 6 rounds


@dataclass
class ModelStanding:
    """All cards of a model against its reference."""

    model: str
    reference: Reference
    members: np.ndarray
    cases: list[CaseShares] = field(default_factory=list)

    @property
    def run(self) -> Standing | None:
        """The middle card, as `show` tells it; None without a case in common."""
        per_cent = {c.key: 100 * stats.median(c.share[self.members]) for c in self.cases}
        known = {key: value for key, value in per_cent.items() if math.isfinite(value)}
        return Standing(self.reference.path, self.reference.date, known) if known else None

    @cached_property
    def cards(self) -> list["CardStanding"]:
        """Every card of the model, once all cases are in."""
        return [self._card(r) for r in self.members.tolist()]

    def _card(self, r: int) -> "CardStanding":
        """One card; its numbers are empty where it has no case in common."""
        known = [c for c in self.cases if math.isfinite(c.share[r])]
        per_cent = {c.key: 100 * float(c.share[r]) for c in known}
        far = sorted((c for c in known if c.best[r] < c.bound), key=lambda c: c.share[r] / c.bound)
        families = {c.family for c in known}
        standing = Standing(self.reference.path, self.reference.date, per_cent)
        return CardStanding(r, standing, far, families)


@dataclass
class CardStanding:
    """One card against its model's reference."""

    rank: int
    standing: Standing
    far: list[CaseShares]  # in which it is far under, the worst first
    families: set[str]

    @property
    def compared(self) -> int:
        return len(self.standing.per_cent)

    @property
    def under(self) -> bool:
        """Far under in two cases (or its only one), or less far in the middle of many."""
        if self.far and len(self.far) >= min(LEAST_FAR, self.compared):
            return True
        enough = self.compared >= LEAST_CASES
        return enough and self.standing.middle < 100 / (1 + THROUGHOUT)

    @property
    def tells(self) -> bool:
        """Whether every kind of case that a health check needs was compared."""
        return self.families.issuperset(NEEDED)

    @property
    def words(self) -> str:
        """'87 % of the reference of 2026-11-20 (12 cases), 71 % in mem/triad f32'."""
        text = f"{self.standing.words} ({self.compared} case{'s' * (self.compared != 1)})"
        if self.far:
            worst = self.far[0]
            text += f", {100 * worst.share[self.rank]:.0f} % in {worst.label:.40}"
        return text


def find(models: dict[str, np.ndarray], ranks: dict) -> tuple[dict[str, ModelStanding], list[str]]:
    """References by model, and why some were refused. An emulator has none; a slice (MIG) is a model of its own."""
    found, refused = {}, []
    for model, members in models.items():
        if emulated(ranks)[members].any():
            continue
        try:
            reference = references.find(model)
        except InputError as error:
            refused.append(str(error))
            continue
        if reference:
            found[model] = ModelStanding(model, reference, members)
    return found, refused


def add_case(to: ModelStanding, case: Case, rows: np.ndarray, rounds: np.ndarray, ranks: dict):
    """One case: `rows` are world ranks, `rounds` ln of seconds a launch [row, round].

    InputError where the reference cannot be true of these cards.
    """
    chosen = np.isin(rows, to.members)
    if not chosen.any() or case.row["family"] not in EXCESS:
        return
    case = replace(case, ranks=rows[chosen])
    times = np.exp(rounds[chosen])
    value = to.reference.values.get(case.row["case_key"])
    if value is None or _more_crowded(case, value, ranks):
        return
    share = references.share_of(to.reference, case, ranks, stats.row_medians(times))
    fastest = np.array([stats.interval(row[np.isfinite(row)])[0] for row in times])
    excess = EXCESS[case.row["family"]]
    excess *= 1 if len(value.cards) >= population.FEWEST else 2
    columns = []
    for part in (share, references.share_of(to.reference, case, ranks, fastest)):
        column = np.full(len(ranks["rank"]), np.nan)
        column[case.ranks] = part
        columns.append(column)
    bound = 1 / (1 + excess)
    key, family = case.row["case_key"], case.row["family"]
    to.cases.append(CaseShares(key, case.label, family, bound, *columns))


def _more_crowded(case: Case, value: references.Value, ranks: dict) -> bool:
    """Whether more cards copy at once through one host than did when the reference was made.

    Two H100 of one host share its memory: each copied with 76 % of what one alone reached.
    """
    if case.key.get("cards") != "all":
        return False
    _, count = np.unique(ranks["host"].astype(str), return_counts=True)
    return int(count.max()) > len(value.cards)
