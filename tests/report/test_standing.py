# SPDX-License-Identifier: Apache-2.0
"""Do `cards` and `health` see by the reference what peers cannot: uniform slowness, few cards?"""

import json

import numpy as np
import pytest
from make_run import standard_cases
from test_health import LINE, healthy

FILE = "nvidia-h100-80gb-hbm3.json"
DATE = "2026-05-21"


def cases(slow=None, factor=1.0, only=None):
    out = [c for c in standard_cases() if only is None or c.name in only]
    for case in out:
        case.slow = slow or {}
        if case.name.partition("/")[0] in ("mem", "compute", "copy", "latency"):
            case.seconds *= factor
    return out


@pytest.fixture
def reference(report, made, tmp_path, monkeypatch):
    """References of a good run of `ranks` cards; gives a function that makes them."""
    monkeypatch.setenv("CARDWISE_REFERENCE", str(tmp_path / "ref"))

    def make(ranks=4, change=None):
        good = made(name="good.h5", ranks=ranks, cases=cases(), edit=healthy)
        code, _, err = report("reference", good, "-o", tmp_path / "ref" / FILE, "--force")
        assert code == 0, err
        if change:
            data = json.loads((tmp_path / "ref" / FILE).read_text())
            change(data)
            (tmp_path / "ref" / FILE).write_text(json.dumps(data))

    return make


@pytest.fixture
def nodes(report, made):
    """Runs health; gives the exit code and (code, severity, text) by host."""

    def run(**options):
        options.setdefault("edit", healthy)
        code, out, err = report("health", made(**options))
        assert err == ""
        lines = [LINE.fullmatch(line) for line in out.splitlines()]
        return code, {line[1]: (line[2], line[3], line[4]) for line in lines}

    return run


def test_uniform_slowness_is_not_ok(reference, nodes):
    reference()

    assert {n[0] for n in nodes(ranks=16, cases=cases())[1].values()} == {"CW000"}
    code, found = nodes(ranks=16, cases=cases(factor=1 / 0.93))
    assert code == 1 and {n[:2] for n in found.values()} == {("CW214", "triage")}
    assert all(f"93 % of the reference of {DATE}" in n[2] for n in found.values())


def test_without_a_reference_uniform_slowness_looks_well(nodes):
    assert {n[0] for n in nodes(ranks=16, cases=cases(factor=2))[1].values()} == {"CW000"}


@pytest.mark.parametrize("factor", [1.0, 1.03, 0.9])
def test_a_little_slower_or_faster_is_ok(reference, nodes, factor):
    reference()

    assert {n[0] for n in nodes(ranks=16, cases=cases(factor=factor))[1].values()} == {"CW000"}


def test_one_card_far_under_is_named_though_it_has_no_peers(reference, nodes):
    reference()
    code, found = nodes(ranks=4, cases=cases(slow={2: 1.5}))

    assert code == 1 and found["nid0000"][0] == "CW214"
    assert "0000:12:00.0" in found["nid0000"][2] and "67 %" in found["nid0000"][2]


def slow_in(name, factor, backend="cuda"):
    out = cases()
    for case in out:
        if case.name == name and case.parameters["backend"] == backend:
            case.seconds *= factor
    return out


def test_far_under_in_one_case_is_watched(reference, nodes):
    reference()
    code, found = nodes(ranks=4, cases=slow_in("mem/triad", 1.15))

    assert code == 0 and found["nid0000"][:2] == ("CW506", "watch")
    assert "87 % in mem/triad" in found["nid0000"][2]


@pytest.mark.parametrize(("name", "least"), [("mem/triad", 0.10), ("compute/gemm", 0.20)])
def test_few_cards_make_a_reference_with_twice_the_bound(reference, nodes, name, least):
    for ranks, beyond in ((4, least), (8, least / 2)):
        reference(ranks)
        for factor, code in ((beyond - 0.01, "CW507"), (beyond + 0.01, "CW506")):
            found = nodes(ranks=4, cases=slow_in(name, 1 + factor))[1]
            assert found["nid0000"][0] == code, (ranks, factor)


def test_rounds_that_reach_the_bound_are_not_far_under_it(reference, nodes):
    reference()

    def one_good_round(file):
        healthy(file)
        for i, key in enumerate(file["index/case_key"].asstr()[:]):
            if "mem/triad" in key and "cuda" in key:
                times = file[f"cases/{i:05d}/time_ns"]
                times[:, :32] = (times[:, :32] / 1.15).astype("i8")

    found = nodes(ranks=4, cases=slow_in("mem/triad", 1.15), edit=one_good_round)[1]
    assert found["nid0000"][0] == "CW507"


def test_fewer_than_six_rounds_are_not_called_far_under(reference, nodes):
    reference()

    assert nodes(ranks=4, rounds=5, cases=slow_in("mem/triad", 1.5))[1]["nid0000"][0] == "CW507"


