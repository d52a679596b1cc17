# SPDX-License-Identifier: Apache-2.0
"""What must a result file contain? The schema `cardwise.run` 1.0 as data."""

from dataclasses import dataclass, field

SCHEMA_NAME = "cardwise.run"
KNOWN_MAJOR = 1
VERSION = "1.0.0"

UNITS = ("ns", "s", "B", "B/s", "FLOP/s", "W", "MHz", "Cel", "1")

STATUSES = ("ok", "planned", "partial", "skipped", "failed", "wrong", "implausible")
MEASURED = ("ok", "partial", "implausible")  # statuses whose samples must be there
WITHHELD = ("wrong", "failed")  # statuses whose summaries must be NaN
FAMILIES = (
    "mem compute latency api copy exchange collective distributed".split()  # fmt: skip
)
EXIT_REASONS = ("killed", "done", "time_budget", "signal", "card_lost", "error")
DEVICE_CLASSES = ("gpu", "fpga", "cpu", "emulated", "")  # "" is unknown: a rank without a card
BINDING_RULES = ("only_visible", "local_rank", "listed", "shared", "")

FLAGS = (  # bit i has name i
    "invalid hw_throttle sw_thermal power_cap clock_low clock_drift link_degraded late_start "
    "clock_disagree bad_timer preempted ecc"
).split()
INVALID = 1 << FLAGS.index("invalid")
BAD_TIMER = 1 << FLAGS.index("bad_timer")
THROTTLED = (1 << FLAGS.index("hw_throttle")) | (1 << FLAGS.index("sw_thermal"))
NOT_ODD = INVALID | (1 << FLAGS.index("power_cap"))  # bits that flagged_frac leaves out

# Half-width of the interval that is good enough, by family (docs/methodology.md, section 2.6).
INTERVAL_TARGETS = {
    **dict.fromkeys(("mem", "compute"), 0.005),
    "copy": 0.01,
    **dict.fromkeys(("latency", "api", "exchange"), 0.03),
    "collective": 0.05,
}

FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32"}  # any other could load a plug-in


@dataclass(frozen=True)
class Column:
    """One dataset or attribute: its dtype (alternatives by |), units, words allowed, axes."""

    dtype: str
    units: str = ""  # demanded `units` attribute; "" demands none
    values: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    required: bool = True

    @property
    def dtypes(self) -> tuple[str, ...]:
        return tuple(self.dtype.split("|"))


@dataclass(frozen=True)
class Group:
    """One group: its dimension scales (all int32) and the datasets on them."""

    scales: tuple[str, ...]
    columns: dict[str, Column] = field(default_factory=dict)
    required: bool = True


def _columns(dtype: str, names: str, units: str = "", **more) -> dict[str, Column]:
    return {name: Column(dtype, units, **more) for name in names.split()}


ROOT_ATTRIBUTES: dict[str, Column] = {
    **_columns("str", "schema_name schema_version run_id created_utc finished_utc"),
    **_columns("str", "cardwise_version git_revision system tag profile"),
    "exit_reason": Column("str", values=EXIT_REASONS),
    **_columns("u1", "complete git_dirty"),
    "exit_code": Column("i4"),
    **_columns("i8", "checkpoint_no ranks nodes seed"),
    **_columns("f8", "wall_s timed_s agree_s verify_s gather_s write_s"),
}

PROVENANCE = (
    "command_line options_json uname os_release compiler compiler_flags build_type cmake_cache "
    "google_benchmark hdf5 mpi_library mpi_standard opencl_loader nvrtc nvml slurm_env env "
    "planted_faults"
).split()
PROVENANCE_LATER = ("planted_faults",)  # files of the first writers lack them

