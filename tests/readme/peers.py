#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What does a run say beside the figures that other programs gave on a card of the same model?

    peers.py RUN.csv [docs/peers.csv]      RUN.csv: what 'cardwise-report show --format csv' printed

A line of docs/peers.csv: benchmark and the parameters that select a case, the peer, its figure, the unit (a key of
SCALE). A case that the run has not is left out; the ratio is cardwise's figure over the peer's, for times the
peer's over cardwise's, so that above 1 is always better.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

SCALE = {"GB/s": 1e-9, "TFLOP/s": 1e-12, "us": 1e6}  # from B/s, FLOP/s and s


def matches(key: str, wanted: str) -> bool:
    benchmark, _, parameters = key.partition("?")
    name, *needed = wanted.split()
    return benchmark == name and set(needed) <= set(parameters.split("&"))


def table_of(run: Iterable[str], peers: Path) -> list[str]:
    cases = [row for row in csv.DictReader(run) if row["status"] == "ok"]
    rows = [("operation", "api", "cardwise", "peer", "", "ratio", "by")]
    with peers.open(encoding="utf-8") as file:
        wanted = list(csv.DictReader(line for line in file if not line.startswith("#")))
    for peer in wanted:
        for case in (c for c in cases if matches(c["case_key"], peer["case"])):
            time = peer["unit"] == "us"
            own = float(case["time_sync_median" if time else "rate_sync"]) * SCALE[peer["unit"]]
            figure = float(peer["figure"])
            ratio = figure / own if time else own / figure
            digits = f"{own:.1f}" if own < 1000 else f"{own:.0f}"
            label = " ".join(case["label"].split()[:-1])
            rows.append((label, case["backend"], digits, peer["figure"], peer["unit"], f"{ratio:.3f}", peer["peer"]))
    if len(rows) == 1:
        raise SystemExit(f"no case of the run is in {peers}")
    widths = [max(len(row[i]) for row in rows) for i in range(7)]
    right = (2, 3, 5)
    return [
        "  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip()
        for row in rows
    ]


if __name__ == "__main__":
    peers_file = sys.argv[2] if len(sys.argv) > 2 else "docs/peers.csv"
    print("\n".join(table_of(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines(), Path(peers_file))))
