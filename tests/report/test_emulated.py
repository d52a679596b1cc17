# SPDX-License-Identifier: Apache-2.0
"""What an emulator gave is marked so wherever it is told, and is no share of what a card can do."""

import csv
import io
import json

import pytest
from make_run import standard_cases
from runs import run_file

MARK = "[emulated]"
# An emulator by its class, and one that a runtime calls a card: the flag alone says it.
KINDS = {"by class": {"device_class": "emulated"}, "by flag": {"device_class": "fpga"}}


def flag(file):
    file["ranks/emulated"][:] = 1


@pytest.fixture(params=KINDS)
def emulated(request, made):
    def make(**more):
        edit = flag if request.param == "by flag" else None
        return made(**KINDS[request.param], edit=edit, **more)

    return make


@pytest.fixture
def real(made):
    return made(device_class="fpga", ranks=2, name="real.h5")


def test_show_marks_every_section_with_times(report, emulated, real):
    path = emulated(ranks=2)
    lines = report("show", path)[1].splitlines()
    assert MARK in lines[0]
    for title in ("Cases", "OpenCL against CUDA", "Phases of the APIs"):
        (line,) = [line for line in lines if line.startswith(f"{title}  (")]
        assert line.endswith(MARK)
    assert "emulat" not in report("show", real)[1]


def test_show_has_no_per_cent_of_a_card(report, emulated, real):
    path = emulated(ranks=2)
    assert "% peak" in (out := report("show", real)[1]) and "% ceiling" in out
    assert "% peak" not in (out := report("show", path)[1]) and "% ceiling" not in out
    data = json.loads(report("show", path, "--format", "json")[1])
    assert data["emulated"] is True and all(case["emulated"] for case in data["cases"])
    for name in ("pct_theoretical", "pct_ceiling"):
        assert all(case[name] is None for case in data["cases"])
    assert report("check", path)[0] == 0
    data = json.loads(report("show", real, "--format", "json")[1])
    assert data["emulated"] is False and not any(case["emulated"] for case in data["cases"])


def test_show_csv(report, emulated, real):
    rows = list(csv.DictReader(io.StringIO(report("show", emulated(), "--format", "csv")[1])))
    assert {row["emulated"] for row in rows} == {"True"}
    assert "True" not in report("show", real, "--format", "csv")[1]


def test_a_run_of_both_says_in_part(report, made):
    def one(file):
        file["ranks/emulated"][1] = 1

    out = report("show", made(ranks=2, edit=one))[1]
    assert "[emulated in part]" in out.splitlines()[0]


def test_cards(report, emulated, real):
    path = emulated(ranks=8)
    assert report("cards", path)[1].startswith(f"8 cards {MARK}: ")
    assert json.loads(report("cards", path, "--format", "json")[1])["emulated"] is True
    assert "emulat" not in report("cards", real)[1]


def test_a_slow_emulated_card_is_named_as_one(report, emulated):
    cases = standard_cases()
    for case in cases:
        case.slow = {3: 1.3}
    path = emulated(ranks=8, cases=cases)
    code, out, _ = report("cards", path)
    assert code == 1 and f"(rank 3) {MARK}" in out
    assert 'Reason="cardwise: emulated 0000:' in report("cards", path, "--slurm")[1]
    data = json.loads(report("cards", path, "--format", "json")[1])
    assert [card["emulated"] for card in data["cards"]] == [True]
    host = report("health", path)[1].splitlines()[0]
    assert host.split()[1] != "CW406" and "emulated: " in host


def test_health(report, emulated, real):
    code, out, _ = report("health", emulated(ranks=2))
    assert code == 4 and "is an emulator, not a card" in out
    assert "emulat" not in report("health", real)[1]


