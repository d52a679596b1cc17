# SPDX-License-Identifier: Apache-2.0
"""Is a file a measurement at all, or a rehearsal with faults that were planted on purpose?"""

from cardwise_report.run_file import InputError, RunFile

_PATH = "/provenance/planted_faults"  # the first writers had no such dataset


def planted_faults(file: RunFile) -> str:
    """CARDWISE_FAULT of the run; "" for a measurement."""
    return str(file.read(_PATH, "str", ())) if file.has(_PATH) else ""


def must_be_a_measurement(file: RunFile) -> None:
    """InputError where faults were planted: for every command that compares runs or keeps them."""
    if planted := planted_faults(file):
        text = f"faults were planted on purpose (CARDWISE_FAULT={planted:.200})"
        raise InputError(f"is no measurement: {text}")
