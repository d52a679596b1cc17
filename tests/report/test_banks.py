# SPDX-License-Identifier: Apache-2.0
"""Memory banks of an FPGA card: each alone, then a ramp to all, against banks x width x clock."""

import pytest
from helpers import as_json
from image_runs import BANK, arguments, manifest, with_image
from make_run import Spec

N = 1 << 22
BYTES = 12.0 * N  # of one replication's triad
PIPELINE = 8 * 4 * 250e6
RATES = {"bank=0": 7.0e9, "bank=1": 6.0e9, "bank=2": 5.0e9, "bank=3": 7.2e9, "replications=2": 12e9}
RATES["replications=4"] = 20e9


def banks(rates=RATES, variant="520n-mx", **more):
    """A case each: one bank alone, or several replications at once."""
    out = []
    for name, rate in rates.items():
        word, _, number = name.partition("=")
        work = BYTES * max(1, int(number) if word == "replications" and number.isascii() else 1)
        key = {"backend": "opencl", "data": "grid", "dtype": "f32", "n": str(N), "variant": variant, "wv": "1"}
        out.append(Spec("mem/banks", key | {word: number} | more, work / rate, work=work))
    return out


def four(bank=BANK, **more):
    """An image of four replications, at a bank each."""
    text = manifest(memory={"bytes_per_s": 32 * bank, "banks": {f"HBM{k}": bank for k in range(4)}})
    entry = text["kernels"][0]
    text["kernels"] = [entry | {"entry": f"t{k}", "arguments": arguments(f"HBM{k}")} for k in range(4)]
    return text | more


def run(made, cases=None, text=None, **options):
    edit = with_image(four() if text is None else text)
    options = {"device_class": "fpga"} | options
    return made(cases=banks() if cases is None else cases, edit=edit, noise=1e-4, **options)


def rows_of(report, path):
    return {row["replications"]: row for row in as_json(report, path)["banks"]}


def test_banks_alone_and_the_ramp_stand_against_their_peaks(report, made):
    rows = rows_of(report, run(made))
    assert list(rows) == [1, 2, 4]
    alone, all_ = rows[1], rows[4]
    assert alone["cases"] == 4 and alone["rate"] == pytest.approx(6.5e9, rel=0.01)
    assert (alone["slowest"], alone["fastest"]) == ("HBM2", "HBM3")
    assert alone["least"] == pytest.approx(5e9, rel=0.01) and alone["most"] == pytest.approx(7.2e9, rel=0.01)
    assert (alone["peak"], alone["limit"]) == (PIPELINE, "pipeline")
    assert (all_["peak"], all_["limit"], all_["cases"]) == (4 * PIPELINE, "pipeline", 1)
    assert all_["of_peak"] == pytest.approx(20e9 / 32e9, rel=0.01)


def test_the_table_is_shown(report, made):
    block = next(b for b in report("show", run(made))[1].split("\n\n") if b.startswith("Memory banks"))
    alone, two, four_ = block.splitlines()[2:]
    assert "520n-mx opencl f32  each of 4 alone" in alone and "(5.000 GB/s HBM2 .. 7." in alone and " HBM3)" in alone
    assert alone.split()[-4:] == ["GB/s", "pipeline", "81", "%"]
    assert "2 together" in two and "  12.0" in two and two.endswith("16.00 GB/s  pipeline   75 %")
    assert "4 together" in four_ and four_.endswith("32.00 GB/s  pipeline   62 %")


def test_memory_limits_where_its_banks_are_slower(report, made):
    rows = rows_of(report, run(made, text=four(bank=7.5e9)))
    assert (rows[1]["peak"], rows[1]["limit"]) == (7.5e9, "memory")
    assert (rows[4]["peak"], rows[4]["limit"]) == (30e9, "memory")


def test_replications_at_one_bank_share_it(report, made):
    text = four()
    for kernel in text["kernels"]:
        kernel["arguments"] = arguments("HBM0")
    rows = rows_of(report, run(made, text=text))
    assert (rows[4]["peak"], rows[4]["limit"]) == (BANK, "memory")


def test_what_was_stopped_on_the_ramp_leaves_the_rest(report, made):
    cases = banks()
    cases[-1].status = "failed"
    assert list(rows_of(report, run(made, cases))) == [1, 2]


def test_an_emulated_card_has_no_peak(report, made):
    rows = rows_of(report, path := run(made, device_class="emulated"))
    assert rows[4]["peak"] is None and rows[4]["of_peak"] is None and rows[4]["limit"] == ""
    block = next(b for b in report("show", path)[1].split("\n\n") if b.startswith("Memory banks"))
    assert "[emulated]" in block and "peak" not in block and "%" not in block


STRANGE = {
    "bank=": 1e9, "bank=x": 1e9, "bank=-1": 1e9, "bank=99": 1e9, "replications=0": 1e9,
    "replications=5": 1e9, "bank=123456789": 1e9, "replications=²": 1e9,
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_what_the_image_has_not_is_no_row(report, made, name):
    assert as_json(report, run(made, banks({name: 1e9})))["banks"] == []


def test_only_of_an_image_that_can_be_read(report, made):
    assert as_json(report, run(made, banks(variant="portable")))["banks"] == []
    assert as_json(report, run(made, text="{"))["banks"] == []
    assert "Memory banks" not in report("show", run(made, text="{"))[1]


def test_page_has_the_table(report, made, tmp_path):
    assert report("html", run(made), "-o", tmp_path / "page.html")[0] == 0
    page = (tmp_path / "page.html").read_text()
    assert "Memory banks" in page and "each of 4 alone" in page
