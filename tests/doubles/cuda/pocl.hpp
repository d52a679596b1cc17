// SPDX-License-Identifier: Apache-2.0
// The OpenCL device on which the CUDA double runs kernels, and its compiler.
#pragma once

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 300
#endif
#include <CL/cl.h>

#include <string>
#include <vector>

namespace cuda_double {

/// PoCL's first device with shared virtual memory, and a context on it.
struct Pocl {
  cl_device_id device = nullptr;
  cl_context context = nullptr;
  int compute_units = 0;
  int clock_mhz = 0;
  cl_ulong memory_bytes = 0, local_bytes = 0, cache_bytes = 0;
};

/// Null where there is no PoCL, or none of its devices has shared virtual memory.
const Pocl* pocl();

/// A "cubin" of the double: the kernel's text and the -D options it is compiled with, bare or as the
/// first section of an ELF file.
struct Image {
  std::vector<std::string> defines;  // "-Dname=value"
  std::string text;

  std::string pack() const;
  /// False where the bytes (up to their final zero) are no image of the double.
  bool unpack(const char* bytes);
};

/// Builds the image as OpenCL C 1.2. Null where it does not compile; `log` then says why.
cl_program build(const Pocl& pocl, const Image& image, std::string& log);

}  // namespace cuda_double
