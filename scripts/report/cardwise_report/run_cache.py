# SPDX-License-Identifier: Apache-2.0
"""What do all runs of a folder say, without opening those again that were read before?

The cache lies in the user's own cache folder, never beside the results; whatever is odd about it
makes it be built anew from the files.
"""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cardwise_report import __version__
from cardwise_report.folder import files_in
from cardwise_report.run_file import InputError
from cardwise_report.summary import Summary, read_summary

_FORMAT = f"3 {__version__}"
_LEAST_CARDS = 6  # below it no card can be told from its peers
_FIGURES = 3  # card_median, imbalance, jitter: logs of seconds, of shares; larger is worse


@dataclass
class RunLine:
    """One run: what identifies it, and its figures."""

    path: str
    meta: dict = field(default_factory=dict)
    cases: np.ndarray = field(default_factory=lambda: np.empty(0, "i4"))
    figures: np.ndarray = field(default_factory=lambda: np.empty((0, _FIGURES)))
    cards: np.ndarray = field(default_factory=lambda: np.empty((0, 2), "i4"))  # card, family
    deviations: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def error(self) -> str:
        return self.meta.get("error", "")


@dataclass
class Archive:
    """All runs of a folder, oldest first; names that their numbers stand for."""

    runs: list[RunLine]
    names: dict[str, list[str]]  # cases, cards, families


def read_archive(folder: str, complain: Callable[[str], None]) -> Archive:
    """Every run below the folder; unreadable files are complained about and left out."""
    paths = files_in(folder)
    known, names = _load(folder)
    lookup = {kind: {name: i for i, name in enumerate(values)} for kind, values in names.items()}
    lines, read = [], 0
    for path in paths:
        try:
            stamp = _stamp(path)
        except OSError as error:
            complain(f"{path}: cannot be read: {error.strerror} (left out)")
            continue
        line = known.get(path)
        if line is None or line.meta.get("stamp") != stamp:
            line = _read(path, stamp, lookup)
            read += 1
        if line.error:
            complain(f"{path}: {line.error} (left out)")
        lines.append(line)
    archive = Archive(lines, {kind: list(values) for kind, values in lookup.items()})
    if read or len(known) != len(lines):
        _save(folder, archive)
    seen: dict[str, RunLine] = {}
    for line in lines:
        if not line.error:
            seen.setdefault(line.meta["run_id"] or line.path, line)
    order = sorted(seen.values(), key=lambda line: (line.meta["created_utc"], line.path))
    return Archive(order, archive.names)


def _stamp(path: str) -> list[int]:
    info = os.stat(path)
    return [info.st_size, info.st_mtime_ns, info.st_ino]


def _read(path: str, stamp: list[int], lookup: dict[str, dict[str, int]]) -> RunLine:
    try:
        run = read_summary(path)
    except InputError as error:
        return RunLine(path, {"stamp": stamp, "error": str(error)[:500]})

    def number(kind: str, name: str) -> int:
        return lookup[kind].setdefault(name, len(lookup[kind]))

    ok = [entry for entry in run.entries.values() if entry.status == "ok"]
    meta = {
        "stamp": stamp,
        "system": run.about["system"],
        "created_utc": run.about["created_utc"],
        "run_id": run.about["run_id"],
        "models": _models(run),
        "ranks": len(run.ranks["rank"]),
        "complete": run.complete,
        "bad": sum(entry.status in ("failed", "wrong") for entry in run.entries.values()),
    }
    cases = np.array([number("cases", entry.row["case_key"]) for entry in ok], "i4")
    figures = np.array([_figures(entry) for entry in ok]).reshape(-1, _FIGURES)
    cards, deviations = _cards(run, ok, number)
    return RunLine(path, meta, cases, figures, cards, deviations)


def _models(run: Summary) -> list[str]:
    """Card models; those of an emulator are marked, and so never in a group with cards."""
    return [f"{model:.40}{run.mark}" if run.mark else model for model in run.models]


def _figures(entry) -> list[float]:
    def log(value, sign=1):
        return sign * math.log(value) if 0 < value < 1e9 else math.nan

    single = entry.row["ranks"] < 2
    out = [log(entry.by_metric["card_median"].value)]
    return out + [math.nan if single else log(entry.row[n], -1) for n in ("imbalance", "jitter")]


