# SPDX-License-Identifier: Apache-2.0
"""Do compare, reference, history and export survive damaged files, by bytes and by values?"""

import random
import shutil

import h5py
import pytest
from test_mutations import mutate_bytes, mutate_values, small  # noqa: F401

COUNT = 80


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def survives(report, good, path, number, tmp_path):
    """One command, each in its turn; a code of its own, and a message where it is 2 or 3."""
    (tmp_path / "runs").mkdir(exist_ok=True)
    shutil.copyfile(path, tmp_path / "runs" / "mutated.h5")
    turns = (
        ("compare", good, path),
        ("compare", path, good),
        ("compare", path, good, good, good),
        ("compare", good, path, "--cross-system", "--format", "junit"),
        ("export", path, "--anonymise"),
        ("export", path, "--format", "csv"),
        ("reference", path, "-o", tmp_path / "ref.json", "--force"),
        ("history", tmp_path / "runs", "--format", "json"),
    )
    code, out, err = report(*turns[number % len(turns)])
    assert code in (0, 1, 2, 3, 5), err
    assert bool(err) if code in (2, 3) else out
    return code


@pytest.mark.parametrize("seed", range(2))
def test_mutated_bytes(report, small, tmp_path, seed):  # noqa: F811
    dice = random.Random(50 + seed)
    path = tmp_path / "mutated.h5"
    for number in range(COUNT // 2):
        data = bytearray(small.read_bytes())
        mutate_bytes(data, dice)
        path.write_bytes(data)
        survives(report, small, path, number, tmp_path)


@pytest.mark.parametrize("seed", range(2))
def test_mutated_values(report, small, tmp_path, seed):  # noqa: F811
    dice = random.Random(60 + seed)
    path, seen = tmp_path / "mutated.h5", set()
    for number in range(COUNT // 2):
        shutil.copyfile(small, path)
        with h5py.File(path, "r+") as file:
            mutate_values(file, dice)
        seen.add(survives(report, small, path, number, tmp_path))
    assert 2 in seen and 0 in seen
