# SPDX-License-Identifier: Apache-2.0
"""What did a case measure? Its numbers, recomputed from the samples of the file."""

import math
from dataclasses import dataclass, field

import numpy as np

from cardwise_report import schema, stats
from cardwise_report.card_names import emulated
from cardwise_report.figures import Figures, contradictions, figures, seconds
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.terminal import size

INDEX_COLUMNS = (
    "case_key case_id group_path family benchmark backend dtype clock units status status_text "
    "kernel_sha256 ranks rounds samples launches_per_sample verified converged n_bytes "
    "bytes_per_launch traffic_per_launch flops_per_launch time_sync_median time_sync_lo "
    "time_sync_hi card_min card_q25 card_median card_q75 card_max rate_sync rate_sum imbalance "
    "jitter pct_theoretical pct_ceiling flagged_frac throttled_frac ci_halfwidth"
).split()
INDEX_REQUIRED = "case_key group_path family status launches_per_sample".split()

_UNSHOWN = ("wv", "data", "backend", "dtype")  # of a label; backend and dtype have their own place
_WORDS = (
    "cache",
    "mem",
    "phase",
    "path",
    "bytes",
    "variant",
)  # values that need no name before them

_PCIE_GT_S = {1: 2.5, 2: 5.0, 3: 8.0, 4: 16.0, 5: 32.0, 6: 64.0}


@dataclass
class Case:
    """One case: its row of /index, and what its samples say (times in s, a launch)."""

    row: dict
    key: dict[str, str]
    label: str = ""
    ranks: np.ndarray = field(default_factory=lambda: np.empty(0, int))  # world ranks with numbers
    pairs: list[str] | None = None  # names of the rows, where they are pairs of ranks
    medians: np.ndarray = field(default_factory=lambda: np.empty(0))  # M[r]
    sync_rounds: np.ndarray = field(default_factory=lambda: np.empty(0))  # T by round
    sync: float = math.nan
    sync_interval: tuple[float, float] = (math.nan, math.nan)
    found: Figures | None = None
    samples: dict[str, float] = field(default_factory=dict)  # over all (rank, sample)
    series: dict[str, float] = field(default_factory=dict)  # over T[s]
    flags: dict[str, dict[int, int]] = field(default_factory=dict)  # name -> rank -> samples
    answering: frozenset[int] = frozenset()  # ranks whose partner's clock counts, by design
    checksums: dict[int, frozenset] = field(default_factory=dict)

    @property
    def status(self) -> str:
        return self.row["status"]

    @property
    def numbers(self) -> dict[str, float]:
        """Figures recomputed from the samples, named as in /index."""
        return self.found.values if self.found else {}

    @property
    def measured(self) -> bool:
        return math.isfinite(self.sync)

    @property
    def kind(self) -> str:
        """What the headline is: 'B/s', 'FLOP/s' or 's'."""
        return {"GB/s": "B/s", "GFLOP/s": "FLOP/s", "us": "s"}.get(
            self.row["units"], self.row["units"]
        )

    @property
    def work(self) -> float:
        """Bytes (traffic) or FLOP a rank and launch; NaN where the headline is a time."""
        if self.kind == "FLOP/s":
            return _positive(self.row["flops_per_launch"])
        if self.kind == "B/s":
            traffic = _positive(self.row["traffic_per_launch"])
            return traffic if math.isfinite(traffic) else _positive(self.row["bytes_per_launch"])
        return math.nan


def _positive(value: float) -> float:
    return float(value) if value > 0 and math.isfinite(value) else math.nan


def read_cases(run: RunFile, ranks: dict) -> list[Case]:
    """All cases of a run in the order of /index, with numbers where there are samples."""
    index = run.table("index", INDEX_COLUMNS, INDEX_REQUIRED)
    cases = []
    for i in range(len(index["case"])):
        row = {
            name: column[i].item() if hasattr(column[i], "item") else column[i]
            for name, column in index.items()
        }
        if row["status"] not in schema.STATUSES:
            raise InputError(f"/index/status: row {i} has the unknown status {row['status']:.40}")
        cases.append(read_case(run, row, ranks))
    set_labels(cases)
    return cases


