# SPDX-License-Identifier: Apache-2.0
"""One cell of the matrix: runs the real program with its fault, and checks what every cell must keep."""

import dataclasses
import os
import pathlib
import re
import shutil
import tempfile
import time

import matrix_data
from one_run import Run

GRACE_S = 10  # within which a run must have ended after the watchdog's limit
HOST = os.uname().nodename
#: The first line that a reader of the console would take for the reason.
MESSAGE = re.compile(r"^(?:\[[^]]*\] ?)?((?:failed|wrong): .*|cardwise: .*)$", re.MULTILINE)


def card(backend, rank):
    """The identity of a rank's card, as the table of bindings shows it."""
    if backend == "cuda":
        return f"GPU-ca4d015e-0000-4000-8000-{rank:012x}"
    return f"{HOST}/Portable Computing Language/{rank}"


@dataclasses.dataclass
class Tools:
    cardwise: str
    mpirun: str
    cuda: str = ""
    nvrtc: str = ""
    layer: str = ""
    pocl_cache: str = ""
    timeout_s: int = 5  # the watchdog's

    def environment(self, cell):
        env = {
            "POCL_DEVICES": "basic basic" if cell.backend == "opencl" else "pthread",
            "CARDWISE_CHECKPOINT_S": "0.01",
            "POCL_CACHE_DIR": self.pocl_cache,
        }
        if cell.plant.cards:
            env["POCL_DEVICES"] = cell.plant.cards
        if cell.backend == "cuda":
            env.update(
                CARDWISE_CUDA_LIBRARY=self.cuda, CARDWISE_NVRTC_LIBRARY=self.nvrtc, CARDWISE_CUDA_DOUBLE_DEVICES="2"
            )
        if cell.fault.layer:
            env.update(OPENCL_LAYERS=self.layer, CARDWISE_LYING_OPENCL=cell.text)
        return env


@dataclasses.dataclass
class Case:
    status: str
    text: str
    visits: int
    ok: bool  # any figure in the index
    time_ns: object
    flags: object


class File:
    """What a result file holds of the two cases; a run that was refused has none."""

    def __init__(self, path):
        self.cases, self.exit_reason, self.env, self.planted = {}, "no file", "", ""
        if not path.exists():
            return
        import h5py
        import numpy

        def text(value):
            return value.decode() if isinstance(value, bytes) else str(value)

        with h5py.File(path, "r") as file:
            self.exit_reason = text(file.attrs["exit_reason"])
            kept = file["provenance"]
            self.env, self.planted = text(kept["env"][()]), text(kept["planted_faults"][()])
            index = file["index"]
            for i, name in enumerate(index["benchmark"].asstr()[:]):
                group = file[index["group_path"].asstr()[i]]
                self.cases[name] = Case(
                    index["status"].asstr()[i],
                    index["status_text"].asstr()[i],
                    len(group["round"]),
                    bool(numpy.isfinite(index["card_median"][i]) or numpy.isfinite(index["rate_sum"][i])),
                    group["time_ns"][:],
                    group["flags"][:],
                )

    def words(self):
        """For the table: each case's status and visits."""
        cases = [f"{name} {c.status} {c.visits}" for name, c in sorted(self.cases.items())]
        return ", ".join([*cases, self.exit_reason])


