# SPDX-License-Identifier: Apache-2.0
"""Cards that are CPUs: what other programs did to a run is no verdict about it."""

import json
import shutil
import sys

import pytest
from runs import few_cases, run_file

TRIAD = 2  # of few_cases
PREEMPTED = 1 << 10
STEPS = [1.0, 1.004, 0.997, 1.002, 0.999, 1.005, 0.996]


def taken(share, case=TRIAD):
    """An edit of a file: another program had the CPU in so many of a case's samples."""

    def edit(file):
        flags = file[f"cases/{case:05d}/flags"]
        values = flags[...]
        values[:, : round(share * values.shape[1])] = PREEMPTED
        flags[...] = values

    return edit


@pytest.fixture
def told(report, tmp_path):
    """compare OLD NEW beside six earlier runs; gives exit code and mem/triad's row."""

    def run(old, new, *more, old_share=0.0, new_share=0.0, **options):
        options = {"device_class": "cpu", **options}
        runs = tmp_path / "runs"
        shutil.rmtree(runs, ignore_errors=True)
        for i in range(6):
            factors = {c.name: STEPS[(i + j) % 7] for j, c in enumerate(few_cases())}
            run_file(runs, i, factors | {"mem/triad": old * factors["mem/triad"]}, **options)
        files = [
            run_file(runs, 10, {"mem/triad": old}, edit=taken(old_share), **options),
            run_file(runs, 11, {"mem/triad": new}, edit=taken(new_share), **options),
        ]
        code, out, err = report("compare", *files, "--format", "json", *more)
        rows = [row for row in json.loads(out)["rows"] if row["case_key"].startswith("mem/triad")]
        assert not err, err
        return code, rows[0]["verdict"], rows[0]["reason"]

    return run


def test_a_quiet_run_is_slower(told):
    assert told(1, 1.5)[:2] == (1, "SLOWER")
    assert told(1, 1.5, new_share=0.4)[:2] == (1, "SLOWER")


def test_of_a_disturbed_run_nobody_can_tell(told):
    code, verdict, reason = told(1, 1.5, new_share=0.75)

    assert (code, verdict) == (0, "UNRESOLVED")
    assert reason == "other programs took the CPU in 75 % of its samples: measure on a quiet machine"
    assert told(1, 1.5, "--strict", new_share=0.75)[0] == 4


def test_the_side_that_took_longer_counts(told):
    assert told(1, 1.5, old_share=0.75)[1] == "SLOWER"
    assert told(1.5, 1, old_share=0.75)[1:] == told(1, 1.5, new_share=0.75)[1:]
    assert told(1.5, 1, new_share=0.75)[1] == "FASTER"


def test_cards_are_judged_all_the_same(told):
    """What the flag says of a card is a cause, and no excuse."""
    assert told(1, 1.5, new_share=1.0, device_class="gpu")[:2] == (1, "SLOWER")


def test_ranks_of_one_node_disturb_each_other(told):
    assert told(1, 1.5, new_share=1.0, ranks=2)[:2] == (1, "SLOWER")


@pytest.mark.parametrize("share, verdict", [(0.0, "CONFIRMED"), (0.75, "SUSPECT")])
def test_a_disturbed_rerun_confirms_nothing(told, tmp_path, share, verdict):
    again = run_file(
        tmp_path, 12, {"mem/triad": 1.5}, edit=taken(share), device_class="cpu", name="source.h5"
    )
    script = tmp_path / "again.py"
    script.write_text(f"import shutil, sys\nshutil.copyfile({str(again)!r}, sys.argv[-1])\n")
    code, found, reason = told(1, 1.5, "--rerun", f"{sys.executable} {script}")

    assert found == verdict and code == (verdict == "CONFIRMED")
    assert ("re-run: +50.0 %, but other programs" in reason) == (verdict == "SUSPECT"), reason