_RANKS = {
    **_columns("str", "host cpu_mask backends device_name device_vendor"),
    "device_class": Column("str", values=DEVICE_CLASSES),
    **_columns("str", "device_uuid device_serial pci_bus_id pci_device_id driver_version"),
    **_columns("str", "opencl_platform opencl_version opencl_c_version nvrtc_version"),
    **_columns("str", "vbios_version image_sha256 board peak_source"),
    "binding_rule": Column("str", values=BINDING_RULES),
    **_columns("str", "identity status_text", required=False),
    **_columns("i4", "node local_rank pid cpu_numa device_numa cuda_driver_version"),
    **_columns("i4", "compute_units cc_major cc_minor"),
    **_columns("i4", "clock_max_mhz clock_app_mhz mem_clock_mhz", "MHz"),
    **_columns("i4", "mem_bus_bits compute_mode rows_remapped pcie_gen_load pcie_width_load"),
    **_columns("i4", "pcie_gen_max pcie_width_max verify_failures"),
    **_columns("i1", "numa_match persistence mig_mode mps ecc_mode"),
    **_columns("u1", "emulated shared"),
    **_columns("i8", "llc_bytes mem_total_bytes mem_free_bytes_start", "B"),
    **_columns("i8", "ecc_corrected_start ecc_corrected_end ecc_uncorrected_start"),
    **_columns("i8", "ecc_uncorrected_end pcie_replays_start pcie_replays_end"),
    **_columns("f8", "power_limit_w power_limit_default_w", "W"),
    **_columns("f8", "host_tick_ns host_mark_ns launch_call_ns", "ns"),
    **_columns("f8", "peak_mem ceiling_mem ceiling_h2d ceiling_d2h", "B/s"),
    **_columns("f8", "peak_f32 peak_f64 ceiling_f32 ceiling_f64", "FLOP/s"),
}

_INDEX = {
    **_columns("str", "case_key case_id group_path benchmark backend variant dtype cache sync"),
    "family": Column("str", values=tuple(FAMILIES)),
    "clock": Column("str", values=("device", "host", "")),
    "units": Column("str", values=("B/s", "FLOP/s", "s", "GB/s", "GFLOP/s", "us", "")),
    "better": Column("str", values=("lower", "higher", "")),
    "placement": Column("str"),
    "status": Column("str", values=STATUSES),
    **_columns("str", "status_text kernel_sha256 binary_sha256"),
    **_columns("i8", "n_bytes", "B"),
    **_columns("i4", "ranks nodes rounds samples launches_per_sample"),
    **_columns("u1", "verified converged"),
    **_columns("f8", "bytes_per_launch traffic_per_launch", "B"),
    **_columns("f8", "flops_per_launch"),
    **_columns("f8", "time_sync_median time_sync_lo time_sync_hi", "s"),
    **_columns("f8", "card_min card_q25 card_median card_q75 card_max", "s"),
    **_columns("f8", "setup_s compile_s warmup_s", "s"),
    **_columns("f8", "rate_sync rate_sum imbalance jitter pct_theoretical pct_ceiling"),
    **_columns("f8", "ws_over_llc cycles_median flagged_frac throttled_frac ci_halfwidth"),
}

# Summaries that must be NaN where the numbers are withheld.
SUMMARIES = (
    "time_sync_median time_sync_lo time_sync_hi card_min card_q25 card_median card_q75 card_max "
    "rate_sync rate_sum imbalance jitter pct_theoretical pct_ceiling"
).split()

