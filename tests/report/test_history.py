# SPDX-License-Identifier: Apache-2.0
"""Does `history` find since when a system is slower, and `ack` end it?"""

import datetime
import json
import pathlib
import sys

import numpy as np
import pytest
from make_run import make_run
from runs import few_cases

RUNS, STEP = 24, 18


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cardwise-report"


def make(folder, runs=RUNS, step=STEP, factor=1.04, ranks=1, slow=None, **options):
    """A run a day; from `step` on the cases of mem take longer, and the driver is another."""
    dice = np.random.default_rng(11)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for i in range(runs):
        day = datetime.datetime(2026, 1, 1, 3) + datetime.timedelta(days=i)
        factors = {case.name: float(np.exp(0.004 * dice.standard_normal())) for case in few_cases()}
        if i >= step:
            factors |= {n: f * factor for n, f in factors.items() if n.startswith("mem")}
        cases = few_cases(factors)
        for case in cases:
            case.slow = slow if slow and i >= step else {}

        def edit(file, i=i):
            if i >= step:
                file["ranks/driver_version"][...] = "560.1"

        root = {
            "created_utc": f"{day:%Y-%m-%dT%H:%M:%SZ}",
            "run_id": f"{options.get('label', 'run')}-{i:06d}",
        }
        path = pathlib.Path(folder) / f"{day:%Y%m%dT%H%M%SZ}-{i:08d}.h5"
        root |= options.get("root", {})
        make_run(path, ranks=ranks, cases=cases, seed=i, block=2, root=root, edit=edit)


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """A folder with a step in the cases of mem; copied by nobody, never changed."""
    folder = tmp_path_factory.mktemp("steps")
    make(folder)
    return folder


def test_the_first_bad_run_and_what_changed_there(report, steps, tmp_path):
    page = tmp_path / "page.html"
    code, out, err = report("history", steps, "-o", page)

    assert code == 1 and err == ""
    assert "SLOWER since 2026-01-19T03:00:00Z, 3 series" in out
    assert "first run   " in out and "20260119T030000Z-00000018.h5" in out
    assert "changed     driver_version: 550.54.15 → 560.1 (the card)" in out
    assert "1 open slowdown, 0 open speed-ups" in out
    text = page.read_text()
    assert text.count("<svg") == 3 and "slower since 2026-01-19" in text
    assert "<script" not in text and "http" not in text.replace("http-equiv", "")


def test_json(report, steps):
    code, out, _ = report("history", steps, "--format", "json")
    incident = json.loads(out)["incidents"][0]

    assert code == 1 and incident["first_utc"] == "2026-01-19T03:00:00Z" and incident["slower"]
    assert {c["series"].partition("?")[0] for c in incident["changes"]} == {
        "mem/copy",
        "mem/saxpy",
        "mem/triad",
    }
    assert all(c["effect"] == pytest.approx(0.04, abs=0.01) for c in incident["changes"])


def test_no_step_is_no_incident(report, tmp_path):
    make(tmp_path / "runs", factor=1.0)
    code, out, _ = report("history", tmp_path / "runs")

    assert code == 0 and "0 open slowdowns, 0 open speed-ups" in out


def test_a_speed_up_is_told_and_no_failure(report, tmp_path):
    make(tmp_path / "runs", factor=0.96)
    code, out, _ = report("history", tmp_path / "runs")

    assert code == 0 and "FASTER since 2026-01-19" in out


def test_a_card_that_becomes_slow_is_named(report, tmp_path):
    make(tmp_path / "runs", factor=1.0, ranks=8, slow={5: 1.1})
    code, out, _ = report("history", tmp_path / "runs", "--format", "json")
    incident = json.loads(out)["incidents"][0]
    named = {c["series"] for c in incident["changes"] if c["figure"] == "card"}

    assert code == 1 and incident["first_utc"].startswith("2026-01-19")
    assert "mem on card GPU-00000005-1111-2222-3333-444455556666" in named
    assert not [name for name in named if "GPU-00000005" not in name]


def test_ack_ends_an_incident(report, tmp_path):
    make(tmp_path / "runs")
    name = json.loads(report("history", tmp_path / "runs", "--format", "json")[1])["incidents"][0]
    words = "ack", tmp_path / "runs", name["incident"], "--reason", "new driver <b>"
    code, out, _ = report(*words)
    remarks = json.loads((tmp_path / "runs" / "annotations.json").read_text())

    assert code == 0 and "acknowledged from 2026-01-19T03:00:00Z on" in out
    assert remarks["breaks"][0]["reason"] == "new driver <b>"
    assert report("history", tmp_path / "runs")[0] == 0
    assert report(*words)[0] == 2  # it is open no more


def test_ack_keeps_what_others_wrote(report, tmp_path):
    make(tmp_path / "runs")
    other = {"breaks": [{"system": "x", "first_utc": "2025", "reason": "r"}], "remarks": ["kept"]}
    (tmp_path / "runs" / "annotations.json").write_text(json.dumps(other))
    name = json.loads(report("history", tmp_path / "runs", "--format", "json")[1])["incidents"][0]
    report("ack", tmp_path / "runs", name["incident"], "--reason", "r")
    now = json.loads((tmp_path / "runs" / "annotations.json").read_text())

    assert len(now["breaks"]) == 2 and now["remarks"] == ["kept"]


