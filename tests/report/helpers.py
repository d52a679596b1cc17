# SPDX-License-Identifier: Apache-2.0
"""What several tests make and read: one case, a ping-pong, the report as data."""

import json

import numpy as np
from make_run import TEXT, Spec, scale

from cardwise_report import schema

PREEMPTED = 1 << schema.FLAGS.index("preempted")


def as_json(report, path):
    code, out, err = report("show", path, "--format", "json")
    assert code == 0 and err == ""
    return json.loads(out)


def texts(data):
    return [warning["text"] for warning in data["warnings"]]


def one_case(**more):
    key = {"backend": "cuda", "data": "grid", "dtype": "f32", "n": "1024", "wv": "1"}
    return [Spec("mem/triad", key, 1e-3, work=1e9, launches=1, **more)]


def pingpong(ranks=2):
    """A case whose second rank answers: all its samples are invalid, half of them flagged."""
    key = {"backend": "opencl", "bytes": "1024", "path": "staged", "wv": "1"}
    spec = Spec("exchange/pingpong", key, 1e-3, work=1e3, launches=2)

    def edit(file):
        case = file["cases/00000"]
        case["time_ns"][1, :] = -1
        case["median_ns"][1, :] = np.nan
        case["flags"][0, :48] = PREEMPTED
        case["flags"][1, :] = schema.INVALID
        case["flags"][1, :96] = schema.INVALID | PREEMPTED
        times = case["time_ns"][0, :] / 2e9
        medians = [np.median(times[32 * k : 32 * k + 32]) for k in range(6)]
        middle = np.median(medians)
        row = {"imbalance": 1, "jitter": 1, "rate_sync": 1e3 / middle, "rate_sum": 1e3 / middle}
        row |= {f"card_{q}": middle for q in ("min", "q25", "median", "q75", "max")}
        row |= {"time_sync_median": middle, "time_sync_lo": min(medians)}
        for name, value in (row | {"time_sync_hi": max(medians)}).items():
            file[f"index/{name}"][0] = value

    return {"cases": [spec], "ranks": ranks, "edit": edit}


OK, LATE = 1.0, 1.1  # windows, of what the others took


def recheck(alone, pair, case=""):
    """Windows of rank 6, and good ones of rank 5, measured again in one case or in all."""
    rows = [(6, "alone", s) for s in alone] + [(6, "pair", s) for s in pair]
    rows += [(5, mode, OK) for mode in ("alone", "pair") for _ in range(3)]

    def edit(file):
        for group in [file["cases"][case]] if case else file["cases"].values():
            windows = [s * np.median(group["time_ns"][0]) for *_, s in rows]
            scale(group, "recheck", len(rows))
            group.create_dataset("recheck_ns", data=np.array(windows, "i8"))
            group.create_dataset("recheck_rank", data=np.array([r for r, *_ in rows], "i4"))
            group.create_dataset("recheck_mode", data=[m for _, m, _ in rows], dtype=TEXT)

    return edit