def read_case(run: RunFile, row: dict, ranks: dict) -> Case:
    """One case by its row of /index, with numbers where there are samples."""
    case = Case(row, schema.parse_key(row["case_key"])[2])
    if row["status"] in (*schema.MEASURED, "failed"):
        _read_numbers(run, case, ranks)
    return case


def set_labels(cases: list[Case]) -> None:
    """Short names; the whole key where two would be equal."""
    for case in cases:
        parts = [f"{case.row['family']}/{schema.parse_key(case.row['case_key'])[1]}"]
        key = dict(case.key)
        if key.get("m") == key.get("k") == key.get("n"):  # a square gemm needs one number
            key = {name: value for name, value in key.items() if name not in ("m", "k")}
        for name, value in key.items():
            if (name, value) == ("variant", "portable") or name in _UNSHOWN:
                continue
            if name == "bytes" and value.isascii() and value.isdigit() and len(value) < 19:
                value = size(int(value))
            parts.append(value if name in _WORDS else f"{name}={value}")
        if "dtype" in case.key:
            parts.insert(1, case.key["dtype"])
        if "backend" in case.key:
            parts.append(case.key["backend"])
        case.label = " ".join(parts)
    count: dict[str, int] = {}
    for case in cases:
        count[case.label] = count.get(case.label, 0) + 1
    for case in cases:
        if count[case.label] > 1:
            case.label = case.row["case_key"]


def _read_numbers(run: RunFile, case: Case, ranks: dict) -> None:
    where = case.row["group_path"]
    if not run.has(f"{where}/time_ns"):
        if case.status == "failed":
            return
        raise InputError(f"{where}/time_ns: is missing, though the case is {case.status}")
    window = run.read(f"{where}/time_ns", "i8", (None, None))
    if window.shape[1] == 0:
        return
    flags = run.read(f"{where}/flags", "u2", window.shape)
    sample_round = run.read(f"{where}/sample_round", "u1", (window.shape[1],))
    launches = case.row["launches_per_sample"]
    if launches < 1:
        raise InputError(
            f"/index/launches_per_sample: is {launches} for {case.row['case_key']:.80}"
        )
    rows = _rows(run, case, window.shape[0], len(ranks["rank"]))
    valid = (flags & schema.INVALID) == 0
    zero = valid & (window <= 0)
    if (zero & ((flags & schema.BAD_TIMER) == 0)).any():
        r, s = np.argwhere(zero & ((flags & schema.BAD_TIMER) == 0))[0]
        raise InputError(f"{where}/time_ns[{r}, {s}]: is {window[r, s]} ns, and no flag says why")
    for bit, name in enumerate(schema.FLAGS):
        hits = ((flags >> bit) & 1).sum(axis=1)
        if hits.any():
            case.flags[name] = {int(rows[r]): int(hits[r]) for r in np.flatnonzero(hits)}
    silent = ~valid.any(axis=1)
    if case.pairs is None and case.row["family"] == "exchange" and not silent.all():
        case.answering = frozenset(rows[silent].tolist())
    with np.errstate(all="ignore"):  # a damaged file may hold any number
        _fill(case, seconds(window, flags, launches), flags, sample_round, rows, ranks)
    if run.has(f"{where}/result_checksum"):
        sums = run.read(f"{where}/result_checksum", "u8", (window.shape[0], None))
        case.checksums = {int(rows[r]): frozenset(sums[r].tolist()) for r in range(len(rows))}


