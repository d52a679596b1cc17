# SPDX-License-Identifier: Apache-2.0
"""How is a good file damaged? By bytes, by values, by types and shapes, by attributes, by links."""

import random

import h5py
import numpy as np
from make_run import TEXT

WORDS = ("", "x" * 10_000, "\x1b[2J\n", "NaN", "../../etc/passwd", "%s%n", "mem/x?=&==&", "\u202e")
NUMBERS = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e308, 5e-324, -1e-300)
DTYPES = ("i4", "f8", TEXT, "u1", "S3", "c16", "?", "f2", "u8", [("a", "i4")], "O")
SHAPES = ((), (0,), (1,), (2,), (3, 3), (2, 24), (1, 1, 1), (0, 7))
_HUGE = 1 << 60  # elements that a dataset claims to have, without a byte stored


def mutate_bytes(data: bytes, dice: random.Random) -> bytes:
    """A copy with some bytes replaced, or its end cut off."""
    out = bytearray(data)
    kind, at = dice.randrange(5), dice.randrange(len(out))
    if kind == 0:
        for _ in range(dice.randrange(1, 8)):
            out[dice.randrange(len(out))] = dice.randrange(256)
    elif kind == 1:
        out[at : at + 8] = dice.choice([b"\xff" * 8, b"\0" * 8, b"\xff" * 4 + b"\0" * 4])
    elif kind == 2:
        end = min(len(out), at + dice.randrange(1, 400))
        out[at:end] = dice.randbytes(end - at)
    elif kind == 3:
        other = dice.randrange(len(out))
        out[at : at + 64] = out[other : other + 64]
    if kind == 4 or dice.random() < 0.05:
        del out[dice.randrange(len(out)) :]
    return bytes(out)


def strange(dice: random.Random, dtype):
    """A value of this type that a writer would hardly store."""
    if h5py.check_string_dtype(dtype):
        return dice.choice(WORDS)
    if dtype.kind == "f":
        return dice.choice(NUMBERS)
    limits = np.iinfo(dtype)
    return dice.choice([limits.min, limits.max, 0, 1, dice.randrange(limits.max)])


def mutate_objects(file: h5py.File, dice: random.Random) -> None:
    """One to five objects of an open file are replaced, emptied, linked elsewhere, or renamed."""
    paths: list[str] = []
    file.visititems(lambda name, node: paths.append(name))
    for _ in range(dice.randrange(1, 6)):
        name = dice.choice(paths)
        try:
            _mutate_object(file, name, dice)
        except (KeyError, OSError, RuntimeError, TypeError, ValueError):
            continue  # what an earlier turn left there cannot be damaged further
    if dice.random() < 0.2:
        root = dice.choice(list(file.attrs))
        _put_attribute(file, root, dice)


def _mutate_object(file: h5py.File, name: str, dice: random.Random) -> None:
    if name not in file:
        return
    kinds = [_attribute, _remove, _link, _rename]
    if isinstance(file[name], h5py.Dataset):
        kinds += [_retype, _values, _values, _values, _claim]
    dice.choice(kinds)(file, name, dice)


def _put_attribute(node, name: str, dice: random.Random) -> None:
    old = node.attrs.get_id(name).dtype
    value = dice.choice([1, -1.5, "text", [1, 2, 3], np.nan, h5py.Empty("f8"), "y" * 50_000])
    if dice.random() < 0.5 and (old.kind in "iuf" or h5py.check_string_dtype(old)):
        node.attrs.create(name, strange(dice, old), dtype=old)
    else:
        node.attrs[name] = value


def _attribute(file, name, dice) -> None:
    node = file[name]
    if len(node.attrs):
        _put_attribute(node, dice.choice(sorted(node.attrs)), dice)
    else:
        node.attrs["z" * dice.choice([1, 5_000])] = np.arange(dice.choice([1, 7_000]))


def _remove(file, name, dice) -> None:
    del file[name]


def _link(file, name, dice) -> None:
    """A soft, external or hard link instead; a hard one to a parent makes a cycle."""
    parent = name.rpartition("/")[0]
    target = dice.choice(["/", f"/{parent}", "/ranks", "/index", "/nowhere", f"/{name}"])
    kind = dice.randrange(3)
    if kind == 2 and target.strip("/") not in (name, "nowhere"):
        node = file[target]
        del file[name]
        file[name] = node
        return
    del file[name]
    file[name] = h5py.ExternalLink("other.h5", target) if kind else h5py.SoftLink(target)


def _rename(file, name, dice) -> None:
    file.move(name, name + dice.choice(["_", "\u00e9", "n" * 3_000, " "]))


def _retype(file, name, dice) -> None:
    del file[name]
    dtype, shape = dice.choice(DTYPES), dice.choice(SHAPES)
    if dtype == "O":
        file.create_dataset(name, shape, h5py.ref_dtype)
    else:
        file.create_dataset(name, shape, dtype)


def _claim(file, name, dice) -> None:
    """A dataset of many elements, of which no byte is stored."""
    old = file[name]
    shape = tuple(dice.choice([_HUGE, 1 << 31, 70_000, n]) for n in old.shape) or (_HUGE,)
    dtype = old.dtype
    del file[name]
    if dice.random() < 0.5:
        dtype = np.dtype("i8")
    try:
        file.create_dataset(name, shape, dtype, chunks=(1,) * len(shape))
    except (ValueError, OverflowError):  # more than HDF5 itself allows
        file.create_dataset(name, (70_000,), dtype, chunks=(1,))


def _values(file, name, dice) -> None:
    node = file[name]
    plain = node.dtype.kind in "iuf" or h5py.check_string_dtype(node.dtype)
    if not (node.size and node.shape and plain) or node.size > 1_000_000:
        return
    where = tuple(dice.randrange(n) for n in node.shape)
    with np.errstate(over="ignore"):  # 1e308 in a column of f4 is infinite
        node[where if dice.random() < 0.5 else ...] = strange(dice, node.dtype)


def mutate_text(text: str, dice: random.Random) -> str:
    """A JSON text with a piece replaced, doubled or cut off."""
    at = dice.randrange(len(text))
    end = min(len(text), at + dice.randrange(1, 40))
    pieces = ["", "null", "-1", "1e999", "NaN", '""', "[" * 3_000, "{}", '"\\ud800"', "\x00", "}"]
    new = dice.choice([*pieces, text[at:end] * 2])
    out = text[:at] + new + text[end:]
    return out[: dice.randrange(len(out))] if dice.random() < 0.1 and out else out
