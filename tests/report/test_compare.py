# SPDX-License-Identifier: Apache-2.0
"""Does `compare` say which cases changed, by how much, and end with the right exit code?"""

import json
import xml.etree.ElementTree

import numpy as np
import pytest
from make_run import Spec
from runs import few_cases, run_file

from cardwise_report import schema


@pytest.fixture
def told(report):
    """Runs compare as JSON; gives exit code, verdict of each benchmark, all data."""

    def run(*arguments):
        code, out, err = report("compare", *arguments, "--format", "json")
        data = json.loads(out) if out else {}
        cases = {key.partition("?")[0]: v for key, v in data.get("cases", {}).items()}
        return code, cases, data, err

    return run


def rows(data, name):
    return {r["metric"]: r for r in data["rows"] if r["case_key"].startswith(name)}


def test_equal_runs_are_same(told, tmp_path):
    code, cases, data, _ = told(run_file(tmp_path, 1), run_file(tmp_path, 2))

    assert code == 0 and set(cases.values()) == {"SAME"} and len(cases) == 5
    assert data["counts"]["SAME"] == 5 and data["context"] == []


def test_a_slower_case_is_found_and_is_exit_code_1(told, tmp_path):
    code, cases, data, _ = told(run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1}))

    assert code == 1
    assert cases.pop("mem/triad") == "SLOWER" and set(cases.values()) == {"SAME"}
    assert rows(data, "mem/triad")["card_median"]["change"] == pytest.approx(0.1, abs=0.003)


def test_a_faster_case_is_no_failure(told, tmp_path):
    code, cases, _, _ = told(run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 0.9}))

    assert code == 0 and cases["mem/triad"] == "FASTER"


@pytest.mark.parametrize(
    "level, code", [("suspect", 1), ("slower", 1), ("confirmed", 0), ("never", 0)]
)
def test_fail_on(report, tmp_path, level, code):
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})

    assert report("compare", *files, "--fail-on", level)[0] == code


def test_text_names_the_environment_first_then_the_verdicts(report, tmp_path):
    def other_driver(file):
        file["ranks/driver_version"][...] = "560.1"
        file["ranks/power_limit_w"][1] = 650.0
        file["provenance/mpi_library"][()] = "Open MPI 5"

    old = run_file(tmp_path, 1, ranks=2)
    new = run_file(tmp_path, 2, {"mem/triad": 1.1}, ranks=2, edit=other_driver)
    code, out, _ = report("compare", old, new)
    lines = out.splitlines()

    assert code == 1
    assert lines[0] == "context    driver_version: 550.54.15 → 560.1 (all 2 cards)"
    assert lines[1] == "context    power_limit_w: unknown → 650 (rank 1)"
    assert lines[2] == "context    mpi_library: none → Open MPI 5"
    first = next(line for line in lines if line.startswith("mem/triad"))
    assert "+10.0 %" in first and first.endswith("SLOWER")
    assert "8 same" not in out and "4 same, 0 faster, 0 unresolved, 1 slower, 0 broken" in out


def test_values_that_are_measured_or_of_a_process_are_no_context(told, tmp_path):
    def edit(file):
        file["ranks/pid"][...] = 4711
        file["ranks/host_mark_ns"][...] = 77.0
        file["ranks/ecc_corrected_start"][...] = 5
        file["provenance/command_line"][()] = "cardwise run --output other"
        file["provenance/slurm_env"][()] = "SLURM_JOB_ID=77"
        file["provenance/env"][()] = "OMPI_COMM_WORLD_SIZE=8\nOCL_ICD_VENDORS=/etc/OpenCL/vendors"

    _, _, data, _ = told(run_file(tmp_path, 1), run_file(tmp_path, 2, edit=edit))

    assert data["context"] == []


def test_wrong_results_weigh_more_than_any_slowdown(told, tmp_path):
    new = run_file(tmp_path, 2, {"mem/triad": 1.5}, status={"mem/copy": "wrong"})
    code, cases, data, _ = told(run_file(tmp_path, 1), new)

    assert code == 5 and cases["mem/copy"] == "BROKEN" and cases["mem/triad"] == "SLOWER"
    assert rows(data, "mem/copy")[""]["reason"] == "wrong: because"


@pytest.mark.parametrize("status", ["skipped", "implausible", "planned"])
@pytest.mark.parametrize("side", [0, 1])
def test_what_was_not_measured_is_unresolved(told, tmp_path, status, side):
    files = [
        run_file(tmp_path, i, status={"mem/copy": status} if i == side else {}) for i in (0, 1)
    ]
    code, cases, data, _ = told(*files)

    assert code == 0 and cases["mem/copy"] == "UNRESOLVED"
    assert rows(data, "mem/copy")[""]["reason"].startswith(status)
    assert told(*files, "--strict")[0] == 4


def test_failed_on_both_sides_is_not_broken(told, tmp_path):
    files = [run_file(tmp_path, i, status={"mem/copy": "failed"}) for i in (0, 1)]

    assert told(*files)[1]["mem/copy"] == "UNRESOLVED"


