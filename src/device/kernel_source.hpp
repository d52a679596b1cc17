// SPDX-License-Identifier: Apache-2.0
// Where a kernel comes from: portable text embedded in the binary, or a prebuilt image.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "device/device.hpp"

namespace cardwise {

/// A kernel's text (the same for every API), or the bytes of an image with its manifest.
struct KernelSource {
  enum class Kind { text, image };
  Kind kind = Kind::text;
  std::string name;              ///< "saxpy"
  std::string file;              ///< "kernels/saxpy.cl", or the image's path
  std::string text;              ///< flattened OpenCL C / CUDA text; of an image its manifest
  std::vector<std::byte> image;  ///< .aocx, .xclbin, .ptx, .cubin
  std::string image_format;      ///< "aocx", "ptx", …

  /// SHA-256 of text + defines: equal for both APIs when they run the same kernel.
  std::string sha256(const Defines& defines) const;
};

/// The embedded kernel `name` with the dialect's header in front; throws Error if unknown.
KernelSource portable_kernel(std::string_view name);

/// Names of all embedded kernels, sorted.
std::vector<std::string> portable_kernel_names();

}  // namespace cardwise
