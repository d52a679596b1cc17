# SPDX-License-Identifier: Apache-2.0
"""Does `show` say what a run found: numbers from samples, cards by name, the two APIs?"""

import csv
import io
import os
import pty
import subprocess
import sys

import numpy as np
import pytest
from helpers import as_json, one_case, texts
from make_run import standard_cases

from cardwise_report import schema
from cardwise_report.ratios import verdict


def plant(path, times):
    """edit() that sets time_ns of the first case."""

    def edit(file):
        file["cases/00000/time_ns"][...] = times

    return edit


def test_text_has_every_section(report, made):
    code, out, err = report("show", made(ranks=4))

    assert code == 0 and err == ""
    for title in ("Binding", "Cases", "OpenCL against CUDA", "Phases of the APIs", "Environment"):
        assert title in out
    assert "testsystem" in out and "complete, exit code 0" in out and "own cost" in out
    assert "GPU-00000003-1111" in out and "256 MiB" in out and "TB/s" in out


def test_numbers_come_from_the_samples(report, made):
    """Two ranks, two samples a round: slowest of each sample, median by round, then over rounds."""
    rounds = np.arange(6)
    first = np.stack([100 + rounds, 100 + rounds], axis=1).reshape(-1)
    second = np.stack([200 + rounds, 400 + rounds], axis=1).reshape(-1)
    times = np.stack([first, second]) * 1000
    path = made(ranks=2, cases=one_case(), block=2, edit=plant(None, times))

    case = as_json(report, path)["cases"][0]

    assert case["time_sync_median"] == pytest.approx(302.5e-6)
    assert case["time_sync_lo"] == pytest.approx(300e-6)
    assert case["time_sync_hi"] == pytest.approx(305e-6)
    assert case["card_min"] == pytest.approx(102.5e-6)
    assert case["card_max"] == pytest.approx(302.5e-6)
    assert case["imbalance"] == pytest.approx(202.5 / 302.5)
    assert case["jitter"] == pytest.approx(1)
    assert case["rate_sync"] == pytest.approx(2e9 / 302.5e-6)
    assert case["rate_sum"] == pytest.approx(1e9 / 102.5e-6 + 1e9 / 302.5e-6)
    assert case["pct_ceiling"] == pytest.approx(
        50 * (1e9 / 102.5e-6 / 3e12 + 1e9 / 302.5e-6 / 3e12)
    )
    assert case["slowest_rank"] == 1 and case["samples_n"] == 24 and case["sync_n"] == 12


def test_stored_summary_that_differs_is_said(report, made):
    def edit(file):
        file["index/time_sync_median"][0] *= 1.001

    assert not as_json(report, made(cases=one_case()))["differing_summaries"]
    data = as_json(report, made(cases=one_case(), edit=edit, name="b.h5"))

    assert data["differing_summaries"][0]["name"] == "time_sync_median"
    assert any("stored time_sync_median" in text for text in texts(data))


def test_slow_card_is_named_by_host_and_identity(report, made):
    path = made(ranks=8, cases=one_case(slow={6: 1.2}))

    code, out, _ = report("show", path)

    line = next(line for line in out.splitlines() if line.startswith("mem/triad"))
    assert "nid0001 GPU-00000006-1111-2222-3333-444455556666 (rank 6, +20.0 %)" in line


def test_rank_without_a_card_does_not_spoil_the_others(report, made):
    def edit(file):
        file["cases/00000/flags"][1, :] = schema.INVALID
        file["cases/00000/time_ns"][1, :] = 0

    data = as_json(report, made(ranks=3, cases=one_case(), edit=edit))

    assert data["cases"][0]["ranks_measured"] == 2
    assert data["cases"][0]["time_sync_median"] == pytest.approx(1e-3, rel=0.02)


def test_status_and_reason_of_cases_that_are_not_ok(report, made):
    cases = standard_cases()
    for case, status in zip(cases, ("skipped", "failed", "wrong", "implausible", "partial")):
        case.status, case.text = status, f"because of {status}"

    code, out, _ = report("show", made(cases=cases, complete=0, exit_reason="signal"))

    assert code == 0 and "incomplete: signal" in out
    for status in ("skipped", "failed", "wrong", "implausible", "partial"):
        assert f"because of {status}" in out


