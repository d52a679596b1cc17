# SPDX-License-Identifier: Apache-2.0
"""Where did a run take place, and what did the harness itself cost? Sections of `show`."""

import re
from collections.abc import Iterator

import numpy as np

from cardwise_report.terminal import Style, cut, duration, size

MAX_LINES_OF_TEXT = 20

# What mpirun and PMIx put into the environment of their processes (Open MPI 4 and 5): addresses,
# folders, numbers of processes. What a person sets (OMPI_MCA_btl, PMIX_MCA_gds …) is not among it.
_OF_MPI = re.compile(
    r"PMIX_(?!MCA_)|PMIX_MCA_(mca_base_component_show_load_errors|psec)="
    r"|OMPI_(COMMAND|ARGV|UNIVERSE_SIZE|NUM_APP_CTX|FIRST_RANKS|APP_CTX_NUM_PROCS|FILE_LOCATION)="
    r"|OMPI_(COMM_WORLD|MCA_orte|MCA_ess)_|OMPI_MCA_(ess|pmix|initial_wdir|num_procs)="
    r"|OMPI_MCA_(shmem_RUNTIME_QUERY_hint=|mpi_oversubscribe=0)|OMPI_LAUNCHER="
)


def environment(report: dict, style: Style) -> Iterator[str]:
    yield style.bold("Environment")
    ranks, nodes = report["ranks"], report["nodes"]
    rows = [("driver", _counted(ranks["driver_version"]))]
    rows.append(("OpenCL", _counted(_platforms(ranks))))
    cpus = [
        f"{s} x {c} ({n} cores, {size(int(m))})" if m > 0 else str(c)
        for s, c, n, m in zip(
            nodes["sockets"], nodes["cpu_model"], nodes["cores"], nodes["mem_total_bytes"]
        )
    ]
    rows.append(("CPU", _counted(np.array(cpus, dtype=object))))
    for name in ("kernel_release", "cpu_governor", "bios_version"):
        rows.append((name.replace("_", " "), _counted(nodes[name])))
    for name, text in rows:
        if text:
            yield f"  {name.ljust(16)}  {text}"
    for name, text in report["environment"].items():
        lines = [line for line in text.split("\n") if line.strip()]
        yield from _text(*_told(name, lines, ranks))


def _text(label: str, lines: list[str]) -> Iterator[str]:
    for line in lines[:MAX_LINES_OF_TEXT]:
        yield f"  {label.ljust(16)}  {cut(line, 300)}"
        label = ""
    if len(lines) > MAX_LINES_OF_TEXT:
        yield f"  {label.ljust(16)}  … and {len(lines) - MAX_LINES_OF_TEXT} more lines"


def _told(name: str, lines: list[str], ranks: dict) -> tuple[str, list[str]]:
    """Label and lines of one text of /provenance: without what is said elsewhere, or by nobody."""
    label = name.replace("_", " ")
    if name == "planted_faults":
        return label, []  # the first of the warnings
    if name == "os_release":  # its other lines say the same again
        named = [v for line in lines if (v := line.removeprefix("PRETTY_NAME=")) != line]
        return label, [line.strip("\"'") for line in named]
    if name == "opencl_loader":  # 'platform: version; platform: version'
        used = set(_platforms(ranks))
        platforms = [part for line in lines for part in line.split("; ")]
        return "other OpenCL", [part for part in platforms if part not in used]
    if name == "env":
        return label, _set_by_somebody(lines)
    return label, lines


def _platforms(ranks: dict) -> np.ndarray:
    """'platform: version' of each rank's card."""
    pairs = zip(ranks["opencl_platform"], ranks["opencl_version"])
    return np.array([": ".join(filter(None, pair)) for pair in pairs], dtype=object)


def _set_by_somebody(lines: list[str]) -> list[str]:
    """Without what Open MPI and PMIx tell their own processes; LD_PRELOAD and the like first."""
    kept = [line for line in lines if not _OF_MPI.match(line)]
    kept.sort(key=lambda line: not line.startswith("LD_"))
    hidden = len(lines) - len(kept)
    return kept + ([f"… and {hidden} that MPI set for itself"] if hidden else [])


def _counted(values: np.ndarray) -> str:
    """Distinct values, the most frequent first, with how often where there are several."""
    names, counts = np.unique(values.astype(str), return_counts=True)
    order = [i for i in np.argsort(-counts, kind="stable") if names[i]]
    if len(order) == 1 and counts[order[0]] == len(values):
        return cut(str(names[order[0]]), 120)
    parts = [f"{cut(str(names[i]), 80)} ({counts[i]} of {len(values)})" for i in order[:5]]
    return ", ".join(parts) + (", …" if len(order) > 5 else "")


def cost(report: dict, style: Style) -> Iterator[str]:
    seconds = report["cost"]
    wall = seconds["wall_s"]
    yield style.bold("The harness's own cost") + "  (rank 0)"
    words = {
        "timed_s": "timed work",
        "agree_s": "agreeing between ranks",
        "verify_s": "verifying results",
        "gather_s": "gathering samples",
        "write_s": "writing the file",
    }
    yield f"  {'run'.ljust(22)}  {duration(wall).rjust(10)}"
    for name, word in words.items():
        share = f"  {100 * seconds[name] / wall:5.1f} %" if wall > 0 and seconds[name] >= 0 else ""
        yield f"  {word.ljust(22)}  {duration(seconds[name]).rjust(10)}{share}"
    ranks = report["ranks"]
    for name, word in (
        ("host_mark_ns", "a pair of host marks"),
        ("launch_call_ns", "a launch, no driver"),
    ):
        known = ranks[name][np.isfinite(ranks[name])]
        if len(known):
            text = duration(float(np.median(known)) * 1e-9)
            top = f"  (at most {duration(float(known.max()) * 1e-9)})" if len(known) > 1 else ""
            yield f"  {word.ljust(22)}  {text.rjust(10)}{top}"