def test_the_reference_vouches_where_peers_are_too_few(reference, nodes):
    assert nodes(ranks=4, cases=cases())[1]["nid0000"][0] == "CW403"
    reference()
    code, found = nodes(ranks=4, cases=cases())
    assert code == 0 and found["nid0000"][:2] == ("CW507", "watch")
    assert f"100 % of the reference of {DATE}" in found["nid0000"][2]


def triad_alone(data):
    data["values"] = [v for v in data["values"] if v["case_key"].startswith("mem/triad")]


def test_it_vouches_for_nothing_that_was_not_compared(reference, nodes):
    reference(change=triad_alone)
    code, found = nodes(ranks=4, cases=cases())

    assert code == 4 and found["nid0000"][0] == "CW403"


def test_more_cards_in_a_host_than_made_the_reference_may_copy_slower(reference, nodes):
    reference(ranks=1)
    copies = slow_in("copy/h2d", 1.5)
    for a, b in zip(copies, slow_in("copy/h2d", 1.5, "opencl")):
        a.seconds = max(a.seconds, b.seconds)

    assert nodes(ranks=1, cases=copies)[1]["nid0000"][0] == "CW214"
    assert nodes(ranks=2, cases=copies)[1]["nid0000"][0] == "CW403"


def test_slices_of_a_card_are_not_held_against_the_whole(reference, nodes, report, made):
    reference()

    def sliced(file):
        healthy(file)
        file["ranks/mig_mode"][:] = 1

    found = nodes(ranks=4, cases=cases(factor=7), edit=sliced)[1]
    assert found["nid0000"][0] == "CW403"
    assert "of the reference" not in report("show", made(cases=cases(), edit=sliced))[1]


def impossible(data):
    for value in data["values"]:
        value.update(value=value["value"] * 10, peak=None)


def test_a_reference_that_cannot_be_true_is_never_ok(reference, nodes, report, made):
    reference(change=impossible)
    code, found = nodes(ranks=16, cases=cases())

    assert code == 4 and {n[0] for n in found.values()} == {"CW407"}
    assert "reference refused" in report("cards", made(ranks=16, cases=cases(), edit=healthy))[1]


def test_cards_states_the_standing_beside_the_peers(reference, report, made):
    reference()
    code, out, _ = report("cards", made(ranks=16, cases=cases(factor=1 / 0.85), edit=healthy))

    assert code == 1 and "16 cards: 0 slow" in out
    assert f"NVIDIA H100 80GB HBM3: 85 % of the reference of {DATE} (median of 12 cases)" in out
    assert "UNDER IT: all 16 cards" in out and "nothing else tells" not in out


def test_cards_names_who_is_under_and_says_that_nothing_else_tells(reference, report, made):
    reference()
    path = made(ranks=4, cases=cases(slow={2: 1.5}), edit=healthy)
    code, out, _ = report("cards", path, "--strict")
    data = json.loads(report("cards", path, "--format", "json")[1])["references"][0]

    assert code == 1 and "UNDER IT: nid0000" in out and "(rank 2)" in out
    assert "nothing else tells (4 cards alike" in out and "mem 9.1 %" in out
    assert [c["under"] for c in data["cards"]] == [False, False, True, False]
    assert data["date"] == DATE and round(data["cards"][2]["per_cent"]) == 67


def test_strict_is_content_with_what_a_reference_tells(reference, report, made):
    path = made(ranks=4, cases=cases(), edit=healthy)

    assert report("cards", path, "--strict")[0] == 4
    reference()
    assert report("cards", path, "--strict")[0] == 0


def test_nobody_is_drained_because_of_a_reference_alone(reference, report, made):
    reference()
    code, out, _ = report("cards", made(ranks=16, cases=cases(factor=2), edit=healthy), "--slurm")

    assert code == 1 and out == ""


def test_show_and_cards_tell_the_same_of_a_case(reference, report, made):
    reference()
    path = made(ranks=5, cases=cases(slow={2: 1.3, 1: 1.1}, factor=1.02), edit=healthy)
    shown = json.loads(report("show", path, "--format", "json")[1])["cases"]
    judged = json.loads(report("cards", path, "--format", "json")[1])["references"][0]

    mine = {case["case_key"]: case["pct_reference"] for case in shown}
    for key, per_cent in judged["per_cent_by_case"].items():
        assert per_cent == pytest.approx(mine[key], abs=1e-6)
    assert len(judged["per_cent_by_case"]) == 12  # the phases of the APIs say nothing of a card


def test_a_card_without_a_sample_stands_nowhere(reference, nodes):
    reference()

    def silent(file):
        healthy(file)
        for group in file["cases"].values():
            group["flags"][1, :] = np.uint16(1)
            group["time_ns"][1, :] = -1

    assert nodes(ranks=4, cases=cases(), edit=silent)[1]["nid0000"][0] == "CW403"
