// SPDX-License-Identifier: Apache-2.0
// The mixing function and the data made of it.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/mix.hpp"

namespace cardwise {
namespace {

TEST(Mix, IsSplitmix64) {
  // First outputs of the published generator from state 0.
  EXPECT_EQ(mix(0, 0), 0xE220A8397B1DCDAFull);
  EXPECT_EQ(mix(0, 1), 0x6E789E6AA1B965F4ull);
  EXPECT_EQ(mix(0, 2), 0x06C45D188009454Full);
}

TEST(Data, GridIsASmallMultipleOfTwoToMinusEleven) {
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double k = data_value(Data::grid, 7, i, true) * 2048;
    EXPECT_EQ(k, std::floor(k));
    EXPECT_LT(std::abs(k), 2048);
  }
}

TEST(Data, IntegersAreAllFiveOfThem) {
  std::set<double> seen;
  for (std::uint64_t i = 0; i < 1000; ++i) seen.insert(data_value(Data::integer, 7, i, true));
  EXPECT_EQ(seen, (std::set<double>{-2, -1, 0, 1, 2}));
}

TEST(Data, UniformIsExactInItsType) {
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double x = data_value(Data::uniform, 7, i, true);
    EXPECT_EQ(double(float(x)), x);
    EXPECT_GE(x, -1);
    EXPECT_LT(x, 1);
    EXPECT_LT(data_value(Data::uniform, 7, i, false), 1);
  }
}

}  // namespace
}  // namespace cardwise
