# SPDX-License-Identifier: Apache-2.0
"""Does `cards` name slow and corrupting cards, say why, and say where nobody can tell?"""

import json
import re

import h5py
import numpy as np
import pytest
from helpers import LATE, OK, one_case, recheck
from make_run import standard_cases

SERIAL = 1753024030000


def serials(file):
    count = len(file["ranks/rank"])
    file["ranks/device_serial"][:] = [str(SERIAL + r) for r in range(count)]


def judged(report, path, *more):
    code, out, err = report("cards", path, "--format", "json", *more)
    assert err == ""
    return code, json.loads(out)


def named(data):
    return {card["rank"]: card["verdict"] for card in data["cards"]}


def slow_everywhere(**slow):
    cases = standard_cases()
    for case in cases:
        case.slow = {int(r.removeprefix("r")): factor for r, factor in slow.items()}
    return cases


def test_healthy_cards_are_not_named(report, made):
    code, data = judged(report, made(ranks=16, noise=0.005))

    assert code == 0 and data["cards"] == [] and data["cannot_tell"] == []


def test_slow_card_is_named_by_host_and_serial(report, made):
    path = made(ranks=16, cases=one_case(slow={6: 1 / 0.9}), edit=serials)

    code, out, _ = report("cards", path)

    assert code == 1
    line = next(line for line in out.splitlines() if line.startswith("SLOW"))
    assert "nid0001" in line and f"serial {SERIAL + 6}" in line and "(rank 6)" in line
    assert "10 % below" in out and "6 of 6 rounds" in out
    assert "smallest deficit named here: 1.0 %" in out and "false-alarm rate of 1.0 %" in out


def late_samples(file):
    """Card 5 does every fifth sample 12 % slower: its median is as good as any."""
    times = file["cases/00000/time_ns"]
    row = times[5, :]
    row[::5] = (row[::5] * 1.12).astype("i8")
    times[5, :] = row


def test_bimodal_card_with_a_good_median_is_seen(report, made):
    code, data = judged(report, made(ranks=16, cases=one_case(), edit=late_samples))

    assert code == 1 and named(data) == {5: "slow at times"}
    assert [f["view"] for f in data["cards"][0]["findings"]] == ["tail"]
    assert data["cards"][0]["findings"][0]["samples"] == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("ranks", [1, 2, 5])
def test_too_few_alike_cannot_tell_and_says_what_would(report, made, ranks):
    path = made(ranks=ranks, cases=one_case(slow={0: 1.5}))

    code, out, _ = report("cards", path)

    assert code == 0 and "SLOW" not in out
    assert "cannot tell" in out and "6 are needed" in out and "--alike" in out
    assert report("cards", path, "--strict")[0] == 4


def test_other_runs_of_alike_cards_make_the_population(report, made):
    few = made(ranks=2, cases=one_case(slow={0: 1.2}))
    others = made(ranks=16, cases=one_case(), name="others.h5", seed=2)

    code, data = judged(report, few, "--alike", others)

    assert code == 1 and named(data) == {0: "slow"} and data["cannot_tell"] == []


def test_two_models_are_two_populations(report, made):
    def edit(file):
        file["ranks/device_name"][:8] = "another card"

    slow = {r: 1.5 for r in range(8)} | {12: 1.1}
    code, data = judged(report, made(ranks=16, cases=one_case(slow=slow), edit=edit))

    assert code == 1 and named(data) == {12: "slow"}


def test_card_with_other_bits_is_corrupting(report, made):
    def edit(file):
        file["cases/00000/result_checksum"][3, 2] = 5

    path = made(ranks=4, cases=one_case(), edit=edit)
    code, out, _ = report("cards", path)

    assert code == 5 and named(judged(report, path)[1]) == {3: "corrupting"}
    assert "CORRUPTING  nid0000" in out and "other bits: mem/triad" in out


def test_a_withheld_case_still_tells_whose_bits_differ(report, made):
    def edit(file):
        file["cases/00000/result_checksum"][3, :] = 5

    code, data = judged(report, made(ranks=6, cases=one_case(status="wrong"), edit=edit))

    assert code == 5 and named(data) == {3: "corrupting"}


def test_other_bits_of_another_driver_are_no_fault(report, made):
    def edit(file):
        file["cases/00000/result_checksum"][:2] = 5
        file["ranks/driver_version"][:2] = "551.00"

    assert judged(report, made(ranks=6, cases=one_case(), edit=edit))[0] == 0


