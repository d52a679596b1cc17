# SPDX-License-Identifier: Apache-2.0
"""What differs in the environment of two runs? By likely influence, the heaviest first."""

import json
from collections import Counter
from dataclasses import dataclass

import numpy as np

from cardwise_report import schema
from cardwise_report.card_names import identity
from cardwise_report.show_environment import _set_by_somebody
from cardwise_report.summary import Summary
from cardwise_report.terminal import many

# The likeliest causes of another speed, in this order; then the rest by name.
_INFLUENCE = (
    "cards device_name driver_version cuda_driver_version vbios_version image_sha256 board "
    "power_limit_w "
    "clock_app_mhz clock_max_mhz mem_clock_mhz ecc_mode mig_mode mps compute_mode persistence "
    "pcie_gen_load pcie_width_load pcie_gen_max pcie_width_max rows_remapped "
    "opencl_platform opencl_version nvrtc_version nvrtc opencl_loader binary_sha256 "
    "launches_per_sample mpi_library kernel_release "
    "cpu_governor turbo numa_match shared binding_rule host cpu_mask bios_version cpu_model env "
    "options profile cardwise_version git_revision"
).split()
# Names, counters and measurements: no property that was set.
_NOT_COMPARED = set(
    "pid identity device_uuid status_text mem_free_bytes_start host_tick_ns host_mark_ns "
    "launch_call_ns verify_failures device_serial "
    "ceiling_mem ceiling_h2d ceiling_d2h ceiling_f32 ceiling_f64 "
    "ecc_corrected_start ecc_corrected_end ecc_uncorrected_start ecc_uncorrected_end "
    "pcie_replays_start pcie_replays_end command_line uname planted_faults".split()
)
_OF_A_JOB = ("SLURM_JOB_ID=", "SLURM_JOB_NODELIST=", "SLURM_NODELIST=")
_OF_A_RUN = {"output", "seed", "json", "progress", "tag", "command", "filters"}
_LINES = 4


@dataclass
class Difference:
    """One field: old and new value, and whom it concerns."""

    field: str
    old: str
    new: str
    where: str = ""

    def __str__(self) -> str:
        where = f" ({self.where})" if self.where else ""
        return f"{self.field}: {self.old or 'none'} → {self.new or 'none'}{where}"


def differences(old: Summary, new: Summary) -> list[Difference]:
    """All that differs, the likeliest cause first."""
    out = [
        Difference(name, old.about[name], new.about[name])
        for name in ("system", "profile", "cardwise_version", "git_revision")
        if old.about[name] != new.about[name]
    ]
    out += _cards(old, new) + _ranks(old, new)
    out += _nodes(old.tables["nodes"], new.tables["nodes"])
    out += _provenance(old.tables["provenance"], new.tables["provenance"])
    out += _of_cases(old, new)
    order = {name: i for i, name in enumerate(_INFLUENCE)}
    out.sort(key=lambda d: (order.get(d.field, len(order)), d.field))
    return out


def _names(run: Summary) -> dict[str, int]:
    """Identity of each card -> its rank; of a shared card the first."""
    out: dict[str, int] = {}
    for r in range(len(run.ranks["rank"])):
        if name := identity(run.ranks, r):
            out.setdefault(name, r)
    return out


def _cards(old: Summary, new: Summary) -> list[Difference]:
    before, now = _names(old), _names(new)
    gone, come = before.keys() - now.keys(), now.keys() - before.keys()
    if not gone and not come:
        return []
    common = len(before.keys() & now.keys())
    return [Difference("cards", str(len(before)), str(len(now)), f"{common} of them the same")]


def _ranks(old: Summary, new: Summary) -> list[Difference]:
    before, now = _names(old), _names(new)
    common = [name for name in now if name in before]
    a, b = ([names[name] for name in common] for names in (before, now))
    out = []
    for name in schema.TABLES["ranks"].columns:
        if name in _NOT_COMPARED or name in ("node", "local_rank"):
            continue
        if common:
            out += _paired(name, old.ranks[name][a], new.ranks[name][b], b)
        else:
            if name not in ("host", "pci_bus_id"):
                out += _by_value(name, old.ranks[name], new.ranks[name], "cards")
    return out


def _paired(name: str, old: np.ndarray, new: np.ndarray, ranks: list[int]) -> list[Difference]:
    """One line for each change of a value, with the cards that it happened to."""
    changes: dict[tuple[str, str], list[int]] = {}
    for before, now, r in zip(old, new, ranks):
        if _differ(before, now):
            changes.setdefault((_told(before), _told(now)), []).append(r)
    out = []
    most = sorted(changes.items(), key=lambda item: -len(item[1]))
    for (before, now), who in most[:_LINES]:
        out.append(Difference(name, before, now, _who(who, len(ranks))))
    if len(most) > _LINES:
        rest = sum(len(who) for _, who in most[_LINES:])
        out.append(Difference(name, "others", "others", many(rest, "card")))
    return out


