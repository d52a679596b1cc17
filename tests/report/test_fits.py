# SPDX-License-Identifier: Apache-2.0
"""Launch overhead and rate of an FPGA's stream kernels, over the sizes of one variant."""

import pytest
from helpers import as_json
from image_runs import BANK, arguments, manifest, with_image
from make_run import Spec

OVERHEAD, RATE = 12e-6, 3.1e9
SIZES = tuple(1 << p for p in range(14, 27, 2))


def streams(sizes=SIZES, name="mem/triad", variant="520n-mx", odd=None, **more):
    """A case a size: 3 arrays of f32, overhead + bytes / rate; `odd`: size -> factor."""
    out = []
    for n in sizes:
        seconds = (OVERHEAD + 12 * n / RATE) * (odd or {}).get(n, 1.0)
        key = {"backend": "opencl", "cache": "hot" if n < 1 << 20 else "dram", "data": "grid", "dtype": "f32"}
        key |= {"n": str(n), "variant": variant, "wv": "1"} | more
        out.append(Spec(name, key, seconds, work=12.0 * n))
    return out


def run(made, cases, text=None, **options):
    edit = with_image(manifest() if text is None else text)
    return made(cases=cases, edit=edit, noise=1e-4, device_class="fpga", **options)


def test_overhead_and_rate_are_told(report, made):
    path = run(made, streams())
    (fit,) = as_json(report, path)["fits"]
    assert fit["overhead_s"] == pytest.approx(OVERHEAD, rel=0.01)
    assert fit["rate"] == pytest.approx(RATE, rel=0.01) and fit["left_out"] == 0
    assert fit["sizes"] == len(SIZES) and 0 <= fit["worst"] < 0.01
    out = report("show", path)[1]
    (row,) = [line for line in out.splitlines() if " + bytes / 3.1" in line or " + bytes / 3.09" in line]
    assert row.startswith("mem/triad f32 520n-mx opencl") and "  12.0" in row and " us + bytes" in row


PIPELINE = 8 * 4 * 250e6  # 8 floats a cycle: of two replications a launch runs one


def memory(rate, **banks):
    return {"bytes_per_s": rate, "banks": banks}


@pytest.mark.parametrize(
    ("about", "bank", "peak", "limit", "told"),
    [
        (memory(4 * BANK, HBM0=BANK, HBM1=BANK), "HBM0", PIPELINE, "pipeline", "8.000 GB/s  pipeline   39 %"),
        (memory(4 * BANK, HBM0=6.2e9, HBM1=BANK), "HBM0", 6.2e9, "memory", "6.200 GB/s  memory   50 %"),
        (memory(7.75e9), "", 7.75e9, "memory", "7.750 GB/s  memory   40 %"),  # interleaved: all banks are in use
        (None, "HBM0", PIPELINE, "pipeline", "8.000 GB/s  pipeline   39 %"),  # an older manifest: what is known
    ],
)
def test_rate_is_held_against_the_lesser_of_pipeline_and_memory(report, made, about, bank, peak, limit, told):
    text = manifest(memory=about)
    text["kernels"][0]["arguments"] = arguments(bank, bank)
    if about is None:
        del text["memory"]
    (fit,) = as_json(report, run(made, streams(), text))["fits"]
    assert (fit["peak"], fit["limit"], fit["pipeline"]) == (peak, limit, PIPELINE)
    assert fit["of_peak"] == pytest.approx(RATE / peak, rel=0.01)
    assert told in report("show", run(made, streams(), text))[1]


def test_buffers_in_two_banks_have_the_rate_of_both(report, made):
    text = manifest(memory=memory(4 * BANK, HBM0=2.5e9, HBM1=3.5e9))
    text["kernels"][0]["arguments"] = arguments("HBM0", "HBM1", "HBM0")
    (fit,) = as_json(report, run(made, streams(), text))["fits"]
    assert (fit["peak"], fit["limit"], fit["memory"]) == (6e9, "memory", 6e9)


def test_without_a_clock_the_memory_still_is_a_limit(report, made):
    (fit,) = as_json(report, run(made, streams(), manifest(clock_hz=0)))["fits"]
    assert (fit["peak"], fit["limit"], fit["pipeline"]) == (BANK, "memory", None)


@pytest.mark.parametrize(
    "about",
    [
        {},
        memory(4 * BANK, HBM1=BANK),
        memory(4 * BANK, HBM0=0),  # an emulator's
        memory("fast"),
        {"bytes_per_s": 1, "banks": []},
        {"banks": {"HBM0": float("nan")}},
        {"banks": {"HBM0": True}},
        {"banks": {"HBM0": 1e300}},
        [],
        "HBM",
    ],
)
def test_a_bank_of_unknown_rate_is_no_limit(report, made, about):
    (fit,) = as_json(report, run(made, streams(), manifest(memory=about)))["fits"]
    assert (fit["peak"], fit["limit"], fit["memory"]) == (PIPELINE, "pipeline", None)


