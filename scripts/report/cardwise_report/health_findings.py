# SPDX-License-Identifier: Apache-2.0
"""What did a run find out about the health of its cards, said in codes?"""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from cardwise_report.card_names import emulated, identity
from cardwise_report.cards import kind
from cardwise_report.causes import of_card
from cardwise_report.judgement import Judgement, Verdict
from cardwise_report.slow_cards import models_of
from cardwise_report.standing import NEEDED
from cardwise_report.terminal import many, percent

_RANK = re.compile(r"\brank (\d{1,6})\b")

_SLOW = {  # cause -> code of a card that is slow
    "hw_throttle": "CW201",
    "thermal": "CW202",
    "link": "CW203",
    "clock": "CW204",
    **dict.fromkeys(("ecc", "ecc_corrected", "pcie_replays", "remapped"), "CW205"),
    "hot": "CW206",
    "preempted": "CW307",
}
_ANY = {  # cause -> code of a card that need not be slow
    "power_limit": "CW301",
    "app_clock": "CW302",
    "numa": "CW303",
    "shared": "CW304",
}
_WATCH = {"ecc_corrected": "CW501", "pcie_replays": "CW502", "remapped": "CW503", "link": "CW505"}

Finding = tuple[str, int | None, str]  # code, rank (None: every node), detail


def findings_of(found: Judgement, about: dict, wrong: dict[str, int]) -> Iterator[Finding]:
    """All findings of a run. `about`: of the root; `wrong`: rank by label of a wrong case."""
    yield from _of_run(found, about, wrong)
    yield from _of_references(found)
    models = models_of(found.ranks)
    for name, members in models.items():
        yield from _of_model(found.ranks, name, members)
        for r in members.tolist():
            yield from _of_card(found, r, members)
    for r in found.ranks["rank"].tolist():
        if not identity(found.ranks, r):
            yield "CW104", r, f"{found.ranks['status_text'][r] or 'no card'}"


def _of_run(found: Judgement, about: dict, wrong: dict[str, int]) -> Iterator[Finding]:
    if about["exit_reason"] == "card_lost":
        yield "CW105", None, "a card was lost during the run"
    if about["complete"] != 1 and about["exit_reason"] != "time_budget":
        yield "CW401", None, f"the run is incomplete ({about['exit_reason']})"
    measured = {case.row["family"] for case in found.rows if case.status in ("ok", "partial")}
    if missing := [family for family in NEEDED if family not in measured]:
        yield "CW402", None, f"not measured: {', '.join(missing)}"
    for text in found.cannot:
        if text in found.refused:
            yield "CW407", None, text
        else:
            yield "CW403", None, f"cannot tell who is slow: {text.partition('; ')[0]}"
    for label in found.undecided[:1]:
        yield "CW211", None, f"result bits differ, no majority: {label}"
    failures = found.ranks["verify_failures"] > 0
    for label, rank in wrong.items():
        if rank >= 0 and not failures[rank]:
            yield "CW102", rank, f"wrong results in {label}"
        elif rank < 0 and not failures.any() and not found.corrupting:
            yield "CW102", None, f"wrong results in {label}"
    for case in found.rows:
        if case.status == "failed":
            told = _RANK.search(case.row["status_text"])
            rank = int(told[1]) if told and int(told[1]) < len(failures) else None
            yield "CW212", rank, f"{case.label} failed: {case.row['status_text']:.120}"
        elif case.status == "implausible":
            yield "CW213", None, f"{case.label} is beyond the theoretical peak"


def _of_references(found: Judgement) -> Iterator[Finding]:
    """Cards under their model's reference; and those that only it vouches for, one a host."""
    cannot = found.cannot
    few = {u.model: u.text for u in found.untold if u.text not in cannot}
    for model, standing in found.standings.items():
        hosts = set()
        for card in standing.cards:
            host = found.ranks["host"][card.rank]
            if card.under:
                yield "CW214", card.rank, card.words
            elif card.far:
                yield "CW506", card.rank, card.words
            elif model in few and host not in hosts:
                hosts.add(host)
                yield "CW507", card.rank, f"{card.words}, {few[model].partition(', ')[0]}"


