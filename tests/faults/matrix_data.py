# SPDX-License-Identifier: Apache-2.0
"""The matrix of faults as data: what is planted, in which step of a visit, and what the run must do.

A cell is a fault x a step x {one rank, all ranks} x {OpenCL, the CUDA double}. Every run has two cases: the one that
the fault is planted in, and mem/vector_add, which comes before it in the first round and after it in the second
(that is what the seed does). Unless its text says otherwise, a fault happens in visit 3: the second visit of its
case, so that a checkpoint has been before and something is left to do after it.
"""

import dataclasses

from matrix_calls import CALLS, LAYER_CALLS, NO_READ, NO_TIME, NOT_THERE, Never

STEPS = ("start", "set-up", "warm-up", "measure", "verify")
BACKENDS = ("opencl", "cuda")
RANKS = ("one", "all")
SEED = 6

#: The case of a cell by the name that --filter and the file have for it.
CASES = {
    "saxpy": "mem/saxpy|mem/vector_add",
    "vector_add": "mem/saxpy|mem/vector_add",
    "h2d": "copy/h2d|mem/vector_add",
    "d2h": "copy/d2h|mem/vector_add",
    "roundtrip": "latency/roundtrip|mem/vector_add",
    "phases-build": "api/phases.*phase=compile_warm|mem/vector_add.*dtype=f32",
    "phases-allocate": "api/phases.*phase=allocate|mem/vector_add.*dtype=f32",
    "warm": "mem/(saxpy|vector_add)|copy/(h2d|d2h)|latency/roundtrip",
}


@dataclasses.dataclass(frozen=True)
class Plant:
    """A fault in one step; `expects` names a check of matrix_run.py."""

    text: str
    case: str = "saxpy"
    expects: str = "failed"
    reason: str = ""  # why nothing can be said of it, where `expects` is undetectable or harmless
    cards: str = ""  # POCL_DEVICES, where it is not two cards
    type: str = ""  # --type, where a lie changes it
    on_cuda: str = ""  # what the CUDA double makes of it, where that is another end


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    layer: bool  # planted by the OpenCL layer of tests/faults/layer, else by the decorator of Device
    steps: dict  # step: Plant or Never
    backends: tuple = BACKENDS
    why_not: str = ""  # why other backends are left out
    ranks: tuple = RANKS


@dataclasses.dataclass(frozen=True)
class Cell:
    fault: Fault
    step: str
    ranks: str
    backend: str
    plant: Plant

    @property
    def id(self):
        return f"{self.fault.name} | {self.step} | {self.ranks} | {self.backend}"

    @property
    def expects(self):
        return self.plant.on_cuda if self.backend == "cuda" and self.plant.on_cuda else self.plant.expects

    @property
    def text(self):
        """What the variable holds."""
        where = "rank=1" if self.ranks == "one" else "rank=all"
        text = f"{where},{self.plant.text}"
        if self.step != "start":
            text += f",step={self.step}" if "step=" not in text else ""
            text += ",visit=3" if "visit=" not in text else ""
        return text.replace(",step=any", "").replace(",visit=any", "")


def planted(kind, calls, expects="failed", more="", on_cuda=""):
    """`kind` in every step in which the call happens."""
    steps = {}
    for step, how in calls.items():
        if isinstance(how, Never):
            steps[step] = how
        else:
            text = f"kind={kind}{more},{how[0]}"
            ends = "refused" if step == "start" and expects == "failed" else expects
            steps[step] = Plant(text, how[1], ends, on_cuda=on_cuda)
    return steps


def wrong(kind):
    """Wrong data by the decorator: the input, what the warm-up leaves, the result, what the check reads."""
    return {
        "set-up": Plant(f"kind={kind},entry=cw_data_grid", expects="wrong"),
        "warm-up": Plant(f"kind={kind},entry=cw_saxpy", expects="wrong"),
        "measure": Plant(f"kind={kind},entry=cw_saxpy", expects="wrong"),
        "verify": Plant(f"kind={kind},call=read", expects="wrong"),
    }


IN_CHECK = Never("the layer changes what is read back: that is in the check")
ONE_SKIPPED = (
    "every launch writes the same result: one that is missing leaves no trace, and a window that is 1/B "
    "shorter is no proof"
)
SAME_VALUES = Never("as of another case's values, which differ")
PARTITIONS = (
    "two entries of one platform's list are two cards, since partitions share UUID and address; each rank takes another"
)
ALL_SLOW = "every card is as slow: nothing in the run to compare with"
NOT_TIMED = "what is not timed may take its time; no figure holds it"
RIGHT_IN_WARM_UP = (
    "skipped launches of the warm-up matter where the result accumulates and their number is no multiple "
    "of three; the block itself is whole, so both ends are right"
)
STAMPS_OF_WARM_UP = "no figure is made of the warm-up's times"