def _who(ranks: list[int], total: int) -> str:
    if len(ranks) == total:
        return "the card" if total == 1 else f"all {total} cards"
    if len(ranks) <= 4:
        return ("rank " if len(ranks) == 1 else "ranks ") + ", ".join(map(str, ranks))
    return f"{len(ranks)} of {total} cards"


def _differ(a, b) -> bool:
    if isinstance(a, str):
        return a != b
    return bool(a != b) and not (a != a and b != b)  # unknown on both sides is no difference


def _told(value) -> str:
    if isinstance(value, str):
        return value
    if value != value or value == -1:
        return "unknown"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _by_value(name: str, old: np.ndarray, new: np.ndarray, things: str) -> list[Difference]:
    """Where nothing tells which is which: the values that there are."""
    before, now = (sorted(Counter(map(_told, values)).items()) for values in (old, new))
    if [v for v, _ in before] == [v for v, _ in now]:
        return []

    def told(values):
        if len(values) == 1:
            return values[0][0]
        return ", ".join(f"{v} ({n})" for v, n in values[:_LINES])

    return [Difference(name, told(before), told(now), f"all {things}")]


def _nodes(old: dict, new: dict) -> list[Difference]:
    before = {host: i for i, host in enumerate(old["host"])}
    common = [(before[host], i) for i, host in enumerate(new["host"]) if host in before]
    out = []
    for name in schema.TABLES["nodes"].columns:
        if name == "host":
            continue
        if not common:
            out += _by_value(name, old[name], new[name], "nodes")
            continue
        changes: Counter = Counter()
        for i, j in common:
            if _differ(old[name][i], new[name][j]):
                changes[_told(old[name][i]), _told(new[name][j])] += 1
        for (a, b), count in changes.most_common(_LINES):
            out.append(Difference(name, a, b, f"{count} of {many(len(common), 'node')}"))
    return out


def _provenance(old: dict[str, str], new: dict[str, str]) -> list[Difference]:
    out = []
    for name in schema.PROVENANCE:
        before, now = old.get(name, ""), new.get(name, "")
        if name in _NOT_COMPARED or before == now:
            continue
        if name == "options_json":
            out += _options(before, now)
        elif name in ("env", "slurm_env", "cmake_cache", "os_release"):
            label = "env" if name == "env" else name
            out += _lines(label, before, now)
        else:
            out.append(Difference(name, before, now))
    return out


def _lines(name: str, old: str, new: str) -> list[Difference]:
    """Line by line `variable=value`; without what a launcher says of a job or a process."""

    def parse(text):
        lines = [line for line in text.split("\n") if line and not line.startswith(_OF_A_JOB)]
        if name == "env":
            lines = [line for line in _set_by_somebody(lines) if "=" in line]
        return dict(line.partition("=")[::2] for line in lines)

    before, now = parse(old), parse(new)
    changed = sorted(k for k in before.keys() | now.keys() if before.get(k) != now.get(k))
    if name == "os_release":  # its other lines say the same again
        changed = [k for k in changed if k == "PRETTY_NAME"]
    out = [Difference(name, _pair(k, before), _pair(k, now)) for k in changed[: 2 * _LINES]]
    if len(changed) > 2 * _LINES:
        out.append(Difference(name, "others", f"{len(changed) - 2 * _LINES} more lines"))
    return out


def _pair(key: str, values: dict[str, str]) -> str:
    return f"{key}={values[key]}" if key in values else ""


def _options(old: str, new: str) -> list[Difference]:
    try:
        before, now = json.loads(old), json.loads(new)
    except (ValueError, RecursionError):
        before = now = None
    if not isinstance(before, dict) or not isinstance(now, dict):
        return [Difference("options", old, new)]
    changed = sorted(k for k in before.keys() | now.keys() if before.get(k) != now.get(k))
    return [
        Difference("options", _option(k, before), _option(k, now))
        for k in changed
        if k not in _OF_A_RUN
    ]


def _option(key: str, values: dict) -> str:
    return f"{key}={json.dumps(values[key])}" if key in values else ""


def _of_cases(old: Summary, new: Summary) -> list[Difference]:
    """Machine code and launches a sample, where both sides measured the case."""
    out = []
    common = [(old.entries[key], entry) for key, entry in new.entries.items() if key in old.entries]
    both = [(a, b) for a, b in common if a.by_metric and b.by_metric]
    for name in ("binary_sha256", "launches_per_sample"):
        hit = [(a, b) for a, b in both if _differ(a.row[name], b.row[name])]
        if hit:
            a, b = (_told(side.row[name])[:12] for side in hit[0])
            where = f"{len(hit)} of {many(len(both), 'case')}, as {hit[0][1].label:.80}"
            out.append(Difference(name, a, b, where))
    return out
