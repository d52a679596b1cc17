// SPDX-License-Identifier: Apache-2.0
// What the tests of the FPGA kernels share: the card, data, and the types.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../kernels/plain_loops.hpp"
#include "fpga_card.hpp"

namespace cardwise::fpga_tests {

using kernel_tests::data;
using kernel_tests::plain_conv2d;
using kernel_tests::plain_product;
using kernel_tests::plain_stencil2d;
using kernel_tests::plain_stencil3d;
using kernel_tests::poisoned;

/// main() opens and closes it.
extern std::unique_ptr<FpgaCard> the_card;

template <class T>
inline constexpr const char* dtype = sizeof(T) == 4 ? "f32" : "f64";

/// cw_<kernel>_<dtype><suffix> for every replication.
inline std::vector<std::string> entries(const std::string& kernel, const std::string& type) {
  std::vector<std::string> all;
  for (const std::string& suffix : the_card->suffixes())
    all.push_back("cw_" + kernel + "_" + type + suffix);
  return all;
}

using Reals = testing::Types<float, double>;

}  // namespace cardwise::fpga_tests
