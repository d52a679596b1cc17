# SPDX-License-Identifier: Apache-2.0
"""What is to be done with each node? The command `health`: a line a node, for Slurm or a log."""

import argparse
import json
from dataclasses import dataclass

from cardwise_report.card_names import emulated
from cardwise_report.cards import read_judgement
from cardwise_report.cli import Outcome
from cardwise_report.health_codes import CODES, EXIT_CODES, SEVERITIES, Code
from cardwise_report.health_findings import findings_of
from cardwise_report.judgement import Judgement
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.slurm import REASON_MAX, card_word, safe
from cardwise_report.terminal import cut, many

_ROOT = {"complete": "u1", "exit_reason": "str", "profile": "str"}


@dataclass(frozen=True)
class Line:
    """The verdict on a node: its gravest finding, and all of them."""

    host: str
    code: Code
    reason: str  # "CW203 triage: …", fit for Slurm's field
    findings: list[dict]


def run(arguments: argparse.Namespace) -> Outcome:
    """One line a node; the exit code is that of the gravest."""
    path = arguments.files[0]
    try:
        found = read_judgement(path, arguments.alike)
        with RunFile(path) as file:
            about, wrong = root_of(file), wrong_ranks(file, found)
    except InputError as error:
        text = str(error)
        return Outcome(2, "", (text if text.startswith(path) else f"{path}: {text}",))
    lines = node_lines(found, about, wrong)
    exits = [EXIT_CODES[line.code.severity] for line in lines]
    code = next((number for number in (5, 1, 4) if number in exits), 0)
    if arguments.format == "json":
        data = [
            {**vars(line), "code": line.code.name, "severity": line.code.severity} for line in lines
        ]
        return Outcome(code, json.dumps(data, indent=1) + "\n")
    return Outcome(code, "".join(f"{cut(line.host)} {line.reason}\n" for line in lines))


def root_of(file: RunFile) -> dict:
    """What the root says of the run's end."""
    return {name: file.attribute("/", name, dtype) for name, dtype in _ROOT.items()}


def wrong_ranks(file: RunFile, found: Judgement) -> dict[str, int]:
    """Which rank each wrong case names; -1 where it names none."""
    out, world = {}, len(found.ranks["rank"])
    for case in found.rows:
        if case.status != "wrong":
            continue
        try:
            rank = int(file.attribute(case.row["group_path"], "wrong_rank", "i4"))
        except InputError:
            rank = -1
        out[case.label] = rank if 0 <= rank < world else -1
    return out


def node_lines(found: Judgement, about: dict, wrong: dict[str, int]) -> list[Line]:
    """Every node of the run in the order of its ranks."""
    hosts: dict[str, list[tuple]] = {host: [] for host in found.ranks["host"]}
    for finding in findings_of(found, about, wrong):
        for host in hosts if finding[1] is None else [found.ranks["host"][finding[1]]]:
            hosts[host].append(finding)
    return [_line(host, findings, found) for host, findings in hosts.items()]


def _line(host: str, findings: list[tuple], found: Judgement) -> Line:
    if not findings:
        code = CODES["CW000"]
        cards = sum(h == host for h in found.ranks["host"])
        tested = f"{many(cards, 'card')}, {many(found.cases, 'case')}"
        return Line(host, code, f"{code.name} ok: {tested}", [])
    order = {severity: i for i, severity in enumerate(SEVERITIES)}
    # That no card was measured comes before what follows from it.
    findings = sorted(
        findings,
        key=lambda f: (order[CODES[f[0]].severity], f[0] != "CW406", f[0], f[1] or 0),
    )
    data, cards = [], set()
    for name, r, detail in findings:
        card = "" if r is None else card_word(found.ranks, r)
        cards.add(card)
        data.append(
            {"code": name, "severity": CODES[name].severity, "card": card, "detail": detail}
        )
    code, first = CODES[findings[0][0]], data[0]
    text = f"{first['card']} {first['detail'] or code.meaning}".strip()
    more = f" (+{len(findings) - 1} more)" if len(findings) > 1 else ""
    told = [r for r, name in enumerate(found.ranks["host"]) if name == host]
    emu = emulated(found.ranks)[told].any() and code.name != "CW406"  # which says so itself
    head = f"{code.name} {code.severity}: " + ("emulated: " if emu else "")
    reason = head + safe(text, REASON_MAX - len(head) - len(more)) + more
    return Line(host, code, reason, data)
