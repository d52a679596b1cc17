# SPDX-License-Identifier: Apache-2.0
"""What does the command `cards` print? Text, JSON, or drain reasons for Slurm."""

import argparse
import json
from contextlib import ExitStack

from cardwise_report import population
from cardwise_report.card_names import emulated, emulated_mark, identity, marks, place
from cardwise_report.causes import unexplained
from cardwise_report.cli import Outcome
from cardwise_report.judgement import Finding, Judgement, Verdict
from cardwise_report.recheck import WORDS
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.show import plain
from cardwise_report.slow_cards import judge_run
from cardwise_report.slurm import drain_commands
from cardwise_report.standing_text import standing_lines, standings_data
from cardwise_report.terminal import Style, cut, many, percent, table

SHOWN = 40  # cards in text; all are in JSON
SLOW, CANNOT_TELL, CORRUPTING = 1, 4, 5


def run(arguments: argparse.Namespace) -> Outcome:
    """Judges the cards of one run."""
    try:
        found = read_judgement(arguments.files[0], arguments.alike)
    except InputError as error:
        return Outcome(2, "", (str(error),))
    code = SLOW if found.slow or found.under else 0
    if found.corrupting or found.undecided:
        code = CORRUPTING
    if code == 0 and arguments.strict and found.cannot:
        code = CANNOT_TELL
    if arguments.slurm:
        return Outcome(code, drain_commands(found))
    if arguments.format == "json":
        data = json.dumps(plain(as_data(found)), indent=1, allow_nan=False)
        return Outcome(code, data + "\n")
    return Outcome(code, "\n".join(render(found, Style.of_stdout())) + "\n")


def read_judgement(path: str, alike: list[str]) -> Judgement:
    """The judgement of a file; InputError says which file is at fault."""
    with ExitStack() as stack:
        opened = []
        for name in [path, *alike]:
            try:
                opened.append(stack.enter_context(RunFile(name)))
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
        try:
            return judge_run(opened[0], opened[1:])
        except InputError as error:
            names = path if not alike else f"{path} (or a file of --alike)"
            raise InputError(f"{names}: {error}") from None


def card_line(ranks: dict, r: int) -> str:
    """'nid004  GPU-3f…  serial 1753…  0000:17:00.0  (rank 11)'."""
    parts = [cut(ranks["host"][r]), cut(place(ranks, r) or "without a card")]
    if ranks["device_serial"][r]:
        parts.append(f"serial {cut(ranks['device_serial'][r])}")
    if ranks["pci_bus_id"][r] and ranks["pci_bus_id"][r] not in parts[1]:
        parts.append(cut(ranks["pci_bus_id"][r]))
    return "  ".join(parts) + f"  (rank {r}){marks(ranks, r)}"


def told(finding: Finding) -> str:
    """One finding in words."""
    test = finding.test
    far = f"{finding.distance:.1f} scales off, named beyond {test.critical:.1f}"
    if test.view == "tail":
        share = f"{percent(finding.samples)} of its samples are late"
        return f"{cut(test.label)}: slowest tenth {percent(finding.deficit)} below ({far}); {share}"
    rounds = f"{finding.rounds} of {finding.of_rounds} rounds"
    return f"{cut(test.label)}: {percent(finding.deficit)} below ({far}), in {rounds}"


def kind(verdict: Verdict) -> str:
    """'slow', or 'slow at times' for a card whose median is good."""
    middle = any(f.test.view == "middle" for f in verdict.findings)
    return "slow" if middle else "slow at times"


def next_step(verdict: Verdict, ranks: dict) -> str:
    """What would settle the verdict, or mend the card."""
    if verdict.corrupting:
        return "take the card out, run the vendor's diagnostic: no result of it can be trusted"
    if verdict.causes and verdict.rechecked != "pair":
        return verdict.causes[0].next
    return unexplained(f"{ranks['host'][verdict.rank]:.60}", verdict.rechecked)


def _about(verdict: Verdict, found: Judgement, style: Style) -> list[str]:
    name = card_line(found.ranks, verdict.rank)
    out = []
    if verdict.corrupting:
        out.append(f"{style.bad('CORRUPTING')}  {name}")
    if verdict.odd_bits:
        labels = ", ".join(cut(label) for label in verdict.odd_bits[:3])
        more = f" and {len(verdict.odd_bits) - 3} more" if len(verdict.odd_bits) > 3 else ""
        out.append(f"    other bits: {labels}{more}")
    if verdict.failures:
        out.append(f"    {many(verdict.failures, 'block')} failed verification")
    if verdict.findings:
        if not out:
            out.append(f"{style.warn(kind(verdict).upper())}  {name}")
        worst = verdict.worst
        out.append(f"    {told(worst)}")
        cases = {f.test.label for f in verdict.findings}
        if len(cases) > 1:
            out.append(
                f"    beyond the critical value in {len(cases)} of {many(found.cases, 'case')}"
            )
        seen, rate = percent(worst.test.smallest), percent(population.FALSE_ALARM_RATE)
        out.append(
            f"    smallest deficit named here: {seen}, at a false-alarm rate of {rate} a run"
        )
    recorded = "; ".join(cause.text for cause in verdict.causes) or "none"
    out.append(f"    recorded causes: {recorded}")
    if verdict.rechecked:
        out.append(f"    measured again: {WORDS[verdict.rechecked]}")
    out.append(f"    next: {cut(next_step(verdict, found.ranks), 200)}")
    return out