def test_without_a_majority_nobody_is_named(report, made):
    def edit(file):
        file["cases/00000/result_checksum"][:2] = 5

    path = made(ranks=4, cases=one_case(), edit=edit)
    code, data = judged(report, path)

    assert code == 5 and data["cards"] == [] and len(data["no_majority"]) == 1
    assert "with no majority" in report("cards", path)[1]


def set_rank(name, value):
    def edit(file):
        file[f"ranks/{name}"][6] = value

    return edit


def sensor(name, value, usual):
    def edit(file):
        from cardwise_report import schema
        from make_run import column

        case = file["cases/00000"]
        if name in case:
            del case[name]
        values = np.full((16, 6), usual)
        values[6] = value
        column(case, name, schema.CASE.columns[name], values, ("rank", "round"))

    return edit


def flag(bit):
    def edit(file):
        file["cases/00000/flags"][6, ::3] = 1 << bit

    return edit


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (set_rank("pcie_gen_load", 3), "PCIe generation 3 under load, of 5"),
        (set_rank("pcie_width_load", 8), "PCIe lanes 8 under load, of 16"),
        (set_rank("numa_match", 0), "another NUMA node"),
        (set_rank("shared", 1), "several ranks used it"),
        (set_rank("rows_remapped", 2), "2 remapped memory rows"),
        (sensor("sm_mhz", 1700.0, 1980.0), "core clock 1700 MHz, its peers' 1980 MHz"),
        (sensor("temp_c", 88.0, 60.0), "88 Cel, its peers 60 Cel"),
        (flag(1), "throttled by the hardware in 33 % of its samples"),
        (flag(2), "throttled because of heat"),
        (flag(10), "disturbed by other processes"),
        (lambda file: None, "recorded causes: none"),
    ],
)
def test_causes_recorded(report, made, edit, cause):
    path = made(ranks=16, cases=one_case(slow={6: 1.1}), edit=edit)

    code, out, _ = report("cards", path)

    assert code == 1 and cause in out
    assert re.search(r"^    next: \S", out, re.M)


@pytest.mark.parametrize(
    ("alone", "pair", "word", "told", "next_"),
    [
        ([LATE] * 3, [LATE] * 3, "alone", "slow alone too", "swap the card"),
        ([OK] * 3, [LATE] * 3, "pair", "slow only together", "what the cards of the node share"),
        ([OK] * 3, [OK] * 3, "neither", "not reproduced, slow neither", "run again; if"),
        ([OK, OK, LATE], [OK, LATE, OK], "neither", "not reproduced", "run again; if"),
        ([OK] * 3, [], "", "run nid0001 alone", "run nid0001 alone"),
        ([], [OK] * 3, "", "run nid0001 alone", "run nid0001 alone"),
        ([-1] * 3, [OK] * 3, "", "run nid0001 alone", "run nid0001 alone"),
    ],
)
def test_what_measuring_again_showed_is_told(report, made, alone, pair, word, told, next_):
    path = made(ranks=16, cases=one_case(slow={6: 1.1}), edit=recheck(alone, pair))

    code, text, _ = report("cards", path)
    card = json.loads(report("cards", path, "--format", "json")[1])["cards"][0]

    assert code == 1 and told in text and f"next: {next_}" in text.replace("look at ", "")
    assert card["rechecked"] == word and next_ in card["next"]


def test_of_several_cases_the_gravest_outcome_counts(report, made):
    cases = [*one_case(slow={6: 1.1}), *one_case(slow={6: 1.1})]
    cases[1].name = "mem/vector_add"

    def edit(file):
        recheck([OK] * 3, [OK] * 3, "00000")(file)
        recheck([LATE] * 3, [OK] * 3, "00001")(file)

    assert "slow alone too" in report("cards", made(ranks=16, cases=cases, edit=edit))[1]


@pytest.mark.parametrize(("alone", "lines"), [(LATE, 1), (OK, 0)])
def test_slurm_empties_no_node_for_what_was_not_reproduced(report, made, alone, lines):
    edit = recheck([alone] * 3, [OK] * 3)
    path = made(ranks=16, cases=one_case(slow={6: 1.1}), edit=edit)

    assert len(report("cards", path, "--slurm")[1].splitlines()) == lines


