# SPDX-License-Identifier: Apache-2.0
"""How does a run reach other programs? JSON of Google Benchmark, CSV; made-up names if asked for."""

import argparse
import csv
import io
import json
import math

from cardwise_report.card_names import emulated, identity
from cardwise_report.cli import Outcome
from cardwise_report.made_up import Names
from cardwise_report.run_file import InputError
from cardwise_report.summary import Entry, Summary, read_summary
from cardwise_report.terminal import escape

_MEASURED = ("ok", "partial", "implausible")


def run(arguments: argparse.Namespace) -> Outcome:
    """Writes the run to stdout in the format asked for."""
    path = arguments.files[0]
    try:
        summary = read_summary(path, context=True)
        names = None
        if arguments.anonymise:
            names = Names(arguments.salt or "")
        elif arguments.salt is not None:
            raise InputError("--salt is for --anonymise")
    except InputError as error:
        return Outcome(2, "", (f"{path}: {error}",))
    write = {"json": as_json, "csv": as_csv}[arguments.format]
    return Outcome(0, write(summary, names))


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def figures(entry: Entry) -> dict[str, float]:
    """Seconds a launch and rates of a case; NaN where there are none."""
    out = {}
    for name in ("card_median", "time_sync"):
        found = entry.by_metric.get(name)
        for part in ("value", "low", "high"):
            label = {"value": f"{name}_s", "low": f"{name}_low_s", "high": f"{name}_high_s"}[part]
            out[label] = getattr(found, part) if found else math.nan
    median = out["card_median_s"]
    rate = entry.work / median if entry.kind in ("B/s", "FLOP/s") else math.nan
    return out | {"rate_of_a_card": rate}


def _cards(run: Summary, names: Names | None) -> list[dict]:
    """Each rank's card, as published: real or made-up names."""
    out = []
    for r in range(len(run.ranks["rank"])):
        row = {"rank": r, "host": run.ranks["host"][r], "identity": identity(run.ranks, r)}
        row |= {n: run.ranks[n][r] for n in ("device_serial", "device_name", "driver_version")}
        row |= {"device_class": run.ranks["device_class"][r]}
        row["emulated"] = bool(emulated(run.ranks)[r])
        if names:
            row |= {"host": names.host(row["host"]), "identity": names.card(row["identity"])}
            row["device_serial"] = names.serial(row["device_serial"])
        out.append(row)
    return out


def as_json(run: Summary, names: Names | None = None) -> str:
    """What tools for Google Benchmark read: one entry a case, real_time in ns."""

    nodes, about = run.tables["nodes"], run.about
    hosts = list(dict.fromkeys(run.ranks["host"]))
    context = {
        "date": about["created_utc"],
        "host_name": (names.host(hosts[0]) if names else hosts[0]) if hosts else "",
        "executable": "cardwise",
        "num_cpus": int(nodes["cores"][0]) if len(nodes["node"]) else 0,
        "mhz_per_cpu": -1,
        "cpu_scaling_enabled": False,
        "caches": [],
        "library_build_type": "release",
        "json_schema_version": 1,
        "cardwise_run_id": names.run(about["run_id"]) if names else about["run_id"],
        "cardwise_system": names.system(about["system"]) if names else about["system"],
        "cardwise_version": about["cardwise_version"],
        "cardwise_emulated": bool(run.mark),
        "cardwise_cards": _cards(run, names),
    }
    rows = []
    for i, entry in enumerate(run.entries.values()):
        values = figures(entry)
        row = {
            "name": entry.row["case_key"],
            "family_index": i,
            "per_family_instance_index": 0,
            "run_name": entry.row["case_key"],
            "run_type": "iteration",
            "repetitions": 1,
            "repetition_index": 0,
            "threads": 1,
            "iterations": max(1, int(entry.row["rounds"])),
            "cardwise_status": entry.status,
        }
        if run.mark:
            row["label"] = run.mark.strip(" []")  # what tools for Google Benchmark show
        time = values["card_median_s"]
        if entry.status in _MEASURED and math.isfinite(time):
            row |= {"real_time": 1e9 * time, "cpu_time": 1e9 * time, "time_unit": "ns"}
            rate = values["rate_of_a_card"]
            name = {"B/s": "bytes_per_second", "FLOP/s": "flops"}.get(entry.kind)
            if name and math.isfinite(rate):
                row[name] = rate
            row |= {k: v for k, v in values.items() if math.isfinite(v)}
        else:
            told = "" if names else entry.row["status_text"]  # free text names hosts
            row |= {"error_occurred": True, "error_message": told or entry.status}
            row |= {"real_time": 0.0, "cpu_time": 0.0, "time_unit": "ns"}
        rows.append(row)
    return json.dumps({"context": context, "benchmarks": rows}, indent=2, allow_nan=False) + "\n"


def as_csv(run: Summary, names: Names | None = None) -> str:
    """A row a case and card; the case's own figures stand in each of its rows."""

    cards = _cards(run, names)
    by_identity = {identity(run.ranks, r): card for r, card in enumerate(cards)}
    header = (
        "case_key family status rank host identity device_serial device_name emulated card_s unit "
        "rate_of_a_card card_median_s card_median_low_s card_median_high_s "
        "time_sync_s time_sync_low_s time_sync_high_s"
    ).split()
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\n", restval="", extrasaction="ignore")
    writer.writeheader()
    for entry in run.entries.values():
        row = {"case_key": escape(entry.row["case_key"]), "family": entry.row["family"]}
        row |= {"status": entry.status, "unit": escape(entry.kind)}
        row |= {k: _blank(v) for k, v in figures(entry).items()} | {"emulated": int(bool(run.mark))}
        for name, seconds in entry.by_card.items() or [("", math.nan)]:
            card = {k: escape(v) if isinstance(v, str) else v for k, v in by_identity.get(name, {}).items()}  # fmt: skip
            rate = entry.work / seconds if entry.kind in ("B/s", "FLOP/s") else math.nan
            row |= {"card_s": _blank(seconds), "rate_of_a_card": _blank(rate)}
            if card:
                card["emulated"] = int(card["emulated"])
            writer.writerow(row | card)
    return out.getvalue()


def _blank(value: float) -> float | str:
    return "" if _number(value) is None else float(value)
