# SPDX-License-Identifier: Apache-2.0
"""Made-up runs of one system, one after the other: what compare and history tests need."""

import pathlib

from make_run import Spec, make_run

SAME = {"backend": "cuda", "data": "grid", "dtype": "f32", "wv": "1"}
SLOW_CASE = "mem/triad"


def few_cases(factors: dict[str, float] | None = None, **status) -> list[Spec]:
    """Five cases of three families; `factors`: benchmark -> factor of its time."""
    factors = factors or {}
    out = []
    for name, seconds, units, work in (
        ("mem/copy", 0.7e-3, "B/s", 2e9),
        ("mem/saxpy", 1.0e-3, "B/s", 3e9),
        ("mem/triad", 1.0e-3, "B/s", 3e9),
        ("compute/gemm", 3e-3, "FLOP/s", 1e11),
        ("latency/roundtrip", 6e-6, "s", 0.0),
    ):
        spec = Spec(name, {**SAME, "n": "1024"}, seconds * factors.get(name, 1.0), units, work)
        if name in status.get("status", {}):
            spec.status = status["status"][name]
            spec.text = "because"
        out.append(spec)
    return out


def run_file(folder, number: int, factors=None, ranks: int = 1, **options) -> pathlib.Path:
    """Run `number` of the system: each a day later than the one before, with its own noise."""
    path = pathlib.Path(folder) / options.pop(
        "name", f"202605{1 + number:02d}T030000Z-{number:08d}.h5"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    root = {
        "created_utc": f"2026-05-{1 + number:02d}T03:00:00Z",
        "run_id": f"0190b0a1-5c3e-7abc-8def-{number:012d}",
    } | options.pop("root", {})
    cases = options.pop("cases", None) or few_cases(factors, status=options.pop("status", {}))
    make_run(path, ranks=ranks, cases=cases, seed=number, root=root, **options)
    return path
