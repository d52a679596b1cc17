# SPDX-License-Identifier: Apache-2.0
"""Every benchmark once on PoCL, by the real program: all ok, every rank's samples in the file."""

import os

import numpy as np
import program
import pytest

ALONE = {"api/phases", "compute/fma_peak", "compute/gemm", "copy/both", "copy/d2d", "copy/d2h",
         "copy/h2d", "latency/back2back", "latency/dispatch", "latency/roundtrip", "latency/submit",
         "mem/conv2d", "mem/copy", "mem/dot", "mem/fill", "mem/saxpy", "mem/stencil2d",
         "mem/stencil3d", "mem/triad", "mem/vector_add"}
TOGETHER = {"collective/allreduce", "exchange/pingpong"}

#: Ranks, their devices, the options, and the least number of cases.
RUNS = {
    "standard_1_rank": (1, "", ["--profile", "standard", "--max-bytes", "1MiB"], 40),
    "standard_2_ranks": (2, "basic basic", ["--profile", "standard", "--max-bytes", "1MiB",
                                            "--filter", "-compute/fma_peak"], 45),
    "quick_3_ranks": (3, "basic basic basic", ["--profile", "quick", "--max-bytes", "64KiB"], 20),
    "threads_3_ranks": (3, "pthread pthread pthread",
                        ["--profile", "quick", "--max-bytes", "64KiB", "--filter",
                         "exchange|collective|copy/|mem/(triad|dot)|gemm"], 8),
    "full_1_rank": (1, "basic", ["--profile", "full", "--max-bytes", "64KiB",
                                 "--filter", "-compute/fma_peak"], 45),
}


def check_ok(case: program.Case, ranks: int) -> None:
    """An ok case has every rank's samples, the right shapes and a verified result."""
    a, attrs = case.arrays, case.attrs
    shape = a["time_ns"].shape
    assert shape[0] == ranks and shape[1] > 0, case.key
    one_sided = "pingpong" in case.name or "cards=one" in case.key
    measured = a["time_ns"] >= 0
    assert measured.any() if one_sided else measured.all(), case.key
    assert a["sample_round"].shape == (shape[1],) and (a["sample_round"] == 0).all(), case.key
    assert a["median_ns"].shape == (ranks, 1), case.key
    assert np.nanmin(a["median_ns"]) > 0, case.key
    if attrs.get("units") not in (None, "s"):
        assert np.isfinite(attrs["value_median"]) if "value_median" in attrs else True, case.key


@pytest.mark.parametrize("name", [n for n in RUNS
                                  if os.environ.get("CARDWISE_E2E_RUN", n) == n])
def test_every_benchmark_is_ok(name, tmp_path):
    ranks, devices, options, least = RUNS[name]
    path = tmp_path / "run.h5"

    done = program.cardwise("run", "--type", "cpu", "--rounds", "1", *options, "--progress", "none",
                            "--output", path, ranks=0 if ranks == 1 else ranks,
                            env={"POCL_DEVICES": devices} if devices else {})

    assert done.code == 0, done.all
    cases = program.read_cases(path)
    assert [(c.key, c.text) for c in cases if c.status != "ok"] == []
    assert len(cases) >= least, [c.key for c in cases]
    wanted = ALONE | (TOGETHER if ranks > 1 else set())
    if "--filter" not in options:
        if "standard" in name or "full" in name:
            assert {c.name for c in cases} == wanted
        else:
            assert {c.name for c in cases} <= wanted
    for case in cases:
        check_ok(case, ranks)
    attrs = program.read_attrs(path)
    assert attrs["complete"] == 1 and attrs["exit_code"] == 0 and attrs["ranks"] == ranks
    rows = program.read_ranks(path)
    assert rows["local_rank"] == list(range(ranks))
    assert len(set(rows["identity"])) == ranks if "identity" in rows else True


@pytest.mark.parametrize("name", ["standard_2_ranks"] if os.environ.get("CARDWISE_E2E_RUN", "list") == "list" else [])
def test_the_list_is_what_a_run_measures(name):
    listed = program.cardwise("list", "--type", "cpu", "--profile", "standard",
                              "--max-bytes", "1MiB")

    assert listed.code == 0
    for benchmark in ALONE:
        assert benchmark in listed.out, listed.out
