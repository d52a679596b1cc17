# SPDX-License-Identifier: Apache-2.0
"""Are reference values made of good runs only, and refused where they cannot be true?"""

import json

import numpy as np
import pytest
from make_run import Spec
from runs import SAME, run_file

MODEL = "NVIDIA H100 80GB HBM3"
FILE = "nvidia-h100-80gb-hbm3.json"


def cases(factor=1.0):
    """Near the peak of make_run's cards: 3.35 TB/s, 67 TFLOP/s, PCIe 5 x16."""
    array = {**SAME, "n": "1024", "cache": "dram"}
    copy = {"backend": "cuda", "cards": "all", "mem": "pinned", "wv": "1"}
    return [
        Spec("mem/triad", array, 1e-3 * factor, work=3e9),
        Spec("compute/gemm", array, 1e-3 * factor, "FLOP/s", work=5e10),
        Spec("copy/h2d", {**copy, "bytes": str(1 << 28)}, 5e-3 * factor, work=float(1 << 28)),
        Spec("copy/h2d", {**copy, "bytes": "4096"}, 5e-6 * factor, work=4096.0),
        Spec("latency/roundtrip", SAME, 6e-6 * factor, "s"),
    ]


def sizes(file):
    file["index/n_bytes"][2:4] = 1 << 28, 4096


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CARDWISE_REFERENCE", str(tmp_path / "ref"))
    return tmp_path / "ref"


@pytest.fixture
def made(report, tmp_path, folder):
    """References of a good run; gives a function that changes their JSON."""
    good = run_file(tmp_path, 1, cases=cases(), edit=sizes)
    assert report("reference", good, "-o", folder / FILE)[0] == 0

    def change(edit):
        data = json.loads((folder / FILE).read_text())
        edit(data)
        (folder / FILE).write_text(json.dumps(data))

    return change


def test_each_value_has_unit_source_date_and_card(made, folder):
    data = json.loads((folder / FILE).read_text())
    by_name = {v["case_key"].partition("?")[0]: v for v in data["values"]}
    triad = by_name["mem/triad"]

    assert data["model"] == MODEL and len(data["values"]) == 5
    assert triad["unit"] == "B/s" and triad["value"] == pytest.approx(3e12, rel=0.01)
    assert triad["peak"] == 3.35e12 and triad["date"] == "2026-05-02"
    assert triad["source"].startswith("cardwise run 0190b0a1-5c3e-7abc-8def-000000000001 on ")
    assert triad["cards"] == ["GPU-00000000-1111-2222-3333-444455556666"]
    assert by_name["latency/roundtrip"]["unit"] == "s"
    small = next(v for v in data["values"] if "bytes=4096" in v["case_key"])
    assert small["peak"] is None


def test_show_tells_per_cent_of_the_reference(report, made, tmp_path):
    path = run_file(tmp_path, 2, cases=cases(1 / 0.93), edit=sizes)
    code, out, _ = report("show", path)
    data = json.loads(report("show", path, "--format", "json")[1])

    assert code == 0 and "93 % of the reference of 2026-05-02 (median of 5 cases)" in out
    assert [round(c["pct_reference"]) for c in data["cases"]] == [93] * 5
    assert data["reference"]["date"] == "2026-05-02"


def test_show_without_a_reference_says_nothing(report, tmp_path, folder):
    out = report("show", run_file(tmp_path, 2))[1]

    assert "eference" not in out


def refuse(name, **values):
    def edit(data):
        entry = next(v for v in data["values"] if v["case_key"].startswith(name))
        entry.update(values)

    return edit


def twice(data):
    data["values"].append(dict(data["values"][0]))


def two_units(data):
    data["values"].append({**data["values"][0], "case_key": "compute/gemm?x=1", "unit": "s"})


