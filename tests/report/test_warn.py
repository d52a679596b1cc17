# SPDX-License-Identifier: Apache-2.0
"""What is a reader warned of before the numbers, and what not, and once only?"""

import pathlib

import pytest
from helpers import as_json, one_case, pingpong, texts
from make_run import standard_cases

from cardwise_report import schema
from cardwise_report.measurement import must_be_a_measurement
from cardwise_report.run_file import InputError, RunFile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_invalid_samples_are_left_out_and_counted(report, made):
    def edit(file):
        file["cases/00000/time_ns"][0, 0:6] = 10**12
        file["cases/00000/flags"][0, 0:6] = schema.INVALID
        file["cases/00000/time_ns"][0, 7] = 0
        file["cases/00000/flags"][0, 7] = schema.BAD_TIMER

    data = as_json(report, made(cases=one_case(), edit=edit))

    assert data["cases"][0]["samples_n"] == 185
    assert data["cases"][0]["samples_max"] < 1.1e-3
    assert any("6 samples not measured (invalid)" in text for text in texts(data))


def test_case_whose_samples_are_all_invalid_is_said(report, made):
    def edit(file):
        file["cases/00000/flags"][...] = schema.INVALID

    data = as_json(report, made(cases=one_case(), edit=edit))

    assert data["cases"][0]["time_sync_median"] is None
    assert any("all its samples are invalid" in text for text in texts(data))


@pytest.mark.parametrize(
    ("device_class", "words"), [("emulated", "an emulator, not a card"), ("cpu", "a CPU, not an")]
)
def test_what_is_no_card_is_called_so(report, made, device_class, words):
    data = as_json(report, made(device_class=device_class))

    assert any(words in text for text in texts(data))


def test_minority_of_result_bits_is_named(report, made):
    def edit(file):
        file["cases/00000/result_checksum"][2, :] = 78

    data = as_json(report, made(ranks=4, cases=one_case(), edit=edit))

    found = [w for w in data["warnings"] if "other result bits" in w["text"]]
    assert found[0]["level"] == "error" and "(rank 2)" in found[0]["text"]


def test_rank_warnings_and_events_name_the_card(report, made):
    def edit(file):
        file["ranks/numa_match"][1] = 0
        file["ranks/pcie_gen_load"][2] = 3
        file["ranks/ecc_uncorrected_start"][3] = 0
        file["ranks/ecc_uncorrected_end"][3] = 1
        file["events/severity"][0] = "warning"
        file["events/rank"][0] = 1
        file["events/text"][0] = "idle card 0000:99:00.0"

    found = "\n".join(texts(as_json(report, made(ranks=4, edit=edit))))

    assert "(rank 1): a CPU on another NUMA node" in found
    assert "(rank 2): a PCIe link below" in found
    assert "(rank 3): memory errors that ECC could not correct" in found
    assert "idle card 0000:99:00.0" in found


def test_partner_that_only_answers_is_no_warning(report, made):
    path = made(**pingpong())

    data = as_json(report, path)

    assert data["cases"][0]["flags"]["invalid"] == {"1": 192}
    assert not any("not measured" in text for text in texts(data))
    assert any("48 samples disturbed by other processes" in text for text in texts(data))
    assert data["cases"][0]["flagged_frac"] == 0.25 and not data["differing_summaries"]


def test_card_that_measures_nothing_elsewhere_is_a_warning(report, made):
    def edit(file):
        file["cases/00000/flags"][1, :] = schema.INVALID
        file["cases/00000/time_ns"][1, :] = -1

    found = texts(as_json(report, made(ranks=2, cases=one_case(), edit=edit)))

    assert any("192 samples not measured (invalid)" in text for text in found)


def test_notes_of_one_kind_are_one_line(report, made):
    """Every case misses its target; the worst by its own family's target is named."""

    def edit(file):
        file["index/converged"][:] = 0

    cases = [*one_case(), *standard_cases()[:3]]
    found = [t for t in texts(as_json(report, made(cases=cases, noise=0.3, edit=edit)))]
    notes = [text for text in found if "interval" in text]

    assert len(notes) == 1 and "wider than its target in 4 of 4 cases, worst " in notes[0]
    assert " %, target ±0.5 %" in notes[0] or " %, target ±1.0 %" in notes[0]


def test_targets_are_those_of_the_methodology():
    text = (ROOT / "docs" / "methodology.md").read_text(encoding="utf-8")
    told = text.partition("Its target [D]: ")[2].partition("(")[0]

    for part in told.split(";"):
        *words, number, sign = part.replace(",", " ").split()
        assert sign == "%" and words
        for family in words:
            assert schema.INTERVAL_TARGETS[family] == pytest.approx(float(number) / 100)


def test_planted_faults_are_the_first_thing_said(report, made):
    def edit(file):
        file["provenance/planted_faults"][()] = "rank=1,wrong"
        file["ranks/verify_failures"][0] = 1

    path = made(edit=edit)
    warnings = as_json(report, path)["warnings"]

    assert "NO measurement" in warnings[0]["text"] and "rank=1,wrong" in warnings[0]["text"]
    assert report("show", path)[1].count("rank=1,wrong") == 1
    with RunFile(str(path)) as run, pytest.raises(InputError, match="faults were planted"):
        must_be_a_measurement(run)


@pytest.mark.parametrize("has_dataset", [True, False])
def test_run_without_planted_faults_is_a_measurement(made, has_dataset):
    def edit(file):
        if not has_dataset:
            del file["provenance/planted_faults"]

    with RunFile(str(made(edit=edit))) as run:
        must_be_a_measurement(run)


def test_cases_of_an_interrupted_run_are_listed_once_with_the_reason(report, made):
    cases = standard_cases()
    for case, status in zip(cases[4:], ("partial", "partial", "planned")):
        case.status = status

    _, out, _ = report("show", made(cases=cases, complete=0, exit_reason="signal"))

    assert "2 cases partial, 1 case planned" in out
    listing = out.partition("Cases that are not ok")[2].partition("\n\n")[0]
    why = "partial  samples of 3 rounds: the run ended early (signal)"
    lines = [line for line in listing.splitlines() if "partial" in line]
    assert len(lines) == 1 and lines[0].startswith("2 cases marked so above ") and why in lines[0]
    assert out.count(" [partial]") == 2
    assert "not visited: the run ended early (signal)" in listing
    warnings = out.partition("Warnings")[2].partition("\n\n")[0]
    assert "gemm" not in warnings and warnings.count("partial") == 1
