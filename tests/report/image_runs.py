# SPDX-License-Identifier: Apache-2.0
"""Made-up runs with an image of prebuilt kernels: its manifest in /kernels, its loading as a case."""

import json

import numpy as np
from make_run import Spec

from cardwise_report import schema

BANK = 12.8e9  # bytes/s
SHA = "5e5ea6b912b5577c" * 4


def manifest(**more) -> dict:
    """Two replications of triad f32 with packs of 8 floats, at a bank each, for a board at 250 MHz."""
    entry = {"name": "triad", "dtype": "f32", "width": 1, "replications": 2, "launch": "task"}
    kernels = [entry | {"entry": f"cw_triad_f32_r{k}", "arguments": arguments(f"HBM{k}")} for k in range(2)]
    return {
        "schema": "cardwise.image",
        "version": 1,
        "image": {"file": "kernels.aocx", "bytes": 12345, "sha256": SHA, "format": "aocx"},
        "board": "520n-mx",
        "architecture": "",
        "language": "opencl-c",
        "compiler": {"name": "aoc", "version": "21.4", "flags": ["-fpc", "-DVECTOR=8", "-DUNROLL=1", "-DX=0.5"]},
        "clock_hz": 250000000,
        "created": "2026-11-29",
        "sources": [],
        "memory": {"bytes_per_s": 4 * BANK, "banks": {"HBM0": BANK, "HBM1": BANK}},
        "kernels": kernels,
    } | more


def arguments(*banks) -> list[dict]:
    """A size, and a buffer in each bank; "": anywhere."""
    buffers = [{"name": f"b{i}", "type": "buffer", "access": "read", "bank": b} for i, b in enumerate(banks)]
    return [{"name": "n", "type": "u64"}, *buffers]


def load_case(variant="520n-mx", seconds=0.11, status="ok"):
    key = {"backend": "opencl", "variant": variant, "wv": "1"}
    return Spec("latency/load_image", key, seconds, "s", launches=1, status=status)


def with_image(text, variant="520n-mx", sha=SHA, then=None):
    """An edit: `text` (a manifest or anything) is the image's, and it was loaded once a rank."""

    def edit(file):
        file["kernels/text"][0] = text if isinstance(text, str) else json.dumps(text)
        file["kernels/variant"][0] = variant
        file["kernels/file"][0] = "images/kernels.aocx"
        file["ranks/image_sha256"][:] = [sha] * len(file["ranks/rank"])
        for case in file["cases"].values():
            if "load_image" in case.attrs["case_key"]:
                _load_once(file, case)
        if then:
            then(file)

    return edit


def _load_once(file, case):
    """The first sample is the only one, as the program writes it."""
    if case["time_ns"].shape[1] == 0:
        return
    case["time_ns"][:, 1:] = 0
    case["flags"][:, 1:] = schema.INVALID
    case["median_ns"][:, 0] = case["time_ns"][:, 0].astype(float)
    case["median_ns"][:, 1:] = np.nan
    row = list(file["index/case_key"].asstr()).index(case.attrs["case_key"])
    times = case["time_ns"][:, 0] * 1e-9
    new = {"time_sync_median": times.max(), "time_sync_lo": np.nan, "time_sync_hi": np.nan}
    new |= dict(zip(("min", "q25", "median", "q75", "max"), np.quantile(times, [0, 0.25, 0.5, 0.75, 1])))
    new |= {"imbalance": times.mean() / times.max(), "jitter": 1.0}
    for name, value in new.items():
        name = f"card_{name}" if name in ("min", "q25", "median", "q75", "max") else name
        file[f"index/{name}"][row] = value
