# SPDX-License-Identifier: Apache-2.0
"""The table of the matrix in docs/reliability.md: for each cell its exit code, what the file holds, the first message."""

import pathlib
import re
import sys

import matrix_data

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "readme"))

import section  # noqa: E402

COLUMNS = [(ranks, backend) for backend in matrix_data.BACKENDS for ranks in matrix_data.RANKS]
WIDEST = 150  # of a message


def short(message):
    """Without what a reader of the table does not miss: parameters of the case, identities, addresses."""
    text = re.sub(r"\?backend=\S+?(?=[:;])", "", message)
    text = re.sub(r"\((?:HOST/[^)]*|GPU-[^)]*)\)", "(CARD)", text)
    text = re.sub(r"\b(basic|pthread)-[^:,;]*?EPYC[^\s:;)]*|\b(?:basic|pthread)-\S+", "MODEL", text)
    text = text.replace("|", "\\|").split("\n")[0]
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def held(record):
    """Exit code, then what the file says of the case and of the other one, and of the run."""
    code = "-" if record["code"] is None else str(record["code"])
    words = re.sub(r"\b(?:saxpy|vector_add|h2d|d2h|gemm|roundtrip|phases) ", "", record["file"])
    mark = "" if not record["broken"] else f" **NOT: {', '.join(record['broken'])}**"
    return f"{code}: {words}{mark}"


def rows(fault, results):
    """One line for each group of steps that ended alike."""
    groups = []
    for step in matrix_data.STEPS:
        cells, message = [], ""
        for ranks, backend in COLUMNS:
            record = results.get(f"{fault.name} | {step} | {ranks} | {backend}")
            # A fault that is planted on all ranks alone has one cell for both columns.
            cells.append(held(record) if record else "" if ranks in fault.ranks else None)
            message = message or (short(record["message"]) if record else "")
        if not any(cells):
            continue
        cells = [cells[i ^ 1] if cell is None else cell for i, cell in enumerate(cells)]
        if groups and groups[-1][1] == cells:
            groups[-1][0].append(step)
        else:
            groups.append(([step], cells, message))
    for steps, cells, message in groups:
        merged = [
            cells[0] if cells[1] == cells[0] else " / ".join(cells[:2]),
            cells[2] if cells[3] == cells[2] else " / ".join(cells[2:]),
        ]
        if merged[0] == merged[1]:
            merged[1] = "the same"
        yield f"| {fault.name} | {', '.join(steps)} | {merged[0]} | {merged[1] or '—'} | {message or '—'} |"


def left_out():
    """Steps without such a call, by reason."""
    reasons = {}
    for fault in matrix_data.FAULTS:
        for step, plant in fault.steps.items():
            if isinstance(plant, matrix_data.Never) and plant is not matrix_data.NOT_THERE:
                reasons.setdefault(plant.reason, {}).setdefault(fault.name, []).append(step)
        if fault.why_not:
            reasons.setdefault(fault.why_not, {}).setdefault(fault.name, []).append("CUDA double")
    for reason, faults in reasons.items():
        by_steps = {}
        for name, steps in faults.items():
            by_steps.setdefault(", ".join(steps), []).append(name)
        where = "; ".join(f"{', '.join(names)} ({steps})" for steps, names in by_steps.items())
        yield f"* {reason}: {where}."


def undetectable(cells):
    reasons = {}
    for cell in cells:
        if cell.plant.reason:
            kind = "undetectable" if cell.plant.expects in ("undetectable", "slower") else "harmless"
            where = "all cards" if cell.plant.expects == "slower" else cell.step
            reasons.setdefault((kind, cell.plant.reason), {}).setdefault(cell.fault.name, set()).add(where)
    order = [*matrix_data.STEPS, "all cards"]
    for (kind, reason), faults in reasons.items():
        by_steps = {}
        for name, steps in faults.items():
            by_steps.setdefault(", ".join(sorted(steps, key=order.index)), []).append(name)
        where = "; ".join(f"{', '.join(names)} ({steps})" for steps, names in by_steps.items())
        yield f"* **{kind}**: {where}: {reason}."


def text_of(results):
    cells = list(matrix_data.cells())
    known = {c.id: results[c.id] for c in cells if results.get(c.id, {}).get("planted") == c.text}
    good = sum(not r["broken"] for r in known.values())
    silent = sum(c.plant.expects == "undetectable" or (c.plant.expects == "slower" and c.ranks == "all") for c in cells)
    revisions = sorted({r["revision"] for r in known.values()})
    days = sorted({r["utc"][:10] for r in known.values()})
    lines = [
        f"**{good} of {len(cells)} cells as required**, {silent} of them declared undetectable; {len(known)} were run, "
        f"{days[0] if days else 'never'}{' to ' + days[-1] if len(days) > 1 else ''}, revision {', '.join(revisions)}.",
        "",
        "A cell is a fault in one step of a visit, on one rank of two or on both, through OpenCL (PoCL) or the CUDA "
        "double; `python3 tests/faults/matrix.py` runs what has no result yet, `--table` writes this. The run has two "
        "cases and two rounds, with a checkpoint after every visit; unless it is there from the start, a fault happens "
        "in the second visit of its case. Required of every cell, and checked: the run has ended, where the watchdog "
        "ends it within `--timeout` + 10 s; message and `status_text` name rank, host, card and case (a hang and a crash "
        "leave no status; the start has no case); every visit up to the last checkpoint is in the file, and the fault "
        "too; no number for wrong data; the other case goes on to its end; no process is left behind.",
        "",
        "`1: failed 1, ok 2, done` reads: exit code 1; the cases in alphabetical order, each with its status and the "
        "visits that the file holds of it; the run's exit reason. `one / both` ranks are told apart where they differ.",
        "",
        "| fault | step | OpenCL | CUDA double | first message |",
        "|---|---|---|---|---|",
        *(row for fault in matrix_data.FAULTS for row in rows(fault, known)),
        "",
        "What no run can see, or need not:",
        "",
        *undetectable(cells),
        "",
        "What does not happen:",
        "",
        *left_out(),
    ]
    return "\n".join(lines)


def write(results):
    section.put("faults", text_of(results))
    print(f"{section.PAGE}: {len(results)} results")
    return 0