def _of_model(ranks: dict, name: str, members: np.ndarray) -> Iterator[Finding]:
    """Cards of a model that differ from most of it."""
    drivers = Counter(ranks["driver_version"][r] for r in members)
    usual, count = drivers.most_common(1)[0]
    for r in members.tolist():
        if ranks["driver_version"][r] != usual and 2 * count > len(members):
            yield "CW306", r, f"driver {ranks['driver_version'][r]}, the others' {usual}"
    alike = [
        r
        for r, other in enumerate(ranks["device_name"])
        if other == ranks["device_name"][members[0]]
    ]
    for mode in ("mig_mode", "mps"):
        on = ranks[mode][alike] == 1
        if on.any() and not on.all():
            for r in np.array(alike)[on].tolist():
                if r in members:
                    yield "CW305", r, f"{mode.removesuffix('_mode').upper()}, unlike its peers"


def _of_card(found: Judgement, r: int, members: np.ndarray) -> Iterator[Finding]:
    ranks, verdict = found.ranks, found.verdicts.get(r)
    causes = {cause.word: cause.text for cause in of_card(ranks, r, members)}
    if ranks["status_text"][r]:
        yield "CW104", r, ranks["status_text"][r]
    if verdict and verdict.corrupting:
        yield from _corrupting(verdict)
    uncorrected = int(ranks["ecc_uncorrected_end"][r]) - int(ranks["ecc_uncorrected_start"][r])
    if ranks["ecc_uncorrected_start"][r] >= 0 and uncorrected > 0:
        yield "CW103", r, f"{many(uncorrected, 'uncorrected memory error')}"
    slow = verdict is not None and bool(verdict.findings)
    if slow:
        yield _slow(verdict)
    for word, code in _ANY.items():
        if word in causes:
            yield code, r, causes[word]
    for word, code in _WATCH.items():
        if word in causes and not slow:
            yield code, r, causes[word]
    if r in found.throttled and not slow:
        yield "CW504", r, f"throttled in up to {percent(found.throttled[r])} of a case's samples"
    if r in found.silent:
        yield "CW404", r, f"no valid sample in {many(len(found.silent[r]), 'case')}"
    device_class = ranks["device_class"][r]
    emu = bool(emulated(ranks)[r])
    if emu or device_class == "cpu":
        yield "CW406", r, f"is {'an emulator' if emu else 'a CPU'}, not a card"
    elif device_class == "gpu" and _blind(ranks, r):
        yield "CW405", r, "error counters and PCIe link could not be read"


def _blind(ranks: dict, r: int) -> bool:
    """Neither error counters (where ECC is not off) nor the link are known."""
    counters = ranks["ecc_uncorrected_start"][r] >= 0 or ranks["ecc_mode"][r] == 0
    return not (counters and ranks["pcie_gen_load"][r] > 0)


def _corrupting(verdict: Verdict) -> Iterator[Finding]:
    if verdict.failures:
        yield "CW102", verdict.rank, f"{many(verdict.failures, 'block')} failed verification"
    if verdict.odd_bits:
        yield "CW101", verdict.rank, f"other result bits than its model in {verdict.odd_bits[0]}"


def _slow(verdict: Verdict) -> Finding:
    worst = verdict.worst
    often = kind(verdict)
    code, why = ("CW209", "") if often == "slow" else ("CW210", "")
    if verdict.rechecked in ("alone", "pair"):
        code = {"alone": "CW207", "pair": "CW208"}[verdict.rechecked]
    elif verdict.passing:
        code = "CW508"
    if verdict.rechecked != "pair":
        for cause in verdict.causes:
            if cause.word in _SLOW or cause.word in _ANY:
                code, why = _SLOW.get(cause.word) or _ANY[cause.word], f" ({cause.text})"
                break
    text = f"{often} {percent(worst.deficit)} in {worst.test.label:.40}{why}"
    return code, verdict.rank, text