def test_added_and_removed(told, tmp_path):
    old = run_file(tmp_path, 1, cases=few_cases()[:4])
    new = run_file(tmp_path, 2, cases=few_cases()[1:])
    code, cases, _, _ = told(old, new)

    assert code == 0 and cases["mem/copy"] == "REMOVED" and cases["latency/roundtrip"] == "ADDED"
    assert told(old, new, "--strict")[0] == 4


def test_no_common_case_is_exit_code_3(told, tmp_path):
    old = run_file(tmp_path, 1, cases=few_cases()[:2])
    code, _, data, err = told(old, run_file(tmp_path, 2, cases=few_cases()[2:]))

    assert code == 3 and data == {} and "no case is in both runs" in err


def test_changed_work_is_no_verdict(told, tmp_path):
    changed = few_cases({"mem/triad": 2.0, "mem/copy": 2.0})
    changed[2].parameters["wv"] = "2"

    def edit(file):
        file["index/kernel_sha256"][0] = "f" * 64

    old, new = run_file(tmp_path, 1), run_file(tmp_path, 2, cases=changed, edit=edit)
    code, cases, _, _ = told(old, new)
    accepted = told(old, new, "--accept-changed-kernels")

    assert code == 0 and cases["mem/triad"] == cases["mem/copy"] == "CHANGED_WORK"
    assert accepted[0] == 1 and accepted[1]["mem/triad"] == accepted[1]["mem/copy"] == "SLOWER"
    assert rows(accepted[2], "mem/copy")["card_median"]["note"].startswith("kernel ")


def test_other_models_need_cross_system(told, tmp_path):
    old = run_file(tmp_path, 1)
    new = run_file(tmp_path, 2, device_name="NVIDIA A100", root={"system": "other"})
    code, _, _, err = told(old, new)

    assert code == 3 and "NVIDIA H100 80GB HBM3 before, NVIDIA A100 now" in err
    assert told(old, new, "--cross-system")[0] == 0


@pytest.mark.parametrize("kind", ["cpu", "emulated"])
def test_a_cpu_is_never_compared_with_a_card(told, tmp_path, kind):
    new = run_file(tmp_path, 2, device_class=kind)
    code, _, _, err = told(run_file(tmp_path, 1), new, "--cross-system")

    assert code == 3 and "kinds of cards differ" in err


def test_a_cpu_needs_five_earlier_runs(told, tmp_path):
    def cpu(number, factors=None):
        return run_file(tmp_path, number, factors, device_class="cpu")

    first, slow = cpu(1), cpu(9, {"mem/triad": 1.4})
    before = told(first, slow)
    runs = [cpu(number) for number in range(2, 6)]
    after = told(runs[-1], slow)

    assert before[0] == 0 and before[1]["mem/triad"] == "UNRESOLVED"
    assert "5 earlier runs are needed" in rows(before[2], "mem/triad")["card_median"]["reason"]
    assert after[0] == 1 and after[1]["mem/triad"] == "SLOWER"
    assert rows(after[2], "mem/triad")["card_median"]["sigma_from"] == "5 runs"


def test_fewer_than_six_rounds_have_no_interval(told, tmp_path):
    old = run_file(tmp_path, 1, rounds=5)
    code, cases, data, _ = told(old, run_file(tmp_path, 2, {"mem/triad": 1.5}))

    assert code == 0 and set(cases.values()) == {"UNRESOLVED"}
    assert "fewer than 6 rounds" in rows(data, "mem/triad")["card_median"]["reason"]


def test_overlapping_rounds_are_unresolved(told, tmp_path):
    def wild(file):
        medians = file["cases/00002/median_ns"][:]
        medians[0, ::2] *= 1.3
        file["cases/00002/median_ns"][:] = medians

    code, cases, data, _ = told(run_file(tmp_path, 1), run_file(tmp_path, 2, edit=wild))

    assert code == 0 and cases["mem/triad"] == "UNRESOLVED"
    assert "overlap" in rows(data, "mem/triad")["card_median"]["reason"]


@pytest.mark.parametrize("value", [np.nan, 0.0, -1.0, np.inf])
@pytest.mark.parametrize("side", [0, 1])
def test_unusable_times_are_unresolved(told, tmp_path, value, side):
    def edit(file):
        file["cases/00002/median_ns"][:] = value
        for name in ("card_median", "time_sync_median", "time_sync_lo", "time_sync_hi"):
            file[f"index/{name}"][2] = value

    files = [run_file(tmp_path, i, ranks=2, edit=edit if i == side else None) for i in (0, 1)]
    code, cases, data, _ = told(*files)

    assert code == 0 and cases["mem/triad"] == "UNRESOLVED"
    assert {r["reason"] for r in rows(data, "mem/triad").values()} == {"no valid time"}


def test_a_slow_card_shows_in_the_time_until_all_are_done(told, tmp_path):
    slow = few_cases()
    slow[2].slow = {11: 1.12}
    old = run_file(tmp_path, 1, ranks=16)
    code, _, data, _ = told(old, run_file(tmp_path, 2, ranks=16, cases=slow))
    found = rows(data, "mem/triad")

    assert code == 1
    assert found["card_median"]["verdict"] == "SAME" and found["time_sync"]["verdict"] == "SLOWER"
    cards = found["time_sync"]["cards"]
    assert cards["paired"] == 16 and cards["beyond"] == 1
    assert cards["slow"].startswith("GPU-0000000b-") and cards["z"] > 8