def _rows(run: RunFile, case: Case, count: int, world: int) -> np.ndarray:
    where = case.row["group_path"]
    name = "rank"
    if run.has(f"{where}/pair"):
        name = "src"
        ends = (run.read(f"{where}/{end}", "i4", (count,)) for end in ("src", "dst"))
        case.pairs = [f"{a} > {b}" for a, b in zip(*ends)]
    rows = run.read(f"{where}/{name}", "i4", (count,))
    if count and (rows.min() < 0 or rows.max() >= world):
        raise InputError(f"{where}/{name}: names a rank that /ranks does not have")
    return rows


def _fill(case: Case, times, flags, sample_round, rows, ranks: dict) -> None:
    case.found = figures(times, flags, sample_round, case.work, ranks["device_name"][rows])
    if case.found is None:
        return
    case.ranks, case.medians = rows[case.found.rows], case.found.medians
    if case.pairs is not None:
        case.pairs = [case.pairs[r] for r in case.found.rows]
    case.sync_rounds = case.found.sync_rounds
    case.sync = case.numbers["time_sync_median"]
    case.sync_interval = case.numbers["time_sync_lo"], case.numbers["time_sync_hi"]
    case.numbers["pct_theoretical"], case.numbers["pct_ceiling"] = _per_cent(case, ranks)
    times, series = times[case.found.rows], case.found.series
    case.samples = stats.describe(times, stats.autocorrelation(times, sample_round))
    case.series = stats.describe(series, stats.autocorrelation(series[None, :], sample_round))


def limits(case: Case, ranks: dict) -> tuple[np.ndarray, np.ndarray]:
    """Theoretical peak and measured ceiling of each card of a case, in its unit; NaN if unknown.

    An emulator has neither: no rate of it is a share of what a card can do.
    """
    unknown = np.full(len(case.ranks), np.nan)
    peak, ceiling = _limits(case, ranks, unknown)
    real = ~emulated(ranks)[case.ranks]
    return np.where(real, peak, np.nan), np.where(real, ceiling, np.nan)


def _limits(case: Case, ranks: dict, unknown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    benchmark, family = case.row["benchmark"], case.row["family"]
    dtype = case.key.get("dtype", "")
    if case.kind == "FLOP/s" and dtype in ("f32", "f64"):
        names = (f"peak_{dtype}", f"ceiling_{dtype}")
    elif case.kind == "B/s" and (family == "mem" or benchmark == "d2d"):
        names = ("peak_mem", "ceiling_mem")
    elif case.kind == "B/s" and benchmark in ("h2d", "d2h"):
        return _pcie_peak(ranks)[case.ranks], ranks[f"ceiling_{benchmark}"][case.ranks]
    elif case.kind == "B/s" and benchmark == "both":
        return 2 * _pcie_peak(ranks)[case.ranks], unknown
    else:
        return unknown, unknown
    peak, ceiling = (ranks[name][case.ranks] for name in names)
    # what fits in a cache is not held against the memory's data sheet
    return (unknown if case.key.get("cache") == "hot" else peak), ceiling


def _pcie_peak(ranks: dict) -> np.ndarray:
    """Bytes a second of each card's link in one direction, by its best generation and width."""
    speed = np.array([_PCIE_GT_S.get(int(g), math.nan) for g in ranks["pcie_gen_max"]])
    width = np.where(ranks["pcie_width_max"] > 0, ranks["pcie_width_max"], np.nan)
    coding = np.where(speed < 8, 8 / 10, 128 / 130)
    return width * speed * 1e9 * coding / 8


def _per_cent(case: Case, ranks: dict) -> tuple[float, float]:
    """Median over cards of 100 x rate / limit, for peak and ceiling."""
    achieved = case.work / case.medians
    out = []
    for limit in limits(case, ranks):
        usable = np.where(limit > 0, limit, np.nan)
        out.append(100 * stats.median(achieved / usable))
    return out[0], out[1]


def disagreements(case: Case) -> list[tuple[str, float, float]]:
    """Stored summaries (name, stored, recomputed) that differ by more than rounding."""
    return contradictions(case.row, case.found) if case.found else []
