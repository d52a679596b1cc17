# SPDX-License-Identifier: Apache-2.0
"""Does `health` say one line a node, with a code that tells what to do, and never 'ok' too early?"""

import json
import pathlib
import re

import pytest
from helpers import LATE, OK, one_case, recheck
from make_run import standard_cases

from cardwise_report.health_codes import CODES, EXIT_CODES, SEVERITIES

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "health.md"
LINE = re.compile(r"(\S+) (CW\d{3}) (\w+): (.+)")


def healthy(file):
    """What a card with NVML has, which the made-up ranks lack."""
    for name in ("ecc_uncorrected", "ecc_corrected", "pcie_replays"):
        for when in ("start", "end"):
            file[f"ranks/{name}_{when}"][:] = 0
    file["ranks/power_limit_w"][:] = 700.0
    file["ranks/mig_mode"][:] = 0
    file["ranks/mps"][:] = 0


def run(report, made, edit=None, slow=None, cases=None, ranks=16, **more):
    cases = cases or standard_cases(backends=("cuda",))
    for case in cases:
        case.slow = slow or {}

    def both(file):
        healthy(file)
        if edit:
            edit(file)

    code, out, err = report("health", made(ranks=ranks, cases=cases, edit=both, **more))
    assert err == ""
    lines = [LINE.fullmatch(line) for line in out.splitlines()]
    assert all(lines), out
    return code, {line[1]: (line[2], line[3], line[4]) for line in lines}


def test_healthy_nodes_are_ok(report, made):
    code, nodes = run(report, made)

    assert code == 0 and len(nodes) == 4
    assert all(found[:2] == ("CW000", "ok") for found in nodes.values())


def test_one_card_of_a_node_is_a_card_not_cards(report, made):
    _, nodes = run(report, made, per_node=1)

    assert len(nodes) == 16 and all(found[2].startswith("1 card, ") for found in nodes.values())


def test_a_slow_card_marks_its_node_alone(report, made):
    code, nodes = run(report, made, slow={6: 1.1})

    assert code == 1 and nodes["nid0001"][:2] == ("CW209", "triage")
    assert "slow 9.1 %" in nodes["nid0001"][2]
    assert {nodes[n][0] for n in nodes if n != "nid0001"} == {"CW000"}


def ranks_at(**values):
    def edit(file):
        for name, value in values.items():
            file[f"ranks/{name}"][6] = value

    return edit


def triad(file):
    keys = file["index/case_key"].asstr()[:]
    return file["cases"][f"{next(i for i, key in enumerate(keys) if 'mem/triad' in key):05d}"]


def checksum(file):
    triad(file)["result_checksum"][6, 0] = 3


def flags(bit, every=2):
    def edit(file):
        for group in file["cases"].values():
            group["flags"][6, ::every] = 1 << bit

    return edit


def no_sample(file):
    triad(file)["flags"][6, :] = 1
    triad(file)["time_ns"][6, :] = -1


PLANTED = [  # what is planted on rank 6, is it slow, which code
    ("CW101", checksum, False),
    ("CW102", ranks_at(verify_failures=2), False),
    ("CW103", ranks_at(ecc_uncorrected_end=1), False),
    ("CW104", ranks_at(status_text="card lost", identity="x"), False),
    ("CW201", flags(1), True),
    ("CW202", flags(2), True),
    ("CW203", ranks_at(pcie_gen_load=3), True),
    ("CW204", flags(4), True),
    ("CW205", ranks_at(rows_remapped=2), True),
    ("CW207", recheck([LATE] * 3, [LATE] * 3), True),
    ("CW208", recheck([OK] * 3, [LATE] * 3), True),
    ("CW209", None, True),
    ("CW301", ranks_at(power_limit_w=500.0), True),
    ("CW301", ranks_at(power_limit_w=500.0), False),
    ("CW303", ranks_at(numa_match=0), False),
    ("CW304", ranks_at(shared=1), False),
    ("CW305", ranks_at(mps=1), False),
    ("CW306", ranks_at(driver_version="1.0"), False),
    ("CW307", flags(10), True),
    ("CW404", no_sample, False),
    ("CW405", ranks_at(pcie_gen_load=-1), False),
    ("CW501", ranks_at(ecc_corrected_end=1), False),
    ("CW502", ranks_at(pcie_replays_end=1), False),
    ("CW503", ranks_at(rows_remapped=1), False),
    ("CW504", flags(2, 16), False),
    ("CW505", ranks_at(pcie_width_load=8), False),
    ("CW508", recheck([OK] * 3, [OK] * 3), True),
]


