# SPDX-License-Identifier: Apache-2.0
"""The whole program from an FPGA image, on Intel's emulator: as itself, and dressed as a node with two cards.

The node is tests/fpga/layer, which writes a journal: how often a card was programmed, what OpenCL 1.0 has not.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import program
import pytest

LAYER = os.environ["CARDWISE_TEST_FPGA_NODE"]  # "" where it could not be built
TEXT = os.environ["CARDWISE_TEST_FPGA_TEXT"]  # of the image, for the test that changes a kernel
HERE = pathlib.Path(__file__).parent
TWO = {"CL_CONFIG_CPU_EMULATE_DEVICES": "2"}
LAUNCHER = ["--bind-to", "none", "--oversubscribe"]
SMALL = ["--profile", "quick", "--max-bytes", "64KiB", "--rounds", "1", "--progress", "none"]
SAXPY = [*SMALL, "--filter", "mem/saxpy|mem/vector_add"]
EMULATED = ["run", "--type", "emulated"]
PLACES = ("aclbitt_s10mx_pcie0", "aclbitt_s10mx_pcie1")


def cardwise(*args, env=None, **more):
    return program.cardwise(*args, launcher=LAUNCHER, env={**TWO, **(env or {})}, timeout_s=120, **more)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    done = cardwise("image", "build", "--board", "emulator", "--output", folder)
    assert done.code == 0, done.all
    return folder / "emulator.aocx"


def manifest_of(path):
    return json.loads(pathlib.Path(f"{path}.json").read_text())


def put(path, code, about):
    """An image whose manifest is right about its bytes."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(code)
    about["image"].update(file=path.name, bytes=len(code), sha256=hashlib.sha256(code).hexdigest())
    pathlib.Path(f"{path}.json").write_text(json.dumps(about))
    return path


def as_card(image, to, bank=lambda entry: "HBM0", code=None):
    """The emulator's image as one of the cards' board, whose buffers lie in a bank."""
    about = manifest_of(image)
    about["board"], about["image"]["format"] = "520n-mx", "aocx"
    for kernel in about["kernels"]:
        for argument in kernel["arguments"]:
            if argument["type"] == "buffer":
                argument["bank"] = bank(kernel["entry"])
    return put(to, image.read_bytes() if code is None else code, about)


@pytest.fixture(scope="module")
def card_image(image, tmp_path_factory):
    return as_card(image, tmp_path_factory.mktemp("card") / "520n-mx.aocx")


class Node:
    """A node with two cards, and its journal."""

    def __init__(self, folder, emulator_first=False):
        if not LAYER:
            pytest.skip("the OpenCL layer is not built (CL/cl_layer.h)")
        self.journal = folder / "journal"
        devices, word = ("4", ",emulator-first") if emulator_first else ("2", "")
        self.env = {
            "OPENCL_LAYERS": LAYER,
            "CARDWISE_FPGA_NODE": f"{self.journal}{word}",
            "CL_CONFIG_CPU_EMULATE_DEVICES": devices,
        }

    def run(self, *args, **more):
        done = cardwise("run", *args, env=self.env, **more)
        assert "the node is dressed" in self.lines(), "the loader does not load OPENCL_LAYERS"
        return done

    def lines(self):
        return self.journal.read_text().splitlines() if self.journal.exists() else []

    def begins(self, words):
        return sorted(line for line in self.lines() if line.startswith(words))


def check_all(path, ranks):
    """Every case is ok, or skipped with the reason that the image has no such kernel."""
    cases = program.read_cases(path)
    assert len(cases) > 15
    for case in cases:
        if case.name == "compute/fma_peak":
            assert case.status == "skipped" and "has no" in case.text, case
        else:
            assert case.status == "ok", (case.key, case.text)
            assert case.arrays["time_ns"].shape[0] == ranks
    [load] = [c for c in cases if c.name == "latency/load_image"]
    valid = load.arrays["flags"] & 1 == 0
    assert [row.sum() for row in valid.reshape(ranks, -1)] == [1] * ranks, "one sample a rank"
    return cases, load.arrays["time_ns"][valid]


def test_an_image_is_built_once_and_nothing_is_overwritten(image):
    before = image.read_bytes(), image.stat().st_mtime_ns

    done = cardwise("image", "build", "--board", "emulator", "--output", image.parent)

    assert done.code == 2 and "is there already" in done.err, done.all
    assert (image.read_bytes(), image.stat().st_mtime_ns) == before
    assert sorted(p.name for p in image.parent.iterdir()) == ["emulator.aocx", "emulator.aocx.json"]