BAD = {
    "outside 0.3 to 1.05 of the computed peak": refuse("mem/triad", value=0.99e12),
    "outside 0.3 to 1.05 of the computed peak 3.35e+12": refuse("mem/triad", value=3.6e12),
    "outside 0.3 to 1.05 of the computed peak 3.35e+12 ": refuse("mem/tri", value=4e12, peak=None),
    "mixes units": two_units,
    "mixes units: s, measured in B/s": refuse("mem/triad", unit="s", peak=None),
    "names the card GPU twice": refuse("mem/triad", cards=["GPU", "CPU", "GPU"]),
    "twice": twice,
    "cards: is no list": refuse("mem/triad", cards=[]),
    "unit GB/s is none of": refuse("mem/triad", unit="GB/s"),
    "value: is no number above 0": refuse("mem/triad", value=0),
    "value: is no number": refuse("mem/triad", value=float("nan")),
    "value: is no number above": refuse("mem/triad", value=True),
    "date 20.11.2026 is no": refuse("mem/triad", date="20.11.2026"),
    "source: is no text": refuse("mem/triad", source=""),
    "is of the model A100": lambda data: data.update(model="A100"),
    "model: is no text": lambda data: data.update(model=7),
    "no schema cardwise.reference": lambda data: data.update(schema="x"),
    "has version 2": lambda data: data.update(version=2),
    "values: is no list": lambda data: data.update(values={}),
    "values[5]: is no object": lambda data: data["values"].append(3),
}


@pytest.mark.parametrize("words", BAD)
def test_what_cannot_be_true_is_refused_on_load(report, made, tmp_path, words):
    made(BAD[words])
    code, out, _ = report("show", run_file(tmp_path, 2, cases=cases(), edit=sizes))

    assert code == 0 and "reference refused" in out and words.strip() in out
    assert " % of the reference of " not in out


def test_text_that_is_no_json_is_refused(report, made, folder, tmp_path):
    (folder / FILE).write_text("{")

    assert "is no JSON" in report("show", run_file(tmp_path, 2, cases=cases(), edit=sizes))[1]


def throttled(file):
    sizes(file)
    file["index/throttled_frac"][0] = 0.1


def not_ok(file):
    file.attrs["exit_code"] = np.int32(1)


def ecc(file):
    file["ranks/ecc_uncorrected_start"][:] = 0
    file["ranks/ecc_uncorrected_end"][:] = 1


NOT_GOOD = {
    "ended with signal": {"complete": 0, "exit_reason": "signal"},
    "exit code 1": {"edit": not_ok},
    "was wrong": {"status": {"mem/copy": "wrong"}},
    "of an emulator": {"device_class": "emulated"},
    "memory errors": {"edit": ecc},
    "faults were planted": {"edit": lambda f: f["provenance/planted_faults"].__setitem__((), "x")},
}


@pytest.mark.parametrize("words", NOT_GOOD)
def test_only_good_runs_make_references(report, tmp_path, folder, words):
    path = run_file(tmp_path, 1, **NOT_GOOD[words])
    code, _, err = report("reference", path, "-o", folder / FILE)

    assert code == 2 and words in err and not (folder / FILE).exists()


def test_doubtful_cases_are_left_out_and_named(report, tmp_path, folder):
    slow = cases()
    slow[1].seconds *= 10
    path = run_file(tmp_path, 1, cases=slow, edit=throttled)
    code, out, err = report("reference", path, "-o", folder / FILE)

    assert code == 0 and "3 values" in out
    assert "left out: mem/triad" in err and "throttled" in err
    assert "left out: compute/gemm" in err and "outside 0.3 to 1.05" in err


def test_a_file_is_replaced_only_by_force(report, made, folder, tmp_path):
    path = run_file(tmp_path, 2, cases=cases(), edit=sizes)

    assert report("reference", path, "-o", folder / FILE)[0] == 2
    assert report("reference", path, "-o", folder / FILE, "--force")[0] == 0
    assert '"2026-05-03"' in (folder / FILE).read_text() and len(list(folder.iterdir())) == 1


def test_a_folder_that_cannot_be_written(report, tmp_path, folder):
    (tmp_path / "ref").write_text("a file")
    path = run_file(tmp_path, 1, cases=cases(), edit=sizes)
    code, _, err = report("reference", path, "-o", folder / FILE)

    assert code == 2 and "cannot be written" in err
