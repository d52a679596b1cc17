# SPDX-License-Identifier: Apache-2.0
"""Which change matters, and how much do runs differ by themselves? By family; a site may say."""

import json
import math
import os
from dataclasses import dataclass, field

from cardwise_report import schema
from cardwise_report.run_file import InputError

# delta: least effect that matters; sigma: run-to-run spread until a site's own runs tell it
# (docs/verdicts.md). Those of `api` are set by judgement, not measured: its phases are a driver's work
# on the host, and vary more than a launch does.
_DEFAULT = {
    "mem": (0.03, 0.003),
    "compute": (0.05, 0.010),
    "latency": (0.10, 0.020),
    "api": (0.25, 0.060),
    "copy": (0.03, 0.005),
    "exchange": (0.05, 0.010),
    "exchange_across_nodes": (0.10, 0.030),
    "collective": (0.10, 0.030),
    "distributed": (0.05, 0.020),
}
_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Policy:
    """Per family: (delta, sigma), both as shares."""

    families: dict[str, tuple[float, float]] = field(default_factory=lambda: dict(_DEFAULT))

    def of(self, family: str, nodes: int) -> tuple[float, float]:
        """(delta, sigma) of a case; an exchange may stay in a node or cross."""
        if family == "exchange" and nodes > 1:
            family = "exchange_across_nodes"
        return self.families[family]


def load(path: str | None) -> Policy:
    """A site's policy: {"compare": {"mem": {"delta_pct": 3, "sigma_pct": 0.3}}}; None: defaults."""
    if path is None:
        return Policy()
    families = dict(_DEFAULT)
    told = read_json(path).get("compare", {})
    if not isinstance(told, dict):
        raise InputError("compare: is no object")
    for family, values in told.items():
        if family not in families:
            raise InputError(f"compare: {family:.60} is none of {' '.join(families)}")
        if not isinstance(values, dict) or set(values) - {"delta_pct", "sigma_pct"}:
            raise InputError(f"compare/{family}: needs delta_pct, sigma_pct or both")
        delta, sigma = families[family]
        delta = _share(values, "delta_pct", family, delta)
        sigma = _share(values, "sigma_pct", family, sigma)
        families[family] = (delta, sigma)
    assert set(schema.FAMILIES) <= set(families)
    return Policy(families)


def read_json(path: str) -> dict:
    """A small JSON object from a file, or InputError."""
    try:
        if not os.path.isfile(path):
            raise InputError("is no file" if os.path.exists(path) else "does not exist")
        with open(path, "rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}") from None
    except ValueError as error:  # a name with a null byte
        raise InputError(f"cannot be read: {error}") from None
    if len(data) > _MAX_BYTES:
        raise InputError(f"is larger than {_MAX_BYTES} bytes")
    try:
        out = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON: {str(error):.200}") from None
    if not isinstance(out, dict):
        raise InputError("is JSON, but no object")
    return out


def _share(values: dict, name: str, family: str, default: float) -> float:
    value = values.get(name, 100 * default)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0 < value <= 1000:
        raise InputError(f"compare/{family}/{name}: is no percentage above 0")
    return value / 100
