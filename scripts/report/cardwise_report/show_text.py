# SPDX-License-Identifier: Apache-2.0
"""How is a run told in a terminal? The text of `show`, section by section."""

import math
from collections.abc import Iterator

import numpy as np

from cardwise_report import show_images, show_variants
from cardwise_report.card_names import emulated_mark, marks, place
from cardwise_report.cases import Case
from cardwise_report.images import is_load
from cardwise_report.run_report import slowest
from cardwise_report.show_environment import cost, environment
from cardwise_report.terminal import Style, cut, duration, escape, many, number, rate, table

MAX_BINDING_ROWS = 32  # above this, hosts that are alike share a line
MAX_GROUPS = 40


def render(report: dict, style: Style) -> str:
    """The whole report as text."""
    sections = (
        _header,
        _warnings,
        _binding,
        show_images.images,
        _cases,
        _reference,
        _not_ok,
        _apis,
    )
    sections += (
        show_images.launches,
        show_images.memory_banks,
        show_variants.parts,
        show_variants.kernels,
        _phases,
        environment,
        cost,
    )
    blocks = ["\n".join(lines) for s in sections if (lines := list(s(report, style)))]
    return "\n\n".join(blocks) + "\n"


def _header(report: dict, style: Style) -> Iterator[str]:
    run = report["run"]
    dirty = " with changes" if run["git_dirty"] == 1 else ""
    tag = f"  tag {cut(run['tag'])}" if run["tag"] else ""
    emu = style.warn(_mark(report))
    yield style.bold(
        f"{cut(run['system']) or 'unnamed system'}  {cut(run['created_utc'])}"
    ) + tag + emu
    yield (
        f"profile {cut(run['profile'])}, {many(run['ranks'], 'rank')} on "
        f"{many(run['nodes'], 'node')}, {many(len(report['cases']), 'case')}, "
        f"cardwise {cut(run['cardwise_version'])} ({cut(run['git_revision'], 12)}{dirty}), "
        f"run {cut(run['run_id'])}"
    )
    if run["complete"] == 1:
        yield style.good("complete") + f", exit code {run['exit_code']}"
    else:
        why = f"incomplete: {cut(run['exit_reason'])}, as of checkpoint {run['checkpoint_no']}"
        yield style.bad(why)


def _mark(report: dict) -> str:
    return emulated_mark(report["ranks"])


def _warnings(report: dict, style: Style) -> Iterator[str]:
    if not report["warnings"]:
        return
    yield style.bold("Warnings")
    paint = {"error": style.bad, "warning": style.warn, "note": str}
    for warning in report["warnings"]:
        level = warning["level"]
        yield f"  {paint[level](level.ljust(7))}  {escape(warning['text'])}"


def _binding(report: dict, style: Style) -> Iterator[str]:
    ranks = report["ranks"]
    count = len(ranks["rank"])
    yield style.bold("Binding")
    if count > MAX_BINDING_ROWS:
        yield from _binding_by_host(ranks, style)
        return
    rows = []
    for r in range(count):
        numa = f"{ranks['device_numa'][r]}" if ranks["device_numa"][r] >= 0 else "-"
        if ranks["numa_match"][r] == 0:
            numa += f" (CPU {ranks['cpu_numa'][r]})"
        card = cut(ranks["device_name"][r] or "none", 44) + marks(ranks, r)
        which = place(ranks, r) or ranks["status_text"][r]
        about = (numa, cut(ranks["cpu_mask"][r], 24), cut(ranks["backends"][r], 24))
        rows.append([str(r), cut(ranks["host"][r], 44), card, cut(which, 44), *about])
    header = ["rank", "host", "card", "identity", "NUMA", "CPUs", "APIs"]
    yield from table(header, rows, style, {0})


def _binding_by_host(ranks: dict, style: Style) -> Iterator[str]:
    """Hosts in a row with equal cards share a line; every card is in --format json."""
    hosts: dict[str, list[int]] = {}
    for r, host in enumerate(ranks["host"]):
        hosts.setdefault(host, []).append(r)
    groups: list[tuple[tuple, list[str], list[int]]] = []
    for host, members in hosts.items():
        cards = tuple(sorted(f"{ranks['device_name'][r]}{marks(ranks, r)}" for r in members))
        alike = (
            cards,
            tuple(ranks["backends"][r] for r in members),
            any(ranks["numa_match"][r] == 0 for r in members),
        )
        if groups and groups[-1][0] == alike:
            groups[-1][1].append(host)
            groups[-1][2].extend(members)
        else:
            groups.append((alike, [host], list(members)))
    rows = []
    for (cards, apis, off), names, members in groups[:MAX_GROUPS]:
        first, last = cut(names[0], 30), cut(names[-1], 30)
        where = first if len(names) == 1 else f"{first} … {last} ({len(names)} hosts)"
        models = sorted(set(cards))
        what = ", ".join(f"{cards.count(m)} x {cut(m, 40)}" for m in models)
        rows.append(
            [
                where,
                _span(members),
                what,
                cut(apis[0], 24),
                "another node than the card's" if off else "",
            ]
        )
    yield from table(["host", "ranks", "cards a host", "APIs", "NUMA"], rows, style)
    if len(groups) > MAX_GROUPS:
        yield f"… and {len(groups) - MAX_GROUPS} more lines"
    yield "every card with its identity: --format json"


def _span(members: list[int]) -> str:
    members = sorted(members)
    whole = members == list(range(members[0], members[-1] + 1))
    return (
        f"{members[0]}-{members[-1]}" if whole else f"{len(members)} of {members[0]}-{members[-1]}"
    )


