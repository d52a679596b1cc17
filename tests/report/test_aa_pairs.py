# SPDX-License-Identifier: Apache-2.0
"""Does the validation by pairs of real runs count what it saw, and go on where it stopped?"""

import importlib.util
import itertools
import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "report" / "validation" / "aa_pairs.py"


@pytest.fixture
def aa():
    spec = importlib.util.spec_from_file_location("aa_pairs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compared(verdict="SAME", again=None, label="mem/triad"):
    """The data of `compare` with one case."""
    row = {"label": label, "verdict": verdict, "reason": "", "change": 0.01, "again": again}
    row |= {"sigma": 0.004, "sigma_from": "9 runs"}
    new = {"created_utc": "2026-11-29T11:00:00Z", "git_revision": "abc"}
    return {"rows": [row], "new": [new]}


def test_false_alarms_are_counted_before_and_after_the_re_run(aa):
    found = [compared() for _ in range(5)]
    found += [compared("UNRESOLVED"), compared("FASTER")]
    found += [compared("SUSPECT", 0.0), compared("SUSPECT", 0.0), compared("CONFIRMED", 0.05)]

    text = aa.table([aa.line_of(data, 1.0) for data in found])

    row = next(line for line in text.splitlines() if line.startswith("| mem/triad"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:] == [
        "10",
        "3 of 10 (30.00 %)",
        "1 of 10 (10.00 %)",
        "1 of 10 (10.00 %)",
        "1 of 10 (10.00 %)",
        "0.4 %",
    ]
    assert "10 pairs, 2026-11-29, revision abc; the spread learned from 9 to 9 runs" in text
    assert "false SLOWER before the re-run: 3 of 10" in text
    assert "SLOWER or FASTER: 4 of 10" in text and "CONFIRMED after it: 1 of 10" in text


def test_no_pair_yet_is_no_error(aa):
    assert "0 pairs, never" in aa.table([])


def test_it_goes_on_where_it_stopped(aa, tmp_path, monkeypatch):
    numbers, judged = itertools.count(100), []

    def measure(cardwise, folder):
        path = folder / f"{next(numbers)}.h5"
        path.touch()
        return path

    def judge(cardwise, old, new):
        judged.append((old.name, new.name))
        return compared()

    monkeypatch.setattr(aa, "measure", measure)
    monkeypatch.setattr(aa, "judge", judge)

    aa.go_on("cardwise", tmp_path, 2)
    with open(tmp_path / "pairs.jsonl", "a", encoding="utf-8") as file:
        file.write('{"utc": "20')  # a line that was cut off
    aa.go_on("cardwise", tmp_path, 20)

    lines = (tmp_path / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(judged) == 20 and all(json.loads(line)["cases"] for line in lines)
    assert judged[0] == ("108.h5", "109.h5"), "eight runs come before"
    assert len({name for pair in judged for name in pair}) == 40, "no run is in two pairs"
    kept = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert kept == [f"{n}.h5" for n in range(148 - aa.KEPT, 148)]


def test_a_run_that_fails_ends_it(aa, tmp_path):
    with pytest.raises(RuntimeError, match="exit code 1"):
        aa.measure("/bin/false", tmp_path)