def _cards(run: Summary, entries: list, number) -> tuple[np.ndarray, np.ndarray]:
    """How far each card is behind its peers, by family: median over the family's cases."""
    found: dict[tuple[str, str], list[float]] = {}
    for entry in entries:
        if len(entry.by_card) < _LEAST_CARDS:
            continue
        logs = np.log(list(entry.by_card.values()))
        for name, value in zip(entry.by_card, logs - np.median(logs)):
            found.setdefault((name, entry.row["family"]), []).append(float(value))
    rows = [(number("cards", card), number("families", family)) for card, family in found]
    values = [float(np.median(values)) for values in found.values()]
    return np.array(rows, "i4").reshape(-1, 2), np.array(values)


def _cache_path(folder: str) -> str:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    name = hashlib.sha256(os.path.realpath(folder).encode("utf-8", "surrogateescape")).hexdigest()
    return os.path.join(base, "cardwise-report", f"history-{name[:24]}.npz")


_ARRAYS = ("cases", "figures", "cards", "deviations")
_SHAPES = {"cases": ("i4", ()), "figures": ("f8", (_FIGURES,)), "cards": ("i4", (2,)), "deviations": ("f8", ())}  # fmt: skip
_EMPTY = {"cases": [], "cards": [], "families": []}


def _load(folder: str) -> tuple[dict[str, RunLine], dict[str, list[str]]]:
    """The cache, if there is one and it is sound; else nothing."""
    try:
        with np.load(_cache_path(folder), allow_pickle=False) as data:
            about = json.loads(bytes(data["about"]).decode())
            arrays = {name: data[name] for name in _ARRAYS}
        return _unpack(about, arrays)
    except Exception:  # whatever it is: the files are the truth
        return {}, {kind: [] for kind in _EMPTY}


def _unpack(about: dict, arrays: dict) -> tuple[dict[str, RunLine], dict[str, list[str]]]:
    if about["format"] != _FORMAT or set(about["names"]) != set(_EMPTY):
        raise ValueError("another format")
    names = about["names"]
    for name, (dtype, rest) in _SHAPES.items():
        array = arrays[name]
        if array.dtype != np.dtype(dtype) or array.shape[1:] != rest:
            raise ValueError(f"another shape of {name}")
    limits = (len(names["cases"]), len(names["cards"]), len(names["families"]))
    for values, limit in zip(
        (arrays["cases"], arrays["cards"][:, 0], arrays["cards"][:, 1]), limits
    ):
        if len(values) and (values.min() < 0 or values.max() >= limit):
            raise ValueError("a number without a name")
    out, case, card = {}, 0, 0
    for path, meta, cases, cards in about["runs"]:
        out[path] = RunLine(
            path,
            meta,
            arrays["cases"][case : case + cases],
            arrays["figures"][case : case + cases],
            arrays["cards"][card : card + cards],
            arrays["deviations"][card : card + cards],
        )
        case, card = case + cases, card + cards
    if case != len(arrays["cases"]) or card != len(arrays["cards"]):
        raise ValueError("lengths differ")
    return out, names


def _save(folder: str, archive: Archive) -> None:
    """As a whole; a cache that cannot be written costs time, nothing else."""
    runs = [[l.path, l.meta, len(l.cases), len(l.cards)] for l in archive.runs]
    about = {"format": _FORMAT, "names": archive.names, "runs": runs}
    arrays = {
        name: np.concatenate([getattr(line, name) for line in archive.runs] or [_none(name)])
        for name in _ARRAYS
    }
    path = _cache_path(folder)
    temporary = ""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(suffix=".npz", dir=os.path.dirname(path))
        with os.fdopen(handle, "wb") as file:
            text = np.frombuffer(json.dumps(about).encode(), np.uint8)
            np.savez(file, about=text, **arrays)
        os.replace(temporary, path)
    except OSError:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _none(name: str) -> np.ndarray:
    dtype, rest = _SHAPES[name]
    return np.empty((0, *rest), dtype)
