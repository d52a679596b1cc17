# SPDX-License-Identifier: Apache-2.0
"""What a row of the binding matrix is made of."""

from __future__ import annotations

import dataclasses

POCL, NODES, LOGIC = "PoCL", "two nodes, PoCL", "unit tests"


@dataclasses.dataclass
class Row:
    name: str
    on: str
    must: str
    ranks: int = 2
    args: list[str] = dataclasses.field(default_factory=list)
    env: dict[str, str] = dataclasses.field(default_factory=dict)
    each: str = ""  #: a line of shell in each rank, before the program
    launcher: tuple[str, ...] = ()
    code: int = 0
    dead: int = 0  #: ranks without a card, in a run that goes on
    says: list[str] = dataclasses.field(default_factory=list)  #: expressions; "A & B": both in one line
    columns: dict[str, list] = dataclasses.field(default_factory=dict)  #: of /ranks
    distinct: bool = False  #: every rank has a card of its own
    units: list[str] = dataclasses.field(default_factory=list)
    cannot: str = ""

    @property
    def refused(self) -> bool:
        return self.code != 0 and not self.dead


@dataclasses.dataclass
class Cuda:
    """Two CUDA cards: the double's, or real ones."""

    on: str
    args: list[str]
    env: dict[str, str]
    uuids: list[str]
    fixture: bool  #: the list of cards can be written

    @staticmethod
    def double(environ) -> Cuda:
        env = {
            "CARDWISE_CUDA_LIBRARY": environ.get("CARDWISE_TEST_CUDA", ""),
            "CARDWISE_NVRTC_LIBRARY": environ.get("CARDWISE_TEST_NVRTC", ""),
            "CARDWISE_CUDA_DOUBLE_DEVICES": "2",
        }
        return Cuda(
            "CUDA double",
            ["--type", "emulated", "--backend", "cuda"],
            env,
            [f"GPU-ca4d015e-0000-4000-8000-00000000000{i}" for i in (0, 1)],
            True,
        )

    @staticmethod
    def real(uuids: list[str], model: str) -> Cuda:
        return Cuda(f"2 x {model}", [], {}, uuids, False)

    def cannot(self) -> str:
        if self.fixture:
            return "" if self.env["CARDWISE_CUDA_LIBRARY"] else "built without the CUDA double"
        return "" if len(self.uuids) == 2 else f"{len(self.uuids)} cards here, two are needed"
