# SPDX-License-Identifier: Apache-2.0
"""What did one run find? The command `show`: as text, CSV or JSON."""

import argparse
import csv
import io
import json
import math

import numpy as np

from cardwise_report import images, variants
from cardwise_report.card_names import emulated, emulated_mark, identity
from cardwise_report.cases import Case
from cardwise_report.cli import Outcome
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.run_report import collect, slowest
from cardwise_report.show_text import render
from cardwise_report.terminal import Style, escape

_BINDING = (
    "rank host node local_rank device_name device_class device_uuid device_serial pci_bus_id "
    "device_numa cpu_numa numa_match cpu_mask backends driver_version binding_rule"
).split()


def run(arguments: argparse.Namespace) -> Outcome:
    """Reads the file and renders it; what is wrong with it is a complaint and exit code 2."""
    path = arguments.files[0]
    try:
        with RunFile(path) as file:
            report = collect(file)
    except InputError as error:
        return Outcome(2, "", (f"{path}: {error}",))
    if arguments.format == "json":
        return Outcome(0, json.dumps(plain(report_data(report)), indent=1, allow_nan=False) + "\n")
    if arguments.format == "csv":
        return Outcome(0, _csv(report))
    return Outcome(0, render(report, Style.of_stdout()))


def case_data(case: Case, ranks: dict) -> dict:
    """One case as flat fields, as in CSV and JSON."""
    slow = slowest(case, ranks) or {}
    out = {"label": case.label}
    for name in "case_key case_id family benchmark backend clock status status_text units".split():
        out[name] = case.row[name]
    chosen = case.ranks if len(case.ranks) else ranks["rank"]
    for name in ("device_class", "device_name"):  # of the cards that it was measured on
        out[name] = "; ".join(sorted({str(ranks[name][r]) for r in chosen} - {""}))
    out["emulated"] = bool(emulated(ranks)[chosen].any())
    out["launches_per_sample"] = case.row["launches_per_sample"]
    out["ranks_measured"] = len(case.ranks)
    out["rounds"] = int(np.isfinite(case.sync_rounds).sum())
    names = (
        "time_sync_median time_sync_lo time_sync_hi "
        "card_min card_q25 card_median card_q75 card_max rate_sync rate_sum imbalance jitter "
        "pct_theoretical pct_ceiling flagged_frac throttled_frac"
    ).split()
    out |= {name: case.numbers.get(name, math.nan) for name in names}
    out |= {f"slowest_{name}": slow.get(name, "") for name in ("rank", "host", "identity", "pair")}
    out["slowest_slower_pct"] = slow.get("slower_pct", math.nan)
    for prefix, values in (("samples", case.samples), ("sync", case.series)):
        for name in (
            "n min max mean sd cv robust_cv rho1 n_eff distinct "
            "q01 q05 q25 q50 q75 q95 q99".split()
        ):
            out[f"{prefix}_{name}"] = values.get(name, math.nan)
    return out


def report_data(report: dict) -> dict:
    """The report as plain data: what --format json prints."""
    ranks = report["ranks"]
    binding = [
        {name: ranks[name][r] for name in _BINDING} | {"identity": identity(ranks, r)}
        for r in range(len(ranks["rank"]))
    ]
    cases = []
    for case in report["cases"]:
        data = case_data(case, ranks)
        data["card_medians"] = {str(r): m for r, m in zip(case.ranks, case.medians)}
        if case.pairs:
            data["card_medians"] = dict(zip(case.pairs, case.medians))
        data["round_medians"] = list(case.sync_rounds)
        data["flags"] = {n: {str(r): k for r, k in by.items()} for n, by in case.flags.items()}
        if report["reference"]:
            per_cent = report["reference"].per_cent.get(case.row["case_key"], math.nan)
            data["pct_reference"] = per_cent
        cases.append(data)
    differing = [
        {"case": label, "name": name, "stored": stored, "recomputed": mine}
        for label, rows in report["disagreements"].items()
        for name, stored, mine in rows
    ]
    events = report["events"]
    return {
        "file": report["file"],
        "run": report["run"],
        "emulated": bool(emulated_mark(ranks)),
        "binding": binding,
        "cases": cases,
        "reference": report["reference"]
        and {"file": report["reference"].path, "date": report["reference"].date},
        "apis": report["apis"],
        "images": images.as_data(report["images"]),
        "variants": variants.as_data(report["variants"]),
        "fits": [fit.data() for fit in report["fits"]],
        "banks": [row.data() for row in report["banks"]],
        "warnings": report["warnings"],
        "differing_summaries": differing,
        "events": [
            {name: column[i] for name, column in events.items()}
            for i in range(len(events["event"]))
        ],
        "environment": report["environment"],
        "nodes": [
            {name: column[i] for name, column in report["nodes"].items()}
            for i in range(len(report["nodes"]["node"]))
        ],
        "cost": report["cost"],
    }


def plain(value):
    """numpy and NaN to what JSON knows: NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _csv(report: dict) -> str:
    out = io.StringIO()
    rows = [case_data(case, report["ranks"]) for case in report["cases"]]
    names = rows[0].keys() if rows else ("label", "case_key", "status")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        values = (plain(v) for v in row.values())
        writer.writerow("" if v is None else escape(v) if isinstance(v, str) else v for v in values)
    return out.getvalue()