def test_an_image_is_checked(image, tmp_path):
    done = cardwise("image", "check", image)
    cut = tmp_path / image.name
    shutil.copy(f"{image}.json", f"{cut}.json")
    cut.write_bytes(image.read_bytes()[:-1])
    bad = cardwise("image", "check", cut)

    assert done.code == 0 and "whole" in done.out and "cw_saxpy_f32" in done.out, done.all
    assert bad.code == 2 and "its manifest says" in bad.err, bad.all


def test_every_case_on_two_emulated_cards(image, tmp_path):
    path = tmp_path / "run.h5"

    done = cardwise(*EMULATED, *SMALL, "--image", image, "--output", path, ranks=2)

    assert done.code == 0, done.all
    cases, _ = check_all(path, 2)
    assert {c.attrs["variant"] for c in cases} == {"emulator"}
    rows = program.read_ranks(path)
    assert rows["emulated"] == [1, 1] and rows["device_class"] == ["emulated"] * 2
    assert len(set(rows["identity"])) == 2
    assert rows["image_sha256"] == [hashlib.sha256(image.read_bytes()).hexdigest()] * 2


def test_the_emulator_is_no_card_unless_asked_for(image, tmp_path):
    done = cardwise("run", *SAXPY, "--image", image, "--output", tmp_path, ranks=2)

    assert done.code == 3 and "no card of type gpu or fpga" in done.err and "--type emulated" in done.err, done.all
    assert len(done.messages()) == 1 and not list(tmp_path.rglob("*.h5"))


