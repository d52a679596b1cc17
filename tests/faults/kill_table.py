# SPDX-License-Identifier: Apache-2.0
"""What the trials of kill_trials.py come to, as counts and as the table in docs/reliability.md."""

import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "readme"))

import section  # noqa: E402


def launcher_waits(result):
    """mpirun 4.1 may wait for ever for a rank that is killed while it starts: with any MPI program."""
    return result["first_file_s"] is None and [p[:13] for p in result["problems"]] == ["mpirun still "]


def failed(result):
    return bool(result["problems"]) and not launcher_waits(result)


def summary(results):
    """Only kills that hit a living process count, but problems always do."""
    hits = [r for r in results if r["hit"]]
    return {
        "kills": len(hits),
        "later": sum(r["after_second"] for r in hits),
        "write": sum(r["during_write"] for r in hits),
        "announced": sum(r["visits_announced"] for r in hits),
        "read": sum(r["visits_read"] for r in hits),
        "temporary": sum(r["left_temporary"] for r in hits),
        "stale": sum(r["over_stale"] for r in hits),
        "problems": sum(failed(r) for r in results),
        "waits": sum(launcher_waits(r) for r in results),
    }


def table(results):
    lines = [
        "| killed | kills | after the second checkpoint | during a write | visits announced | of these read back | "
        + "damaged, or anything else wrong | until all had ended, median (most) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    groups = [(t, [r for r in results if r["target"] == t]) for t in ("rank 0", "rank 1", "mpirun", "all")]
    names = {"all": "all at once (power)"}
    for name, some in [*groups, ("**sum**", results)]:
        if not some:
            continue
        n, ends = summary(some), [r["end_s"] for r in some if r["hit"] and not launcher_waits(r)] or [0]
        back = sum(min(r["visits_read"], r["visits_announced"]) for r in some if r["hit"])
        lines.append(
            f"| {names.get(name, name)} | {n['kills']} | {n['later']} | {n['write']} | {n['announced']} "
            f"| {back} | {n['problems']} | {statistics.median(ends):.1f} s ({max(ends):.1f} s) |"
        )
    return "\n".join(lines)


def write_table(results):
    n = summary(results)
    seeds = ", ".join(sorted({str(r["seed"]) for r in results}))
    revisions = ", ".join(sorted({r["revision"] for r in results if r["revision"]}))
    after = (
        f"{n['temporary']} of the kills left a temporary file behind; {n['stale']} runs began over one, removed it and "
        f"wrote their file. {n['waits']} left mpirun waiting, and are not in the last column (below). Seeds {seeds}; revision {revisions}."
    )
    section.put("kills", f"{table(results)}\n\n{after}")
    print(f"{section.PAGE}: {n}")
    return 0
