# SPDX-License-Identifier: Apache-2.0
"""Is a file whole, does it obey the schema, which of its cases are partial? The command `check`."""

import argparse
import re

import numpy as np

from cardwise_report import schema
from cardwise_report.card_names import RANK_COLUMNS, RANK_REQUIRED
from cardwise_report.check_case import check_case, check_figures
from cardwise_report.cli import Outcome
from cardwise_report.inspect_group import Findings, check_attributes, check_group
from cardwise_report.measurement import planted_faults
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.terminal import cut, escape, many

WHOLE, INVALID, INCOMPLETE = 0, 2, 4
MAX_LINES = 1000
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.I)


def run(arguments: argparse.Namespace) -> Outcome:
    """Checks each file; invalid (2) wins over incomplete (4) over whole (0)."""
    codes, lines, complaints = set(), [], []
    for path in arguments.files:
        try:
            with RunFile(path) as file:
                code, text = _check(file)
        except InputError as error:
            code, text = INVALID, [f"{path}: {error}"]
        codes.add(code)
        if code == INVALID:
            complaints += text
        else:
            lines += [escape(line) for line in text]
    worst = INVALID if INVALID in codes else INCOMPLETE if INCOMPLETE in codes else WHOLE
    return Outcome(worst, "".join(line + "\n" for line in lines), tuple(complaints))


def violations(file: RunFile) -> list[str]:
    """Every breach of the schema, each beginning with the path inside the file."""
    found = Findings()
    _check_root(file, found)
    _check_provenance(file, found)
    tables = {}
    for name, group in schema.TABLES.items():
        if file.has(f"/{name}") or group.required:
            tables[name] = check_group(file, f"/{name}", group, found)
    _check_counts(file, tables, found)
    if "index" in tables:
        _check_index(file, tables, found)
    return found.lines


def _check(file: RunFile) -> tuple[int, list[str]]:
    broken = violations(file)
    if broken:
        count = many(len(broken), "violation")
        text = [f"{file.path}: invalid: {count} of schema {schema.VERSION}"]
        text += [f"  {line}" for line in broken[:MAX_LINES]]
        if len(broken) > MAX_LINES:
            text.append(f"  … and {len(broken) - MAX_LINES} more")
        return INVALID, text
    index = file.table("index", ("case_key", "status", "status_text", "rounds"))
    status = index["status"]
    counts = ", ".join(
        f"{(status == word).sum()} {word}" for word in schema.STATUSES if (status == word).any()
    )
    ranks = file.attribute("/", "ranks", "i8")
    about = f"schema {file.schema_version}, {many(ranks, 'rank')}, cases: {counts or 'none'}"
    if planted := planted_faults(file):
        about += f"; NO measurement, faults were planted: {cut(planted, 120)}"
    if file.attribute("/", "complete", "u1") == 1:
        return WHOLE, [f"{file.path}: whole ({about})"]
    reason = file.attribute("/", "exit_reason", "str")
    number = file.attribute("/", "checkpoint_no", "i8")
    text = [f"{file.path}: incomplete: {reason}, checkpoint {number} ({about})"]
    for i in np.flatnonzero((status == "partial") | (status == "planned")):
        rounds = f", {many(index['rounds'][i], 'round')}" if status[i] == "partial" else ""
        text.append(f"  {status[i]}{rounds}: {cut(index['case_key'][i], 160)}")
    return INCOMPLETE, text


def _check_root(file: RunFile, found: Findings) -> None:
    values = check_attributes(file.group("/"), "/", schema.ROOT_ATTRIBUTES, found)
    if "run_id" in values and not _UUID7.fullmatch(values["run_id"]):
        found.add("/@run_id", f"{values['run_id']:.60} is no UUIDv7")
    for name in ("created_utc", "finished_utc"):
        text = values.get(name, "")
        unfinished = name == "finished_utc" and text == "" and values.get("complete") == 0
        if name in values and not unfinished and not _UTC.fullmatch(text):
            found.add(f"/@{name}", f"{text:.60} is no ISO 8601 time with Z")
    for name in ("complete", "git_dirty"):
        if values.get(name, 0) not in (0, 1):
            found.add(f"/@{name}", f"is {values[name]}, neither 0 nor 1")
    if values.get("complete") == 1 and values.get("exit_reason") == "killed":
        found.add("/@exit_reason", "is killed, though complete = 1")


def _check_provenance(file: RunFile, found: Findings) -> None:
    for name in schema.PROVENANCE:
        if name in schema.PROVENANCE_LATER and not file.has(f"/provenance/{name}"):
            continue
        try:
            file.read(f"/provenance/{name}", "str", ())
        except InputError as error:
            found.add_error(error)


def _check_counts(file: RunFile, tables: dict, found: Findings) -> None:
    for attribute, table, scale in (("ranks", "ranks", "rank"), ("nodes", "nodes", "node")):
        scales = tables.get(table, {})
        if scale not in scales:
            continue
        try:
            told = file.attribute("/", attribute, "i8")
        except InputError:
            continue  # already said
        if told != len(scales[scale]):
            found.add(f"/@{attribute}", f"is {told}, but /{table} has {len(scales[scale])} rows")
    for table, scales in tables.items():
        for name, values in scales.items():
            if name != "tick" and not np.array_equal(values, np.arange(len(values))):
                found.add(f"/{table}/{name}", "does not count 0, 1, 2 …")
    try:
        node = file.read("/ranks/node", "i4", (None,))
        if "node" in tables.get("nodes", {}) and len(node):
            if node.min() < 0 or node.max() >= len(tables["nodes"]["node"]):
                found.add("/ranks/node", "names a row that /nodes does not have")
    except InputError:
        pass  # already said


def _check_index(file: RunFile, tables: dict, found: Findings) -> None:
    try:
        index = file.table("index", schema.TABLES["index"].columns, ("case_key", "status"))
        complete = file.attribute("/", "complete", "u1")
    except InputError:
        return  # already said, column by column
    world = len(tables.get("ranks", {}).get("rank", ()))
    try:
        ranks = file.table("ranks", RANK_COLUMNS, RANK_REQUIRED)
    except InputError:
        ranks = None  # already said, and no figure can be recomputed without
    unfinished = np.flatnonzero((index["status"] == "partial") | (index["status"] == "planned"))
    if complete == 1 and len(unfinished):
        i = unfinished[0]
        found.add("/@complete", f"is 1, but case {i} is {index['status'][i]}")
    known = set()
    for i in range(len(index["case"])):
        row = {name: column[i] for name, column in index.items()}
        known.add(f"{i:05d}")
        before = len(found.lines)
        check_case(file, i, row, world, found)
        if ranks is not None and len(found.lines) == before:
            check_figures(file, i, row, ranks, found)
    keys, count = np.unique(index["case_key"].astype(str), return_counts=True)
    for key in keys[count > 1]:
        found.add("/index/case_key", f"{cut(key, 100)} is there more than once")
    try:
        names = file.names("/cases")
    except InputError as error:
        if any(index["status"] != "planned"):
            found.add_error(error)
        return
    for name in names:
        if name not in known and re.fullmatch(r"\d+", name):
            found.add(f"/cases/{name}", "is not in /index")
