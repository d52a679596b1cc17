// SPDX-License-Identifier: Apache-2.0
// Where a kernel comes from: portable text embedded in the binary, or a prebuilt image.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.hpp"

namespace cardwise {

/// Code that was compiled before: once in memory, however many kernels are loaded from it.
struct ImageCode {
  std::vector<std::byte> bytes;
  std::string format;  ///< "aocx", "xclbin", "ptx", "cubin", "opencl-binary"
  std::string sha256;  ///< of the bytes
};

/// A kernel's text (the same for every API), or an image with its manifest.
struct KernelSource {
  std::string name;     ///< "saxpy"
  std::string variant;  ///< "portable"; of an image what its cases are called
  std::string file;     ///< "kernels/saxpy.cl", or the image's path
  std::string text;     ///< flattened OpenCL C / CUDA text; of an image its manifest
  std::shared_ptr<const ImageCode> image;  ///< null: the text is compiled
  bool single_work_item = false;           ///< launched as one, whatever range is asked for
  int arguments = -1;                      ///< that an image's kernel must have; -1 unknown
  /// Of an image whose buffers lie in banks: this kernel's, the board's flags for clCreateBuffer, and
  /// the place of an argument of this kernel that is a buffer there (-1 none).
  std::string bank;
  std::uint64_t bank_flags = 0;
  int bank_argument = -1;

  /// SHA-256 of text + defines: equal for both APIs when they run the same kernel.
  std::string sha256(const Defines& defines) const;
  /// What a device keeps its program by. Two images are two programs, be their bytes the same: each
  /// has a load of its own to time, a format of its own, and a name of its own in messages.
  std::string program_key(const Defines& defines) const;
};

/// The embedded kernel `name` with the dialect's header in front; throws Error if unknown.
KernelSource portable_kernel(std::string_view name);

/// Types of the arguments of the embedded entry `cw_NAME`, as manifests call them ("u64", "buffer",
/// and "real" for one of the case's type); empty where there is no such entry.
std::vector<std::string> portable_signature(std::string_view name);

/// Names of all embedded kernels, sorted.
std::vector<std::string> portable_kernel_names();

}  // namespace cardwise
