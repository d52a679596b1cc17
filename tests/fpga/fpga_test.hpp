// SPDX-License-Identifier: Apache-2.0
// What the tests of the FPGA kernels share: the card, data, and the types.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/mix.hpp"
#include "fpga_card.hpp"

namespace cardwise::fpga_tests {

/// main() opens and closes it.
extern std::unique_ptr<FpgaCard> the_card;

template <class T>
inline constexpr const char* dtype = sizeof(T) == 4 ? "f32" : "f64";

template <class T>
std::vector<T> data(Data kind, std::uint64_t seed, std::size_t n) {
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i)
    values[i] = static_cast<T>(data_value(kind, seed, i, sizeof(T) == 4));
  return values;
}

template <class T>
std::vector<T> poisoned(std::size_t n) {
  return std::vector<T>(n, static_cast<T>(-12345));
}

/// cw_<kernel>_<dtype><suffix> for every replication.
inline std::vector<std::string> entries(const std::string& kernel, const std::string& type) {
  std::vector<std::string> all;
  for (const std::string& suffix : the_card->suffixes())
    all.push_back("cw_" + kernel + "_" + type + suffix);
  return all;
}

using Reals = testing::Types<float, double>;

}  // namespace cardwise::fpga_tests
