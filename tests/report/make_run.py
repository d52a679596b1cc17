# SPDX-License-Identifier: Apache-2.0
"""Makes made-up result files that obey the schema, with whatever oddity a test wants planted."""

import hashlib
import math
from dataclasses import dataclass, field

import h5py
import numpy as np

from cardwise_report import schema, stats

TEXT = h5py.string_dtype("utf-8")
GIB = 1 << 30


@dataclass
class Spec:
    """One case to make: key parameters, work a launch, true time of a launch in s, status."""

    name: str  # family/benchmark
    parameters: dict[str, str]
    seconds: float
    units: str = "B/s"
    work: float = 0.0
    status: str = "ok"
    text: str = ""
    launches: int = 4
    slow: dict[int, float] = field(default_factory=dict)  # rank -> factor

    @property
    def key(self) -> str:
        return self.name + "?" + "&".join(f"{k}={v}" for k, v in sorted(self.parameters.items()))


def standard_cases(backends=("cuda", "opencl"), sizes: int = 1) -> list[Spec]:
    """Kernels, copies, a latency, two API phases a backend; `sizes` steps down from 2^28."""
    out = []
    for backend in backends:
        slower = 1.02 if backend == "opencl" else 1.0
        same = {"backend": backend, "wv": "1"}
        kernel = {**same, "variant": "portable", "data": "grid"}
        for step in range(sizes):
            n = 1 << (28 - step)
            part = n / (1 << 28)
            array = {**kernel, "n": str(n), "cache": "dram", "dtype": "f32"}
            for name, weight in (("copy", 2), ("triad", 3), ("saxpy", 3)):
                work, time = weight * 4.0 * n, weight * 0.36e-3 * part * slower
                out.append(Spec(f"mem/{name}", array, time, work=work))
            m = 4096 >> step
            gemm = {**kernel, "m": str(m), "n": str(m), "k": str(m), "dtype": "f32"}
            out.append(Spec("compute/gemm", gemm, 2.7e-3 * part * slower, "FLOP/s", 2.0 * m**3))
            copy = {**same, "bytes": str(GIB >> (2 + step)), "mem": "pinned", "cards": "all"}
            work = float(GIB >> (2 + step))
            out.append(Spec("copy/h2d", copy, 5e-3 * part * slower, work=work, launches=1))
        latency = {**same, "wait": "spin"}
        out.append(Spec("latency/roundtrip", latency, 6.2e-6 * slower, "s", launches=1))
        for phase, seconds in (("first_launch", 3e-4), ("launch", 6e-6)):
            api = {**same, "phase": phase}
            out.append(Spec("api/phases", api, seconds * slower, "s", launches=1))
    return sorted(out, key=lambda spec: spec.key)


