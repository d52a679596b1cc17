# SPDX-License-Identifier: Apache-2.0
"""What should a reader be told before the numbers are believed? Warnings in plain words."""

import math

import numpy as np

from cardwise_report import schema
from cardwise_report.cases import Case
from cardwise_report.terminal import many

_NAMED = 3  # cards named in one line

_FLAG_WORDS = {
    "invalid": "not measured",
    "hw_throttle": "throttled by the hardware",
    "sw_thermal": "throttled because of heat",
    "clock_low": "with a clock 10 % below the peers'",
    "clock_drift": "with a clock that drifted by more than 3 %",
    "link_degraded": "with a PCIe link below its own maximum",
    "late_start": "started too late",
    "clock_disagree": "whose host and device clocks disagree",
    "bad_timer": "with unusable time stamps",
    "preempted": "disturbed by other processes",
    "ecc": "while a memory or link error counter rose",
}


def warnings_of(report: dict) -> list[dict]:
    """Warnings, the gravest first: {"level": "error"|"warning"|"note", "text": …}."""
    out: list[tuple[str, str]] = []
    _about_run(report["run"], report["environment"], out)
    _about_cards(report["ranks"], out)
    for case in report["cases"]:
        _about_case(case, report["ranks"], out)
    _about_flags(report["cases"], report["ranks"], out)
    for label, rows in report["disagreements"].items():
        name, stored, mine = rows[0]
        more = f", and {len(rows) - 1} more" if len(rows) > 1 else ""
        text = f"{label}: stored {name} is {stored:.6g}, the samples give {mine:.6g}{more}"
        out.append(("warning", text))
    _about_events(report["events"], report["ranks"], out)
    order = {"error": 0, "warning": 1, "note": 2}
    out.sort(key=lambda item: order[item[0]])
    return [{"level": level, "text": text} for level, text in out]


def card_name(ranks: dict, r: int) -> str:
    """'nid004 GPU-3f… (rank 11)': how a card is called in a sentence."""
    identity = ranks["device_uuid"][r] or ranks["pci_bus_id"][r] or ranks["device_name"][r]
    return f"{ranks['host'][r]:.60} {identity:.60} (rank {r})"


def _cards(ranks: dict, chosen) -> str:
    chosen = [int(r) for r in chosen]
    names = ", ".join(card_name(ranks, r) for r in chosen[:_NAMED])
    return names + (f" and {len(chosen) - _NAMED} more" if len(chosen) > _NAMED else "")


def _about_run(run: dict, environment: dict, out: list) -> None:
    if run["complete"] != 1:
        out.append(("warning", f"the run is incomplete ({run['exit_reason']}): {_last(run)}"))
    if run["git_dirty"] == 1:
        out.append(("note", "the program was built from sources with uncommitted changes"))
    build = environment.get("build_type", "")
    if build and build.lower() not in ("release", "relwithdebinfo"):
        out.append(("warning", f"the program was built as {build:.40}, not for speed"))


def _last(run: dict) -> str:
    return f"the file holds what checkpoint {run['checkpoint_no']} saved"


def _about_cards(ranks: dict, out: list) -> None:
    emulated = (ranks["device_class"] == "emulated") | (ranks["emulated"] == 1)
    words = [
        ("warning", emulated, "an emulator, not a card: its times say nothing about a card"),
        ("warning", (ranks["device_class"] == "cpu") & ~emulated, "a CPU, not an accelerator card"),
        ("warning", ranks["shared"] == 1, "a card that another rank uses too"),
        ("warning", ranks["numa_match"] == 0, "a CPU on another NUMA node than the card's"),
        ("warning", ranks["mig_mode"] == 1, "a card in MIG mode, a slice of it"),
        ("note", ranks["mps"] == 1, "a card served through MPS"),
        ("warning", _below(ranks, "pcie_gen"), "a PCIe link below its own generation"),
        ("warning", _below(ranks, "pcie_width"), "a PCIe link narrower than it can be"),
        ("error", _rose(ranks, "ecc_uncorrected"), "memory errors that ECC could not correct"),
        ("warning", _rose(ranks, "ecc_corrected"), "memory errors that ECC corrected"),
        ("warning", _rose(ranks, "pcie_replays"), "a PCIe link that repeated packets"),
        ("error", ranks["verify_failures"] > 0, "wrong results"),
    ]
    for r in np.flatnonzero(ranks["status_text"] != ""):
        text = f"{card_name(ranks, int(r))}: measures nothing: {ranks['status_text'][r]:.300}"
        out.append(("error", text))
    total = len(ranks["rank"])
    for level, hit, text in words:
        chosen = np.flatnonzero(hit)
        if len(chosen):
            every = "every rank" if len(chosen) == total > 1 else ""
            out.append((level, f"{every or _cards(ranks, chosen)}: {text}"))