@pytest.mark.parametrize(
    ("name", "dtype", "entry", "flags", "factor"),
    [
        ("triad", "f32", {}, ["-DVECTOR=16"], 2),
        ("triad", "f64", {}, ["-DVECTOR=8"], 1),  # half the elements, the same bytes
        ("triad", "f64", {}, ["-DVECTOR=1"], 8 / 32),
        ("triad", "f32", {}, ["-DVECTOR=8", "-DUNROLL=4"], 4),
        ("dot", "f32", {}, ["-DVECTOR=8", "-DUNROLL=4"], 2),  # reads x and y at once
        ("triad", "f32", {"launch": "range", "width": 4}, [], 4 / 8),
    ],
)
def test_what_a_pipeline_moves(report, made, name, dtype, entry, flags, factor):
    text = manifest()
    text["compiler"]["flags"] = flags
    text["kernels"] = [one | {"name": name, "dtype": dtype} | entry for one in text["kernels"]]
    (fit,) = as_json(report, run(made, streams(name=f"mem/{name}", dtype=dtype), text))["fits"]
    assert fit["pipeline"] == factor * PIPELINE


@pytest.mark.parametrize("what", ["clock", "kernel", "dtype", "flags", "emulated"])
def test_no_share_where_nothing_is_known_or_no_card_was_there(report, made, what):
    text = manifest(memory={}) | ({"clock_hz": 0} if what == "clock" else {})
    for entry in text["kernels"]:
        entry["name"] = "copy" if what == "kernel" else entry["name"]
        entry["dtype"] = "f64" if what == "dtype" else entry["dtype"]
    if what == "flags":
        text["compiler"]["flags"] = ["-DVECTOR=0", "-DVECTOR=x", 5, "-DVECTOR=99999999"]
    path = run(made, streams(), text)
    if what == "emulated":
        text = manifest()
        path = made(cases=streams(), edit=with_image(text), device_class="emulated", name="emulated.h5")
    (fit,) = as_json(report, path)["fits"]
    assert fit["peak"] is None and fit["of_peak"] is None and fit["limit"] == "" and fit["rate"] > 0
    out = report("show", path)[1]
    assert "pipeline" not in out and "memory" not in out.split("Launch and rate")[1].split("\n\n")[0]
    assert ("median card) [emulated]" in out) == (what == "emulated")


def test_one_odd_size_does_not_move_the_line(report, made):
    (fit,) = as_json(report, run(made, streams(odd={SIZES[-1]: 1.6})))["fits"]
    assert fit["left_out"] == 1 and fit["rate"] == pytest.approx(RATE, rel=0.02)
    assert fit["overhead_s"] == pytest.approx(OVERHEAD, rel=0.05)
    assert "7 (1 left out)" in report("show", run(made, streams(odd={SIZES[-1]: 1.6})))[1]


def test_fewer_than_three_sizes_give_no_line(report, made):
    assert as_json(report, run(made, streams(SIZES[:2])))["fits"] == []
    assert "Launch and rate" not in report("show", run(made, streams(SIZES[:2])))[1]
    assert len(as_json(report, run(made, streams(SIZES[:3])))["fits"]) == 1


def test_only_streams_of_an_image_for_a_board(report, made):
    assert as_json(report, run(made, streams(variant="portable")))["fits"] == []
    assert as_json(report, run(made, streams(name="mem/conv2d")))["fits"] == []
    assert as_json(report, run(made, streams(), manifest(board="", architecture="sm_80")))["fits"] == []
    assert as_json(report, run(made, streams(), "{"))["fits"] == []


def test_types_and_apis_are_lines_of_their_own(report, made):
    cases = streams() + streams(dtype="f64") + streams(backend="cuda")
    found = as_json(report, run(made, cases))["fits"]
    assert sorted(f["label"] for f in found) == [
        "mem/triad f32 520n-mx cuda",
        "mem/triad f32 520n-mx opencl",
        "mem/triad f64 520n-mx opencl",
    ]


def test_a_time_that_does_not_grow_has_no_rate(report, made):
    odd = {n: 1e-3 / (OVERHEAD + 12 * n / RATE) for n in SIZES}  # all take 1 ms
    odd[SIZES[-1]] *= 0.98
    (fit,) = as_json(report, run(made, streams(odd=odd)))["fits"]
    assert fit["rate"] is None and fit["told"].startswith("no rate")


def test_page_has_the_line(report, made, tmp_path):
    assert report("html", run(made, streams()), "-o", tmp_path / "page.html")[0] == 0
    assert "us + bytes / 3." in (tmp_path / "page.html").read_text()
