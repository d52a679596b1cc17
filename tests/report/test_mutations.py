# SPDX-License-Identifier: Apache-2.0
"""Do damaged files, by bytes and by values, never end in a traceback or a hang?"""

import random
import shutil
import time

import h5py
import numpy as np
import pytest
from make_run import TEXT, Spec, make_run

from cardwise_report import schema

BYTES, VALUES = 220, 132
LIMIT_S = 300  # far above what one file takes: this finds hangs, not slowness

CASES = [
    Spec("mem/triad", {"backend": b, "dtype": "f32", "n": "64", "wv": "1"}, 1e-3, work=1e6)
    for b in ("cuda", "opencl")
]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A whole file of eight ranks and two short cases."""
    path = tmp_path_factory.mktemp("small") / "small.h5"
    make_run(path, cases=CASES, rounds=6, block=4, ranks=8)
    return path


TURNS = (
    ["check"],
    ["show"],
    ["check"],
    ["show", "--format", "json"],
    ["check"],
    ["show", "--format", "csv"],
    ["cards"],
    ["health"],
    ["html"],
    ["cards", "--format", "json"],
    ["cards", "--slurm"],
)


def survives(report, path, number):
    """Runs one command, each in its turn; gives its exit code."""
    start = time.monotonic()
    code, out, err = report(*TURNS[number % len(TURNS)], path)
    assert time.monotonic() - start < LIMIT_S
    assert code in (0, 1, 2, 4, 5), err
    assert (code == 2) == bool(err)
    return code


def mutate_bytes(data: bytearray, dice: random.Random) -> None:
    kind = dice.randrange(4)
    at = dice.randrange(len(data))
    if kind == 0:
        for _ in range(dice.randrange(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
    elif kind == 1:
        data[at : at + 8] = dice.choice([b"\xff" * 8, b"\0" * 8, b"\xff" * 4 + b"\0" * 4])
    elif kind == 2:
        end = min(len(data), at + dice.randrange(1, 400))
        data[at:end] = dice.randbytes(end - at)
    else:
        other = dice.randrange(len(data))
        data[at : at + 64] = data[other : other + 64]


@pytest.mark.parametrize("seed", range(4))
def test_mutated_bytes(report, small, tmp_path, seed):
    path = tmp_path / "mutated.h5"
    good = small.read_bytes()
    dice = random.Random(seed)
    seen = set()
    for number in range(BYTES // 4):
        data = bytearray(good)
        mutate_bytes(data, dice)
        path.write_bytes(data[: dice.randrange(len(data))] if dice.random() < 0.1 else data)
        seen.add(survives(report, path, number))
    assert 2 in seen  # else nothing was damaged


def strange(dice: random.Random, dtype):
    if h5py.check_string_dtype(dtype):
        words = ["", "x" * 10_000, "\x1b[2J\n", "NaN", "../../etc/passwd", "%s%n", "mem/x?=&==&"]
        return dice.choice(words)
    if dtype.kind == "f":
        return dice.choice([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e308, 5e-324])
    limits = np.iinfo(dtype)
    return dice.choice([limits.min, limits.max, 0, 1, dice.randrange(limits.max)])


def mutate_values(file, dice: random.Random) -> None:
    paths = []
    file.visititems(lambda name, node: paths.append(name))
    for _ in range(dice.randrange(1, 6)):
        name = dice.choice(paths)
        if name not in file:
            continue
        node, kind = file[name], dice.randrange(6)
        if kind == 0 or not isinstance(node, h5py.Dataset):
            if dice.random() < 0.5 and len(node.attrs):
                attribute = dice.choice(list(node.attrs))
                node.attrs[attribute] = dice.choice([1, -1.5, "text", [1, 2, 3], np.nan])
            elif dice.random() < 0.3:
                del file[name]
        elif kind == 1:
            del file[name]
            dtype = dice.choice(["i4", "f8", TEXT, "u1", "S3", "c16", "?"])
            shape = dice.choice([(), (0,), (1,), (2,), (3, 3), (2, 24), (1, 1, 1)])
            file.create_dataset(name, shape, dtype)
        elif node.size and node.shape:
            where = tuple(dice.randrange(n) for n in node.shape)
            node[where if dice.random() < 0.5 else ...] = strange(dice, node.dtype)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_values(report, small, tmp_path, seed):
    dice = random.Random(1000 + seed)
    seen = set()
    for number in range(VALUES // 4):
        path = tmp_path / "mutated.h5"
        shutil.copyfile(small, path)
        with h5py.File(path, "r+") as file:
            mutate_values(file, dice)
        seen.add(survives(report, path, number))
    assert 2 in seen


def test_mutated_root_attributes(report, small, tmp_path):
    dice = random.Random(7)
    for number, (name, column) in enumerate(schema.ROOT_ATTRIBUTES.items()):
        dtype = TEXT if column.dtype == "str" else np.dtype(column.dtype)
        value = strange(dice, dtype)
        path = tmp_path / "mutated.h5"
        shutil.copyfile(small, path)
        with h5py.File(path, "r+") as file:
            file.attrs.create(name, value, dtype=dtype)
        survives(report, path, number)
