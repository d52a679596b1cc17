# SPDX-License-Identifier: Apache-2.0
"""The whole program on the CUDA double: the same benchmarks, files and bindings as on a card."""

import os

import program
import pytest

DOUBLE = {"CARDWISE_CUDA_LIBRARY": os.environ["CARDWISE_TEST_CUDA"],
          "CARDWISE_NVRTC_LIBRARY": os.environ["CARDWISE_TEST_NVRTC"]}
TWO = {**DOUBLE, "CARDWISE_CUDA_DOUBLE_DEVICES": "2"}
FIRST, SECOND = (f"GPU-ca4d015e-0000-4000-8000-00000000000{i}" for i in (0, 1))
ALL = ["run", "--type", "emulated", "--backend", "cuda", "--profile", "quick", "--max-bytes", "1MiB",
       "--rounds", "2", "--progress", "none"]
FEW = [*ALL[:-4], "--rounds", "1", "--progress", "none", "--filter", "mem/(saxpy|dot)|copy/h2d"]


def all_ok(path):
    cases = program.read_cases(path)
    assert cases and [(c.key, c.text) for c in cases if c.status != "ok"] == []
    return cases


@pytest.mark.parametrize("ranks", [0, 2])
def test_every_benchmark(ranks, tmp_path):
    done = program.cardwise(*ALL, "--output", tmp_path / "run.h5", ranks=ranks, env=TWO)

    assert done.code == 0, done.all
    cases = all_ok(tmp_path / "run.h5")
    names = {c.name for c in cases}
    assert {"mem/triad", "compute/gemm", "copy/h2d", "latency/roundtrip"} <= names
    assert ("exchange/pingpong" in names) == (ranks == 2)
    assert {c.attrs["backend"] for c in cases} == {"cuda"}
    rows = program.read_ranks(tmp_path / "run.h5")
    assert rows["device_uuid"] == [FIRST, SECOND][:max(1, ranks)]
    assert rows["device_class"] == ["emulated"] * max(1, ranks) and all(rows["emulated"])
    with_samples = [c for c in cases if c.arrays["time_ns"].shape[0] == max(1, ranks)]
    assert len(with_samples) == len(cases)


def test_no_card_is_taken_unasked(tmp_path):
    unasked = [word for word in FEW if word not in ("--type", "emulated")]  # small, if taken

    done = program.cardwise(*unasked, "--output", tmp_path, env=TWO)

    assert done.code == 3 and "emulated" in done.err, done.all


@pytest.mark.parametrize("ranks", [0, 2])
def test_reordered_cards_are_bound_by_uuid(ranks, tmp_path):
    """An index counts in the order of PCI addresses, whatever the runtime's order is."""
    env = {**TWO, "CUDA_VISIBLE_DEVICES": "1,0"}
    path = tmp_path / "run.h5"

    done = program.cardwise(*FEW, "--output", path, ranks=ranks, env=env)

    assert done.code == 0, done.all
    all_ok(path)
    assert program.read_ranks(path)["device_uuid"] == [FIRST, SECOND][:max(1, ranks)]

    swapped = program.cardwise(*FEW, "--card", f"{SECOND},{FIRST}", "--output", tmp_path / "2.h5",
                               ranks=ranks, env=env)

    assert swapped.code == 0, swapped.all
    assert program.read_ranks(tmp_path / "2.h5")["device_uuid"] == [SECOND, FIRST][:max(1, ranks)]


def test_one_visible_card_a_rank(tmp_path):
    """As srun --gpus-per-task=1 does it: each rank sees its own card, as number 0."""
    path = tmp_path / "run.h5"
    script = 'CUDA_VISIBLE_DEVICES=$((1 - OMPI_COMM_WORLD_LOCAL_RANK)) exec "$0" "$@"'
    kept = program.CARDWISE
    program.CARDWISE = "bash"
    try:
        done = program.cardwise("-c", script, kept, *FEW, "--output", path, ranks=2, env=TWO)
    finally:
        program.CARDWISE = kept

    assert done.code == 0, done.all
    assert program.read_ranks(path)["device_uuid"] == [SECOND, FIRST]


def test_two_ranks_that_see_the_same_card_are_refused(tmp_path):
    env = {**TWO, "CUDA_VISIBLE_DEVICES": "1"}

    done = program.cardwise(*FEW, "--output", tmp_path, ranks=2, env=env)

    assert done.code == 3 and len(done.messages()) == 1, done.all
    assert not list(tmp_path.rglob("*.h5"))


def test_both_apis_in_one_job(tmp_path):
    """A CPU through OpenCL and an emulated card through CUDA are two cards, one a rank."""
    path = tmp_path / "run.h5"
    env = DOUBLE

    done = program.cardwise("devices", "--json", env=env)
    one = program.cardwise(*FEW[:3], "--profile", "quick", "--max-bytes", "64KiB", "--rounds", "1",
                           "--filter", "mem/saxpy", "--output", path, env=env)

    assert '"cuda"' in done.out and '"opencl"' in done.out
    assert one.code == 0, one.all
    assert {c.attrs["backend"] for c in all_ok(path)} == {"cuda"}
