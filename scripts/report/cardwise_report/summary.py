# SPDX-License-Identifier: Apache-2.0
"""What does one run say that comparisons, references and histories need? Columns, never samples."""

import hashlib
import math
from dataclasses import dataclass, field

import numpy as np

from cardwise_report import disturbed, schema, stats
from cardwise_report.card_names import RANK_REQUIRED, emulated, emulated_mark, identity
from cardwise_report.cases import Case, set_labels
from cardwise_report.measurement import must_be_a_measurement
from cardwise_report.run_file import InputError, RunFile

ROOT = (
    "run_id created_utc finished_utc cardwise_version git_revision system tag profile exit_reason"
).split()
INDEX = (
    "case_key group_path family benchmark status status_text units kernel_sha256 binary_sha256 ranks nodes "
    "rounds launches_per_sample n_bytes bytes_per_launch traffic_per_launch flops_per_launch "
    "time_sync_median time_sync_lo time_sync_hi card_median imbalance jitter throttled_frac"
).split()
INDEX_REQUIRED = (
    "case_key group_path family status launches_per_sample card_median time_sync_median"
).split()
IDENTITY = (
    "host device_name device_class device_uuid pci_bus_id opencl_platform identity local_rank "
    "emulated status_text"
).split()
METRICS = ("card_median", "time_sync")


