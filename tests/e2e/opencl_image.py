# SPDX-License-Identifier: Apache-2.0
"""Prebuilt images through OpenCL, on PoCL with a binary of its own making."""

import ctypes
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))  # as a program of its own, too
import images  # noqa: E402
import program  # noqa: E402
import pytest  # noqa: E402

TWO = {"POCL_DEVICES": "basic basic"}
RUN = ["run", "--type", "cpu", *images.SAXPY[5:]]
DEFINES = "-DREAL=float -DWIDTH=1 -DGROUP=1024 -DTAIL=1"
#: clGetPlatformIDs … clGetProgramInfo by their numbers in CL/cl.h (OpenCL 1.2).
DEVICE_TYPE_ALL, PLATFORM_NAME, BINARY_SIZES, BINARIES = 0xFFFFFFFF, 0x0902, 0x1165, 0x1166


def pocl_binary(text):
    """What PoCL hands out for a text; in a process of its own, where this module is the program."""
    done = subprocess.run([sys.executable, __file__], input=text, capture_output=True, check=False,
                          env=program.environment(TWO), timeout=120)
    assert done.returncode == 0 and done.stdout, done.stderr.decode()
    return done.stdout


def build(text):
    cl = ctypes.CDLL("libOpenCL.so.1")
    cl.clCreateContext.restype = cl.clCreateProgramWithSource.restype = ctypes.c_void_p
    platforms, count = (ctypes.c_void_p * 16)(), ctypes.c_uint()
    cl.clGetPlatformIDs(16, platforms, ctypes.byref(count))
    for platform in platforms[:count.value]:
        name = ctypes.create_string_buffer(256)
        cl.clGetPlatformInfo(ctypes.c_void_p(platform), PLATFORM_NAME, ctypes.c_size_t(256), name, None)
        if name.value != b"Portable Computing Language":
            continue
        device, none = ctypes.c_void_p(), None
        cl.clGetDeviceIDs(ctypes.c_void_p(platform), ctypes.c_ulong(DEVICE_TYPE_ALL), 1,
                          ctypes.byref(device), none)
        context = ctypes.c_void_p(cl.clCreateContext(none, 1, ctypes.byref(device), none, none, none))
        made = ctypes.c_void_p(cl.clCreateProgramWithSource(
            context, 1, ctypes.byref(ctypes.c_char_p(text)), none, none))
        code = cl.clBuildProgram(made, 1, ctypes.byref(device), DEFINES.encode(), none, none)
        size = ctypes.c_size_t()
        cl.clGetProgramInfo(made, BINARY_SIZES, ctypes.c_size_t(8), ctypes.byref(size), none)
        if code or not size.value:
            sys.exit(f"clBuildProgram: {code}, {size.value} bytes")
        binary = ctypes.create_string_buffer(size.value)
        pointer = ctypes.c_void_p(ctypes.addressof(binary))
        cl.clGetProgramInfo(made, BINARIES, ctypes.c_size_t(8), ctypes.byref(pointer), none)
        return binary.raw
    return sys.exit("no PoCL")


def image_in(folder, edit=lambda text: text):
    path = folder / "saxpy.clbin"
    texts = [(images.ROOT / "kernels" / file).read_text() for file in ("portable.h", "saxpy.cl")]
    path.write_bytes(pocl_binary((texts[0] + "\n" + edit(texts[1])).encode()))
    about = images.manifest_of(path, path.read_bytes(), image__format="opencl-binary", architecture="",
                               language="opencl-c", kernels__0__defines={"GROUP": "1024"})
    pathlib.Path(f"{path}.json").write_text(json.dumps(about))
    return path


@pytest.mark.parametrize("ranks", [0, 2])
def test_its_cases_stand_beside_the_portable_ones(ranks, tmp_path):
    done = program.cardwise(*RUN, "--image", image_in(tmp_path), "--output", tmp_path / "run.h5", ranks=ranks,
                            env=TWO)

    assert done.code == 0, done.all
    cases = images.by_variant(tmp_path / "run.h5")
    assert {v: {n: c.status for n, c in named.items()} for v, named in cases.items()} == {
        "portable": {"mem/saxpy": "ok", "mem/triad": "ok"},
        "opencl-c": {"mem/saxpy": "ok", "latency/load_image": "ok"}}
    valid = cases["opencl-c"]["latency/load_image"].arrays["flags"] & 1 == 0
    assert valid.reshape(max(1, ranks), -1).sum(axis=1).tolist() == [1] * max(1, ranks)


def test_a_wrong_kernel_in_it_is_found(tmp_path):
    image = image_in(tmp_path, lambda text: text.replace("added.l, sum.l)", "added.l, added.l)"))

    done = program.cardwise(*RUN, "--image", image, "--output", tmp_path / "run.h5", ranks=2, env=TWO)

    assert done.code == 1, done.all
    assert images.by_variant(tmp_path / "run.h5")["opencl-c"]["mem/saxpy"].status == "wrong"


def test_code_with_another_argument_list_is_refused_once(tmp_path):
    """The manifest is right, the code is of another time: a card would not check what it is passed."""
    image = image_in(tmp_path, lambda text: text.replace("const REAL a, ", "").replace("FMA(a, ", "FMA(2, "))

    done = program.cardwise(*RUN, "--image", image, "--output", tmp_path / "out", ranks=2, env=TWO,
                            timeout_s=images.LIMIT_S)

    images.refused(done, tmp_path, "saxpy.clbin: kernel 'cw_saxpy' takes 3 arguments",
                   "its manifest says 4")


def test_what_is_no_binary_is_refused_once(tmp_path):
    image = image_in(tmp_path)
    image.write_bytes(os.urandom(4000))
    pathlib.Path(f"{image}.json").write_text(json.dumps(images.manifest_of(
        image, image.read_bytes(), image__format="opencl-binary", architecture="")))

    done = program.cardwise(*RUN, "--image", image, "--output", tmp_path / "out", ranks=2, env=TWO,
                            timeout_s=images.LIMIT_S)

    images.refused(done, tmp_path, "rank 0", "saxpy.clbin on ", "CL_INVALID_BINARY")


if __name__ == "__main__":
    sys.stdout.buffer.write(build(sys.stdin.buffer.read()))
