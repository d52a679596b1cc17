# SPDX-License-Identifier: Apache-2.0
"""Launch overhead and rate of an FPGA's stream kernels, over the sizes of one variant."""

import pytest
from helpers import as_json
from image_runs import manifest, with_image
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


def test_rate_is_held_against_the_pipeline(report, made):
    (fit,) = as_json(report, run(made, streams()))["fits"]
    assert fit["pipeline"] == PIPELINE
    assert fit["of_pipeline"] == pytest.approx(RATE / PIPELINE, rel=0.01)
    assert "8.000 GB/s   39 %" in report("show", run(made, streams()))[1]


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
    text = manifest(clock_hz=0) if what == "clock" else manifest()
    for entry in text["kernels"]:
        entry["name"] = "copy" if what == "kernel" else entry["name"]
        entry["dtype"] = "f64" if what == "dtype" else entry["dtype"]
    if what == "flags":
        text["compiler"]["flags"] = ["-DVECTOR=0", "-DVECTOR=x", 5, "-DVECTOR=99999999"]
    path = run(made, streams(), text)
    if what == "emulated":
        path = made(cases=streams(), edit=with_image(text), device_class="emulated", name="emulated.h5")
    (fit,) = as_json(report, path)["fits"]
    assert fit["pipeline"] is None and fit["of_pipeline"] is None and fit["rate"] > 0
    out = report("show", path)[1]
    assert "pipeline" not in out
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
