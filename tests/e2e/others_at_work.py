# SPDX-License-Identifier: Apache-2.0
"""Other programs on the CPUs that are the card: are its samples flagged?"""

import os
import subprocess

import h5py
import program
import pytest

CASE = ["run", "--type", "cpu", "--backend", "opencl", "--filter", "mem/saxpy", "--profile", "quick", "--rounds", "3",
        "--max-bytes", "256KiB", "--no-recheck", "--progress", "none"]
OTHERS = 3  #: on one CPU they have three quarters of it


@pytest.fixture
def one_cpu():
    """This test's, and of all that it starts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture
def others(one_cpu):
    """Programs that never sleep, ended one by one."""
    started = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(OTHERS)]
    yield
    for one in started:
        one.kill()
        one.wait()


def preempted(path, ranks=0):
    done = program.cardwise(*CASE, "--output", path, ranks=ranks, env={"POCL_DEVICES": "basic basic"}, timeout_s=180)
    assert done.code == 0, done.all
    with h5py.File(path) as file:
        flags = file["cases/00000/flags"][...]
    assert flags.shape[1] == 96
    return float(((flags >> 10) & 1).mean())


def test_others_on_its_cpu_are_flagged(others, tmp_path):
    assert preempted(tmp_path / "run.h5") > 0.5


def test_ranks_of_one_node_are_no_others(one_cpu, tmp_path):
    """They share the CPUs by design, and would all be flagged."""
    assert preempted(tmp_path / "run.h5", ranks=2) == 0
