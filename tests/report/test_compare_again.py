# SPDX-License-Identifier: Apache-2.0
"""Baselines from a folder, re-runs by a launcher, and input that nobody vouches for."""

import json
import os
import resource
import sys
import threading

import h5py
import numpy as np
import pytest
from make_run import TEXT
from runs import few_cases, run_file


@pytest.fixture
def told(report):
    """Runs compare as JSON; gives exit code, verdict of each benchmark, all data, stderr."""

    def run(*arguments):
        code, out, err = report("compare", *arguments, "--format", "json")
        data = json.loads(out) if out else {}
        cases = {key.partition("?")[0]: v for key, v in data.get("cases", {}).items()}
        return code, cases, data, err

    return run


def history(folder, count=6, **options):
    """Runs that differ by about half a per cent."""
    steps = [1.0, 1.004, 0.997, 1.002, 0.999, 1.005, 0.996]
    return [
        run_file(
            folder, i, {c.name: steps[(i + j) % 7] for j, c in enumerate(few_cases())}, **options
        )
        for i in range(count)
    ]


def test_baseline_of_a_folder(told, tmp_path):
    history(tmp_path / "runs")
    code, cases, data, _ = told("--baseline", tmp_path / "runs", run_file(tmp_path, 20))
    slow = told("--baseline", tmp_path / "runs", run_file(tmp_path, 21, {"mem/triad": 1.08}))

    assert code == 0 and set(cases.values()) == {"SAME"}
    assert data["rule"] == "baseline" and len(data["references"]) == 6
    assert slow[0] == 1 and slow[1]["mem/triad"] == "SLOWER" and slow[1]["mem/copy"] == "SAME"


def test_a_baseline_with_fewer_runs_than_at_least_wanted_compares_nothing(told, tmp_path):
    history(tmp_path / "runs", 2)
    new = run_file(tmp_path, 20, {"mem/triad": 1.5})
    least = "--baseline", tmp_path / "runs", new, "--least"
    first, strict = told(*least, 3), told(*least, 3, "--strict")

    assert first[0] == 0 and not first[2] and strict[0] == 4
    assert "nothing compared: 2 earlier runs" in first[3]
    assert told(*least, 2)[0] == 1
    assert told(new, new, "--least", 3)[0] == 2


def test_a_baseline_is_of_equal_system_model_and_older_complete_runs(told, tmp_path):
    folder = tmp_path / "runs"
    history(folder, 4)
    run_file(folder, 5, root={"system": "other"})
    run_file(folder, 6, device_name="NVIDIA A100")
    run_file(folder, 7, complete=0, exit_reason="signal")
    run_file(folder, 25)
    run_file(folder / "reference", 8)
    new = run_file(folder, 20)
    _, _, data, _ = told("--baseline", folder, new)

    assert [r["created_utc"][8:10] for r in data["references"]] == ["01", "02", "03", "04"]


def test_a_baseline_begins_after_the_last_break(told, tmp_path):
    folder = tmp_path / "runs"
    history(folder, 7)
    remark = {"system": "testsystem", "first_utc": "2026-05-04T03:00:00Z", "reason": "driver"}
    (folder / "annotations.json").write_text(json.dumps({"breaks": [remark]}))
    _, _, data, _ = told("--baseline", folder, run_file(tmp_path, 20))

    assert [r["created_utc"][8:10] for r in data["references"]] == ["04", "05", "06", "07"]


@pytest.mark.parametrize("text", ["", "[]", '{"breaks": 3}', '{"breaks": [{"system": 1}]}'])
def test_senseless_annotations_are_refused(told, tmp_path, text):
    history(tmp_path / "runs", 3)
    (tmp_path / "runs" / "annotations.json").write_text(text)
    code, _, _, err = told("--baseline", tmp_path / "runs", run_file(tmp_path, 20))

    assert code == 2 and "annotations.json" in err


def test_too_few_runs_for_a_baseline_are_compared_by_their_mean(told, tmp_path):
    history(tmp_path / "runs", 2)
    arguments = "--baseline", tmp_path / "runs", run_file(tmp_path, 20)
    code, _, data, _ = told(*arguments)

    assert code == 0 and data["rule"] == "two runs" and len(data["references"]) == 2
    assert told(*arguments, "--strict")[0] == 4


def test_an_empty_or_missing_folder_is_exit_code_2(told, tmp_path):
    (tmp_path / "runs").mkdir()
    new = run_file(tmp_path, 20)

    assert "holds no complete run" in told("--baseline", tmp_path / "runs", new)[3]
    assert "does not exist" in told("--baseline", tmp_path / "none", new)[3]
    assert told("--baseline", tmp_path / "none", new)[0] == 2
    assert "is no folder" in told("--baseline", new, new)[3]


