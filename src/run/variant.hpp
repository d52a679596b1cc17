// SPDX-License-Identifier: Apache-2.0
// Where the kernels of a case come from, when not from the embedded text by way of its own API.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace cardwise {

struct Benchmark;
struct Image;

/// Its name stands in the case key (`variant`), so that a case of one is never compared with one of
/// another.
struct Variant {
  std::string name;
  std::vector<std::string> backends;   ///< through which APIs
  std::shared_ptr<const Image> image;  ///< null: NVRTC's PTX of the embedded text (--same-code)

  /// Whether the benchmark has cases of this variant, with elements of `dtype`.
  bool takes(const Benchmark& benchmark, const std::string& dtype) const;
};

using Variants = std::vector<std::shared_ptr<const Variant>>;

/// Whether no kernel is compiled at run time: the card's image holds them all.
bool no_portable(const Variants& variants);

}  // namespace cardwise
