# SPDX-License-Identifier: Apache-2.0
"""Does a run reach other programs whole, and without the names of a site if asked for?"""

import csv
import io
import json

import pytest
from make_run import GIB
from runs import few_cases, run_file

SECRETS = ("nid0000", "GPU-0000", "SN-4711", "meluxina", "0190b0a1", "because")


def named(file):
    file["ranks/device_serial"][...] = "SN-4711"


def make(tmp_path, number=1, **options):
    cases = few_cases(status={"mem/copy": "failed"})
    cases[0].text = "rank 1 on nid0000.meluxina.lu: because"
    root = {"system": "meluxina"}
    return run_file(tmp_path, number, ranks=2, cases=cases, edit=named, root=root, **options)


def test_json_is_what_google_benchmark_writes(report, tmp_path):
    code, out, _ = report("export", make(tmp_path))
    data = json.loads(out)
    triad = next(b for b in data["benchmarks"] if b["name"].startswith("mem/triad"))
    failed = next(b for b in data["benchmarks"] if b["name"].startswith("mem/copy"))

    assert code == 0 and data["context"]["host_name"] == "nid0000"
    assert data["context"]["cardwise_cards"][1]["device_serial"] == "SN-4711"
    assert triad["run_type"] == "iteration" and triad["time_unit"] == "ns"
    assert triad["real_time"] == pytest.approx(1e6, rel=0.01)
    assert triad["bytes_per_second"] == pytest.approx(3e12, rel=0.01)
    assert failed["error_occurred"] is True and "nid0000.meluxina.lu" in failed["error_message"]


def test_csv_has_a_row_a_case_and_card(report, tmp_path):
    code, out, _ = report("export", make(tmp_path), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    triad = [row for row in rows if row["case_key"].startswith("mem/triad")]

    assert code == 0 and len(triad) == 2 and [row["rank"] for row in triad] == ["0", "1"]
    assert triad[1]["identity"].startswith("GPU-00000001") and triad[1]["host"] == "nid0000"
    assert float(triad[0]["card_s"]) == pytest.approx(1e-3, rel=0.01)
    assert float(triad[0]["rate_of_a_card"]) == pytest.approx(3e12, rel=0.01)
    assert [row["status"] for row in rows if row["case_key"].startswith("mem/copy")] == ["failed"]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_no_name_of_the_site_is_left(report, tmp_path, form):
    plain = report("export", make(tmp_path), "--format", form)[1]
    out = report("export", make(tmp_path, name="x.h5"), "--format", form, "--anonymise")[1]

    assert "nid0000" in plain and "SN-4711" in plain
    assert not [secret for secret in SECRETS if secret.lower() in out.lower()]
    assert "NVIDIA H100 80GB HBM3" in out and "host-" in out and "serial-" in out


def test_made_up_names_are_stable_and_depend_on_the_salt(report, tmp_path):
    def cards(number, *more):
        path = make(tmp_path, number)
        data = json.loads(report("export", path, "--anonymise", *more)[1])
        return [card["identity"] for card in data["context"]["cardwise_cards"]]

    first, later = cards(1), cards(2)
    salted = cards(1, "--salt", "secret")

    assert first == later and len(set(first)) == 2
    assert not set(first) & set(salted)
    assert report("export", make(tmp_path), "--salt", "x")[0] == 2


def test_unusable_input(report, tmp_path):
    bad = tmp_path / "bad.h5"
    bad.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(GIB >> 20))

    assert report("export", bad)[0] == 2
    assert report("export", tmp_path)[0] == 2


def test_control_characters_are_escaped(report, tmp_path):
    def evil(file):
        file["ranks/host"][...] = "a\x1b[31m,\n"

    path = run_file(tmp_path, 1, edit=evil)

    assert "\x1b" not in report("export", path)[1]
    out = report("export", path, "--format", "csv")[1]
    assert "\x1b" not in out and len(out.splitlines()) == 6


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_median_that_is_no_time_is_none(report, tmp_path, form):
    """So small that it is 0 in seconds: a damaged file, found by fuzz.py."""

    def edit(file):
        for case in file["cases"].values():
            case["median_ns"][...] = 5e-324

    code, out, err = report("export", run_file(tmp_path, 1, cases=few_cases(), edit=edit), "--format", form)

    assert code in (0, 1, 2) and "internal error" not in err, err
