# SPDX-License-Identifier: Apache-2.0
"""Ranks and CUDA cards: the double's, or real ones."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile

from situation import Cuda, Row


def cards_file(cards: list[dict]) -> str:
    handle, name = tempfile.mkstemp(suffix=".json")
    os.close(handle)
    pathlib.Path(name).write_text(json.dumps(cards))
    return name


def cuda_rows(cuda: Cuda) -> list[Row]:
    why = cuda.cannot()
    first, second = (cuda.uuids + ["", ""])[:2]
    local = "OMPI_COMM_WORLD_LOCAL_RANK"

    def row(name, must, *, args=(), env=None, **more) -> Row:
        return Row(
            name,
            cuda.on,
            must,
            args=[*cuda.args, *args],
            env={**cuda.env, **(env or {})},
            cannot=more.pop("cannot", "") or why,
            **more,
        )

    swapped = {"device_uuid": [second, first]}
    straight = {"device_uuid": [first, second]}
    rows = [
        row("CUDA_VISIBLE_DEVICES not set", "each has its own, in the order of PCI addresses", columns=straight),
        row(
            "CUDA_VISIBLE_DEVICES=0,1 in all", "each has its own", env={"CUDA_VISIBLE_DEVICES": "0,1"}, columns=straight
        ),
        row(
            "CUDA_VISIBLE_DEVICES with one entry a rank",
            "the one each sees",
            each=f"export CUDA_VISIBLE_DEVICES=$((1 - {local}));",
            columns={**swapped, "binding_rule": ["only_visible"] * 2},
        ),
        row(
            "CUDA_VISIBLE_DEVICES with one UUID a rank",
            "the one each sees",
            each=f"[ ${local} = 0 ] && CUDA_VISIBLE_DEVICES={second} || CUDA_VISIBLE_DEVICES={first};"
            "export CUDA_VISIBLE_DEVICES;",
            columns=swapped,
        ),
        row(
            "CUDA_VISIBLE_DEVICES with all UUIDs",
            "each has its own",
            env={"CUDA_VISIBLE_DEVICES": f"{first},{second}"},
            columns=straight,
        ),
        row(
            "CUDA_VISIBLE_DEVICES reordered",
            "each has its own, whatever the order",
            env={"CUDA_VISIBLE_DEVICES": "1,0"},
            columns=straight,
        ),
        row(
            "CUDA_VISIBLE_DEVICES reordered, cards named",
            "as named",
            args=["--card", f"{second},{first}"],
            env={"CUDA_VISIBLE_DEVICES": "1,0"},
            columns=swapped,
        ),
        row(
            "CUDA_VISIBLE_DEVICES empty",
            "refused: the variable named",
            env={"CUDA_VISIBLE_DEVICES": ""},
            code=3,
            says=["no card of type & CUDA_VISIBLE_DEVICES"],
        ),
        row(
            "CUDA_VISIBLE_DEVICES with an entry that is no card",
            "refused: the variable named",
            env={"CUDA_VISIBLE_DEVICES": "0,7,1"},
            code=3,
            says=["2 ranks on one card & CUDA_VISIBLE_DEVICES"],
        ),
        row(
            "CUDA_VISIBLE_DEVICES the same single card in all",
            "refused: the variable named",
            env={"CUDA_VISIBLE_DEVICES": "1"},
            code=3,
            says=["2 ranks on one card & CUDA_VISIBLE_DEVICES"],
        ),
        row(
            "one rank sees all, the other one card",
            "refused: ranks and card named",
            each=f"[ ${local} = 0 ] || export CUDA_VISIBLE_DEVICES=0;",
            code=3,
            says=["2 ranks on one card & ranks 0 and 1"],
        ),
        row("more ranks than cards", "refused: how many of each", ranks=3, code=3, says=["3 ranks on & 2 cards"]),
        row("fewer ranks than cards", "runs; the idle card is named", ranks=1, says=[f"{second} & has no rank"]),
        row(
            "index out of range",
            "refused: the highest index",
            args=["--card", "0,9"],
            code=3,
            says=["--card 9 & highest index is"],
        ),
        row(
            "a UUID that is not there",
            "refused: those that are",
            ranks=1,
            args=["--card", "GPU-00000000-1111-2222-3333-444444444444"],
            code=3,
            says=["GPU-00000000 & no UUID"],
        ),
    ]
    if cuda.fixture:
        rows += [
            row("a card seen by one API only (CUDA)", "runs; the API is told", columns={"backends": ["cuda"] * 2}),
            Row(
                "an emulated card where a card was asked for",
                cuda.on,
                "refused: how to measure it",
                env=cuda.env,
                code=3,
                says=["no card of type gpu or fpga & --type emulated"],
                cannot=why,
            ),
            row(
                "two cards of different models in a node",
                "runs; the models are told",
                env={"CARDWISE_CUDA_DOUBLE": cards_file([{"name": "Double A"}, {"name": "Double B"}])},
                says=["cards of several models & Double A & Double B"],
                columns=straight,
            ),
            row(
                "MIG slices of one card",
                "each has its own slice",
                env={
                    "CARDWISE_CUDA_DOUBLE": cards_file(
                        [{"uuid": f"MIG-ca4d015e-0000-4000-8000-0000000000a{i}", "pci": "0000:17:00.0"} for i in (0, 1)]
                    )
                },
                columns={"identity": [f"MIG-ca4d015e-0000-4000-8000-0000000000a{i}" for i in (0, 1)]},
            ),
            row(
                "two cards of one UUID (a driver that lies)",
                "told apart by their PCI addresses",
                distinct=True,
                env={
                    "CARDWISE_CUDA_DOUBLE": cards_file([{"uuid": first, "pci": f"0000:{p}:00.0"} for p in ("17", "18")])
                },
                columns={"pci_bus_id": ["0000:17:00.0", "0000:18:00.0"], "device_uuid": ["", ""]},
            ),
            row(
                "two cards of one PCI address (a driver that lies)",
                "refused: ranks and card named",
                env={"CARDWISE_CUDA_DOUBLE": cards_file([{"uuid": u, "pci": "0000:17:00.0"} for u in (first, second)])},
                code=3,
                says=["2 ranks on one card & ranks 0 and 1"],
            ),
        ]
    else:
        rows += [
            row("both APIs see the cards", "matched by UUID", columns={**straight, "backends": ["cuda,opencl"] * 2}),
            row(
                "OpenCL's and CUDA's order differ",
                "matched by UUID",
                env={"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "1,0"},
                columns={**straight, "backends": ["cuda,opencl"] * 2},
            ),
            row(
                "a card seen by one API only (CUDA)",
                "runs; the missing API is told",
                env={"OCL_ICD_VENDORS": "/nonexistent", "OCL_ICD_FILENAMES": ""},
                columns={"backends": ["cuda"] * 2},
                says=["seen through cuda only"],
            ),
        ]
    return rows