def test_a_recorded_cause_outweighs_that_it_was_not_reproduced(report, made):
    def edit(file):
        recheck([OK] * 3, [OK] * 3)(file)
        flag(2)(file)  # heat, which a short look afterwards does not see

    path = made(ranks=16, cases=one_case(slow={6: 1.1}), edit=edit)

    assert "next: check the cooling" in report("cards", path)[1]
    assert len(report("cards", path, "--slurm")[1].splitlines()) == 1


def test_without_a_recheck_it_says_what_would_settle_it(report, made):
    out = report("cards", made(ranks=16, cases=one_case(slow={6: 1.1})))[1]

    assert "run nid0001 alone: slow alone, it is card or slot" in out


def test_a_whole_slow_host_is_said(report, made):
    slow = {r: 1.1 for r in range(4, 8)}
    out = report("cards", made(ranks=24, cases=one_case(slow=slow)))[1]

    assert "all 4 cards of nid0001 are slow: look at the host" in out


def test_slurm_prints_one_line_a_node(report, made):
    path = made(ranks=24, cases=one_case(slow={4: 1.1, 5: 1.2, 20: 1.1}), edit=serials)
    before = path.read_bytes()

    code, out, err = report("cards", path, "--slurm")

    lines = out.splitlines()
    assert code == 1 and err == "" and len(lines) == 2
    form = r'scontrol update NodeName=nid000[15] State=DRAIN Reason="[A-Za-z0-9 .,:/%()+_-]+"'
    assert all(re.fullmatch(form, line) and len(line) < 300 for line in lines)
    assert f"serial {SERIAL + 5} slow" in lines[0] and "1 more card" in lines[0]
    assert path.read_bytes() == before


@pytest.mark.parametrize("host", ["a;rm -rf ~", '"$(id)"', "`id`", "x y", "-f", "a\nb", "ü"])
def test_slurm_lines_hold_nothing_that_a_shell_acts_on(report, made, host):
    def edit(file):
        file["ranks/host"][4:8] = host
        file["ranks/device_serial"][:] = '"; $(id) `id` \n'

    out = report("cards", made(ranks=16, cases=one_case(slow={6: 1.2}), edit=edit), "--slurm")[1]

    assert len(out.splitlines()) == 1 and out.startswith("# ")
    lone = made(ranks=16, cases=one_case(slow={1: 1.2}), edit=edit, name="b.h5")
    line = report("cards", lone, "--slurm")[1]
    assert line.count('"') == 2 and not set("$`\\;\n") & set(line.split('"')[1])


def test_cards_refuses_planted_faults(report, made):
    def edit(file):
        file["provenance/planted_faults"][()] = "slow=0"

    code, out, err = report("cards", made(ranks=16, cases=one_case(), edit=edit))

    assert code == 2 and out == "" and "planted on purpose" in err


def test_text_of_the_file_is_escaped(report, made):
    def edit(file):
        file["ranks/host"][:] = "\x1b[2Jnid"
        file["ranks/device_serial"][:] = "a\nb"

    out = report("cards", made(ranks=16, cases=one_case(slow={6: 1.2}), edit=edit))[1]

    assert "\x1b" not in out and "a\\nb" in out


def test_withheld_and_implausible_cases_are_not_judged(report, made):
    for status in ("implausible", "wrong", "failed", "skipped"):
        cases = one_case(status=status, slow={1: 2.0})
        code, data = judged(report, made(ranks=16, cases=cases))
        assert code == 0 and data["cards"] == [] and "none of mem" in data["cannot_tell"][0]


@pytest.mark.parametrize("command", ["cards", "health"])
@pytest.mark.parametrize("name", ["time_ns", "flags", "rank", "sample_round", "result_checksum"])
def test_a_broken_column_of_a_judged_case_is_named(report, made, command, name):
    def edit(file):
        case = file["cases/00000"]
        del case[name]
        case[name] = h5py.SoftLink("/cases/00001")

    code, out, err = report(command, made(ranks=8, cases=one_case(), edit=edit))

    assert code == 2 and out == "" and f"run.h5: /cases/00000/{name}: is a soft link" in err


def test_a_broken_file_of_other_runs_is_named(report, made, tmp_path):
    (tmp_path / "other.h5").write_text("no run")

    code, _, err = report("cards", made(cases=one_case()), "--alike", tmp_path / "other.h5")

    assert code == 2 and "other.h5: is not an HDF5 file" in err
