# SPDX-License-Identifier: Apache-2.0
"""Is every damaged input survived by every command, and would the driver see one that is not?"""

import os
import pathlib
import sys
import time

import fuzz
import pytest

from cardwise_report import show
from cardwise_report.cli import Outcome

COUNT = 1_000
LONG_S = 3_600  # of one call with CARDWISE_LONG; the next one goes on


def test_a_thousand_damaged_inputs(tmp_path):
    found = list(fuzz.fuzz(0, COUNT, tmp_path))

    assert [outcome for outcome in found if outcome.wrong] == []
    codes = [outcome.code for outcome in found]
    # else nothing was damaged, or nothing was left to be read
    assert codes.count(2) > 100 and codes.count(0) > 100 and 4 in codes
    assert {outcome.command[0] for outcome in found} >= {"check", "show", "cards", "compare", "ack"}


@pytest.mark.skipif(not os.environ.get("CARDWISE_LONG"), reason="100,000 inputs: CARDWISE_LONG")
def test_a_hundred_thousand_damaged_inputs(tmp_path, monkeypatch):
    progress = pathlib.Path(os.environ.get("CARDWISE_BUILD", tmp_path)) / "fuzz-progress"
    keep = str(progress.parent / "fuzz-failures")
    words = ["fuzz.py", "--progress", str(progress), "--keep", keep, "--seconds", str(LONG_S)]
    monkeypatch.setattr(sys, "argv", words)

    assert fuzz.main() == 0


@pytest.fixture
def show_of(tmp_path, monkeypatch):
    """How the driver judges `show` where it does what it is told to."""

    def judge(run):
        monkeypatch.setattr(show, "run", run)
        base = fuzz.prepare(tmp_path)
        number = next(n for n in range(99) if fuzz.damage(base, n)[0] == "show")
        return fuzz.survive(base, number).wrong

    return judge


def fail(arguments):
    raise ZeroDivisionError("planted")


def test_a_traceback_is_seen(show_of):
    assert "ZeroDivisionError: planted" in show_of(fail)


def test_a_hang_is_seen(show_of, monkeypatch):
    monkeypatch.setattr(fuzz, "LIMIT_S", 1)

    assert "no end within 1 s" in show_of(lambda arguments: time.sleep(60))


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(9, "text"), "exit code 9"),
        (Outcome(2, ""), "without a reason"),
        (Outcome(0, ""), "nothing said"),
    ],
)
def test_a_wrong_end_is_seen(show_of, outcome, words):
    assert words in show_of(lambda arguments: outcome)


def test_an_input_is_always_the_same(tmp_path):
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        base = fuzz.prepare(tmp_path / name)
        made.append([_bytes(base, number) for number in range(24)])

    assert made[0] == made[1]


def _bytes(base, number):
    fuzz.damage(base, number)
    return {
        path.name: path.read_bytes()
        for folder in ("runs", "references")
        for path in (base.folder / folder).iterdir()
    }


def test_the_next_call_goes_on_where_the_last_one_stopped(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fuzz, "BATCH", 5)
    for count, told in ((10, "inputs 0 to 10:"), (15, "inputs 10 to 15:"), (15, "15 to 15:")):
        words = ["fuzz.py", "--count", str(count), "--progress", str(tmp_path / "progress")]
        monkeypatch.setattr(sys, "argv", words)
        assert fuzz.main() == 0
        assert told in capsys.readouterr().out


def test_a_failure_is_kept_and_is_exit_code_1(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(show, "run", fail)
    monkeypatch.setattr(
        sys, "argv", ["fuzz.py", "--count", "8", "--keep", str(tmp_path / "failures")]
    )

    assert fuzz.main() == 1
    assert "planted" in capsys.readouterr().out
    assert (tmp_path / "failures" / "1" / "bad.h5").exists()
