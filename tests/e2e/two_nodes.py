# SPDX-License-Identifier: Apache-2.0
"""Binding on two "nodes" of this machine, which share neither host name nor memory."""

import os
import pathlib
import subprocess

import program
import pytest

AGENT = pathlib.Path(__file__).parents[1] / "mpi" / "fakessh.sh"
CASE = ["run", "--type", "cpu", "--profile", "quick", "--rounds", "2", "--max-bytes", "64KiB",
        "--progress", "none", "--filter", "mem/saxpy|exchange|collective"]


@pytest.fixture(autouse=True)
def namespaces():
    if subprocess.run([AGENT, "probe", "true"], check=False, capture_output=True).returncode:
        strict = "nodes" in os.environ.get("CARDWISE_REQUIRE", "").split(",")
        (pytest.fail if strict else pytest.skip)("this machine allows no namespaces")


def on_nodes(hosts, ranks, *args, env=None):
    env = {"POCL_DEVICES": "basic basic", **(env or {})}
    forward = [word for name in env for word in ("-x", name)]
    nodes = subprocess.run([AGENT, "--options", program.MPIRUN], check=True, capture_output=True,
                           text=True).stdout.split()
    return program.cardwise(*args, ranks=ranks, env=env, timeout_s=180,
                            launcher=[*nodes, *forward, "--host", hosts])


def test_one_card_a_rank_on_each_node(tmp_path):
    path = tmp_path / "run.h5"

    done = on_nodes("nodeA:2,nodeB:2", 4, *CASE, "--output", path)

    assert done.code == 0, done.all
    rows = program.read_ranks(path)
    assert rows["host"] == ["nodeA", "nodeA", "nodeB", "nodeB"]
    assert rows["local_rank"] == [0, 1, 0, 1] and rows["node"] == [0, 0, 1, 1]
    assert rows["binding_rule"] == ["local_rank"] * 4
    assert len(set(rows["identity"])) == 4, rows["identity"]
    attrs = program.read_attrs(path)
    assert attrs["ranks"] == 4 and attrs["nodes"] == 2 and attrs["complete"] == 1
    for case in program.read_cases(path):
        assert case.status == "ok", (case.key, case.text)
    assert "nodeA" in done.out and "nodeB" in done.out


def test_idle_cards_of_an_uneven_job_are_named(tmp_path):
    path = tmp_path / "run.h5"

    done = on_nodes("nodeA:2,nodeB:1", 3, *CASE, "--output", path)

    assert done.code == 0, done.all
    assert program.read_ranks(path)["host"] == ["nodeA", "nodeA", "nodeB"]
    assert any("has no rank" in line and "nodeB" in line for line in done.out.splitlines()), done.out


def test_too_many_ranks_on_one_node_are_refused_everywhere(tmp_path):
    done = on_nodes("nodeA:3,nodeB:1", 4, *CASE, "--output", tmp_path)

    assert done.code == 3, done.all
    assert len(done.messages()) == 1 and "nodeA" in done.messages()[0], done.all
    assert not list(tmp_path.rglob("*.h5"))


def test_a_listed_card_counts_on_each_node(tmp_path):
    path = tmp_path / "run.h5"

    done = on_nodes("nodeA:1,nodeB:1", 2, *CASE, "--card", "1", "--output", path)

    assert done.code == 0, done.all
    rows = program.read_ranks(path)
    assert [i.rsplit("/", 1)[1] for i in rows["identity"]] == ["1", "1"]