def make_run(
    path,
    ranks: int = 1,
    per_node: int = 4,
    cases: list[Spec] | None = None,
    rounds: int = 6,
    block: int = 32,
    complete: int = 1,
    exit_reason: str = "done",
    device_class: str = "gpu",
    device_name: str = "NVIDIA H100 80GB HBM3",
    noise: float = 0.002,
    seed: int = 1,
    root: dict | None = None,
    edit=None,
) -> list[Spec]:
    """Writes the file; `root` overrides root attributes, `edit(file)` changes anything."""
    random = np.random.default_rng(seed)
    cases = standard_cases() if cases is None else cases
    nodes = -(-ranks // per_node)
    with h5py.File(path, "w", libver=("earliest", "v108")) as file:
        _root(file, ranks, nodes, complete, exit_reason, root or {})
        group = file.create_group("provenance")
        for name in schema.PROVENANCE:
            group.create_dataset(name, data="", dtype=TEXT)
        group["build_type"][()] = "Release"
        group["env"][()] = "OMPI_COMM_WORLD_SIZE=4\nOCL_ICD_VENDORS=/etc/OpenCL/vendors"
        group["compiler"][()] = "g++ 12.2.0"
        _nodes(file, nodes)
        _ranks(file, ranks, per_node, device_class, device_name)
        _fill(file, "kernels", 2, {"name": ["triad", "gemm"], "text": "kernel text"})
        _fill(file, "events", 1, {"severity": "note", "code": "start", "text": "run starts"})
        rows = [_case(file, i, c, ranks, rounds, block, noise, random) for i, c in enumerate(cases)]
        columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
        _fill(file, "index", len(rows), columns)
        if edit:
            edit(file)
    return cases


def _root(file, ranks, nodes, complete, exit_reason, override) -> None:
    values = {
        "schema_name": schema.SCHEMA_NAME,
        "schema_version": schema.VERSION,
        "run_id": "0190b0a1-5c3e-7abc-8def-0123456789ab",
        "created_utc": "2026-05-21T03:04:05Z",
        "finished_utc": "2026-05-21T03:10:05Z",
        "cardwise_version": "0.1.0",
        "git_revision": "0123456789abcdef",
        "system": "testsystem",
        "profile": "standard",
        "exit_reason": exit_reason,
        "complete": complete,
        "checkpoint_no": 3,
        "ranks": ranks,
        "nodes": nodes,
        "exit_code": 0 if complete else -1,
        "wall_s": 360.0,
        "timed_s": 200.0,
        "agree_s": 1.5,
        "verify_s": 30.0,
        "gather_s": 0.25,
        "write_s": 0.5,
    } | override
    for name, column in schema.ROOT_ATTRIBUTES.items():
        value = values.get(name, "" if column.dtype == "str" else 0)
        _attribute(file, name, value, column.dtype)


def _attribute(node, name, value, dtype) -> None:
    dtype = dtype.split("|")[0]
    node.attrs.create(name, value, dtype=TEXT if dtype == "str" else np.dtype(dtype))


def scale(group, name: str, count: int):
    """A dimension scale 0 … count-1."""
    dataset = group.create_dataset(name, data=np.arange(count, dtype="i4"), maxshape=(None,))
    dataset.make_scale(name)
    return dataset


def column(group, name: str, description: schema.Column, values, axes):
    """A dataset with units and its dimension scales, as the schema wants it."""
    dtype = description.dtypes[0]
    options = {}
    if len(axes) == 2 and dtype != "str" and np.size(values):
        options = {"shuffle": True, "compression": 1, "fletcher32": True}
    if dtype == "str":
        dataset = group.create_dataset(name, data=np.array(values, dtype=object), dtype=TEXT)
    else:
        dataset = group.create_dataset(name, data=np.asarray(values, dtype=dtype), **options)
    if description.units:
        dataset.attrs["units"] = description.units
    for i, axis in enumerate(axes):
        dataset.dims[i].attach_scale(group[axis])
    return dataset


def _fill(file, name: str, count: int, given: dict) -> None:
    """A whole table; columns not given are unknown."""
    description = schema.TABLES[name]
    group = file.create_group(name)
    scale(group, description.scales[0], count)
    for key, what in description.columns.items():
        unknown = "" if what.dtypes[0] == "str" else math.nan if "f8" in what.dtypes else -1
        if what.dtypes[0].startswith("u"):
            unknown = 0
        value = given.get(key, unknown)
        values = list(value) if isinstance(value, (list, np.ndarray)) else [value] * count
        column(group, key, what, values, description.scales[:1])


def _nodes(file, nodes: int) -> None:
    columns = {
        "host": [f"nid{i:04d}" for i in range(nodes)],
        "kernel_release": "6.1.0",
        "cpu_model": "EPYC 7742",
        "sockets": 2,
        "cores": 128,
        "numa_nodes": 8,
        "mem_total_bytes": 512 * GIB,
        "turbo": 1,
        "hugepages": "madvise",
    }
    _fill(file, "nodes", nodes, columns)


def _ranks(file, ranks: int, per_node: int, device_class: str, device_name: str) -> None:
    numbers = range(ranks)
    columns = {
        "host": [f"nid{r // per_node:04d}" for r in numbers],
        "cpu_mask": "0-15",
        "backends": "cuda,opencl",
        "device_name": device_name,
        "device_vendor": "NVIDIA",
        "device_class": device_class,
        "emulated": int(device_class == "emulated"),
        "device_uuid": [f"GPU-{r:08x}-1111-2222-3333-444455556666" for r in numbers],
        "pci_bus_id": [f"0000:{(r % per_node) + 16:02x}:00.0" for r in numbers],
        "driver_version": "550.54.15",
        "binding_rule": "local_rank",
        "node": [r // per_node for r in numbers],
        "local_rank": [r % per_node for r in numbers],
        "cpu_numa": 0,
        "device_numa": 0,
        "numa_match": 1,
        "pcie_gen_load": 5,
        "pcie_gen_max": 5,
        "pcie_width_load": 16,
        "pcie_width_max": 16,
        "verify_failures": 0,
        "host_mark_ns": 42.0,
        "launch_call_ns": 11.0,
        "peak_mem": 3.35e12,
        "peak_f32": 67e12,
        "ceiling_mem": 3.0e12,
        "ceiling_f32": 62e12,
        "ceiling_h2d": 55e9,
        "ceiling_d2h": 55e9,
    }
    _fill(file, "ranks", ranks, columns)


def _case(file, i, spec, ranks, rounds, block, noise, random) -> dict:
    measured = spec.status in schema.MEASURED or (spec.status == "failed" and spec.text == "late")
    if spec.status == "partial":
        rounds = max(1, rounds // 2)
    samples = rounds * block if measured else 0
    path = f"/cases/{i:05d}"
    family, benchmark, _ = schema.parse_key(spec.key)
    times = np.full((ranks, samples), spec.seconds * spec.launches * 1e9)
    times *= 1 + noise * np.abs(random.standard_normal(times.shape))
    for r, factor in spec.slow.items():
        times[r] *= factor
    times = np.rint(times).astype("i8")
    host = spec.name.split("/")[0] in ("latency", "api")
    row = {
        "case_key": spec.key,
        "case_id": hashlib.sha256(spec.key.encode()).hexdigest()[:16],
        "group_path": path,
        "family": family,
        "benchmark": benchmark,
        "backend": spec.parameters.get("backend", ""),
        "dtype": spec.parameters.get("dtype", ""),
        "clock": "host" if host else "device",
        "units": spec.units,
        "better": "lower" if spec.units == "s" else "higher",
        "status": spec.status,
        "status_text": spec.text,
        "kernel_sha256": hashlib.sha256(spec.name.encode()).hexdigest(),
        "ranks": ranks,
        "rounds": rounds,
        "samples": samples,
        "launches_per_sample": spec.launches,
        "verified": int(measured),
        "converged": 1,
        "bytes_per_launch": spec.work if spec.units == "B/s" else 0.0,
        "traffic_per_launch": spec.work if spec.units == "B/s" else 0.0,
        "flops_per_launch": spec.work if spec.units == "FLOP/s" else 0.0,
    }
    group = file.create_group(path)
    of_round = np.repeat(np.arange(rounds), block)[:samples]
    medians = stats.round_medians(times.astype(float), of_round, rounds)
    _samples(group, spec, times, of_round, medians, rounds, host)
    _case_attributes(group, spec, row)
    summaries = dict.fromkeys(schema.SUMMARIES, math.nan)
    if measured and spec.status != "failed":
        summaries |= _summaries(spec, times, of_round, rounds)
    return row | summaries


def _samples(group, spec, times, of_round, medians, rounds, host) -> None:
    ranks, samples = times.shape
    for name, count in (("rank", ranks), ("sample", samples), ("round", rounds)):
        scale(group, name, count)
    values = {
        "time_ns": times,
        "flags": np.zeros(times.shape, "u2"),
        "sample_round": of_round,
        "median_ns": medians,
        "result_checksum": np.full((ranks, rounds), 77, "u8"),
        "sm_mhz": np.full((ranks, rounds), 1980.0),
        "start_utc_ns": np.zeros(rounds),
        "warmup_s": np.full(rounds, 0.1),
        "warmup_stable": np.ones(rounds),
    }
    if not host and samples:
        values["host_ns"] = np.full((ranks, rounds), times.sum() // max(1, ranks * rounds))
    for name, data in values.items():
        what = schema.CASE.columns[name]
        column(group, name, what, data, [axis.split("|")[0] for axis in what.axes])
    time = group["time_ns"]
    for name, value in (
        ("launches_per_sample", spec.launches),
        ("resolution_ns", 500.0),
        ("clock", "host" if host else "device"),
        ("coordinates", "sample_round"),
    ):
        _attribute(time, name, value, schema.TIME_ATTRIBUTES[name].dtype)
    masks = np.array([1 << bit for bit in range(len(schema.FLAGS))], "u2")
    group["flags"].attrs["flag_masks"] = masks
    group["flags"].attrs["flag_meanings"] = " ".join(schema.FLAGS)


def _case_attributes(group, spec, row) -> None:
    for name in schema.CASE_ATTRIBUTES:
        _attribute(group, name, row.get(name, "none"), "str")
    for name, value in spec.parameters.items():
        number = value.isdecimal()
        _attribute(group, name, int(value) if number else value, "i8" if number else "str")
    if spec.status == "wrong":
        for name, what in schema.WRONG_ATTRIBUTES.items():
            _attribute(group, name, "1" if what.dtype == "str" else 1, what.dtype)


def _summaries(spec, times, of_round, rounds) -> dict:
    """The summaries by the methodology's formulas, written anew: a test of the report."""
    t = times / spec.launches * 1e-9
    by = [[np.median(t[r][of_round == k]) for k in range(rounds)] for r in range(len(t))]
    cards = np.array([np.median(row) for row in by])
    slowest = t.max(axis=0)
    sync_by = sorted(np.median(slowest[of_round == k]) for k in range(rounds))
    sync = float(np.median(sync_by))
    out = {
        "time_sync_median": sync,
        "card_min": cards.min(),
        "card_q25": np.quantile(cards, 0.25),
        "card_median": np.median(cards),
        "card_q75": np.quantile(cards, 0.75),
        "card_max": cards.max(),
        "imbalance": cards.mean() / cards.max(),
        "jitter": cards.max() / sync,
    }
    if rounds == 6:
        out |= {"time_sync_lo": sync_by[0], "time_sync_hi": sync_by[-1]}
    if spec.work:
        out["rate_sync"] = spec.work * len(t) / sync
        out["rate_sum"] = sum(spec.work / m for m in cards)
    return out