def test_time_sync_is_compared_only_at_equal_ranks(told, tmp_path):
    _, _, data, _ = told(run_file(tmp_path, 1, ranks=2), run_file(tmp_path, 2, ranks=4))

    assert {r["metric"] for r in data["rows"]} == {"card_median"}
    assert data["context"] == ["cards: 2 → 4 (2 of them the same)"]


def test_one_metric_can_be_asked_for(told, tmp_path):
    files = run_file(tmp_path, 1, ranks=2), run_file(tmp_path, 2, ranks=2)
    _, _, data, _ = told(*files, "--metric", "time_sync")

    assert {r["metric"] for r in data["rows"]} == {"time_sync"}


def test_policy_says_what_matters(told, tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text('{"compare": {"mem": {"delta_pct": 20}}}')
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})
    code, cases, _, _ = told(*files, "--policy", policy)

    assert code == 0 and cases["mem/triad"] == "SAME"


POLICIES = [
    "",
    "[]",
    '{"compare": 3}',
    '{"compare": {"memory": {}}}',
    '{"compare": {"mem": {"delta": 3}}}',
    '{"compare": {"mem": {"delta_pct": 0}}}',
    '{"compare": {"mem": {"delta_pct": NaN}}}',
    '{"compare": {"mem": {"delta_pct": "3"}}}',
    "[" * 100_000,
]


@pytest.mark.parametrize("text", POLICIES, ids=range(len(POLICIES)))
def test_senseless_policies_are_refused(told, tmp_path, text):
    policy = tmp_path / "policy.json"
    policy.write_text(text)
    code, _, _, err = told(run_file(tmp_path, 1), run_file(tmp_path, 2), "--policy", policy)

    assert code == 2 and "policy.json: " in err


def test_markdown_and_junit_hold_what_a_file_says_as_text_only(report, tmp_path):
    evil = "<script>|`*[x](http://y)\x1b[31m"
    cases = [*few_cases(), Spec("mem/fill", {"variant": evil, "wv": "1"}, 1e-3, work=1e9)]

    def edit(file):
        file["ranks/driver_version"][...] = evil

    old = run_file(tmp_path, 1, cases=cases)
    cases[2].seconds *= 1.1
    cases[-1].seconds *= 1.1
    new = run_file(tmp_path, 2, cases=cases, edit=edit)
    markdown = report("compare", old, new, "--format", "markdown")[1]
    junit = report("compare", old, new, "--format", "junit")[1]

    assert "<script>" not in markdown and "\x1b" not in markdown + junit
    assert "&lt;script&gt;\\|\\`\\*\\[x\\]\\(http\\://y\\)" in markdown
    suite = xml.etree.ElementTree.fromstring(junit.encode())
    assert suite.get("tests") == "6" and suite.get("failures") == "2"
    assert suite.findall("testcase/failure")[0].get("message").startswith("SLOWER +10.0 %")


def test_long_names_are_cut_in_tables(report, tmp_path):
    cases = [*few_cases(), Spec("mem/fill", {"variant": "x" * 10_000, "wv": "1"}, 1e-3, work=1e9)]
    code, out, _ = report("compare", run_file(tmp_path, 1, cases=cases), run_file(tmp_path, 2))

    assert code == 0 and "REMOVED" in out and max(map(len, out.splitlines())) < 400


def test_no_sample_is_read(tmp_path, monkeypatch):
    from cardwise_report.run_file import RunFile
    from cardwise_report.summary import read_summary

    seen = []
    read = RunFile.read_dataset
    monkeypatch.setattr(RunFile, "read_dataset", lambda *a: (seen.append(a[2]), read(*a))[1])
    read_summary(str(run_file(tmp_path, 1)), context=True)

    assert not [path for path in seen if path.endswith(("/time_ns", "/flags", "/text"))]
    assert "/cases/00000/median_ns" in seen and "median_ns" in schema.CASE.columns


def test_the_same_case_twice_is_refused(told, tmp_path):
    def edit(file):
        file["index/case_key"][1] = file["index/case_key"][0]

    code, _, _, err = told(run_file(tmp_path, 1), run_file(tmp_path, 2, edit=edit))

    assert code == 2 and "twice" in err


def test_two_references_are_averaged(told, tmp_path):
    files = [run_file(tmp_path, 1, {"mem/triad": 0.98}), run_file(tmp_path, 2, {"mem/triad": 1.02})]
    code, _, data, _ = told(*files, run_file(tmp_path, 3, {"mem/triad": 1.1}))
    row = rows(data, "mem/triad")["card_median"]

    assert (
        code == 1 and data["rule"] == "two runs" and row["change"] == pytest.approx(0.1, abs=0.004)
    )


def test_usage(report, tmp_path):
    path = run_file(tmp_path, 1)

    assert report("compare", path)[0] == 2
    assert report("compare", path, path, "--rerun", "")[0] == 2
