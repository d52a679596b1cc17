# SPDX-License-Identifier: Apache-2.0
"""A runtime that lies, on a node with two FPGA cards: the same messages and exit codes as on PoCL.

Two OpenCL layers: tests/fpga/layer dresses Intel's emulator as two 520N-MX, tests/faults/layer lies above it. So wrong
data, errors, hangs and crashes come from where a card's runtime would give them, below all of the program.
"""

import os
import re

import fpga
import program
import pytest
from fpga import card_image, image  # noqa: F401  fixtures

LIAR = os.environ["CARDWISE_TEST_LYING_OPENCL"]  # "" where it could not be built
WORDS = [*fpga.SMALL, "--filter", "mem/(saxpy|vector_add).*dtype=f32", "--seed", "6"]
SAID = re.compile(r"^(?:\[[^]]*\] ?)?((?:failed|wrong): .*|cardwise: .*)$", re.MULTILINE)

#: What is planted on rank 1, the exit code (None: any but 0), the status of saxpy, and what the message must say.
LIES = {
    "wrong data": ("kind=zero,call=read,step=verify,visit=2", 1, "wrong", "wrong: mem/saxpy"),
    "launches that do nothing": ("kind=skip,entry={entry}", 1, "wrong", "wrong: mem/saxpy"),
    "an error of a launch": ("kind=error,code=-6,entry={entry}", 1, "failed", "CL_OUT_OF_HOST_MEMORY (-6)"),
    "an error of a wait": ("kind=error,call=wait,step=measure,visit=2", 1, "failed", "CL_OUT_OF_RESOURCES (-5)"),
    "stamps that stand": ("kind=stamps-equal", 1, "failed", "clock"),
    "a hang": ("kind=hang,call=wait,step=measure,visit=2", 4, None, "watchdog: rank 1"),
    "a crash": ("kind=crash,entry={entry},step=measure", None, None, "crash (SIGSEGV)"),
}


class Place:
    """Where a run takes place: two cards, how it is started, and what is its own in messages."""

    def __init__(self, words, env, entry, identities, own):
        self.words, self.env, self.entry, self.identities, self.own = words, env, entry, identities, own

    def run(self, lie, path):
        planted = f"rank=1,{lie.format(entry=self.entry)}"
        env = {**self.env, "CARDWISE_LYING_OPENCL": planted}
        limit = "10" if "kind=hang" in lie else "60"
        done = fpga.cardwise("run", *self.words, *WORDS, "--timeout", limit, "--output", path, ranks=2, env=env)
        lied = re.search(r"that lies: rank 1 lied in (\d+) calls", done.err)
        assert lied is None or int(lied[1]) > 0, "the lie was never told"
        return done

    def messages(self, done):
        """What the program says of a fault, but for what differs between any two runs or is the place's own."""
        found = []
        for text in SAID.findall(done.out + "\n" + done.err):
            if "waiting for the other ranks" in text or "stopping after this block" in text:
                continue  # of the rank that mpirun ends, if it gets so far
            for word, common in [*((i, "CARD") for i in self.identities), (self.entry, "ENTRY"), *self.own]:
                text = text.replace(word, common)
            text = re.sub(r" on [^;]* \(OpenCL\)", " on MODEL (OpenCL)", text)
            found.append(re.sub(r"\d[\w.+-]*", "#", text))
        return found


@pytest.fixture
def card(card_image, tmp_path):  # noqa: F811
    if not LIAR:
        pytest.skip("the OpenCL layer is not built (CL/cl_layer.h)")
    node = fpga.Node(tmp_path)
    # mpirun's own hwloc asks OpenCL for cards; ocl-icd then cuts the variable at its first colon, and ranks inherit it.
    env = {**node.env, "OPENCL_LAYERS": f"{node.env['OPENCL_LAYERS']}:{LIAR}", "HWLOC_COMPONENTS": "-opencl"}
    identities = [f"{os.uname().nodename}/{place}" for place in fpga.PLACES]
    return Place(["--image", card_image], env, "cw_saxpy_f32", identities, [("variant=520n-mx", "VARIANT")])


@pytest.fixture
def pocl():
    env = {"OPENCL_LAYERS": LIAR, "POCL_DEVICES": "basic basic"}
    identities = [f"{os.uname().nodename}/Portable Computing Language/{i}" for i in range(2)]
    return Place(["--type", "cpu"], env, "cw_saxpy", identities, [("variant=portable", "VARIANT")])


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_told_as_on_pocl(name, card, pocl, tmp_path):
    lie, code, status, words = LIES[name]

    done, plain = card.run(lie, tmp_path / "card.h5"), pocl.run(lie, tmp_path / "pocl.h5")

    assert done.code == plain.code, (done.all, plain.all)
    assert done.code == code if code is not None else done.code != 0, done.all
    assert card.messages(done) == pocl.messages(plain)
    [message] = [text for text in SAID.findall(done.out + "\n" + done.err) if words in text][:1]
    assert f"rank 1 on {os.uname().nodename}" in message and card.identities[1] in message, message
    if status is not None:
        cases = {case.name: case for case in program.read_cases(tmp_path / "card.h5")}
        assert cases["mem/saxpy"].status == status and cases["mem/vector_add"].status in ("ok", status)