def _below(ranks: dict, name: str):
    load, most = ranks[f"{name}_load"], ranks[f"{name}_max"]
    return (load > 0) & (most > 0) & (load < most)


def _rose(ranks: dict, name: str):
    start, end = ranks[f"{name}_start"], ranks[f"{name}_end"]
    return (start >= 0) & (end > start)


def _about_case(case: Case, ranks: dict, out: list) -> None:
    text = f": {case.row['status_text']:.300}" if case.row["status_text"] else ""
    if case.status in ("failed", "wrong"):
        out.append(("error", f"{case.label}: {case.status}{text}"))
    elif case.status == "implausible":
        out.append(("error", f"{case.label}: implausible, beyond the theoretical peak{text}"))
    elif case.status == "partial":
        rounds = int(np.isfinite(case.sync_rounds).sum())
        out.append(("warning", f"{case.label}: partial, samples of {many(rounds, 'round')}"))
    if not case.measured:
        if case.status in schema.MEASURED:
            out.append(("error", f"{case.label}: all its samples are invalid"))
        return
    if 0 < case.series.get("distinct", 0) < 10 and case.series["n"] >= 32:
        distinct = case.series["distinct"]
        out.append(("note", f"{case.label}: only {distinct} distinct times, the clock is coarse"))
    if case.row["converged"] == 0 and math.isfinite(case.sync_interval[0]):
        half = case.row["ci_halfwidth"]
        told = f" (half-width {100 * half:.2g} %)" if math.isfinite(half) else ""
        out.append(("note", f"{case.label}: the interval is wider than its target{told}"))
    _about_checksums(case, ranks, out)


def _about_checksums(case: Case, ranks: dict, out: list) -> None:
    """Cards of one model and driver must agree to the bit; a minority is named."""
    if "data" not in case.key:
        return  # copied patterns may differ by rank; named data are the same on every rank
    groups: dict[tuple, dict[frozenset, list[int]]] = {}
    for r in case.ranks.tolist():
        if r in case.checksums:
            alike = ranks["device_name"][r], ranks["driver_version"][r]
            groups.setdefault(alike, {}).setdefault(case.checksums[r], []).append(r)
    for by_sum in groups.values():
        biggest = max(by_sum.values(), key=len)
        minority = sorted(
            r for members in by_sum.values() if members is not biggest for r in members
        )
        if minority and 2 * len(biggest) > len(minority) + len(biggest):
            out.append(("error", f"{case.label}: other result bits on {_cards(ranks, minority)}"))
        elif minority:
            out.append(("error", f"{case.label}: the cards' result bits differ, with no majority"))


def _about_flags(cases: list[Case], ranks: dict, out: list) -> None:
    """One line a flag: how many samples of how many cases, and on which cards most of them."""
    for flag, words in _FLAG_WORDS.items():
        hit = [case for case in cases if flag in case.flags]
        if not hit:
            continue
        by_rank: dict[int, int] = {}
        for case in hit:
            for r, count in case.flags[flag].items():
                by_rank[r] = by_rank.get(r, 0) + count
        total = sum(by_rank.values())
        worst = sorted(by_rank, key=lambda r: (-by_rank[r], r))
        where = hit[0].label if len(hit) == 1 else f"{len(hit)} cases, most in {_most(hit, flag)}"
        cards = "" if len(ranks["rank"]) == 1 else f", on {_cards(ranks, worst)}"
        out.append(("warning", f"{many(total, 'sample')} {words} ({flag}): {where}{cards}"))


def _most(cases: list[Case], flag: str) -> str:
    return max(cases, key=lambda case: sum(case.flags[flag].values())).label


def _about_events(events: dict, ranks: dict, out: list) -> None:
    seen: dict[tuple, list[int]] = {}
    for i in range(len(events["event"])):
        severity = events["severity"][i]
        level = severity if severity in ("error", "warning") else "note"
        key = level, events["code"][i], events["text"][i]
        seen.setdefault(key, []).append(int(events["rank"][i]))
    for (level, code, text), where in seen.items():
        known = sorted({r for r in where if 0 <= r < len(ranks["rank"])})
        times = f" ({len(where)} times)" if len(where) > 1 else ""
        at = f", {_cards(ranks, known)}" if known and len(ranks["rank"]) > 1 else ""
        out.append((level, f"event {code:.60}: {text:.500}{times}{at}"))
