// SPDX-License-Identifier: Apache-2.0
// What the tests of all kernels share: the card, data, and the types that a kernel is built for.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "card.hpp"
#include "plain_loops.hpp"

namespace cardwise::kernel_tests {

/// The first OpenCL device; main() opens and closes it.
extern std::unique_ptr<Card> the_card;

inline constexpr std::size_t group = 32;

inline std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

template <class T>
inline constexpr const char* real_name = sizeof(T) == 4 ? "float" : "double";

/// An element type and the elements of a pack.
template <class T, std::size_t elements>
struct Sort {
  using Real = T;
  static constexpr std::size_t width = elements;
};

using Sorts = testing::Types<Sort<float, 1>, Sort<float, 2>, Sort<float, 4>, Sort<double, 1>,
                             Sort<double, 2>>;

}  // namespace cardwise::kernel_tests
