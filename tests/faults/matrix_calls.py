# SPDX-License-Identifier: Apache-2.0
"""Where in a visit each kind of call happens, for the matrix of faults; and why it does not elsewhere."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Never:
    """The step has no such call."""

    reason: str


NO_BUILD = Never(
    "kernels are built in set-up and, the checksum's, in the check; what builds in its block (api) has no warm-up"
)
NO_ALLOCATION = Never(
    "memory is allocated in set-up and in the check; what allocates in its block (api) has no warm-up"
)
NO_WRITE = Never("nothing is written: inputs are filled on the card, and a check reads")
NO_READ = Never("nothing is read back in set-up")
NO_TIME = Never("nothing is timed there")
NO_QUEUE = Never("queues are made at the start, or in set-up by the case that wants one of its own")
NOT_THERE = Never("the fault has no step: it is there from the start")

#: Where each kind of call happens: step -> what to add to the text, and the case.
CALLS = {
    "create": {
        "start": ("call=queue,visit=any", "saxpy"),
        "set-up": ("call=queue,visit=2", "roundtrip"),
        "warm-up": NO_QUEUE,
        "measure": NO_QUEUE,
        "verify": NO_QUEUE,
    },
    "build": {
        "set-up": ("call=load", "saxpy"),
        "warm-up": NO_BUILD,
        "measure": ("call=load", "phases-build"),
        "verify": ("call=load,entry=cw_checksum", "saxpy"),
    },
    "allocate": {
        "set-up": ("call=allocate", "saxpy"),
        "warm-up": NO_ALLOCATION,
        "measure": ("call=allocate", "phases-allocate"),
        "verify": ("call=allocate", "saxpy"),
    },
    "write": {
        "set-up": NO_WRITE,
        "warm-up": ("call=write", "h2d"),
        "measure": ("call=write,nth=9", "h2d"),
        "verify": NO_WRITE,
    },
    "launch": {
        "set-up": ("call=launch,entry=*", "saxpy"),
        "warm-up": ("call=launch", "saxpy"),
        "measure": ("call=launch,nth=20", "saxpy"),
        "verify": ("call=launch,entry=*", "saxpy"),
    },
    "wait": {
        "set-up": ("call=wait", "saxpy"),
        "warm-up": ("call=wait", "saxpy"),
        "measure": ("call=wait,nth=5", "saxpy"),
        "verify": ("call=wait", "saxpy"),
    },
    "read": {
        "set-up": NO_READ,
        "warm-up": ("call=read", "d2h"),
        "measure": ("call=read,nth=9", "d2h"),
        "verify": ("call=read", "saxpy"),
    },
    "profile": {
        "set-up": NO_TIME,
        "warm-up": ("call=elapsed", "saxpy"),
        "measure": ("call=elapsed,nth=5", "saxpy"),
        "verify": NO_TIME,
    },
}

#: The same below the API: what the layer can tell of steps. A program is built once a process.
LAYER_CALLS = {
    "create": {
        "start": ("call=create,visit=any", "saxpy"),
        "set-up": ("call=create,visit=2", "roundtrip"),
        "warm-up": NO_QUEUE,
        "measure": NO_QUEUE,
        "verify": NO_QUEUE,
    },
    "build": {
        "set-up": ("call=build,visit=2", "saxpy"),
        "warm-up": NO_BUILD,
        "measure": Never("what builds in its block (api, warm) finds the program kept"),
        "verify": ("call=build,visit=1", "vector_add"),
    },
    "allocate": {
        "set-up": ("call=allocate", "saxpy"),
        "warm-up": NO_ALLOCATION,
        "measure": Never("the layer cannot tell it from the check's"),
        "verify": ("call=allocate", "saxpy"),
    },
    "write": {
        "set-up": NO_WRITE,
        "warm-up": ("call=write,step=set-up,visit=2", "h2d"),
        "measure": Never("the layer cannot tell it from the warm-up's: no kernel runs"),
        "verify": NO_WRITE,
    },
    "launch": CALLS["launch"],
    "wait": CALLS["wait"],
    "read": {
        "set-up": NO_READ,
        "warm-up": Never("the layer cannot tell it from the check's: no kernel runs"),
        "measure": Never("the layer cannot tell it from the check's: no kernel runs"),
        "verify": ("call=read", "saxpy"),
    },
    "profile": {
        "set-up": NO_TIME,
        "warm-up": ("call=profile", "saxpy"),
        "measure": ("call=profile,nth=5", "saxpy"),
        "verify": NO_TIME,
    },
}