@pytest.mark.parametrize(("name", "edit", "slow"), PLANTED)
def test_what_is_planted_gets_its_code(report, made, name, edit, slow):
    code, nodes = run(report, made, edit, {6: 1.1} if slow else None)

    assert nodes["nid0001"][:2] == (name, CODES[name].severity)
    assert code == EXIT_CODES[CODES[name].severity]
    assert nodes["nid0000"][0] == "CW000"


def test_bimodal_card(report, made):
    def edit(file):
        for group in file["cases"].values():
            row = group["time_ns"][6, :]
            row[::5] = row[::5] * 1.2
            group["time_ns"][6, :] = row

    assert run(report, made, edit)[1]["nid0001"][0] == "CW210"

    def again(file):
        edit(file)
        recheck([OK] * 3, [OK] * 3)(file)

    cleared = run(report, made, again, name="b.h5")[1]["nid0001"]
    assert cleared[0] == "CW210", "eight good windows are what such a card has on any day"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("CW401", {"complete": 0, "exit_reason": "killed"}),
        ("CW105", {"complete": 0, "exit_reason": "card_lost"}),
        ("CW402", {"cases": one_case()}),
        ("CW403", {"ranks": 4}),
        ("CW406", {"device_class": "emulated"}),
        ("CW406", {"device_class": "cpu", "ranks": 2}),  # before what follows from it
    ],
)
def test_a_missing_test_is_never_ok(report, made, name, more):
    code, nodes = run(report, made, **more)

    assert {found[0] for found in nodes.values()} == {name}
    assert code == EXIT_CODES[CODES[name].severity] != 0


@pytest.mark.parametrize(
    ("status", "name"), [("failed", "CW212"), ("implausible", "CW213"), ("wrong", "CW102")]
)
def test_status_of_a_case(report, made, status, name):
    cases = standard_cases(backends=("cuda",))
    cases[2].status, cases[2].text = status, "rank 6 on nid0001: clFinish: error"
    _, nodes = run(report, made, cases=cases)

    where = {host for host, found in nodes.items() if found[0] == name}
    assert where == {"failed": {"nid0001"}, "wrong": {"nid0000"}}.get(status, set(nodes))


def test_the_gravest_comes_first_and_the_rest_are_counted(report, made):
    def edit(file):
        checksum(file)
        file["ranks/numa_match"][5] = 0

    code, nodes = run(report, made, edit, {4: 1.1})

    assert code == 5 and nodes["nid0001"][0] == "CW101" and "(+2 more)" in nodes["nid0001"][2]


def test_lines_fit_a_reason_field(report, made):
    def edit(file):
        file["ranks/status_text"][6] = "x" * 900 + '"; $(id)\n`'
        file["ranks/device_serial"][:] = "s" * 300

    _, nodes = run(report, made, edit, {5: 1.2})

    for found in nodes.values():
        text = " ".join(found)
        assert len(text) <= 200 and text.isascii() and not set("\"'`$\\;\n") & set(text)


def test_json_has_all_findings(report, made):
    path = made(ranks=16, cases=standard_cases(), edit=checksum)
    code, out, _ = report("health", path, "--format", "json")
    data = json.loads(out)

    node = next(node for node in data if node["host"] == "nid0001")
    assert node["code"] == "CW101" and {"CW101", "CW405"} <= {f["code"] for f in node["findings"]}


def test_every_code_is_listed_in_the_documentation():
    text = DOCS.read_text()
    listed = dict(re.findall(r"^\| `(CW\d{3})` \| (\w+) \|", text, re.M))

    assert listed == {code.name: code.severity for code in CODES.values()}
    assert set(listed.values()) == set(SEVERITIES) == set(EXIT_CODES)


def test_every_code_is_used():
    source = DOCS.parents[1] / "scripts" / "report" / "cardwise_report"
    text = "".join((source / name).read_text() for name in ("health.py", "health_findings.py"))

    assert {name for name in CODES if f'"{name}"' not in text} == set()
