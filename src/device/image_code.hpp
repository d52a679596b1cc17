// SPDX-License-Identifier: Apache-2.0
// What compiled code itself says of its kernels, to be held against its manifest before a driver
// sees it: the driver would find out at the launch, or not at all.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/manifest.hpp"

namespace cardwise {

struct CodeFacts {
  std::string target;  ///< "sm_90a"; of a cubin without the letter; "" unknown
  /// Parameters by entry, as the code knows them: of PTX its declaration (".u64", ".u64 .ptr",
  /// ".f32"), of a cubin the size ("8 bytes").
  std::map<std::string, std::vector<std::string>, std::less<>> kernels;
};

/// Of any text; what is no PTX has no kernels.
CodeFacts read_ptx(std::string_view text);

/// Of any bytes. Throws Error that says what is wrong with them.
CodeFacts read_cubin(std::span<const std::byte> bytes);

/// Where code and manifest differ, in words; "" where they agree, or the format is not one that is
/// read here.
std::string unlike_code(const Manifest& about, std::span<const std::byte> bytes);

}  // namespace cardwise