FAULTS = {
    "wrong data": ("rank=1,kind=bit,entry=cw_saxpy_f32", "wrong"),
    "skipped launches": ("rank=1,kind=skip,entry=cw_saxpy_f32", "wrong"),
    "an error": ("rank=1,kind=error,call=launch,entry=cw_saxpy_f32", "failed"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named(fault, image, tmp_path):
    path = tmp_path / "run.h5"
    planted, status = FAULTS[fault]

    done = cardwise(*EMULATED, *SAXPY, "--image", image, "--output", path, ranks=2, env={"CARDWISE_FAULT": planted})

    assert done.code == 1, done.all
    cases = {c.name: c for c in program.read_cases(path)}
    assert cases["mem/vector_add"].status == "ok"
    saxpy = cases["mem/saxpy"]
    assert saxpy.status == status and saxpy.arrays["time_ns"].size == 0, saxpy
    for word in ("rank 1", os.uname().nodename, program.read_ranks(path)["identity"][1]):
        assert word in saxpy.text, (word, saxpy.text)


def test_a_kernel_that_waits_for_ever_is_ended_by_the_watchdog(image, tmp_path):
    """It reads a channel that nobody writes to."""
    text, binary = tmp_path / "hang.cl", tmp_path / "hang.bin"
    head, kernel, rest = pathlib.Path(TEXT).read_text().partition("TASK void ENTRY(saxpy)(")
    arguments, brace, body = rest.partition("{")
    channel = "#pragma OPENCL EXTENSION cl_intel_channels : enable\nchannel float nothing;\n"
    wait = "\n  if (read_channel_intel(nothing) > 0) y[0] = 0;\n"
    text.write_text(channel + head + kernel + arguments + brace + wait + body)
    made = subprocess.run(
        [sys.executable, HERE / "emulator_binary.py", text, binary],
        env=program.environment(TWO),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    hanging = put(tmp_path / "hang" / "emulator.aocx", binary.read_bytes(), manifest_of(image))
    path = tmp_path / "run.h5"

    done = cardwise(*EMULATED, *SAXPY, "--seed", "6", "--timeout", "5", "--image", hanging, "--output", path, ranks=2)

    assert done.code == 4, done.all
    said = [line for line in done.err.splitlines() if "mem/saxpy" in line]
    assert any("rank" in line and os.uname().nodename in line for line in said), done.all
    assert program.read_cases(path)


def test_two_images_for_one_card_are_refused(image, tmp_path):
    other = put(tmp_path / "2" / "other.aocx", image.read_bytes(), manifest_of(image))

    done = cardwise(*EMULATED, *SAXPY, "--image", image, "--image", other, "--output", tmp_path / "o", ranks=2)

    assert done.code == 2 and len(done.messages()) == 1 and "one of them a run" in done.err, done.all


def test_an_image_of_another_board_is_refused(card_image, tmp_path):
    done = cardwise(*EMULATED, *SAXPY, "--image", card_image, "--output", tmp_path, ranks=2)

    assert done.code == 2 and "made for board 520n-mx" in done.err, done.all
    assert len(done.messages()) == 1


def test_what_the_emulator_would_allocate_beyond_its_memory_is_skipped(image, tmp_path):
    """It "allocates" any amount: the sum of the buffers is the suite's own."""
    path = tmp_path / "run.h5"
    env = {"CL_CONFIG_CPU_FORCE_GLOBAL_MEM_SIZE": "16KB"}  # the least arrays are 4 KiB, and have guards

    done = cardwise(*EMULATED, *SMALL, "--filter", "mem/(copy|triad)", "--image", image, "--output", path, env=env)

    cases = program.read_cases(path)
    assert done.code == 0 and [c.status for c in cases if c.name == "mem/triad"] == ["skipped"] * 2, done.all
    assert all("on the card beside" in c.text for c in cases if c.status == "skipped")


@pytest.mark.parametrize("emulator_first", [False, True], ids=["alone", "emulator first"])
def test_a_node_with_two_cards(emulator_first, card_image, tmp_path):
    node, path = Node(tmp_path, emulator_first), tmp_path / "run.h5"

    done = node.run(*SMALL, "--image", card_image, "--output", path, ranks=2)

    assert done.code == 0, done.all
    _, load = check_all(path, 2)
    assert (load >= 200_000_000).all(), "what programming takes there"
    assert node.begins("programmed") == ["programmed card 0", "programmed card 1"]
    assert node.begins("reprogrammed") == node.begins("kept") == node.begins("program from") == []
    assert node.begins("beyond") == [], "functions that OpenCL 1.0 has not: null pointers there"
    assert node.begins("buffer of") == ["buffer of a bank"] * 2
    assert node.begins("used before") == [], "the bank of a buffer is known before its first use"
    assert node.begins("memory made") == [], "the card's memory is made at its first use: never in a launch"
    assert node.begins("not aligned") == [] and node.begins("aligned") != []
    assert node.begins("a context of") == [] and node.begins("a context that") == ["a context that hears"] * 2
    rows = program.read_ranks(path)
    assert rows["identity"] == [f"{os.uname().nodename}/{place}" for place in PLACES]
    assert rows["device_class"] == ["fpga"] * 2 and rows["emulated"] == [0, 0]
    assert rows["board"] == list(PLACES)
    assert set(rows["device_name"]) == {"p520_hpc_m210h_g3x16 : BittWare Stratix 10 MX OpenCL platform"}
    assert rows["opencl_version"][0].startswith("OpenCL 1.0") and "several models" not in done.err


@pytest.mark.parametrize(
    "cards, ranks, expected",
    [("", 0, [0]), ("1", 0, [1]), (PLACES[1], 0, [1]), ("1,0", 2, [1, 0])],
    ids=["the first", "by index", "by board", "exchanged"],
)
def test_a_card_of_the_node_is_chosen(cards, ranks, expected, card_image, tmp_path):
    node, path = Node(tmp_path, emulator_first=True), tmp_path / "run.h5"
    words = ["--card", cards] if cards else []

    done = node.run(*SAXPY, *words, "--image", card_image, "--output", path, ranks=ranks)

    assert done.code == 0, done.all
    assert program.read_ranks(path)["board"] == [PLACES[i] for i in expected]
    assert node.begins("programmed") == sorted(f"programmed card {i}" for i in expected)


def refused(done, code, *words):
    assert done.code == code and len(done.messages()) == 1, done.all
    assert all(word in done.err for word in words), done.all


def test_a_third_rank_has_no_card(card_image, tmp_path):
    node = Node(tmp_path, emulator_first=True)

    done = node.run(*SAXPY, "--image", card_image, "--output", tmp_path, ranks=3)

    refused(done, 3, "3 ranks on node", "2 cards visible")
    assert node.begins("programmed") == []


def test_a_card_compiles_nothing(tmp_path):
    node = Node(tmp_path)

    done = node.run(*SAXPY, "--output", tmp_path, ranks=2)

    refused(done, 2, "compiles nothing itself", "--image")
    assert node.begins("program from source") == []


def test_the_emulators_image_is_none_of_the_cards(image, tmp_path):
    node = Node(tmp_path, emulator_first=True)

    done = node.run(*SAXPY, "--image", image, "--output", tmp_path, ranks=2)

    refused(done, 2, "made for board emulator", PLACES[0])
    assert node.begins("programmed") == []


def test_what_the_runtime_says_of_a_broken_image_is_in_the_message(image, tmp_path):
    """Whole by its manifest: only the runtime can tell, and tells the context alone."""
    cut = as_card(image, tmp_path / "cut" / "520n-mx.aocx", code=image.read_bytes()[:-4096])

    done = Node(tmp_path).run(*SAXPY, "--image", cut, "--output", tmp_path / "o", ranks=2)

    refused(done, 2, "rank 0", PLACES[0], "CL_INVALID_BINARY (-42)", "; clCreateProgramWithBinary failed")


@pytest.mark.parametrize(
    "bank, words",
    [(lambda entry: "HBM32", "has no bank 'HBM32'"), (lambda entry: f"HBM{len(entry) % 2}", "HBM0, HBM1")],
    ids=["none such", "several"],
)
def test_banks_that_a_run_can_not_serve_are_refused(bank, words, image, tmp_path):
    done = cardwise("image", "check", as_card(image, tmp_path / "520n-mx.aocx", bank))

    refused(done, 2, words)


def test_what_lies_in_one_bank_fits_into_it(card_image, tmp_path):
    """A bank has 512 MiB, whatever the card has."""
    path = tmp_path / "run.h5"
    words = [*SMALL[:2], *SMALL[-4:], "--filter", "mem/triad.*dtype=f32"]

    done = Node(tmp_path).run(*words, "--image", card_image, "--output", path)

    assert done.code == 0, done.all
    [triad] = program.read_cases(path)
    assert triad.status == "ok" and 3 * 4 * triad.attrs["n"] <= 512 << 20, triad
    listed = cardwise("list", *words[:2], "--filter", words[-1], "--image", card_image, env=Node(tmp_path).env)
    assert triad.key in listed.out, "the list has the run's cases"


@pytest.fixture(scope="module")
def replicated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replicated")
    built = cardwise("image", "build", "--board", "emulator", "--program", "replicated", "--output", folder)
    assert built.code == 0, built.all
    return folder / "emulator-replicated.aocx"


def test_each_bank_alone_and_then_all_together(replicated, tmp_path):
    """An image of two replications: the cases of several at once come last in a round."""
    path = tmp_path / "run.h5"
    words = ["--filter", "mem/banks|mem/copy", "--image", replicated]

    done = cardwise(*EMULATED, "--profile", "quick", "--max-bytes", "64KiB", "--rounds", "4", *words, "--output", path)

    assert done.code == 0, done.all
    cases = program.read_cases(path)
    banks = [case for case in cases if case.name == "mem/banks"]
    assert len(banks) == 3 and {case.status for case in cases} == {"ok"}
    assert [sum(word in case.key for case in banks) for word in ("bank=0", "bank=1", "replications=2")] == [1, 1, 1]
    for turn in range(4):
        assert "replications=2" in max(cases, key=lambda case: case.arrays["start_utc_ns"][turn]).key


def test_a_card_that_trips_on_the_ramp_leaves_what_was_measured_before(replicated, tmp_path):
    """Gone in the sixth visit: round 2, all banks at once."""
    path = tmp_path / "run.h5"
    words = ["--max-bytes", "64KiB", "--rounds", "4", "--filter", "mem/banks", "--image", replicated]
    trips = {"CARDWISE_FAULT": "kind=lost,call=launch,entry=cw_triad_f32_r1,visit=6"}

    done = cardwise(*EMULATED, "--profile", "quick", *words, "--output", path, env=trips)

    assert done.code == 3 and program.read_attrs(path)["exit_reason"] == "card_lost", done.all
    ramp, *alone = sorted(program.read_cases(path), key=lambda case: "bank=" in case.key)
    assert ramp.status == "failed" and "replications=2" in ramp.key, done.all
    assert len(alone) == 2 and all(case.arrays["start_utc_ns"].size == 2 for case in alone), done.all
    assert all((case.arrays["flags"] & 1 == 0).any() for case in alone), "their figures are in the file"


def test_an_image_of_one_replication_has_no_banks_to_compare(image):
    done = cardwise("list", "--type", "emulated", "--profile", "quick", "--image", image)

    assert done.code == 0 and "mem/banks" not in done.out, done.all
