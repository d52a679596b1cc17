# SPDX-License-Identifier: Apache-2.0
"""Does one case agree with its row of /index, and do its samples agree with its status?"""

import hashlib
import math

import numpy as np

from cardwise_report import schema, stats
from cardwise_report.cases import disagreements, read_case
from cardwise_report.figures import told
from cardwise_report.inspect_group import Findings, check_attributes, check_group
from cardwise_report.run_file import InputError, RunFile, attribute_value, named
from cardwise_report.terminal import cut


def check_case(file: RunFile, i: int, row: dict, world: int, found: Findings) -> None:
    """Row i of /index and the group it names; `world` = rows of /ranks."""
    path = f"/cases/{i:05d}"
    _check_row(i, row, path, found)
    status = row["status"]
    if not file.has(path):
        if status != "planned":
            found.add(path, "is missing")
        return
    group = schema.CASE
    scales = check_group(file, path, group, found, optional=status not in schema.MEASURED)
    try:
        node = file.group(path)
        with named(path):
            values = check_attributes(node, path, schema.CASE_ATTRIBUTES, found)
            for name in ("case_key", "case_id", "status"):
                if name in values and values[name] != row[name]:
                    found.add(f"{path}@{name}", f"{cut(values[name])} is not what /index says")
            _check_key_attributes(node, path, row["case_key"], found)
            if status == "wrong":
                check_attributes(node, path, schema.WRONG_ATTRIBUTES, found)
            if "rank" in scales and len(scales["rank"]):
                if scales["rank"].min() < 0 or scales["rank"].max() >= world:
                    found.add(f"{path}/rank", "names a rank that /ranks does not have")
            _check_samples(file, path, row, scales, found)
    except InputError as error:
        found.add_error(error)


def check_figures(file: RunFile, i: int, row: dict, ranks: dict, found: Findings) -> None:
    """Are the figures of row i of /index what its samples give? For cases without a breach."""
    try:
        for name, stored, mine in disagreements(read_case(file, row, ranks)):
            text = f"is {told(stored)}, but the samples give {told(mine)}"
            found.add(f"/index[{i}]/{name}", text)
    except InputError as error:
        found.add_error(error)


def _check_row(i: int, row: dict, path: str, found: Findings) -> None:
    here = f"/index[{i}]"
    key = row["case_key"]
    family, benchmark, parameters = schema.parse_key(key)
    if list(parameters) != sorted(parameters) or "wv" not in parameters:
        found.add(f"{here}/case_key", f"{cut(key, 100)} has unsorted keys or no wv")
    if row["case_id"] != hashlib.sha256(key.encode()).hexdigest()[:16]:
        found.add(f"{here}/case_id", "is not the hash of case_key")
    for name, value in (("family", family), ("benchmark", benchmark)):
        if row[name] != value:
            found.add(f"{here}/{name}", f"{cut(row[name])} is not what case_key says")
    if row["group_path"] not in (path, path[1:]):
        found.add(f"{here}/group_path", f"{cut(row['group_path'])} is not {path}")
    if row["status"] in ("skipped", "failed", "wrong") and not row["status_text"]:
        found.add(f"{here}/status_text", f"is empty, though the case is {row['status']}")
    if row["status"] in schema.WITHHELD:
        for name in schema.SUMMARIES:
            if not math.isnan(row[name]):
                found.add(f"{here}/{name}", f"is {row[name]}, though the case is {row['status']}")
    if row["status"] == "ok":
        for name in ("time_sync_median", "card_median"):
            if not (row[name] > 0 and math.isfinite(row[name])):
                found.add(f"{here}/{name}", f"is {row[name]}, though the case is ok")
        if row["verified"] != 1:
            found.add(f"{here}/verified", "is not 1, though the case is ok")


def _check_key_attributes(node, path: str, case_key: str, found: Findings) -> None:
    """Every key of the case is an attribute: int64 where it is a number, else a string."""
    for name, text in schema.parse_key(case_key)[2].items():
        where = f"{path}@{name}"
        if name not in node.attrs:
            found.add(where, "attribute is missing, though it is a key of the case")
            continue
        code, value = attribute_value(node, name, where)
        number = text.lstrip("-").isdecimal()
        if code != ("i8" if number else "str"):
            found.add(where, f"has type {code}, not {'i8' if number else 'str'}")
        elif str(value) != text:
            found.add(where, f"is {str(value):.60}, but case_key says {text:.60}")


