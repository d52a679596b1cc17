# SPDX-License-Identifier: Apache-2.0
"""Prebuilt images through the whole program, on the CUDA double, whose "machine code" is the kernel's text."""

import collections
import hashlib
import json
import os
import pathlib
import re
import shutil

import cubin
import h5py
import program
import pytest

ROOT = pathlib.Path(__file__).parents[2]
RUST = ROOT / "kernels" / "rust" / "kernels.ptx"
USAGE = 2
TWO = {"CARDWISE_CUDA_LIBRARY": os.environ.get("CARDWISE_TEST_CUDA", ""),
       "CARDWISE_NVRTC_LIBRARY": os.environ.get("CARDWISE_TEST_NVRTC", ""),
       "CARDWISE_CUDA_DOUBLE_DEVICES": "2"}
RUN = ["run", "--type", "emulated", "--backend", "cuda", "--profile", "quick", "--max-bytes", "64KiB",
       "--rounds", "2", "--progress", "none"]
SAXPY = [*RUN, "--filter", "mem/(saxpy|triad)|load_image", "--filter", "f32|load_image"]
ARGUMENTS = [{"name": "n", "type": "u64"}, {"name": "a", "type": "f32"},
             {"name": "x", "type": "buffer", "access": "read"},
             {"name": "y", "type": "buffer", "access": "read_write"}]
LIMIT_S = 60  # of what is refused before anything is measured


def manifest_of(path, code, **members):
    """What FILE.json says of a saxpy for f32, except `members` (dotted: image.bytes)."""
    about = {"schema": "cardwise.image", "version": 1,
             "image": {"file": path.name, "bytes": len(code), "format": path.suffix[1:],
                       "sha256": hashlib.sha256(code).hexdigest()},
             "board": "", "architecture": "sm_90", "language": "cuda",
             "compiler": {"name": "the double", "version": "1", "flags": []}, "clock_hz": 0,
             "created": "2026-11-29", "sources": [],
             "kernels": [{"name": "saxpy", "entry": "cw_saxpy", "dtype": "f32", "width": 1,
                          "replications": 1, "launch": "range", "defines": {"GROUP": "256"},
                          "tail": True, "arguments": ARGUMENTS}]}
    for name, value in members.items():
        *parents, last = name.split("__")
        inside = about
        for parent in parents:
            inside = inside[int(parent) if parent.isdigit() else parent]
        inside[last] = value
    return about


def image_in(folder, name="saxpy.cubin", text=lambda text: text, sizes=(8, 4, 8, 8), **members):
    """An image of kernels/saxpy.cl in the double's own format, in that of the name, with its manifest."""
    texts = [(ROOT / "kernels" / file).read_text() for file in ("portable.h", "saxpy.cl")]
    defines = ["REAL=float", "WIDTH=1", "GROUP=256", "TAIL=1", "TEST_IMAGE=1"]
    head = ["cardwise-cuda-double", str(len(defines)), *("-D" + d for d in defines)]
    architecture = members.get("architecture", "sm_90")
    parameters = ", ".join(f".param {'.f32' if size == 4 else '.u64'} p{i}" for i, size in enumerate(sizes))
    ptx = ["#if 0", ".version 8.0", f".target {architecture}", f".visible .entry cw_saxpy({parameters})", "#endif"]
    code = "\n".join([*head, *ptx, texts[0], text(texts[1])]).encode()
    code += b"\n" * ((8 - len(code)) % 16)  # malloc's own numbers follow: read beyond the end, it does not compile
    if name.endswith(".cubin"):
        code = cubin.cubin_of(code + b"\0", {"cw_saxpy": sizes}, int(re.search(r"\d+", architecture)[0]))
    path = folder / name
    path.write_bytes(code)
    manifest_text = "\n" + json.dumps(manifest_of(path, code, **members))  # it need not begin with a brace
    pathlib.Path(f"{path}.json").write_text(manifest_text)
    return path


def by_variant(path):
    cases = collections.defaultdict(dict)
    for case in program.read_cases(path):
        cases[case.attrs["variant"]][case.name] = case
    return cases