def test_opencl_against_cuda_by_rounds(report, made):
    data = as_json(report, made(noise=1e-4))

    triad = next(item for item in data["apis"] if "triad" in item["case"])
    assert triad["ratio"] == pytest.approx(1.02, rel=1e-3)
    assert triad["ratio_lo"] <= triad["ratio"] <= triad["ratio_hi"]
    assert {item["phase"] for item in data["apis"] if item["family"] == "api"} == {
        "launch",
        "first_launch",
    }


@pytest.mark.parametrize(
    ("ratio", "low", "high", "words"),
    [
        (1.002, 1.0002, 1.007, "equal within 1 %"),
        (1.005, 1.002, 1.015, "CUDA faster by 0.5 %"),
        (1.16, 1.08, 1.38, "CUDA faster by 16 %"),
        (0.8, 0.7, 0.9, "OpenCL faster by 25 %"),
        (1.996, 1.9, 2.1, "CUDA faster by 100 %"),
        (0.0145, 0.0126, 0.0277, "OpenCL 69 times as fast"),
        (1.0, 0.97, 1.02, "no difference seen"),
        (1.3, float("nan"), float("nan"), ""),
    ],
)
def test_verdict_on_the_apis_says_by_how_much(ratio, low, high, words):
    assert verdict(ratio, low, high) == words


def pocl_cards(file):
    """Two cards of one host that have neither UUID nor PCI address."""
    for name in ("device_uuid", "pci_bus_id"):
        file[f"ranks/{name}"][:] = ""
    file["ranks/opencl_platform"][:] = "PoCL"


@pytest.mark.parametrize("told", [True, False])
def test_two_cards_without_uuid_have_two_identities(report, made, told):
    def edit(file):
        pocl_cards(file)
        if told:
            file["ranks/identity"][:] = ["nid0000/PoCL/0", "nid0000/PoCL/1"]

    path = made(ranks=2, cases=one_case(slow={1: 1.2}), device_class="cpu", edit=edit)
    data = as_json(report, path)

    assert [card["identity"] for card in data["binding"]] == ["nid0000/PoCL/0", "nid0000/PoCL/1"]
    assert data["cases"][0]["slowest_identity"] == "nid0000/PoCL/1"
    assert "nid0000 PoCL/1 (rank 1, " in report("show", path)[1]


@pytest.mark.parametrize("device_class", ["cpu", "emulated", "gpu"])
def test_what_is_no_card_is_marked_where_cards_are_listed(report, made, device_class):
    for ranks in (2, 40):
        path = made(ranks=ranks, cases=one_case(), device_class=device_class, name=f"{ranks}.h5")

        binding = report("show", path)[1].partition("Binding")[2].partition("Cases")[0]

        assert (f"HBM3 [{device_class}]" in binding) == (device_class != "gpu")


def test_csv_names_class_and_model_of_the_cards(report, made):
    def edit(file):
        file["ranks/device_name"][1] = "NVIDIA A100"

    _, out, _ = report("show", made(ranks=2, edit=edit), "--format", "csv")

    row = next(csv.DictReader(io.StringIO(out)))
    assert row["device_class"] == "gpu"
    assert row["device_name"] == "NVIDIA A100; NVIDIA H100 80GB HBM3"


def test_environment_shows_what_somebody_set(report, made):
    def edit(file):
        file["provenance/os_release"][()] = 'NAME="X"\nPRETTY_NAME="X Linux 12"\n'
        file["provenance/opencl_loader"][()] = "PoCL: OpenCL 3.0; NVIDIA CUDA: OpenCL 3.0 CUDA 13"
        file["ranks/opencl_platform"][:] = "NVIDIA CUDA"
        file["ranks/opencl_version"][:] = "OpenCL 3.0 CUDA 13"
        file["provenance/env"][()] = (
            "PMIX_SERVER_URI4=1.0;tcp4://127.0.0.1:3\nOMPI_MCA_ess=pmi\nOMPI_MCA_btl=self\n"
            "OMPI_MCA_orte_hnp_uri=2\nOMPI_MCA_orte_precondition_transports=7\nPMIX_MCA_gds=hash\n"
            "OMPI_COMM_WORLD_SIZE=2\nLD_PRELOAD=/lib/x.so\n"
        )

    text = report("show", made(edit=edit))[1].partition("\nEnvironment")[2]

    assert "X Linux 12\n" in text and '"' not in text
    assert text.count("OpenCL 3.0 CUDA 13") == 1
    assert "other OpenCL      PoCL: OpenCL 3.0\n" in text
    names = [line.split()[-1].partition("=")[0] for line in text.splitlines() if "=" in line]
    assert names == ["LD_PRELOAD", "OMPI_MCA_btl", "PMIX_MCA_gds"]
    assert "… and 5 that MPI set for itself" in text