def test_damaged_files_of_a_folder_are_left_out_and_named(told, tmp_path):
    folder = tmp_path / "runs"
    files = history(folder, 5)
    (folder / "20260509T030000Z-x.h5").write_bytes(files[0].read_bytes()[:5000])
    (folder / "20260510T030000Z-y.h5").symlink_to("/nowhere")
    (folder / "20260511T030000Z-z.h5").mkdir()
    os.mkfifo(folder / "20260512T030000Z-p.h5")
    code, _, data, err = told("--baseline", folder, run_file(tmp_path, 20))

    assert code == 0 and len(data["references"]) == 5
    assert err.count("(left out)") == 3 and "-x.h5: " in err and "-p.h5: is no regular" in err


@pytest.mark.parametrize("place", [0, 1])
def test_planted_faults_are_no_measurement(told, tmp_path, place):
    def edit(file):
        file["provenance/planted_faults"][()] = "slow@1"

    files = [run_file(tmp_path, i, edit=edit if i == place else None) for i in (0, 1)]
    code, _, _, err = told(*files)

    assert code == 2 and "faults were planted on purpose" in err


LAUNCHER = """
import json, os, resource, shutil, sys
words = sys.argv[1:]
with open({log!r}, "w") as log:
    json.dump({{"words": words, "omp": os.environ.get("OMP_NUM_THREADS"),
               "cpu": resource.getrlimit(resource.RLIMIT_CPU)}}, log)
print("text of the launcher")
if {source!r}:
    shutil.copyfile({source!r}, words[words.index("--output") + 1])
sys.exit({code})
"""


@pytest.fixture
def launcher(tmp_path):
    """A launcher line that 'measures' by copying a file; gives the line and what it was told."""

    def make(source, code=0):
        script, log = tmp_path / "launch er.py", tmp_path / "log.json"
        script.write_text(LAUNCHER.format(log=str(log), source=str(source or ""), code=code))
        return f"{sys.executable} '{script}' run", lambda: json.loads(log.read_text())

    return make


def test_a_rerun_confirms(told, tmp_path, launcher, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "17")
    again = run_file(tmp_path, 3, {"mem/triad": 1.11})
    line, seen = launcher(again)
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})
    code, cases, data, err = told(*files, "--rerun", line)
    words = seen()["words"]

    assert code == 1 and cases["mem/triad"] == "CONFIRMED" and err == "text of the launcher\n"
    assert words[0] == "run" and words[1] == "--filter" and words[3:5] == ["--rounds", "6"]
    with h5py.File(files[1]) as file:
        assert words[2] == file["index/case_id"].asstr()[2]
    assert not os.path.exists(words[6])
    assert seen()["omp"] == "17" and seen()["cpu"] == list(resource.getrlimit(resource.RLIMIT_CPU))
    assert data["command_to_confirm"] == ""


def test_a_rerun_that_disagrees_leaves_a_suspicion(told, tmp_path, launcher):
    line, _ = launcher(run_file(tmp_path, 3))
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})
    code, cases, _, _ = told(*files, "--rerun", line)

    assert code == 0 and cases["mem/triad"] == "SUSPECT"
    assert told(*files, "--rerun", line, "--fail-on", "suspect")[0] == 1


def test_a_rerun_against_a_baseline(told, tmp_path, launcher):
    history(tmp_path / "runs")
    line, _ = launcher(run_file(tmp_path, 22, {"mem/triad": 1.08}))
    new = run_file(tmp_path, 21, {"mem/triad": 1.08, "mem/copy": 1.08})
    code, cases, _, _ = told("--baseline", tmp_path / "runs", new, "--rerun", line)

    assert code == 1 and cases["mem/triad"] == "CONFIRMED" and cases["mem/copy"] == "SUSPECT"


def test_nothing_is_run_again_where_nothing_is_flagged(told, tmp_path, launcher):
    line, _ = launcher(None)

    assert told(run_file(tmp_path, 1), run_file(tmp_path, 2), "--rerun", line)[0] == 0
    assert not (tmp_path / "log.json").exists()


def test_a_rerun_without_a_file_confirms_nothing(told, tmp_path, launcher):
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})
    code, cases, _, err = told(*files, "--rerun", launcher(None, 3)[0])

    assert code == 1 and cases["mem/triad"] == "SLOWER"
    assert "ended with exit code 3 and wrote no file: nothing is confirmed" in err


def test_a_rerun_on_other_cards_confirms_nothing(told, tmp_path, launcher):
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})
    line, _ = launcher(run_file(tmp_path, 3, {"mem/triad": 1.1}, device_name="NVIDIA A100"))
    code, cases, _, err = told(*files, "--rerun", line)

    assert cases["mem/triad"] == "SLOWER" and "nothing is confirmed" in err