def loads(path):
    """How often each process has loaded a program with TEST_IMAGE."""
    lines = path.read_text().splitlines() if path.exists() else []
    return collections.Counter(line.split()[0] for line in lines if "TEST_IMAGE" in line)


@pytest.mark.parametrize("ranks", [0, 2])
@pytest.mark.parametrize("kind", ["cubin", "ptx"])
def test_its_cases_stand_beside_the_portable_ones(kind, ranks, tmp_path):
    image, count = image_in(tmp_path, f"saxpy.{kind}"), max(1, ranks)

    done = program.cardwise(*SAXPY, "--image", image, "--output", tmp_path / "run.h5", ranks=ranks,
                            env={**TWO, "CARDWISE_CUDA_DOUBLE_LOADS": str(tmp_path / "loads")})

    assert done.code == 0, done.all
    cases = by_variant(tmp_path / "run.h5")
    assert {v: set(names) for v, names in cases.items()} == {
        "portable": {"mem/saxpy", "mem/triad"}, "cuda": {"mem/saxpy", "latency/load_image"}}
    for case in (*cases["portable"].values(), *cases["cuda"].values()):
        assert (case.status, case.text) == ("ok", ""), case.key
        assert f"variant={case.attrs['variant']}" in case.key
    with h5py.File(tmp_path / "run.h5") as file:
        verified = dict(zip(file["index/case_key"].asstr()[:], file["index/verified"][:]))
        kernels = {k: file["kernels"][k].asstr()[:].tolist() for k in ("name", "variant", "file", "text")}
    assert verified[cases["cuda"]["mem/saxpy"].key] and verified[cases["portable"]["mem/saxpy"].key]
    loading = cases["cuda"]["latency/load_image"]
    valid = loading.arrays["flags"] & 1 == 0
    assert [row.sum() for row in valid.reshape(count, -1)] == [1] * count
    assert (loading.arrays["time_ns"][valid] > 0).all()
    at = kernels["variant"].index("cuda")
    assert kernels["name"][at] == "saxpy" and kernels["file"][at] == str(image)
    assert kernels["text"][at] == pathlib.Path(f"{image}.json").read_text()
    sha256 = hashlib.sha256(image.read_bytes()).hexdigest()
    assert program.read_ranks(tmp_path / "run.h5")["image_sha256"] == [sha256] * count
    assert sorted(loads(tmp_path / "loads").values()) == [1] * count, "loaded once a rank"


def test_a_wrong_kernel_in_it_is_found(tmp_path):
    image = image_in(tmp_path, text=lambda text: text.replace("added.l, sum.l)", "added.l, added.l)"))

    done = program.cardwise(*SAXPY, "--image", image, "--output", tmp_path / "run.h5", ranks=2, env=TWO)

    assert done.code == 1, done.all
    cases = by_variant(tmp_path / "run.h5")
    assert cases["cuda"]["mem/saxpy"].status == "wrong"
    assert {c.status for c in cases["portable"].values()} == {"ok"}
    assert cases["cuda"]["latency/load_image"].status == "ok"


def test_what_it_has_not_is_skipped(tmp_path):
    image = image_in(tmp_path, kernels__0__defines={"GROUP": "64"})

    done = program.cardwise(*SAXPY, "--image", image, "--output", tmp_path / "run.h5", env=TWO)

    assert done.code == 0, done.all
    case = by_variant(tmp_path / "run.h5")["cuda"]["mem/saxpy"]
    assert case.status == "skipped"
    assert re.search("has no saxpy for f32 with .*GROUP=256.*, only cw_saxpy .*GROUP=64", case.text), case.text


def test_list_shows_its_cases(tmp_path):
    words = ["list", *SAXPY[1:7], *SAXPY[-4:]]

    done = program.cardwise(*words, "--image", image_in(tmp_path), env=TWO)

    assert done.code == 0, done.all
    found = re.findall(r"(\S+/\S+)\?\S*variant=([^\s&]+)", done.out)
    assert {("mem/saxpy", "cuda"), ("mem/saxpy", "portable"), ("latency/load_image", "cuda")} <= set(found)
    assert ("mem/triad", "cuda") not in found and ("latency/load_image", "portable") not in found


