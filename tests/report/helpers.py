# SPDX-License-Identifier: Apache-2.0
"""What several tests make and read: one case, a ping-pong, the report as data."""

import json

import numpy as np
from make_run import Spec

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
