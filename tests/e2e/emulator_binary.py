# SPDX-License-Identifier: Apache-2.0
"""What Intel's FPGA emulator makes of a text, by its own compiler: emulator_binary.py TEXT BINARY

A program of its own, so that no OpenCL is opened in the process of the tests. Exit code: 0 made, 77 no emulator, 1 the
text does not build.
"""

import ctypes
import pathlib
import sys

EMULATOR = b"Intel(R) FPGA Emulation Platform for OpenCL(TM)"
#: By their numbers in CL/cl.h.
DEVICE_TYPE_ALL, PLATFORM_NAME, BUILD_LOG, BINARY_SIZES, BINARIES = 0xFFFFFFFF, 0x0902, 0x1183, 0x1165, 0x1166


def emulator(cl):
    platforms, count, name = (ctypes.c_void_p * 16)(), ctypes.c_uint(), ctypes.create_string_buffer(256)
    cl.clGetPlatformIDs(16, platforms, ctypes.byref(count))
    for platform in platforms[: count.value]:
        cl.clGetPlatformInfo(ctypes.c_void_p(platform), PLATFORM_NAME, ctypes.c_size_t(256), name, None)
        if name.value == EMULATOR:
            return ctypes.c_void_p(platform)
    return None


def build(text):
    cl = ctypes.CDLL("libOpenCL.so.1")
    cl.clCreateContext.restype = cl.clCreateProgramWithSource.restype = ctypes.c_void_p
    platform, device, size = emulator(cl), ctypes.c_void_p(), ctypes.c_size_t()
    if platform is None:
        sys.exit(77)
    cl.clGetDeviceIDs(platform, ctypes.c_ulong(DEVICE_TYPE_ALL), 1, ctypes.byref(device), None)
    context = ctypes.c_void_p(cl.clCreateContext(None, 1, ctypes.byref(device), None, None, None))
    source = ctypes.c_char_p(text)
    made = ctypes.c_void_p(cl.clCreateProgramWithSource(context, 1, ctypes.byref(source), None, None))
    code = cl.clBuildProgram(made, 1, ctypes.byref(device), b"-cl-std=CL1.2", None, None)
    if code:
        log = ctypes.create_string_buffer(1 << 16)
        cl.clGetProgramBuildInfo(made, device, BUILD_LOG, ctypes.c_size_t(len(log)), log, None)
        sys.exit(f"clBuildProgram: {code}\n{log.value.decode(errors='replace')}")
    cl.clGetProgramInfo(made, BINARY_SIZES, ctypes.c_size_t(8), ctypes.byref(size), None)
    binary = ctypes.create_string_buffer(size.value)
    pointer = ctypes.c_void_p(ctypes.addressof(binary))
    cl.clGetProgramInfo(made, BINARIES, ctypes.c_size_t(8), ctypes.byref(pointer), None)
    return binary.raw


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_bytes(build(pathlib.Path(sys.argv[1]).read_bytes()))