class Judge:
    """The required properties of one cell, by name."""

    def __init__(self, cell, run, code, file, timeout_s):
        self.cell, self.run, self.code, self.file, self.timeout_s = cell, run, code, file, timeout_s
        self.name = cell.plant.case.split("-")[0]
        self.case = file.cases.get(self.name)
        self.other = file.cases.get("vector_add" if self.name != "vector_add" else "saxpy")
        self.ranks = (1,) if cell.ranks == "one" else (0, 1)
        self.held = {}
        found = MESSAGE.findall(run.output)
        self.message = next((m for m in found if "stopping after" not in m), "")

    def __call__(self, what, holds):
        self.held[what] = bool(holds) and self.held.get(what, True)

    def names(self, what, text, of_case=True):
        """Any of the ranks that have the fault, with its host and card; and the case."""

        def named(rank):
            return f"rank {rank} on {HOST}" in text and card(self.cell.backend, rank) in text

        self(what, any(named(r) for r in self.ranks) and (not of_case or f"/{self.name}" in text))

    def always(self):
        self("ended", self.code is not None)
        if "cardwise: watchdog" in self.run.output:
            # The visit that hangs began after the last line before the watchdog's.
            lines = [i for i, line in enumerate(self.run.lines) if "cardwise: watchdog" in line]
            begun = self.run.times[lines[0] - 1] if lines[0] > 0 else self.run.began
            self("ended in time", self.run.ended - begun <= self.timeout_s + GRACE_S)
        self("no orphan", not self.run.orphans)
        saved = [int(n) for n in re.findall(r"checkpoint: .* (\d+) visits saved", self.run.output)]
        if saved:
            withheld = sum(c.status == "wrong" for c in self.file.cases.values()) * 2
            self("visits", sum(c.visits for c in self.file.cases.values()) + withheld >= saved[-1])
        if self.file.cases:
            kept = self.file.env if self.cell.fault.layer else self.file.planted
            self(
                "the fault is in the file",
                self.cell.text in kept and ("OPENCL_LAYERS=" in kept or not self.cell.fault.layer),
            )

    def ended_case(self, code, status):
        self("exit code", self.code == code)
        self("status", self.case is not None and self.case.status == status)
        if self.case is not None:
            self.names("status_text names", self.case.text, of_case=False)
        self.names("message names", self.message)

    def went_on(self):
        self(
            "the run went on",
            self.other is not None
            and self.other.status == "ok"
            and self.other.visits == 2
            and self.file.exit_reason == "done",
        )

    def failed(self):
        self.ended_case(1, "failed")
        if self.cell.fault.name.startswith("CL_") and self.cell.backend == "opencl":
            self("message says the code", self.cell.fault.name.split()[0] in self.message)
        self.went_on()

    def wrong(self):
        self.ended_case(1, "wrong")
        self("no number", self.case is not None and self.case.time_ns.size == 0 and not self.case.ok)
        self.went_on()

    def lost(self):
        self.ended_case(3, "failed")
        self("exit reason", self.file.exit_reason == "card_lost")

    def hang(self):
        self("exit code", self.code == 4)
        self("exit reason", self.file.exit_reason == "killed")
        self.names("message names", self.message)
        self("the watchdog speaks", "watchdog" in self.message)

    def crash(self):
        self("exit code", self.code not in (0, None))
        self("exit reason", self.file.exit_reason == "killed")
        self.names("message names", self.message)

    def refused(self):
        self("exit code", self.code == 3)
        self("no file", not self.file.cases)
        self.names("message names", self.message, of_case=False)

    def refused_twice(self):
        self("exit code", self.code == 3 if self.cell.ranks == "all" else self.code == 0)
        if self.cell.ranks == "all":
            self("no file", not self.file.cases)
            self("message names", all(str(r) in self.message for r in (0, 1)) and HOST in self.message)

    def bad_timer(self):
        """No sample of a lying clock counts: without any the case fails; with other ranks' it says so by flags."""
        self("exit code", self.code == 1)
        self("status", self.case is not None and self.case.status == "failed")
        self("no number", self.case is not None and not self.case.ok)
        if self.case is not None:
            self.names("status_text names", self.case.text, of_case=False)
        self.names("message names", self.message)

    def lied(self):
        """Where nothing shows, the fault must have happened all the same."""
        if self.cell.fault.layer:
            self("the layer lied", all(re.search(rf"rank {r} lied in [1-9]", self.run.output) for r in self.ranks))

    def fine(self):
        self.lied()
        self("exit code", self.code == 0)
        self("status", self.case is not None and self.case.status == "ok" and self.case.visits == 2)

    harmless = undetectable = fine

    def wrong_or_ok(self):
        self.wrong() if self.case is not None and self.case.status == "wrong" else self.fine()

    def slower(self):
        self.fine()
        if self.case is not None and self.cell.ranks == "one":
            self.shows(self.case.time_ns[1], self.case.time_ns[0])

    def slower_midway(self):
        self.fine()
        if self.case is not None:
            self.shows(self.case.time_ns[1][32:], self.case.time_ns[1][:32])  # visits

    def shows(self, slow, fast):
        """By the fastest samples: a busy machine only adds to each."""
        self("the samples show it", min(slow) > 1.5 * min(fast))


def run_cell(tools, cell, revision):
    """Runs it; the record for the file of results."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cardwise-matrix-"))
    standard = cell.plant.case.startswith("phases")
    try:
        run = Run(
            tools,
            folder / "run",
            "" if cell.fault.layer else cell.text,
            ["--timeout", str(tools.timeout_s)],
            filter_=matrix_data.CASES[cell.plant.case],
            env=tools.environment(cell),
            backend=cell.backend,
            max_bytes="64KiB",
            profile="standard" if standard else "quick",
            seed=matrix_data.SEED,
            type_=cell.plant.type,
            quiet=True,
        )
        try:
            code = run.finish()
        finally:
            run.stop()
        file = File(run.file)
        judge = Judge(cell, run, code, file, tools.timeout_s)
        judge.always()
        getattr(judge, cell.expects)()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    broken = [what for what, holds in judge.held.items() if not holds]
    return {
        "id": cell.id,
        "planted": cell.text,
        "expects": cell.expects,
        "code": code,
        "seconds": round(run.ended - run.began, 1),
        "message": judge.message[:400].replace(HOST, "HOST"),
        "file": file.words(),
        "broken": broken,
        "revision": revision,
        "utc": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **({"output": run.output[-6000:]} if broken else {}),
    }