def slow(text):
    harmless = lambda more: Plant(f"kind=slow,{more}", expects="harmless", reason=NOT_TIMED)
    return {
        "set-up": harmless("ms=20,call=launch,entry=*"),
        "warm-up": harmless(text),
        "measure": Plant(f"kind=slow,{text},visit=any", expects="slower", reason=ALL_SLOW),
        "verify": harmless("ms=20,call=launch,entry=*"),
    }


def timer(kind):
    return {
        "set-up": NO_TIME,
        "verify": NO_TIME,
        "warm-up": Plant(f"kind={kind}", expects="harmless", reason=STAMPS_OF_WARM_UP),
        "measure": Plant(f"kind={kind},visit=any", expects="bad_timer"),
    }


def from_the_start(text, expects):
    return {"start": Plant(f"{text},visit=any", expects=expects)} | {s: NOT_THERE for s in STEPS[1:]}


def decorated():
    for call, where in CALLS.items():
        yield Fault(f"error in {call}", False, planted("error", where))
    yield Fault("out of memory", False, planted("oom", CALLS["allocate"]))
    for call in ("launch", "wait"):
        yield Fault(f"device lost in {call}", False, planted("lost", CALLS[call], "lost"))
    for call in ("wait", "read", "build"):
        yield Fault(f"hang in {call}", False, planted("hang", CALLS[call], "hang"))
    for kind in ("abort", "segv"):
        name = {"abort": "crash: abort", "segv": "crash: SIGSEGV"}[kind]
        yield Fault(name, False, planted(kind, CALLS["launch"], "crash"))
    names = {"bit": "one bit", "zero": "all zero", "nan": "all NaN", "constant": "all one constant"}
    for kind, name in names.items():
        yield Fault(f"wrong data: {name}", False, wrong(kind))
    yield Fault(
        "wrong data: the last run's values",
        False,
        {
            "set-up": NO_READ,
            "warm-up": Never("each launch overwrites what the one before it left"),
            "measure": Plant("kind=stale,entry=cw_vector_add,visit=4", "vector_add", "wrong"),
            "verify": Plant("kind=previous,visit=4", "vector_add", "wrong"),
        },
    )
    yield Fault(
        "wrong data: the same case's last values",
        False,
        {s: SAME_VALUES for s in ("set-up", "warm-up", "measure")}
        | {"verify": Plant("kind=previous", expects="wrong")},
    )
    yield Fault(
        "all launches of a block skipped",
        False,
        {
            "set-up": Plant("kind=skip,entry=cw_data_grid", expects="wrong"),
            "warm-up": Plant("kind=skip", expects="wrong_or_ok", reason=RIGHT_IN_WARM_UP),
            "measure": Plant("kind=skip", expects="wrong"),
            "verify": Plant("kind=skip,entry=cw_checksum", expects="wrong"),
        },
    )
    yield Fault(
        "one launch skipped, the result accumulates",
        False,
        {
            "set-up": Plant("kind=skip,entry=cw_data_grid,count=1", expects="wrong"),
            "warm-up": Plant("kind=skip,count=1", expects="wrong"),
            "measure": Plant("kind=skip,nth=7,count=1", expects="wrong"),
            "verify": Plant("kind=skip,entry=cw_checksum,count=1", expects="wrong"),
        },
    )
    only = Never("as with a result that accumulates")
    yield Fault(
        "one launch skipped, the result does not accumulate",
        False,
        {
            "set-up": only,
            "verify": only,
            "warm-up": Plant("kind=skip,count=1,visit=4", "vector_add", "undetectable", ONE_SKIPPED),
            "measure": Plant("kind=skip,nth=7,count=1,visit=4", "vector_add", "undetectable", ONE_SKIPPED),
        },
    )
    yield Fault("slow card", False, slow("factor=4,entry=cw_saxpy"))
    yield Fault(
        "card slows down midway",
        False,
        {
            "set-up": NO_TIME,
            "warm-up": Never("a block that begins slow is a slow card"),
            "verify": NO_TIME,
            "measure": Plant("kind=slow,factor=6,entry=cw_saxpy", expects="slower_midway"),
        },
    )
    yield Fault("same identity twice", False, from_the_start("kind=same-card", "refused_twice"))
    for kind in ("zero", "equal", "reversed", "wrapped"):
        yield Fault(f"time stamps {kind}", False, timer(f"timer-{kind}"))


