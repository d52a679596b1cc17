# SPDX-License-Identifier: Apache-2.0
"""How does somebody say that a change is known? The command `ack`: an incident becomes a break."""

import argparse

from cardwise_report import annotations
from cardwise_report.cli import Outcome
from cardwise_report.history import ENGINES, analyse
from cardwise_report.run_file import InputError

_MAX_REASON = 2000


def run(arguments: argparse.Namespace) -> Outcome:
    """Writes the break into annotations.json; the history begins anew there."""
    folder, complaints = arguments.files[0], []
    if not arguments.reason.strip() or len(arguments.reason) > _MAX_REASON:
        return Outcome(2, "", (f"--reason needs a text of at most {_MAX_REASON} characters",))
    try:
        _, found = analyse(folder, "", ENGINES[arguments.engine], complaints.append)
        chosen = [incident for incident in found if incident.name == arguments.incident]
        if not chosen:
            names = ", ".join(incident.name for incident in found) or "none"
            raise InputError(f"has no open incident {arguments.incident:.40} (open: {names})")
        remarks = annotations.read(folder)
        entry = {
            "system": chosen[0].group.system,
            "first_utc": chosen[0].run.meta["created_utc"],
            "incident": chosen[0].name,
            "reason": arguments.reason,
        }
        remarks["breaks"].append(entry)
        annotations.write(folder, remarks)
    except InputError as error:
        return Outcome(2, "", (*complaints, f"{folder}: {error}"))
    text = f"{entry['incident']}: acknowledged from {entry['first_utc']:.40} on\n"
    return Outcome(0, text, tuple(complaints))
