# SPDX-License-Identifier: Apache-2.0
"""Kernels of one meaning side by side: C, Rust, one code through both APIs."""

import re

import pytest
from helpers import as_json
from make_run import Spec

from cardwise_report import ratios, variants

BOTH = ("opencl", "cuda")


def specs(times, name="mem/stencil3d", **more):
    """A case for each (variant, API): seconds."""
    key = {"data": "grid", "dtype": "f32", "n": "1024", "wv": "1"} | more
    return [
        Spec(name, key | {"backend": api, "variant": variant}, seconds, work=1e9)
        for (variant, api), seconds in times.items()
    ]


def same_code(opencl, cuda, same_opencl, same_cuda):
    keys = [(v, api) for v in ("portable", "same-code") for api in BOTH]
    return dict(zip(keys, (opencl, cuda, same_opencl, same_cuda)))


def section(out, title):
    block = next(b for b in out.split("\n\n") if b.startswith(title))
    return block.splitlines()


def test_times_and_ratios_stand_side_by_side(report, made):
    times = dict(zip([(v, a) for v in ("portable", "rust") for a in BOTH], (1.0, 2.0, 0.9, 2.0)))
    path = made(cases=specs({k: v * 1e-3 for k, v in times.items()}), noise=1e-5)
    code, out, err = report("show", path)
    assert (code, err) == (0, "")
    _, names, row = section(out, "Kernels side by side")
    heads = re.split(r"  +", names)
    assert heads[:5] == ["kernel", "C by OpenCL", "C by CUDA", "Rust by CUDA", "Rust by OpenCL"]
    assert heads[5:] == ["Rust / C by CUDA", "95 % interval", "Rust / C by OpenCL", "95 % interval"]
    cells = re.split(r"  +", row)
    assert cells[0] == "mem/stencil3d f32 n=1024"
    assert cells[1:5] == ["1.000 ms", "2.000 ms", "2.000 ms", "900.0 us"]
    assert cells[7] == "equal within 1 %" and cells[10] == "Rust faster by 11 %"
    found = {(v["variant"], v["backend"]): v for v in as_json(report, path)["variants"]["kernels"][0]["variants"]}
    assert "to_portable" not in found["portable", "cuda"]
    ratio = found["rust", "opencl"]["to_portable"]
    assert ratio["ratio"] == pytest.approx(0.9, rel=1e-3)
    assert ratio["ratio_lo"] <= ratio["ratio"] <= ratio["ratio_hi"]


def test_ratio_is_to_the_same_api_only(report, made):
    path = made(cases=specs({("portable", "cuda"): 1e-3, ("rust", "opencl"): 1e-3}))
    _, out, _ = report("show", path)
    assert "C by CUDA  Rust by OpenCL\n" in out and "Rust / C" not in out
    assert all("to_portable" not in v for v in as_json(report, path)["variants"]["kernels"][0]["variants"])


def test_one_variant_alone_gives_no_table(report, made):
    for variant in ("portable", "emulator"):
        path = made(cases=specs({(variant, api): 1e-3 for api in BOTH}), name=f"{variant}.h5")
        assert "side by side" not in report("show", path)[1]
        assert as_json(report, path)["variants"] == {"kernels": [], "api_and_compiler": []}


def test_sizes_and_types_are_rows_of_their_own(report, made):
    times = {("portable", "cuda"): 1e-3, ("rust", "cuda"): 1e-3}
    cases = specs(times) + specs(times, n="2048") + specs(times, dtype="f64")
    rows = section(report("show", made(cases=cases))[1], "Kernels side by side")[2:]
    assert sorted(row.partition("  ")[0] for row in rows) == [
        "mem/stencil3d f32 n=1024",
        "mem/stencil3d f32 n=2048",
        "mem/stencil3d f64 n=1024",
    ]


def test_difference_is_split_into_the_apis_part_and_the_compilers(report, made):
    path = made(cases=specs(same_code(0.949e-3, 1e-3, 1.003e-3, 1e-3)), noise=1e-6)
    lines = section(report("show", path)[1], "OpenCL against CUDA: the API's part")
    assert lines[-1].endswith("OpenCL faster by 5.4 %: API +0.3 %, compiler -5.7 %")
    (part,) = as_json(report, path)["variants"]["api_and_compiler"]
    whole, api, compiler = (part[n]["ratio"] for n in ("opencl_to_cuda", "api", "compiler"))
    assert whole == pytest.approx(0.949, rel=1e-4) and api == pytest.approx(1.003, rel=1e-4)
    assert compiler == pytest.approx(0.949 / 1.003, rel=1e-4)
    assert part["compiler"]["verdict"] == "OpenCL faster by 5.7 %"
    assert part["api"]["verdict"] == "equal within 1 %"
    assert part["compiler"]["ratio_lo"] <= compiler <= part["compiler"]["ratio_hi"]


def test_no_split_without_one_of_the_four(report, made):
    times = same_code(1e-3, 1e-3, 1e-3, 1e-3)
    for missing in times:
        path = made(cases=specs({k: v for k, v in times.items() if k != missing}), name=f"{'-'.join(missing)}.h5")
        assert as_json(report, path)["variants"]["api_and_compiler"] == []
        assert "API's part" not in report("show", path)[1]


def test_too_few_rounds_give_no_interval_and_no_words(report, made):
    path = made(cases=specs(same_code(1e-3, 1e-3, 1e-3, 1e-3)), rounds=3)
    (part,) = as_json(report, path)["variants"]["api_and_compiler"]
    assert part["api"]["ratio_lo"] is None and part["told"] == ""


def test_a_part_of_nothing_has_no_minus():
    nothing = ratios.Ratio(0.99999)
    assert variants._signed(nothing) == "+0.0 %"


def test_page_has_both_tables_with_escaped_names(report, made, tmp_path):
    times = same_code(1e-3, 1e-3, 1e-3, 1e-3) | {("<b>", "cuda"): 1e-3}
    code, _, err = report("html", made(cases=specs(times)), "-o", tmp_path / "page.html")
    assert (code, err) == (0, "")
    text = (tmp_path / "page.html").read_text()
    assert "Kernels side by side" in text and "the API's part and the compiler's" in text.replace("&#x27;", "'")
    assert "&lt;b&gt; by CUDA" in text and "<b> by CUDA" not in text


def test_a_file_of_many_variants_has_no_endless_row(report, made):
    cases = specs({(f"v{i:03d}", "cuda"): 1e-3 for i in range(40)} | {("portable", "cuda"): 1e-3})
    names = section(report("show", made(cases=cases))[1], "Kernels side by side")[1]
    assert names.count(" by CUDA") == 1 + 2 * variants.MAX_VARIANTS and "v005" in names and "v006" not in names


def test_a_time_on_a_page_keeps_its_unit(report, made, tmp_path):
    times = {("portable", "cuda"): 1e-3, ("rust", "cuda"): 2e-3}
    report("html", made(cases=specs(times), noise=1e-6), "-o", tmp_path / "page.html")
    assert ">2.000&nbsp;ms<" in (tmp_path / "page.html").read_text()