def _cases(report: dict, style: Style) -> Iterator[str]:
    shown = [c for c in report["cases"] if _in_table(c)]
    if not shown:
        return
    yield style.bold("Cases") + "  (time a launch until the slowest card is done)" + _mark(report)
    several = len(report["ranks"]["rank"]) > 1
    header = ["case", "time", "95 % interval", "q99", "all cards" if several else "rate", "% peak"]
    header += ["% ceiling", "card medians", "slowest card"]
    rows = [_case_row(c, report["ranks"]) for c in shown]
    yield from table(header, rows, style, {1, 4, 5, 6})
    if any(math.isnan(c.sync_interval[0]) for c in shown):
        yield "no interval: fewer than 6 rounds"


def _in_table(case: Case) -> bool:
    """The phases of an API and the loading of an image have tables of their own."""
    return case.measured and case.row["family"] != "api" and not is_load(case)


def _case_row(case: Case, ranks: dict) -> list[str]:
    low, high = case.sync_interval
    interval = f"{duration(low)} .. {duration(high)}" if math.isfinite(low) else "-"
    q99 = case.series.get("q99", math.nan)
    tail = duration(q99) if case.kind == "s" and math.isfinite(q99) else ""
    numbers = case.numbers
    slow = slowest(case, ranks)
    spread = card = ""
    if slow:
        width = 100 * (numbers["card_max"] / numbers["card_min"] - 1)
        spread = f"{duration(numbers['card_min'])} .. {duration(numbers['card_max'])}"
        spread += f" ({width:+.1f} %)"
        who = f"pair {slow['pair']}" if slow["pair"] else f"{cut(slow['host'], 24)} "
        who += "" if slow["pair"] else cut(slow["place"], 40)
        card = f"{who} (rank {slow['rank']}, {slow['slower_pct']:+.1f} %)"
    per_cent = (numbers["pct_theoretical"], numbers["pct_ceiling"])
    mark = "" if case.status == "ok" else f" [{case.status}]"
    return [
        cut(case.label, 90) + mark,
        duration(case.sync),
        interval,
        tail,
        rate(numbers["rate_sync"], case.kind),
        *(f"{p:.1f}" if math.isfinite(p) else "" for p in per_cent),
        spread,
        card,
    ]


def _reference(report: dict, style: Style) -> Iterator[str]:
    """One line: how the run does against what its model should reach, and the worst case."""
    found = report["reference"]
    if not found:
        return
    yield style.bold("Reference") + f"  ({cut(found.path, 120)})"
    text = f"  {found.words} (median of {many(len(found.per_cent), 'case')})"
    label = {case.row["case_key"]: case.label for case in report["cases"]}
    worst = min(found.per_cent, key=found.per_cent.get)
    yield f"{text}, lowest {found.per_cent[worst]:.0f} %: {cut(label[worst], 90)}"


def _not_ok(report: dict, style: Style) -> Iterator[str]:
    """Each case with its reason; those that stand above with their mark are only counted here."""
    rows, marked = [], {}
    for case in report["cases"]:
        if case.status == "ok":
            continue
        row = [cut(case.label, 90), case.status, cut(_why(case, report["run"]), 200)]
        if case.status == "partial" and _in_table(case):
            marked.setdefault(row[2], []).append(row)
        else:
            rows.append(row)
    for why, group in marked.items():
        label = group[0][0] if len(group) == 1 else f"{len(group)} cases marked so above"
        rows.append([label, "partial", why])
    if rows:
        yield style.bold("Cases that are not ok")
        yield from table(["case", "status", "why"], rows, style)


def _why(case: Case, run: dict) -> str:
    """The file's own reason; of a case that was cut off, how far it came and what ended the run."""
    told, ended = case.row["status_text"], f"the run ended early ({run['exit_reason']})"
    if case.status == "partial":
        rounds = int(np.isfinite(case.sync_rounds).sum())
        return f"samples of {many(rounds, 'round')}: {told or ended}"
    return told or (f"not visited: {ended}" if case.status == "planned" else "")


def _apis(report: dict, style: Style) -> Iterator[str]:
    yield from _api_table(
        report,
        [a for a in report["apis"] if a["family"] != "api"],
        style,
        "OpenCL against CUDA",
        [],
    )


def _phases(report: dict, style: Style) -> Iterator[str]:
    """All phases: those of one API alone have no ratio."""
    pairs = [a for a in report["apis"] if a["family"] == "api"]
    known = {a["case"] for a in pairs}
    alone = []
    for case in report["cases"]:
        backend = case.key.get("backend", "")
        name = case.label.removesuffix(f" {backend}")
        if case.row["family"] == "api" and case.measured and name not in known:
            row = {"case": name, "opencl_s": math.nan, "cuda_s": math.nan, "ratio": math.nan}
            alone.append(row | {f"{backend}_s": case.sync})
    yield from _api_table(report, pairs, style, "Phases of the APIs", alone)


def _api_table(
    report: dict, pairs: list[dict], style: Style, title: str, alone: list[dict]
) -> Iterator[str]:
    if not pairs and not alone:
        return
    yield style.bold(title) + "  (ratio of times, by rounds)" + _mark(report)
    rows = []
    for item in [*pairs, *alone]:
        low, high = item.get("ratio_lo", math.nan), item.get("ratio_hi", math.nan)
        interval = f"{number(low, 4)} .. {number(high, 4)}" if math.isfinite(low) else ""
        rows.append(
            [
                cut(item["case"], 90),
                duration(item["opencl_s"]),
                duration(item["cuda_s"]),
                number(item["ratio"], 4) if math.isfinite(item["ratio"]) else "",
                interval,
                item.get("verdict", "")
                + ("" if item.get("same_kernel", True) else ", other kernel text"),
            ]
        )
    header = ["operation", "OpenCL", "CUDA", "OpenCL/CUDA", "95 % interval", ""]
    yield from table(header, rows, style, {1, 2, 3})