def test_the_launcher_is_never_given_to_a_shell(told, tmp_path, launcher):
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})
    line, seen = launcher(run_file(tmp_path, 3, {"mem/triad": 1.1}))
    told(*files, "--rerun", f"{line} ; touch {tmp_path}/evil $(touch {tmp_path}/evil) > x")

    assert not (tmp_path / "evil").exists() and seen()["words"][1:3] == [";", "touch"]


@pytest.mark.parametrize("line", ["nowhere-to-be-found run", "'unclosed", " "])
def test_a_senseless_launcher_is_a_usage_error(told, tmp_path, line):
    code, _, _, err = told(run_file(tmp_path, 1), run_file(tmp_path, 2), "--rerun", line)

    assert code == 2 and "--rerun" in err


def test_the_command_to_type_holds_no_word_of_the_file(report, tmp_path):
    evil = {"profile": "standard; rm -rf ~"}
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1}, root=evil)
    _, out, _ = report("compare", *files)
    line = out.splitlines()[-1]

    assert line.startswith(
        "to confirm, measure the flagged cases again: --rerun CMD, or cardwise run"
    )
    assert "rm -rf" not in line and line.endswith(" --rounds 6 --output again.h5")


def drop(path):
    return lambda file: file.__delitem__(path)


def put(path, *args, **kwargs):
    def edit(file):
        del file[path]
        file.create_dataset(path, *args, **kwargs)

    return edit


def soft(path):
    def edit(file):
        del file[path]
        file[path] = h5py.SoftLink("/ranks/node")

    return edit


BAD = {
    "/index/card_median": drop("index/card_median"),
    "/index/status": put("index/status", data=["ok"] * 4, dtype=TEXT),
    "/index/family": put("index/family", data=[1] * 5),
    "/index/time_sync_median": put("index/time_sync_median", (5, 2), "f8"),
    "/index": lambda f: (f.__delitem__("index"), f.create_dataset("index", data=1)),
    "/index/group_path": soft("index/group_path"),
    "/cases/00002/median_ns": put("cases/00002/median_ns", data=np.ones(6)),
    "/cases/00001/median_ns": put("cases/00001/median_ns", (1, 6), "f4"),
    "/cases/00003/median_ns": drop("cases/00003/median_ns"),
    "/cases/00000": soft("cases/00000"),
    "/cases/00000/rank": lambda f: f["cases/00000/rank"].__setitem__(0, 7),
    "/ranks/driver_version": put("ranks/driver_version", data=3.0),
    "/ranks/rank": lambda f: f["ranks/rank"].__setitem__(0, 1),
    "/nodes/cpu_governor": soft("nodes/cpu_governor"),
    "/provenance/mpi_library": put("provenance/mpi_library", data=["a", "b"], dtype=TEXT),
    "/@created_utc": lambda f: f.attrs.__delitem__("created_utc"),
    "/@complete": lambda f: f.attrs.create("complete", "yes", dtype=TEXT),
    "launches_per_sample": lambda f: f["index/launches_per_sample"].__setitem__(0, 0),
    "newer than": lambda f: f.attrs.create("schema_version", "2.0.0", dtype=TEXT),
}


@pytest.mark.parametrize("words", BAD)
def test_wrong_objects_have_a_message_with_their_path(told, tmp_path, words):
    good, bad = run_file(tmp_path, 1), run_file(tmp_path, 2, edit=BAD[words], name="bad.h5")

    for files in ((good, bad), (bad, good)):
        code, _, data, err = told(*files)
        assert code == 2 and data == {} and "bad.h5: " in err and words in err


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_truncated_files(told, tmp_path, share):
    good = run_file(tmp_path, 1)
    data = good.read_bytes()
    (tmp_path / "bad.h5").write_bytes(data[: int(share * len(data))])
    code, _, _, err = told(good, tmp_path / "bad.h5")

    assert code == 2 and "bad.h5: " in err


def test_a_run_without_cases_or_ranks(told, tmp_path):
    def empty(file):
        del file["index"]
        from make_run import _fill

        _fill(file, "index", 0, {})

    code, _, _, err = told(run_file(tmp_path, 1), run_file(tmp_path, 2, edit=empty))
    assert code == 3 and "no case is in both runs" in err


def test_a_file_that_is_being_replaced(told, tmp_path):
    good, other = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})
    live = tmp_path / "live.h5"
    live.write_bytes(good.read_bytes())
    texts, stop = (good.read_bytes(), other.read_bytes()), threading.Event()

    def replace():
        turn = 0
        while not stop.wait(0.002):
            (tmp_path / "live.h5.tmp").write_bytes(texts[turn % 2])
            os.replace(tmp_path / "live.h5.tmp", live)
            turn += 1

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        seen = {told(good, live)[0] for _ in range(8)}
    finally:
        stop.set()
        thread.join()

    assert seen <= {0, 1}