TABLES: dict[str, Group] = {
    "nodes": Group(
        ("node",),
        {
            **_columns("str", "host kernel_release cpu_model cpu_governor"),
            **_columns("str", "nic_models ib_rates bios_version"),
            **_columns("i4", "sockets cores numa_nodes"),
            **_columns("i8", "mem_total_bytes", "B"),
            "turbo": Column("i1|str"),
            "hugepages": Column("str|i8"),
        },
    ),
    "ranks": Group(("rank",), _RANKS),
    "kernels": Group(("kernel",), _columns("str", "name variant file sha256 text")),
    "index": Group(("case",), _INDEX),
    "events": Group(
        ("event",),
        {
            "utc_ns": Column("i8", "ns"),
            "rank": Column("i4"),
            "severity": Column("str", values=("note", "warning", "error")),
            **_columns("str", "code text"),
        },
    ),
    "telemetry": Group(
        ("rank", "tick"),
        {
            "sm_mhz": Column("f4", "MHz", axes=("rank", "tick")),
            "power_w": Column("f4", "W", axes=("rank", "tick")),
            "temp_c": Column("f4", "Cel", axes=("rank", "tick")),
        },
        required=False,
    ),
    "clock": Group(
        ("rank", "sync"),
        {
            **_columns("f8|i8", "offset_ns residual_ns", "ns", axes=("rank",)),
            **_columns("f8", "drift_ppm", axes=("rank",)),
            **_columns("i8", "utc_ns", "ns", axes=("sync",)),
            **_columns("f8|i8", "max_residual_ns", "ns", axes=("sync",)),
        },
        required=False,
    ),
}

_ROWS = "rank|pair"  # exchange by pairs measures [pair, sample]

CASE = Group(
    ("rank", "sample", "round", "recheck", "pair"),
    {
        "time_ns": Column("i8", "ns", axes=(_ROWS, "sample")),
        "flags": Column("u2", axes=(_ROWS, "sample")),
        "sample_round": Column("u1", axes=("sample",)),
        **_columns("f8", "median_ns", "ns", axes=(_ROWS, "round")),
        **_columns("i8", "host_ns", "ns", axes=(_ROWS, "round"), required=False),
        **_columns("u8", "result_checksum reasons", axes=("rank", "round"), required=False),
        **_columns(
            "f4", "sm_mhz_before sm_mhz mem_mhz", "MHz", axes=("rank", "round"), required=False
        ),
        **_columns("f4", "power_w", "W", axes=("rank", "round"), required=False),
        **_columns("f4", "temp_c", "Cel", axes=("rank", "round"), required=False),
        **_columns("i8", "start_utc_ns", "ns", axes=("round",), required=False),
        **_columns("f8", "warmup_s", "s", axes=("round",), required=False),
        **_columns("u1", "warmup_stable", axes=("round",), required=False),
        **_columns("i8", "recheck_ns", "ns", axes=("recheck",), required=False),
        **_columns("i4", "recheck_rank", axes=("recheck",), required=False),
        "recheck_mode": Column("str", values=("alone", "pair"), axes=("recheck",), required=False),
        **_columns("i4", "src dst", axes=("pair",), required=False),
        "pair_class": Column("str", axes=("pair",), required=False),
    },
)

CASE_ATTRIBUTES: dict[str, Column] = {
    **_columns("str", "case_key case_id status_text gate build_options"),
    "status": Column("str", values=STATUSES),
}
WRONG_ATTRIBUTES: dict[str, Column] = {
    **_columns("i4", "wrong_rank"),
    **_columns("str", "wrong_host"),
    **_columns("i8", "wrong_index wrong_count"),
    **_columns("f8", "wrong_expected wrong_found"),
}
TIME_ATTRIBUTES: dict[str, Column] = {
    "launches_per_sample": Column("i4|i8"),
    "resolution_ns": Column("f8|i8|i4"),
    "clock": Column("str", values=("device", "host")),
    "coordinates": Column("str", values=("sample_round",)),
}


def table_axes(group: Group, column: Column) -> tuple[str, ...]:
    """Axes of a column: its own, or the only axis of the table."""
    return column.axes or group.scales[:1]


def parse_key(case_key: str) -> tuple[str, str, dict[str, str]]:
    """family, benchmark and parameters of `family/benchmark?k=v&…`; never fails."""
    name, _, query = case_key.partition("?")
    family, _, benchmark = name.partition("/")
    pairs = (item.partition("=") for item in query.split("&") if item)
    return family, benchmark, {key: value for key, _, value in pairs}
