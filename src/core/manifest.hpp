// SPDX-License-Identifier: Apache-2.0
// The manifest of a prebuilt image: what kernels it holds, for which card, made by whom.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cardwise {

/// An argument of a kernel in an image.
struct ImageArgument {
  std::string name;
  std::string type;    ///< "u64", "f32", "f64", "buffer"
  std::string access;  ///< of a buffer: "read", "write", "read_write"
  std::string bank;    ///< of a buffer: the memory bank it is bound to; "" any
};

/// A kernel in an image. It means what kernels/NAME.cl means, and has its argument list.
struct ImageKernel {
  std::string name;   ///< of kernels/NAME.cl
  std::string entry;  ///< symbol in the image
  std::string dtype;  ///< "f32", "f64"; "u32", "u64" or "": it knows no REAL
  int width = 1;      ///< elements a work-item moves at once
  int replications = 1;
  bool task = false;  ///< launched as a single work-item, not over the range of NAME.cl
  bool tail = false;  ///< also right where width and group do not divide the size
  /// What it was built for besides REAL and WIDTH: asked for another value, the image has none.
  std::vector<std::pair<std::string, std::string>> defines;
  std::vector<ImageArgument> arguments;
};

/// FILE.json beside the image FILE (docs/images.md has the format).
struct Manifest {
  std::string file;  ///< plain name of the image, in the manifest's folder
  std::uint64_t bytes = 0;
  std::string sha256;  ///< of the image, lower-case hex
  std::string format;  ///< "aocx", "xclbin", "ptx", "cubin", "opencl-binary"
  std::string board;   ///< FPGA: name of kernels/fpga/boards/NAME.json; "" GPU code
  std::string architecture;  ///< GPU code: "sm_80", as architecture_of reads it; "" FPGA
  std::string language;      ///< "opencl-c", "rust", "cuda"
  std::string compiler, compiler_version;
  std::vector<std::string> flags;
  double clock_hz = 0;  ///< achieved; 0 unknown, or does not apply
  std::string created;  ///< ISO 8601 date
  std::vector<std::pair<std::string, std::string>> sources;  ///< plain name, SHA-256
  std::vector<ImageKernel> kernels;
};

/// Reads a manifest's text; `where` is its path, for messages. Throws UsageError that names the
/// member and what it should be. Opens no file.
Manifest parse_manifest(std::string_view text, const std::string& where);

/// What GPU code is made for.
struct Architecture {
  int capability = -1;  ///< 80 of "sm_80", 90 of "compute_90"; -1: the text is neither
  char suffix = 0;      ///< 'a': for that one alone; 'f': for its major alone; 0: for all later
};
Architecture architecture_of(std::string_view text);

}  // namespace cardwise