def test_more_than_32_ranks_are_told_by_host(report, made):
    def edit(file):
        file["ranks/device_name"][41] = "NVIDIA A100"

    code, out, _ = report("show", made(ranks=64, cases=one_case(), edit=edit))

    assert "nid0000 … nid0009 (10 hosts)  0-39" in out
    assert "1 x NVIDIA A100, 3 x NVIDIA H100 80GB HBM3" in out
    assert out.count("GPU-") <= 2


def test_csv_has_a_row_a_case(report, made):
    code, out, _ = report("show", made(ranks=2), "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(standard_cases())
    assert float(rows[0]["time_sync_median"]) > 0 and rows[0]["status"] == "ok"


def test_run_without_cases_is_shown_in_every_format(report, made):
    path = made(cases=[], complete=0, exit_reason="killed")

    for form in ("text", "csv", "json"):
        assert report("show", path, "--format", form)[0] == 0


def test_control_characters_never_reach_the_terminal(report, made):
    def edit(file):
        file["ranks/host"][0] = "\x1b]0;owned\x07\u202ehost"
        file["index/status_text"][0] = "line\nbreak\r\x9b31m"
        file.attrs["system"] = "a\x1b[31mb"
        file["provenance/env"][()] = "X=\x1b[2J"

    cases = one_case(status="skipped", text="x")
    for form in ("text", "csv", "json"):
        _, out, _ = report("show", made(cases=cases, edit=edit), "--format", form)
        assert not [c for c in out if not c.isprintable() and c != "\n"]
        assert "owned" in out or form == "csv"  # CSV has the cases alone


def test_long_names_are_cut_in_tables_and_whole_in_json(report, made):
    def edit(file):
        file["ranks/host"][0] = "h" * 10_000
        file["index/status_text"][0] = "t" * 10_000

    path = made(ranks=2, cases=one_case(status="skipped", text="x"), edit=edit)
    _, out, _ = report("show", path)

    assert max(map(len, out.splitlines())) < 500
    assert as_json(report, path)["binding"][0]["host"] == "h" * 10_000


@pytest.mark.parametrize("width", [40, 80, 120])
def test_narrow_terminals_get_stacked_tables(report, made, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))

    _, out, _ = report("show", made(ranks=4, cases=one_case()))

    lines = out.splitlines()
    row = next(i for i, line in enumerate(lines) if line.startswith("mem/triad"))
    assert lines[row].startswith("mem/triad f32 n=1024 cuda") and lines[row + 1].startswith("    ")


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_only_on_terminals_and_not_against_no_color(made, no_color, coloured):
    ours, theirs = pty.openpty()
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm", "COLUMNS": "200"}
    command = [sys.executable, "-m", "cardwise_report", "show", str(made(cases=one_case()))]

    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    out = b""
    try:
        while chunk := os.read(ours, 4096):
            out += chunk
    except OSError:  # Linux says EIO when the other end is closed
        pass
    os.close(ours)

    assert process.wait(timeout=60) == 0
    assert (b"\x1b[" in out) == coloured


def test_show_does_not_import_pandas(made):
    path = made(cases=one_case())
    code = (
        "import sys\nfrom cardwise_report import cli\n"
        "cli.guarded = lambda work, *rest: work()\n"
        f"code = cli.main(['show', {str(path)!r}])\n"
        "assert 'h5py' in sys.modules\nassert 'pandas' not in sys.modules\nsys.exit(code)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)

    assert done.returncode == 0, done.stderr