@dataclass
class Measured:
    """One metric of one case: seconds a launch, and the interval of its rounds (NaN below 6)."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan


@dataclass
class Entry(Case):
    """One case by its row of /index and its medians by round."""

    by_metric: dict[str, Measured] = field(default_factory=dict)
    by_card: dict[str, float] = field(default_factory=dict)  # identity -> M[r]; not of pairs
    preempted: float = math.nan  # share of the samples, where others did it (disturbed.py)

    @property
    def key_id(self) -> str:
        """case_id as it must be."""
        return hashlib.sha256(self.row["case_key"].encode("utf-8", "replace")).hexdigest()[:16]


@dataclass
class Summary:
    """One run."""

    path: str
    about: dict[str, str]
    complete: bool
    schema_version: str
    ranks: dict
    entries: dict[str, Entry]
    tables: dict[str, dict] = field(default_factory=dict)  # nodes, provenance: only for the context

    @property
    def models(self) -> tuple[str, ...]:
        """Card models that the run measured on."""
        return tuple(sorted({str(n) for n, ok in zip(self.ranks["device_name"], self._used) if ok}))

    @property
    def kinds(self) -> frozenset[str]:
        """What the cards are: 'card' (gpu, fpga), 'cpu', 'emulated'."""
        out = set()
        for name, emu, used in zip(self.ranks["device_class"], emulated(self.ranks), self._used):
            if used:
                out.add("emulated" if emu else name)
        return frozenset("card" if name in ("gpu", "fpga", "") else name for name in out)

    @property
    def hosts(self) -> np.ndarray:
        """The node of each rank that measured."""
        return self.ranks["host"][self._used]

    @property
    def mark(self) -> str:
        """' [emulated]' where the run, or a part of it, says nothing about cards."""
        return emulated_mark(self.ranks)

    @property
    def _used(self) -> np.ndarray:
        return (self.ranks["device_name"] != "") & (self.ranks["status_text"] == "")

    @property
    def when(self) -> str:
        return self.about["created_utc"]


def read_summary(path: str, rounds: bool = True, context: bool = False) -> Summary:
    """Reads what is asked for: medians by round, the tables of the context. InputError names why.

    Without `rounds` a case has the figures of /index alone: enough for a reference run.
    """
    with RunFile(path) as file:
        must_be_a_measurement(file)
        about = {name: str(file.attribute("/", name, "str")) for name in ROOT}
        complete = file.attribute("/", "complete", "u1") == 1
        columns = schema.TABLES["ranks"].columns if context else IDENTITY
        ranks = file.table("ranks", columns, RANK_REQUIRED)
        if not np.array_equal(ranks["rank"], np.arange(len(ranks["rank"]))):
            raise InputError("/ranks/rank: does not count 0, 1, 2 …")
        entries = _entries(file, ranks, rounds)
        out = Summary(path, about, complete, file.schema_version, ranks, entries)
        if rounds and disturbed.may_tell(out.kinds, out.hosts):
            for entry in entries.values():
                if entry.status in schema.MEASURED:
                    entry.preempted = disturbed.preempted_share(file, entry.row["group_path"])
        if context:
            out.tables["nodes"] = file.table("nodes", schema.TABLES["nodes"].columns)
            out.tables["provenance"] = {
                name: str(file.read(f"/provenance/{name}", "str", ()))
                for name in schema.PROVENANCE
                if file.has(f"/provenance/{name}")
            }
        return out


def _entries(file: RunFile, ranks: dict, rounds: bool) -> dict[str, Entry]:
    index = file.table("index", INDEX, INDEX_REQUIRED)
    names = [identity(ranks, r) for r in range(len(ranks["rank"]))]
    out: dict[str, Entry] = {}
    for i in range(len(index["case"])):
        row = {
            name: column[i].item() if hasattr(column[i], "item") else column[i]
            for name, column in index.items()
        }
        for column, allowed in (("status", schema.STATUSES), ("family", schema.FAMILIES)):
            if row[column] not in allowed:
                text = f"row {i} has the unknown {column} {row[column]:.40}"
                raise InputError(f"/index/{column}: {text}")
        if row["case_key"] in out:
            raise InputError(f"/index/case_key: names {row['case_key']:.80} twice")
        entry = Entry(row, schema.parse_key(row["case_key"])[2])
        if row["status"] in schema.MEASURED:
            _measure(file, entry, ranks, names, rounds)
        out[row["case_key"]] = entry
    set_labels(list(out.values()))
    return out


def _measure(file: RunFile, entry: Entry, ranks: dict, names: list[str], rounds: bool) -> None:
    row = entry.row
    sync = Measured(*(_time(row[f"time_sync_{name}"]) for name in ("median", "lo", "hi")))
    card = Measured(_time(row["card_median"]))
    entry.by_metric = {"card_median": card, "time_sync": sync}
    if rounds:
        entry.by_metric["card_median"] = _from_rounds(file, entry, ranks, names)


def _time(value: float) -> float:
    """A time, or NaN: nothing takes no time, and nothing takes for ever."""
    return float(value) if 0 < value < 1e9 else math.nan


def _from_rounds(file: RunFile, entry: Entry, ranks: dict, names: list[str]) -> Measured:
    """card_median from the medians by round, with its interval; fills by_card."""
    where, launches = entry.row["group_path"], entry.row["launches_per_sample"]
    if launches < 1:
        name = entry.row["case_key"]
        raise InputError(f"/index/launches_per_sample: is {launches} for {name:.80}")
    pairs = file.has(f"{where}/pair")
    rows = file.read(f"{where}/{'src' if pairs else 'rank'}", "i4", (None,))
    medians = file.read(f"{where}/median_ns", "f8", (len(rows), None))
    if len(rows) and (rows.min() < 0 or rows.max() >= len(names)):
        raise InputError(f"{where}/{'src' if pairs else 'rank'}: names a rank that /ranks lacks")
    usable = (medians > 1e-6) & (medians < 1e18)  # less would be no time at all in seconds
    times = np.where(usable, medians, np.nan) * (1e-9 / launches)
    cards = stats.row_medians(times)
    there = np.isfinite(cards)
    if not there.any():
        return Measured()
    entry.ranks, entry.medians = rows[there], cards[there]
    if not pairs:
        entry.by_card = {names[r]: float(m) for r, m in zip(rows[there], cards[there]) if names[r]}
    models, count = np.unique(ranks["device_name"][rows[there]].astype(str), return_counts=True)
    main = ranks["device_name"][rows] == models[count.argmax()]
    by_round = stats.row_medians(times[there & main].T)
    low, high = stats.interval(by_round)
    return Measured(stats.median(cards[there & main]), low, high)