def flip(path):
    code = bytearray(path.read_bytes())
    code[len(code) // 2] ^= 1
    path.write_bytes(code)


def fifo(path):
    path.unlink()
    os.mkfifo(path)


def folder_at(path):
    path.unlink()
    path.mkdir()


def twice(path):
    """A second kernel for the same requests."""
    said = json.loads(manifest(path).read_text())
    said["kernels"].append(said["kernels"][0] | {"entry": "cw_other"})
    manifest(path).write_text(json.dumps(said))


def manifest(path):
    return pathlib.Path(f"{path}.json")


def remade(path, code):
    """Other bytes, of which the manifest is right."""
    path.write_bytes(code)
    manifest(path).write_text(json.dumps(manifest_of(path, code)))


def bad(edit=lambda path: None, say=(), **members):
    return edit, say, members


#: What is done to a good image, and what the message must say.
BAD = {
    "no image": bad(lambda p: p.unlink(), ["No such file"]),
    "no manifest": bad(lambda p: manifest(p).unlink(), ["its manifest", "is missing"]),
    "folder": bad(folder_at, ["it is a folder"]),
    "fifo": bad(fifo, ["no regular file"]),
    "fifo as manifest": bad(lambda p: fifo(manifest(p)), [".json", "no regular file"]),
    "cut": bad(lambda p: os.truncate(p, 100), ["100 bytes", "its manifest says"]),
    "lengthened": bad(lambda p: p.write_bytes(p.read_bytes() + b"\n"), ["bytes, and its manifest says"]),
    "flipped byte": bad(flip, ["SHA-256"]),
    "no JSON": bad(lambda p: manifest(p).write_text("[" * 100000), [".json", "it is no JSON"]),
    "not UTF-8": bad(lambda p: manifest(p).write_bytes(b'{"\xff'), [".json", "it is no JSON"]),
    "newer": bad(say=["version 2", "reads version 1"], version=2),
    "other name": bad(say=["its manifest is that of 'other.cubin'"], image__file="other.cubin"),
    "climbs out": bad(say=["'file'", "a plain file name"], image__file="../saxpy.cubin"),
    "unknown kernel": bad(say=["'saxpi' is none of cardwise's"], kernels__0__name="saxpi"),
    "other arguments": bad(say=["takes (u64, f32, buffer)", "(u64, f32, buffer, buffer)"],
                           kernels__0__arguments=ARGUMENTS[:3]),
    "one kernel twice": bad(lambda p: twice(p), ["kernels 0 and 1 differ in no more than their entry"]),
    "no entry in the code": bad(say=["it has no kernel 'cw_nothing'"], kernels__0__entry="cw_nothing"),
    "code with other arguments": bad(say=["cw_saxpy has 3 parameters", "its manifest says 4"], sizes=(8, 4, 8)),
    "code with an argument of another size": bad(say=["parameter 1 of kernel cw_saxpy is 8 bytes", "says f32 a"],
                                                 sizes=(8, 8, 8, 8)),
    "for newer cards": bad(say=["made for sm_100", "sm_90"], architecture="sm_100"),
    "for older cards": bad(say=["machine code for sm_80 does not run on"], architecture="sm_80"),
    "for one architecture alone": bad(say=["made for sm_80a, which runs on sm_80 alone"], architecture="sm_80a"),
    "not of the format": bad(lambda p: remade(p, b"\x7fELF" + bytes(500)), ["it is no whole cubin"]),
    "not of the driver": bad(say=["rank 0", "load ", "saxpy.cubin on"], text=lambda text: "#error no kernel"),
}


def refused(done, folder, *parts):
    """One message with all parts; nothing was measured, and nobody waited."""
    assert done.code == USAGE, done.all
    assert len(done.messages()) == 1, done.all
    for part in parts:
        assert part in done.messages()[0], done.all
    assert not list(folder.rglob("*.h5")), "a result file was written"


@pytest.mark.parametrize("ranks", [0, 2])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_one_is_refused_once(name, ranks, tmp_path):
    edit, parts, members = BAD[name]
    path = image_in(tmp_path, **members)
    edit(path)

    done = program.cardwise(*SAXPY, "--image", path, "--output", tmp_path / "out", ranks=ranks, env=TWO,
                            timeout_s=LIMIT_S)

    refused(done, tmp_path, "saxpy.cubin", *parts)


@pytest.mark.parametrize("name", ["cut", "code with other arguments"])
def test_check_refuses_it_too(name, tmp_path):
    edit, parts, members = BAD[name]
    path = image_in(tmp_path, **members)
    edit(path)

    done = program.cardwise("image", "check", path, timeout_s=LIMIT_S)

    refused(done, tmp_path, "saxpy.cubin", *parts)


@pytest.mark.parametrize("ranks", [0, 2])
def test_ptx_with_another_argument_is_refused_once(ranks, tmp_path):
    path = image_in(tmp_path, "saxpy.ptx", sizes=(8, 8, 8, 8))

    done = program.cardwise(*SAXPY, "--image", path, "--output", tmp_path / "out", ranks=ranks, env=TWO,
                            timeout_s=LIMIT_S)

    refused(done, tmp_path, "saxpy.ptx: parameter 1 of kernel cw_saxpy is .u64, and its manifest says f32 a")


@pytest.mark.parametrize("name", ["fifo", "cut", "for newer cards"])
def test_list_refuses_it_too(name, tmp_path):
    edit, parts, members = BAD[name]
    path = image_in(tmp_path, **members)
    edit(path)

    done = program.cardwise("list", *RUN[1:7], "--image", path, env=TWO, timeout_s=LIMIT_S)

    refused(done, tmp_path, "saxpy.cubin", *parts)


def test_the_one_card_that_cannot_run_it_is_named(tmp_path):
    (tmp_path / "cards").write_text('[{"compute_capability": [9, 0]}, {"compute_capability": [8, 0]}]')

    done = program.cardwise(*SAXPY, "--image", image_in(tmp_path), "--output", tmp_path / "out", ranks=2,
                            env={**TWO, "CARDWISE_CUDA_DOUBLE": str(tmp_path / "cards")}, timeout_s=LIMIT_S)

    refused(done, tmp_path, "made for sm_90", "GPU-ca4d015e-0000-4000-8000-000000000001) is sm_80")


@pytest.mark.parametrize("blind", [0, 1])
def test_a_rank_without_a_card_loads_nothing(blind, tmp_path):
    image = image_in(tmp_path)
    script = (f'[ "$OMPI_COMM_WORLD_RANK" != {blind} ] || export CARDWISE_CUDA_LIBRARY=/nonexistent; '
              'exec "$0" "$@"')
    kept, program.CARDWISE = program.CARDWISE, "bash"
    try:
        done = program.cardwise("-c", script, kept, *SAXPY, "--allow-missing", "--image", image, "--output",
                                tmp_path / "run.h5", ranks=2,
                                env={**TWO, "CARDWISE_CUDA_DOUBLE_LOADS": str(tmp_path / "loads")})
    finally:
        program.CARDWISE = kept

    assert done.code == 3, done.all
    loading = by_variant(tmp_path / "run.h5")["cuda"]["latency/load_image"]
    valid = (loading.arrays["flags"] & 1 == 0).reshape(2, -1).sum(axis=1)
    assert valid.tolist() == [int(rank != blind) for rank in (0, 1)]
    assert list(loads(tmp_path / "loads").values()) == [1]


def test_two_of_one_variant_are_refused(tmp_path):
    one, other = image_in(tmp_path, "one.cubin"), image_in(tmp_path, "other.cubin")

    for second in (one, other):
        done = program.cardwise(*SAXPY, "--image", one, "--image", second, "--output", tmp_path / "out",
                                ranks=2, env=TWO, timeout_s=LIMIT_S)
        refused(done, tmp_path, f"images {one} and {second}", "variant 'cuda'", "one of them a run")


def two_variants(folder, text=lambda text: text):
    return [image_in(folder), image_in(folder, "other.cubin", language="rust", text=text)]


def test_two_variants_in_one_run(tmp_path):
    images = two_variants(tmp_path, lambda text: text + "// another one")

    done = program.cardwise(*SAXPY, "--image", images[0], "--image", images[1], "--output",
                            tmp_path / "run.h5", ranks=2, env=TWO)

    assert done.code == 0, done.all
    cases = by_variant(tmp_path / "run.h5")
    for variant in ("cuda", "rust"):
        assert {n: c.status for n, c in cases[variant].items()} == {"mem/saxpy": "ok", "latency/load_image": "ok"}
    hashes = [hashlib.sha256(image.read_bytes()).hexdigest() for image in images]
    assert program.read_ranks(tmp_path / "run.h5")["image_sha256"] == [",".join(hashes)] * 2


def test_two_with_the_same_bytes_are_loaded_each(tmp_path):
    """The time of loading the second is that, and not of finding the first."""
    images = two_variants(tmp_path)
    assert images[0].read_bytes() == images[1].read_bytes()

    done = program.cardwise(*SAXPY, "--image", images[0], "--image", images[1], "--output", tmp_path / "run.h5",
                            env={**TWO, "CARDWISE_CUDA_DOUBLE_LOADS": str(tmp_path / "loads")})

    assert done.code == 0, done.all
    assert list(loads(tmp_path / "loads").values()) == [2]


def test_ptx_is_no_cubin_of_the_double(tmp_path):
    """Real PTX: the double's driver refuses it, as a card's refuses what it cannot read."""
    done = program.cardwise(*SAXPY, "--image", RUST, "--output", tmp_path, ranks=2, env=TWO,
                            timeout_s=LIMIT_S)

    refused(done, tmp_path, "load ", "kernels.ptx on", "CUDA_ERROR_")


def test_ptx_needs_an_nvidia_card(tmp_path):
    words = ["cpu" if w == "emulated" else w for w in SAXPY if w not in ("--backend", "cuda")]

    done = program.cardwise(*words, "--image", RUST, "--output", tmp_path, ranks=2,
                            env={"POCL_DEVICES": "basic basic"}, timeout_s=LIMIT_S)

    refused(done, tmp_path, "no API of this card takes ptx", "opencl")


@pytest.mark.parametrize("ranks", [0, 2])
def test_same_code_needs_both_apis(ranks, tmp_path):
    done = program.cardwise(*SAXPY, "--same-code", "--output", tmp_path, ranks=ranks, env=TWO,
                            timeout_s=LIMIT_S)

    refused(done, tmp_path, "--same-code", "not seen through both")


def test_a_link_is_followed(tmp_path):
    (tmp_path / "store").mkdir()
    image = image_in(tmp_path / "store")
    for file in (image, manifest(image)):
        (tmp_path / file.name).symlink_to(file)

    done = program.cardwise(*SAXPY, "--image", tmp_path / image.name, "--output", tmp_path / "run.h5", env=TWO)

    assert done.code == 0, done.all
    assert by_variant(tmp_path / "run.h5")["cuda"]["mem/saxpy"].status == "ok"


def test_the_run_does_not_look_at_the_file_again(tmp_path):
    """Only rank 0 has the file: the others get it from there."""
    image = image_in(tmp_path)
    script = '[ "$OMPI_COMM_WORLD_RANK" = 0 ] || cd /; exec "$0" "$@"'
    shutil.copy(image, tmp_path / "here.cubin")
    manifest(tmp_path / "here.cubin").write_text(
        manifest(image).read_text().replace("saxpy.cubin", "here.cubin"))
    kept, folder = program.CARDWISE, os.getcwd()
    program.CARDWISE = "bash"
    os.chdir(tmp_path)
    try:
        done = program.cardwise("-c", script, kept, *SAXPY, "--image", "here.cubin", "--output",
                                tmp_path / "run.h5", ranks=2, env=TWO)
    finally:
        program.CARDWISE = kept
        os.chdir(folder)

    assert done.code == 0, done.all
    assert by_variant(tmp_path / "run.h5")["cuda"]["mem/saxpy"].status == "ok"