def render(found: Judgement, style: Style) -> list[str]:
    """The verdicts, then what each family could have shown."""
    shown = found.corrupting + [v for v in found.slow if not v.corrupting]
    cards = sum(1 for r in found.ranks["rank"] if identity(found.ranks, int(r)))
    head = f"{many(cards, 'card')}{emulated_mark(found.ranks)}: {len(found.slow)} slow, {len(found.corrupting)} corrupting"
    out = [style.bold(head + (", the others alike" if found.tests else ""))]
    for verdict in shown[:SHOWN]:
        out += ["", *_about(verdict, found, style)]
    if len(shown) > SHOWN:
        out += ["", f"and {len(shown) - SHOWN} more (--format json has all)"]
    out += standing_lines(found)
    notes = _whole_hosts(found) + _groups(found)
    notes += [f"result bits differ, with no majority: {cut(x)}" for x in found.undecided[:5]]
    notes += [f"cannot tell: {cut(text, 300)}" for text in found.cannot]
    out += [""] * bool(notes) + notes
    if found.tests:
        out += ["", *_powers(found, style)]
    return out


def _whole_hosts(found: Judgement) -> list[str]:
    slow = {v.rank for v in found.slow}
    hosts: dict[str, list[int]] = {}
    for r, host in enumerate(found.ranks["host"]):
        hosts.setdefault(host, []).append(r)
    return [
        f"all {len(members)} cards of {cut(host)} are slow: look at the host"
        for host, members in hosts.items()
        if len(members) > 1 and slow.issuperset(members)
    ]


def _groups(found: Judgement) -> list[str]:
    parted = [t for t in found.tests if t.parted and t.view == "middle"]
    if not parted:
        return []
    most = max(parted, key=lambda t: t.slow)
    text = f"{most.slow} of {many(most.cards, 'card')} form a slower group in {cut(most.label)}"
    return [f"{text}: compare what the group shares (image, driver, power limit, rack)"]


def _powers(found: Judgement, style: Style) -> list[str]:
    """Per family and model: the deficit that would have been named."""
    rows, groups = [], {}
    for test in found.tests:
        groups.setdefault((test.family, test.model), []).append(test)
    for (family, model), tests in groups.items():
        middle = [t for t in tests if t.view == "middle"]
        tails = [t for t in tests if t.view == "tail"]
        span = [_span([t.smallest for t in chosen]) for chosen in (middle, tails)]
        spread = _span([t.scale for t in middle])
        rows.append([family, cut(model), str(tests[0].cards), str(len(middle)), spread, *span])
    header = ["family", "model", "cards", "cases", "spread", "named from", "slow tail from"]
    lines = table(header, rows, style, {2, 3})
    rate = percent(population.FALSE_ALARM_RATE)
    return lines + [f"chance that a run of healthy cards names any: {rate}, over all its tests"]


def _span(values: list[float]) -> str:
    low, high = min(values), max(values)
    return percent(low) if percent(low) == percent(high) else f"{percent(low)} .. {percent(high)}"


def as_data(found: Judgement) -> dict:
    """The judgement as plain data."""
    return {
        "emulated": bool(emulated_mark(found.ranks)),
        "false_alarm_rate": population.FALSE_ALARM_RATE,
        "cards": [
            _card_data(found, v) for v in sorted(found.verdicts.values(), key=lambda v: v.rank)
        ],
        "cannot_tell": found.cannot,
        "references": standings_data(found),
        "no_majority": found.undecided,
        "tests": [vars(test) for test in found.tests],
    }


def _card_data(found: Judgement, verdict: Verdict) -> dict:
    ranks, r = found.ranks, verdict.rank
    names = "host device_name device_serial device_uuid pci_bus_id device_class".split()
    data = {"rank": r, "identity": identity(ranks, r)} | {name: ranks[name][r] for name in names}
    data["emulated"] = bool(emulated(ranks)[r])
    data["verdict"] = "corrupting" if verdict.corrupting else kind(verdict)
    data["other_bits"], data["failed_blocks"] = verdict.odd_bits, verdict.failures
    data["causes"] = [{"cause": c.word, "text": c.text} for c in verdict.causes]
    data["rechecked"], data["next"] = verdict.rechecked, next_step(verdict, ranks)
    data["findings"] = [
        {k: v for k, v in vars(f).items() if k != "test"}
        | {"case": f.test.label, "view": f.test.view, "smallest": f.test.smallest}
        for f in verdict.findings
    ]
    return data