def test_compare_in_every_format(report, emulated, tmp_path):
    path = emulated(ranks=2)
    out = report("compare", path, path)[1]
    assert f"reference  {path} {MARK}\n" in out and f"new        {path} {MARK}\n" in out
    data = json.loads(report("compare", path, path, "--format", "json")[1])
    assert data["references"][0]["emulated"] is True and data["new"][0]["emulated"] is True
    for style in ("markdown", "junit"):
        assert "emulated" in report("compare", path, path, "--format", style)[1]
    report("compare", path, path, "--html", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().count(MARK) == 2


def test_compare_with_a_baseline(report, tmp_path):
    runs = [run_file(tmp_path / "all", i, device_class="emulated") for i in range(12)]
    new = run_file(tmp_path, 20, device_class="emulated")
    out = report("compare", "--baseline", tmp_path / "all", new)[1]
    (line,) = [line for line in out.splitlines() if line.startswith("baseline ")]
    assert line.endswith(MARK) and len(runs) == 12


def test_compare_of_cards_says_nothing_of_it(report, real):
    assert "emulated]" not in report("compare", real, real)[1]
    assert json.loads(report("compare", real, real, "--format", "json")[1])["new"][0]["emulated"] is False


@pytest.mark.parametrize("anonymise", [(), ("--anonymise",)])
def test_export(report, emulated, real, anonymise):
    cases = standard_cases()
    cases[0].status = "skipped"  # a row without a card
    path = emulated(ranks=2, cases=cases)
    data = json.loads(report("export", path, *anonymise)[1])
    assert data["context"]["cardwise_emulated"] is True
    assert all(card["emulated"] for card in data["context"]["cardwise_cards"])
    assert {row["label"] for row in data["benchmarks"]} == {"emulated"}
    rows = list(csv.DictReader(io.StringIO(report("export", path, "--format", "csv", *anonymise)[1])))
    assert any(not row["device_name"] for row in rows) and {row["emulated"] for row in rows} == {"1"}
    data = json.loads(report("export", real)[1])
    assert data["context"]["cardwise_emulated"] is False and not any("label" in row for row in data["benchmarks"])
    rows = csv.DictReader(io.StringIO(report("export", real, "--format", "csv")[1]))
    assert {row["emulated"] for row in rows} == {"0"}


def test_no_reference_is_made_of_it(report, emulated, tmp_path):
    target = tmp_path / "reference.json"
    code, _, err = report("reference", emulated(), "-o", target)
    assert code == 2 and "is of an emulator" in err and not target.exists()
    assert report("reference", emulated(), "-o", target, "--force")[0] == 2 and not target.exists()


def test_it_stands_against_no_reference(report, made, emulated, tmp_path, monkeypatch):
    folder = tmp_path / "references"
    assert report("reference", made(name="good.h5"), "-o", folder / "nvidia-h100-80gb-hbm3.json")[0] == 0
    monkeypatch.setenv("CARDWISE_REFERENCE", str(folder))
    assert "% of the reference" in report("show", made(name="good.h5"))[1]
    path = emulated()
    for command in ("show", "cards", "health"):
        assert "% of the reference" not in report(command, path)[1]


def test_history(report, emulated, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = emulated(name="run.h5").parent
    for _ in range(2):  # from the file, from the cache
        assert f"{MARK}: 1 run" in report("history", folder)[1]
    (group,) = json.loads(report("history", folder, "--format", "json")[1])["groups"]
    assert group["models"] == [f"NVIDIA H100 80GB HBM3 {MARK}"]
    report("history", folder, "-o", tmp_path / "page.html")
    assert MARK in (tmp_path / "page.html").read_text()


def test_history_never_joins_it_with_cards_of_the_same_name(report, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run_file(tmp_path / "all", 1, device_class="emulated")
    run_file(tmp_path / "all", 2)
    groups = json.loads(report("history", tmp_path / "all", "--format", "json")[1])["groups"]
    assert sorted(len(group["runs"]) for group in groups) == [1, 1]


def test_page(report, emulated, real, tmp_path):
    for path, there in ((emulated(ranks=2), True), (real, False)):
        assert report("html", path, "-o", tmp_path / "page.html")[0] == 0
        text = (tmp_path / "page.html").read_text()
        assert (f"{MARK}</h1>" in text) == there
        assert ("Emulated: no figure below says anything about a card." in text) == there