def _check_samples(file: RunFile, path: str, row: dict, scales: dict, found: Findings) -> None:
    status = row["status"]
    if not file.has(f"{path}/time_ns"):
        return
    time = file.dataset(f"{path}/time_ns")
    attributes = check_attributes(time, f"{path}/time_ns", schema.TIME_ATTRIBUTES, found)
    if (
        attributes.get("launches_per_sample", row["launches_per_sample"])
        != row["launches_per_sample"]
    ):
        found.add(f"{path}/time_ns@launches_per_sample", "is not what /index says")
    if attributes.get("clock", row["clock"]) != row["clock"]:
        found.add(f"{path}/time_ns@clock", "is not what /index says")
    if status == "wrong":
        if time.size:
            found.add(f"{path}/time_ns", "holds samples, though the result was wrong")
        for name, dtype in (("median_ns", "f8"), ("host_ns", "i8")):
            if file.has(f"{path}/{name}") and (file.read(f"{path}/{name}", dtype) > 0).any():
                found.add(f"{path}/{name}", "holds times, though the result was wrong")
        return
    if status in ("planned", "skipped") and time.size:
        found.add(f"{path}/time_ns", f"holds samples, though the case is {status}")
    if "sample" not in scales or not time.size:
        if status in schema.MEASURED:
            found.add(f"{path}/time_ns", f"is empty, though the case is {status}")
        return
    if status in schema.MEASURED:
        _check_counts(path, row, scales, found)
        if row["clock"] == "device" and not file.has(f"{path}/host_ns"):
            found.add(f"{path}/host_ns", "is missing, though the clock is the device's")
        if row["launches_per_sample"] < 1:
            found.add(f"{path}/time_ns@launches_per_sample", "is less than 1")
    _check_values(file, path, scales, found)


def _check_counts(path: str, row: dict, scales: dict, found: Findings) -> None:
    for column, scale in (("samples", "sample"), ("rounds", "round")):
        if scale in scales and row[column] != len(scales[scale]):
            found.add(
                f"{path}/{scale}", f"has {len(scales[scale])} rows, /index says {row[column]}"
            )
    if "rank" in scales and row["ranks"] != len(scales["rank"]):
        found.add(f"{path}/rank", f"has {len(scales['rank'])} rows, /index says {row['ranks']}")


def _check_values(file: RunFile, path: str, scales: dict, found: Findings) -> None:
    window = file.read(f"{path}/time_ns", "i8", (None, None))
    if file.has(f"{path}/flags"):
        flags = file.read(f"{path}/flags", "u2", window.shape)
        silent = (window <= 0) & ((flags & (schema.INVALID | schema.BAD_TIMER)) == 0)
        if silent.any():
            r, s = np.argwhere(silent)[0]
            text = f"[{r}, {s}] is {window[r, s]} ns, and no flag says why ({silent.sum()} such)"
            found.add(f"{path}/time_ns", text)
        _check_flag_attributes(file.dataset(f"{path}/flags"), path, found)
        if (flags >> len(schema.FLAGS)).any():
            found.add(f"{path}/flags", "has bits without a meaning")
    if "round" in scales and file.has(f"{path}/sample_round"):
        of = file.read(f"{path}/sample_round", "u1", (window.shape[1],)).astype(int)
        if not np.isin(of, scales["round"]).all() or (np.diff(of) < 0).any():
            found.add(f"{path}/sample_round", "does not grow by whole rounds of this case")
        elif file.has(f"{path}/flags"):
            _check_medians(file, path, window, flags, of, scales["round"], found)


def _check_medians(file: RunFile, path: str, window, flags, of, rounds, found: Findings) -> None:
    stored = file.read(f"{path}/median_ns", "f8", (len(window), len(rounds)))
    times = np.where((flags & schema.INVALID) == 0, window.astype(float), np.nan)
    mine = np.stack([stats.row_medians(times[:, of == k]) for k in rounds], axis=1)
    off = ~np.isclose(stored, mine, rtol=1e-6, atol=0, equal_nan=True)
    if off.any():
        r, k = np.argwhere(off)[0]
        text = f"[{r}, {k}] is {stored[r, k]:.6g}, but the samples give {mine[r, k]:.6g}"
        found.add(f"{path}/median_ns", f"{text} ({off.sum()} such)")


def _check_flag_attributes(flags, path: str, found: Findings) -> None:
    wanted = {"flag_masks": "u2", "flag_meanings": "str"}
    for name, dtype in wanted.items():
        where = f"{path}/flags@{name}"
        if name not in flags.attrs:
            found.add(where, "attribute is missing")
            continue
        code, value = attribute_value(flags, name, where)
        if code != dtype:
            found.add(where, f"has type {code}, not {dtype}")
        elif name == "flag_meanings" and value.split()[: len(schema.FLAGS)] != schema.FLAGS:
            found.add(where, "does not name the flags of the schema in order")
        elif name == "flag_masks":
            bits = np.atleast_1d(value)[: len(schema.FLAGS)]
            if bits.tolist() != [1 << bit for bit in range(len(schema.FLAGS))]:
                found.add(where, "does not list the bits 1, 2, 4 …")
