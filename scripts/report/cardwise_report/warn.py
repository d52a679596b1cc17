# SPDX-License-Identifier: Apache-2.0
"""What should a reader be told before the numbers are believed? Warnings in plain words."""

import math

import numpy as np

from cardwise_report import schema
from cardwise_report.card_names import card_name, card_names, emulated
from cardwise_report.cases import Case
from cardwise_report.figures import told
from cardwise_report.images import is_load, loaded_images
from cardwise_report.terminal import many, percent

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
    _about_planted(report["environment"], out)
    _about_run(report, out)
    _about_cards(report["ranks"], out)
    for case in report["cases"]:
        _about_case(case, report["ranks"], out)
    _about_images(report, out)
    _about_clocks(report["cases"], out)
    _about_intervals(report["cases"], out)
    _about_flags(report["cases"], report["ranks"], out)
    for label, rows in report["disagreements"].items():
        name, stored, mine = rows[0]
        more = f", and {len(rows) - 1} more" if len(rows) > 1 else ""
        text = f"{label}: stored {name} is {told(stored)}, the samples give {told(mine)}{more}"
        out.append(("warning", text))
    _about_events(report["events"], report["ranks"], out)
    order = {"error": 0, "warning": 1, "note": 2}
    out.sort(key=lambda item: order[item[0]])
    return [{"level": level, "text": text} for level, text in out]


def _about_planted(environment: dict, out: list) -> None:
    """An error, and the first of them: whatever else is said, these are no figures of a card."""
    if planted := environment.get("planted_faults", ""):
        text = f"faults were planted on purpose (CARDWISE_FAULT={planted:.200})"
        out.append(("error", f"this is NO measurement: {text}"))


def _about_run(report: dict, out: list) -> None:
    run, environment = report["run"], report["environment"]
    if run["complete"] != 1:
        told = f"the file holds what checkpoint {run['checkpoint_no']} saved"
        told += "".join(f", {text}" for text in _unfinished(report["cases"]))
        out.append(("warning", f"the run is incomplete ({run['exit_reason']}): {told}"))
    if run["git_dirty"] == 1:
        out.append(("note", "the program was built from sources with uncommitted changes"))
    build = environment.get("build_type", "")
    if build and build.lower() not in ("release", "relwithdebinfo"):
        out.append(("warning", f"the program was built as {build:.40}, not for speed"))


def _unfinished(cases: list[Case]) -> list[str]:
    """'3 cases partial', '2 cases planned': each is listed with its reason among the cases."""
    counts = [(word, sum(c.status == word for c in cases)) for word in ("partial", "planned")]
    return [f"{many(count, 'case')} {word}" for word, count in counts if count]


def _about_cards(ranks: dict, out: list) -> None:
    cpu = (ranks["device_class"] == "cpu") & ~emulated(ranks)
    words = [
        ("warning", emulated(ranks), "an emulator, not a card: its times say nothing about a card"),
        ("warning", cpu, "a CPU, not an accelerator card"),
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
            out.append((level, f"{every or card_names(ranks, chosen)}: {text}"))


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
    if not case.measured:
        if case.status in schema.MEASURED:
            out.append(("error", f"{case.label}: all its samples are invalid"))
        return
    _about_checksums(case, ranks, out)


def _about_images(report: dict, out: list) -> None:
    """Manifests that cannot be read, and cards whose image is not the one that they tell of."""
    if problem := report["images_problem"]:
        out.append(("warning", f"/kernels: the images cannot be told: {problem:.200}"))
    for image in report["images"]:
        if image.problem:
            text = f"the manifest of image {image.file:.80} {image.problem:.200}"
            out.append(("warning", text))
    told, ranks = {image.sha256 for image in report["images"]} - {""}, report["ranks"]
    loaded = [loaded_images(text) for text in ranks["image_sha256"]]
    # An image without a case in the file has no manifest there: only both together are a contradiction.
    other = [r for r, has in enumerate(loaded) if has - told and told - has]
    if other:
        has = loaded[other[0]]
        named = f"{min(has - told):.16}, not {min(told - has):.16}"
        text = f"{card_names(ranks, other)}: another image than its manifest says (sha256 {named})"
        out.append(("warning", text))


def _about_clocks(cases: list[Case], out: list) -> None:
    """One line for all cases with so few distinct times that the clock's steps show."""
    hit = [c for c in cases if 0 < c.series.get("distinct", 0) < 10 and c.series["n"] >= 32]
    if hit:
        worst = min(hit, key=lambda case: case.series["distinct"])
        times = f"only {worst.series['distinct']} distinct times in {_worst(hit, worst)}"
        out.append(("note", f"{times}: the clock is coarse"))


def _about_intervals(cases: list[Case], out: list) -> None:
    """One line for all cases that vary too much, with the one that is farthest from its target."""
    known = [case for case in cases if case.measured and math.isfinite(case.sync_interval[0])]
    hit = [case for case in known if case.row["converged"] == 0]
    if not hit:
        return

    def half(case: Case) -> float:
        low, high = case.sync_interval
        return (high - low) / 2 / case.sync

    def target(case: Case) -> float:
        return schema.INTERVAL_TARGETS.get(case.row["family"], math.nan)

    worst = max(hit, key=lambda case: half(case) / target(case) if target(case) > 0 else 0)
    aim = f", target ±{percent(target(worst))}" if target(worst) > 0 else ""
    where = f"in {len(hit)} of {len(known)} cases, worst {worst.label}"
    text = f"interval wider than its target {where}: ±{percent(half(worst))}{aim}"
    out.append(("note", f"{text} (more --rounds narrow it)"))


def _worst(hit: list[Case], worst: Case) -> str:
    return worst.label if len(hit) == 1 else f"{worst.label} (and few in {len(hit) - 1} more cases)"


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
            out.append(
                ("error", f"{case.label}: other result bits on {card_names(ranks, minority)}")
            )
        elif minority:
            out.append(("error", f"{case.label}: the cards' result bits differ, with no majority"))


def _about_flags(cases: list[Case], ranks: dict, out: list) -> None:
    """One line a flag: how many samples of how many cases, and on which cards most of them."""
    for flag, words in _FLAG_WORDS.items():
        counts = [(case, by) for case in cases if (by := _by_rank(case, flag))]
        if not counts:
            continue
        by_rank: dict[int, int] = {}
        for _, by in counts:
            for r, count in by.items():
                by_rank[r] = by_rank.get(r, 0) + count
        total = sum(by_rank.values())
        worst = sorted(by_rank, key=lambda r: (-by_rank[r], r))
        most = max(counts, key=lambda item: sum(item[1].values()))[0].label
        where = most if len(counts) == 1 else f"{len(counts)} cases, most in {most}"
        cards = "" if len(ranks["rank"]) == 1 else f", on {card_names(ranks, worst)}"
        out.append(("warning", f"{many(total, 'sample')} {words} ({flag}): {where}{cards}"))


def _by_rank(case: Case, flag: str) -> dict[int, int]:
    """Flagged samples by rank; of a rank that only answers its partner none is wanted.

    An image is loaded once a rank: where that was measured, the visits after it have no samples;
    where it failed, that is told already.
    """
    flagged = case.flags.get(flag, {})
    if flag == "invalid" and is_load(case):
        loaded = flagged if case.status == "failed" else case.ranks
        flagged = {r: count for r, count in flagged.items() if r not in loaded}
    return {r: count for r, count in flagged.items() if r not in case.answering}


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
        at = f", {card_names(ranks, known)}" if known and len(ranks["rank"]) > 1 else ""
        out.append((level, f"event {code:.60}: {text:.500}{times}{at}"))