def lied():
    for call, where in LAYER_CALLS.items():
        only = (
            (("opencl",), "to the layer the double's writes are copies within shared memory") if call == "write" else ()
        )
        # Once: what the layer guesses of steps and visits does not survive a visit that ends in set-up. And a stream
        # that fails is a context that is gone: CUDA_ERROR_LAUNCH_FAILED.
        steps = planted("error", where, more=",count=1", on_cuda="lost" if call == "wait" else "")
        yield Fault(f"CL_OUT_OF_RESOURCES in {call}", True, steps, *only)
    yield Fault(
        "CL_MEM_OBJECT_ALLOCATION_FAILURE", True, planted("error", LAYER_CALLS["allocate"], more=",code=-4,count=1")
    )
    for call in ("launch", "wait"):
        yield Fault(
            f"CL_DEVICE_NOT_AVAILABLE in {call}",
            True,
            planted("error", LAYER_CALLS[call], "lost", more=",code=-2"),
            ("opencl",),
            "the double's own answers are not OpenCL's codes",
        )
    for call in ("wait", "read", "build"):
        yield Fault(f"layer: hang in {call}", True, planted("hang", LAYER_CALLS[call], "hang"))
    names = {
        "bit": "one bit",
        "zero": "all zero",
        "nan": "all NaN",
        "constant": "all one constant",
        "previous": "the last run's values",
    }
    for kind, name in names.items():
        other = {"case": "vector_add", "text": "kind=previous,visit=4"} if kind == "previous" else {}
        yield Fault(
            f"layer: read gives {name}",
            True,
            {
                "set-up": IN_CHECK,
                "warm-up": IN_CHECK,
                "measure": IN_CHECK,
                "verify": Plant(**{"text": f"kind={kind}", "expects": "wrong"} | other),
            },
        )
    yield Fault(
        "layer: read gives the same case's last values",
        True,
        {s: IN_CHECK for s in ("set-up", "warm-up", "measure")} | {"verify": Plant("kind=previous", expects="wrong")},
    )
    yield Fault(
        "layer: all launches of a block skipped",
        True,
        {
            "set-up": Plant("kind=skip,entry=*", expects="wrong"),
            "warm-up": Plant("kind=skip", expects="wrong_or_ok", reason=RIGHT_IN_WARM_UP),
            "measure": Plant("kind=skip", expects="wrong"),
            "verify": Plant("kind=skip,entry=*", expects="wrong"),
        },
    )
    only = Never("as of the decorator's faults")
    yield Fault(
        "layer: one launch skipped, the result accumulates",
        True,
        {"set-up": only, "warm-up": only, "measure": Plant("kind=skip,nth=7,count=1", expects="wrong"), "verify": only},
    )
    yield Fault(
        "layer: one launch skipped, the result does not accumulate",
        True,
        {
            "set-up": only,
            "warm-up": only,
            "verify": only,
            "measure": Plant("kind=skip,nth=7,count=1,visit=4", "vector_add", "undetectable", ONE_SKIPPED),
        },
    )
    yield Fault(
        "layer: launches take three times as long",
        True,
        {
            "set-up": NO_TIME,
            "verify": NO_TIME,
            "warm-up": Plant("kind=longer,percent=200", expects="harmless", reason=NOT_TIMED),
            "measure": Plant("kind=longer,percent=200,visit=any", expects="slower", reason=ALL_SLOW),
        },
    )
    for kind in ("zero", "equal", "reversed", "wrapped"):
        yield Fault(
            f"layer: stamps {kind}",
            True,
            timer(f"stamps-{kind}"),
            ("opencl",),
            "the double makes its times of END stamps alone",
        )
    own = "the double's cards have identities of their own"
    same = {"text": "kind=same-identity,visit=any", "type": "gpu"}
    for name, plant in {
        "layer: two ranks' cards show one identity": Plant(**same, cards="basic", expects="refused_twice"),
        "layer: two cards of one list show one identity": Plant(**same, expects="harmless", reason=PARTITIONS),
    }.items():
        steps = {"start": plant} | dict.fromkeys(STEPS[1:], NOT_THERE)
        yield Fault(name, True, steps, ("opencl",), own, ("all",))


FAULTS = [*decorated(), *lied()]


def cells():
    for fault in FAULTS:
        for step in STEPS:
            plant = fault.steps.get(step)
            if isinstance(plant, Plant):
                for backend in fault.backends:
                    for ranks in fault.ranks:
                        yield Cell(fault, step, ranks, backend, plant)
