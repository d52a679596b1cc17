# SPDX-License-Identifier: Apache-2.0
"""A kernel of one variant is never compared with that of another; what is missing is said."""

import json

import pytest
from make_run import Spec
from runs import run_file

WORDS = "variants are not compared"


def specs(*which, seconds=1e-3):
    """A case for each variant and API; rust takes ten times as long."""
    key = {"data": "grid", "dtype": "f32", "n": "1024", "wv": "1"}
    return [
        Spec("mem/triad", key | {"backend": b, "variant": v}, seconds * (10 if v == "rust" else 1), work=1e9)
        for v, b in which
    ]


PORTABLE, RUST, BOARD = ("portable", "cuda"), ("rust", "cuda"), ("520n-mx", "cuda")


def rows_of(report, *paths):
    code, out, err = report("compare", *paths, "--format", "json")
    assert err == ""
    return {row["case_key"].partition("variant=")[2].partition("&")[0]: row for row in json.loads(out)["rows"]}


def test_each_variant_is_compared_with_itself(report, tmp_path):
    old, new = (run_file(tmp_path, i, cases=specs(PORTABLE, RUST)) for i in (1, 2))
    rows = rows_of(report, old, new)
    assert set(rows) == {"portable", "rust"}
    for row in rows.values():
        assert row["verdict"] == "SAME" and abs(row["change"]) < 0.01


def test_a_reference_that_lacks_the_variant_says_so(report, tmp_path):
    old = run_file(tmp_path, 1, cases=specs(PORTABLE))
    new = run_file(tmp_path, 2, cases=specs(PORTABLE, RUST, BOARD))
    rows = rows_of(report, old, new)
    assert rows["portable"]["verdict"] == "SAME"
    for name in ("rust", "520n-mx"):
        assert rows[name]["verdict"] == "ADDED" and rows[name]["change"] is None
        assert rows[name]["reason"] == f"not in the reference; there it is portable: {WORDS}"
    out = report("compare", old, new)[1]
    assert f"(2 in another variant before: {WORDS})" in out
    report("compare", old, new, "--html", tmp_path / "page.html")
    assert f"(2 in another variant before: {WORDS})" in (tmp_path / "page.html").read_text()


def test_a_new_run_that_lacks_the_variant_says_so(report, tmp_path):
    common = Spec("mem/copy", {"backend": "cuda", "n": "1024", "variant": "portable", "wv": "1"}, 1e-3, work=1e9)
    old = run_file(tmp_path, 1, cases=[*specs(RUST), common])
    new = run_file(tmp_path, 2, cases=[*specs(PORTABLE), common])
    out = report("compare", old, new)[1]
    assert f"not in the new run; there it is portable: {WORDS}" in out
    assert f"(1 in another variant before: {WORDS})" in out


def test_runs_without_a_common_variant_are_not_comparable(report, tmp_path):
    old, new = run_file(tmp_path, 1, cases=specs(PORTABLE)), run_file(tmp_path, 2, cases=specs(RUST))
    code, out, err = report("compare", old, new)
    assert code == 3 and out == ""
    assert f"no case is in both runs: portable before, rust now, and {WORDS}" in err


def test_a_baseline_that_lacks_the_variant(report, tmp_path):
    for i in range(12):
        run_file(tmp_path / "all", i, cases=specs(PORTABLE))
    new = run_file(tmp_path, 20, cases=specs(PORTABLE, RUST))
    code, out, _ = report("compare", "--baseline", tmp_path / "all", new)
    assert code == 0 and f"(1 in another variant before: {WORDS})" in out


def test_a_case_that_is_new_altogether_says_nothing_of_variants(report, tmp_path):
    other = [Spec("mem/copy", {"backend": "cuda", "n": "1024", "variant": "portable", "wv": "1"}, 1e-3, work=1e9)]
    old = run_file(tmp_path, 1, cases=specs(PORTABLE))
    new = run_file(tmp_path, 2, cases=specs(PORTABLE) + other)
    out = report("compare", old, new)[1]
    assert "added: mem/copy" in out and WORDS not in out


@pytest.mark.parametrize(
    ("variant", "options", "words"),
    [
        ("portable", {}, "quick --filter"),
        ("rust", {}, "quick --image IMAGE --filter"),
        ("same-code", {}, "quick --same-code --filter"),
        ("emulator", {"device_class": "emulated"}, "quick --type emulated --image IMAGE --filter"),
    ],
)
def test_command_to_confirm_measures_that_variant(report, tmp_path, variant, options, words):
    more = {"root": {"profile": "quick"}} | options
    for i in range(12):
        run_file(tmp_path / "all", i, cases=specs((variant, "opencl")), **more)
    new = run_file(tmp_path, 20, cases=specs((variant, "opencl"), seconds=2e-3), **more)
    out = report("compare", "--baseline", tmp_path / "all", new)[1]
    assert f"cardwise run --profile {words} " in out
