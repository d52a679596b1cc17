# SPDX-License-Identifier: Apache-2.0
"""What is known of the cards of a run, and of the tests that it rests on? Data, and views of it."""

from dataclasses import dataclass, field

import numpy as np

from cardwise_report.cases import Case
from cardwise_report.causes import Cause
from cardwise_report.standing import CardStanding, ModelStanding


@dataclass
class Test:
    """One view of one case over the cards of one model."""

    label: str
    family: str
    view: str
    model: str
    cards: int  # that were judged by it
    reference: int  # cards that centre and scale were taken from
    parted: bool  # a slower group stands apart as a whole
    scale: float  # of ln(time)
    critical: float
    smallest: float  # deficit that would have been named
    slow: int


@dataclass
class Finding:
    """A card beyond the critical value in one test."""

    test: Test
    deficit: float
    distance: float
    rounds: int  # in which it was beyond half the smallest deficit
    of_rounds: int
    samples: float  # share of its samples beyond the smallest deficit


@dataclass
class Verdict:
    """What is known of one card that is not as its peers are."""

    rank: int
    findings: list[Finding] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    odd_bits: list[str] = field(default_factory=list)  # labels of cases
    failures: int = 0  # blocks that failed verification
    rechecked: str = ""  # a key of recheck.WORDS; "": not measured again

    @property
    def corrupting(self) -> bool:
        return bool(self.odd_bits or self.failures)

    @property
    def passing(self) -> bool:
        """Slow in the run, but not when measured again, and nothing recorded says why.

        Eight windows clear no card that is slow at times only: most of them are good on any day.
        """
        always = any(f.test.view == "middle" for f in self.findings)
        return self.rechecked == "neither" and always and not self.causes and not self.corrupting

    @property
    def worst(self) -> Finding:
        return max(self.findings, key=lambda f: (f.test.view == "middle", f.deficit))


@dataclass
class Untold:
    """What the peers cannot tell of a model, and what would."""

    model: str
    text: str


@dataclass
class Judgement:
    """All verdicts of a run and what they rest on."""

    ranks: dict
    tests: list[Test] = field(default_factory=list)
    verdicts: dict[int, Verdict] = field(default_factory=dict)  # by rank
    untold: list[Untold] = field(default_factory=list)
    standings: dict[str, ModelStanding] = field(default_factory=dict)  # model -> by its reference
    refused: list[str] = field(default_factory=list)  # references that cannot be true
    undecided: list[str] = field(default_factory=list)  # cases whose checksums have no majority
    deficits: dict[str, list[np.ndarray]] = field(default_factory=dict)  # family -> case -> by rank
    cases: int = 0  # with numbers of cards
    rows: list[Case] = field(default_factory=list)  # all of /index, without numbers
    throttled: dict[int, float] = field(default_factory=dict)  # rank -> most of a case's samples
    silent: dict[int, list[str]] = field(default_factory=dict)  # rank -> cases without a sample

    def verdict(self, r: int) -> Verdict:
        return self.verdicts.setdefault(r, Verdict(r))

    @property
    def cannot(self) -> list[str]:
        """What neither peers nor a reference tell, and what would."""
        return [
            untold.text for untold in self.untold if not self._told(untold.model)
        ] + self.refused

    def _told(self, model: str) -> bool:
        found = self.standings.get(model)
        return found is not None and all(c.tells for c in found.cards)

    @property
    def under(self) -> list[CardStanding]:
        """Cards under their model's reference, the lowest first."""
        cards = (card for s in self.standings.values() for card in s.cards)
        return sorted((c for c in cards if c.under), key=lambda c: (c.standing.middle, c.rank))

    @property
    def slow(self) -> list[Verdict]:
        found = [v for v in self.verdicts.values() if v.findings]
        return sorted(found, key=lambda v: (-v.worst.deficit, v.rank))

    @property
    def corrupting(self) -> list[Verdict]:
        return sorted((v for v in self.verdicts.values() if v.corrupting), key=lambda v: v.rank)
