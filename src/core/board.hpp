// SPDX-License-Identifier: Apache-2.0
// An FPGA board as kernels/fpga/boards/NAME.json describes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/manifest.hpp"

namespace cardwise {

/// A part of a board's memory; figures are 0 where they are unknown.
struct Bank {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t flags = 0;  ///< or-ed into clCreateBuffer's
};

struct Board {
  std::string name, title;
  std::string platform;        ///< whole CL_PLATFORM_NAME
  std::string device_pattern;  ///< regular expression for CL_DEVICE_NAME
  std::string image_format;    ///< "aocx", "xclbin", "opencl-binary"
  std::string compiler;        ///< "aoc", "v++", "clBuildProgram"
  /// With {text} {object} {image} {connectivity} {jobs}; empty: the runtime compiles.
  std::vector<std::string> command;
  std::vector<std::string> link;  ///< a second step, of v++; empty: none
  bool needs_connectivity = false;
  std::vector<Bank> banks;
};

/// Throws Error where a member is missing: boards are the program's own data.
Board parse_board(std::string_view json);

/// What is known of an image only when it is there.
struct FinishedImage {
  std::string file;
  std::uint64_t bytes = 0;
  std::string sha256, compiler_version, created;
  double clock_hz = 0;
};

/// The manifest's text: `begun` (kernels, sources, flags) and the image. Ends in a newline.
std::string finish_manifest(std::string_view begun, const FinishedImage& image);

}  // namespace cardwise
