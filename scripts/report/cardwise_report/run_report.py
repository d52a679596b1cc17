# SPDX-License-Identifier: Apache-2.0
"""Everything that is known about one run, in one place: what the commands print is made of it."""

import numpy as np

from cardwise_report import references, schema, stats
from cardwise_report.banks import banks
from cardwise_report.card_names import RANK_COLUMNS, RANK_REQUIRED, identity, place
from cardwise_report.cases import Case, disagreements, read_cases
from cardwise_report.fits import fits
from cardwise_report.images import read_images
from cardwise_report.measurement import planted_faults
from cardwise_report.ratios import by_rounds, ratio_of
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.variants import side_by_side
from cardwise_report.warn import warnings_of

_RUN = {
    "str": "run_id created_utc finished_utc cardwise_version git_revision system tag profile "
    "exit_reason".split(),
    "u1": "complete git_dirty".split(),
    "i4": ["exit_code"],
    "i8": "checkpoint_no ranks nodes seed".split(),
}

COST = "wall_s timed_s agree_s verify_s gather_s write_s".split()
ENVIRONMENT = (
    "command_line build_type compiler compiler_flags google_benchmark hdf5 "
    "mpi_library mpi_standard "
    "opencl_loader nvrtc nvml os_release uname slurm_env env"
).split()


def collect(file: RunFile) -> dict:
    """Everything `show` knows about a run; values are numpy, Case objects and plain types."""
    about = {
        name: file.attribute("/", name, dtype) for dtype, names in _RUN.items() for name in names
    }
    ranks = file.table("ranks", RANK_COLUMNS, RANK_REQUIRED)
    if not np.array_equal(ranks["rank"], np.arange(len(ranks["rank"]))):
        raise InputError("/ranks/rank: does not count 0, 1, 2 …")
    cases = read_cases(file, ranks)
    report = {
        "file": file.path,
        "run": {"schema_version": file.schema_version, **about},
        "ranks": ranks,
        "nodes": file.table(
            "nodes",
            "host kernel_release cpu_model sockets cores numa_nodes mem_total_bytes cpu_governor "
            "bios_version".split(),
        ),
        "cases": cases,
        "events": file.table("events", ("utc_ns", "rank", "severity", "code", "text")),
        "environment": _environment(file),
        "cost": {name: file.attribute("/", name, "f8") for name in COST},
        "apis": compare_apis(cases),
        "variants": side_by_side(cases),
    }
    report["images"], report["images_problem"] = read_images(file, cases)
    report["fits"] = fits(cases, report["images"], ranks)
    report["banks"] = banks(cases, report["images"], ranks)
    report["disagreements"] = {
        c.label: bad for c in cases if c.status in schema.MEASURED and (bad := disagreements(c))
    }
    report["warnings"] = warnings_of(report)
    report["reference"] = _standing(report)
    return report


def _standing(report: dict):
    """How the run does against its model's references; a warning where they are refused."""
    try:
        return references.standing_of(report["cases"], report["ranks"])
    except InputError as error:
        report["warnings"].append({"level": "warning", "text": str(error)})
        return None


def _environment(file: RunFile) -> dict[str, str]:
    file.group("/provenance")
    out = {}
    for name in ENVIRONMENT:
        if file.has(f"/provenance/{name}"):
            out[name] = str(file.read(f"/provenance/{name}", "str", ()))
    out["planted_faults"] = planted_faults(file)
    return out


def slowest(case: Case, ranks: dict) -> dict | None:
    """The slowest card of a case and its distance from the median; None with a single card."""
    if not case.measured or len(case.medians) < 2:
        return None
    worst = int(case.medians.argmax())
    r = int(case.ranks[worst])
    return {
        "rank": r,
        "host": ranks["host"][r],
        "identity": identity(ranks, r),
        "place": place(ranks, r),
        "pair": case.pairs[worst] if case.pairs else "",
        "slower_pct": 100 * (case.medians[worst] / stats.median(case.medians) - 1),
    }


def compare_apis(cases: list[Case]) -> list[dict]:
    """Time of OpenCL over time of CUDA for each operation measured by both, by rounds."""
    twins: dict[str, dict[str, Case]] = {}
    for case in cases:
        if case.measured and case.status in ("ok", "partial"):
            rest = "&".join(f"{k}={v}" for k, v in case.key.items() if k != "backend")
            name = case.row["case_key"].partition("?")[0] + "?" + rest
            twins.setdefault(name, {})[case.key.get("backend", "")] = case
    out = []
    for pair in twins.values():
        if not {"opencl", "cuda"} <= set(pair):
            continue
        opencl, cuda = pair["opencl"], pair["cuda"]
        ratio = ratio_of(by_rounds(opencl, cuda), "OpenCL", "CUDA")
        out.append(
            {
                "case": opencl.label.removesuffix(" opencl"),
                "case_key": opencl.row["case_key"],
                "family": opencl.row["family"],
                "phase": opencl.key.get("phase", ""),
                "opencl_s": opencl.sync,
                "cuda_s": cuda.sync,
                "same_kernel": opencl.row["kernel_sha256"] == cuda.row["kernel_sha256"],
            }
            | ratio.data()
        )
    return out