@pytest.mark.parametrize("incident, reason", [("00000000", "r"), ("x" * 10_000, "r"), ("a", " ")])
def test_ack_of_nothing(report, steps, incident, reason):
    code, _, err = report("ack", steps, incident, "--reason", reason)

    assert code == 2 and err and not (steps / "annotations.json").exists()


def test_since(report, steps):
    code, out, _ = report("history", steps, "--since", "2026-01-15")

    assert "10 runs 2026-01-15 … 2026-01-24" in out
    assert report("history", steps, "--since", "yesterday")[0] == 2


def test_too_few_runs(report, tmp_path):
    make(tmp_path / "runs", runs=3)
    code, out, _ = report("history", tmp_path / "runs")

    assert code == 0 and "3 runs" in out and "(at least 8 are needed)" in out
    assert report("history", tmp_path / "runs", "--strict")[0] == 4


def test_two_systems_are_two_histories(report, tmp_path):
    make(tmp_path / "runs" / "a", runs=12, step=99)
    make(tmp_path / "runs" / "b", runs=10, step=99, root={"system": "other"}, label="other")
    data = json.loads(report("history", tmp_path / "runs", "--format", "json")[1])

    assert {g["system"]: len(g["runs"]) for g in data["groups"]} == {"testsystem": 12, "other": 10}


def test_a_copied_run_counts_once(report, tmp_path):
    make(tmp_path / "runs" / "a", runs=12, step=99)
    make(tmp_path / "runs" / "b", runs=12, step=99)
    data = json.loads(report("history", tmp_path / "runs", "--format", "json")[1])

    assert [len(group["runs"]) for group in data["groups"]] == [12]


def test_an_empty_or_missing_folder(report, tmp_path):
    (tmp_path / "runs").mkdir()

    assert report("history", tmp_path / "runs")[0] == 2
    assert "does not exist" in report("history", tmp_path / "none")[2]
    assert report("history", tmp_path / "runs", "-o", "/nowhere/x")[0] == 2


def test_damaged_files_are_left_out_and_named(report, tmp_path):
    make(tmp_path / "runs")
    first = sorted((tmp_path / "runs").iterdir())[0]
    (tmp_path / "runs" / "bad.h5").write_bytes(first.read_bytes()[:4000])
    (tmp_path / "runs" / "gone.h5").symlink_to("/nowhere")
    first_time = report("history", tmp_path / "runs")
    again = report("history", tmp_path / "runs")

    assert first_time[0] == again[0] == 1
    for _, _, err in (first_time, again):
        assert err.count("(left out)") == 2 and "bad.h5" in err and "gone.h5" in err


def test_the_cache_is_used_and_follows_the_files(report, tmp_path, cache, monkeypatch):
    make(tmp_path / "runs", step=99)
    assert report("history", tmp_path / "runs")[0] == 0
    assert len(list(cache.glob("history-*.npz"))) == 1
    before = [path.stat().st_mtime_ns for path in cache.iterdir()]
    report("history", tmp_path / "runs")
    assert [path.stat().st_mtime_ns for path in cache.iterdir()] == before  # nothing was read
    for path in sorted((tmp_path / "runs").iterdir())[STEP:]:
        path.unlink()
    make(tmp_path / "runs")  # the same names and days, other files
    assert report("history", tmp_path / "runs")[0] == 1


DAMAGE = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "other": lambda data: b"PK\x03\x04" + bytes(100),
    "flipped": lambda data: data[:300] + bytes(b ^ 255 for b in data[300:400]) + data[400:],
    "pickle": lambda data: b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00K\x01.",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_cache_is_built_anew(report, steps, cache, kind):
    expected = report("history", steps)
    path = next(cache.iterdir())
    path.write_bytes(DAMAGE[kind](path.read_bytes()))

    assert report("history", steps) == expected


def test_without_a_cache_folder_it_works(report, steps, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    assert report("history", steps)[0] == 1


def test_texts_of_files_are_escaped(report, tmp_path):
    make(tmp_path / "runs", root={"system": "<script>\x1b[31m" + "x" * 10_000})
    page = tmp_path / "page.html"
    code, out, _ = report("history", tmp_path / "runs", "-o", page)

    assert code == 1 and "\x1b" not in out and max(map(len, out.splitlines())) < 400
    assert "<script" not in page.read_text() and "\x1b" not in page.read_text()


def test_otava_finds_the_same_step(report, tmp_path):
    """Its least effect is a share of the times: of their logs 4 % would be less than one."""
    pytest.importorskip("otava", reason="apache-otava is not installed")
    make(tmp_path)
    code, out, _ = report("history", tmp_path, "--engine", "otava", "--format", "json")
    (incident,) = json.loads(out)["incidents"]

    assert code == 1 and incident["slower"] and incident["first_utc"].startswith("2026-01-19")
    effects = [change["effect"] for change in incident["changes"]]
    assert effects == pytest.approx([0.04] * 3, abs=0.01)
    assert report("ack", tmp_path, incident["incident"], "--engine", "otava", "--reason", "x")[0] == 0
    assert report("history", tmp_path, "--engine", "otava")[0] == 0


def test_otava_finds_nothing_in_steady_runs(report, tmp_path):
    pytest.importorskip("otava", reason="apache-otava is not installed")
    make(tmp_path, factor=1)

    assert report("history", tmp_path, "--engine", "otava")[0] == 0


def test_otava_that_is_not_there_says_how_to_get_it(report, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "otava.analysis", None)
    make(tmp_path)
    code, _, err = report("history", tmp_path, "--engine", "otava")

    assert code == 2 and "pip install --no-deps apache-otava==0.8.0" in err
