// SPDX-License-Identifier: Apache-2.0
// Statistics on numbers that one can check by eye.
#include "core/stats.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace cardwise {
namespace {

using Values = std::vector<double>;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

TEST(Median, IsTheMiddleOrTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(median(Values{3, 1, 2}), 2);
  EXPECT_EQ(median(Values{4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median(Values{7}), 7);
}

TEST(Median, OfNothingOrOfNaNIsNaN) {
  EXPECT_TRUE(std::isnan(median(Values{})));
  EXPECT_TRUE(std::isnan(median(Values{1, nan_value, 3})));
}

TEST(Median, DoesNotOverflow) {
  constexpr double largest = std::numeric_limits<double>::max();

  EXPECT_EQ(median(Values{largest, largest}), largest);
}

TEST(Quantile, IsOfTypeSeven) {
  const Values values = {50, 10, 40, 20, 30};

  EXPECT_EQ(quantile(values, 0), 10);
  EXPECT_EQ(quantile(values, 0.25), 20);
  EXPECT_DOUBLE_EQ(quantile(values, 0.1), 14);
  EXPECT_DOUBLE_EQ(quantile(values, 0.95), 48);
  EXPECT_EQ(quantile(values, 1), 50);
}

TEST(Quantile, OutsideZeroToOneIsNaN) {
  EXPECT_TRUE(std::isnan(quantile(Values{1, 2}, 1.5)));
  EXPECT_TRUE(std::isnan(quantile(Values{1, 2}, -0.5)));
}

// The methodology's table.
TEST(MedianRank, IsThatOfTheTable) {
  const std::map<std::size_t, std::size_t> table = {{6, 1},  {7, 1},  {8, 1},  {9, 2},  {10, 2},
                                                    {12, 3}, {15, 4}, {18, 5}, {20, 6}, {24, 7}};

  for (const auto& [n, k] : table) EXPECT_EQ(median_rank(n), k) << "n = " << n;
}

TEST(MedianRank, IsNoneBelowSix) {
  for (std::size_t n = 0; n < 6; ++n) EXPECT_EQ(median_rank(n), 0u) << "n = " << n;
}

// The definition, summed the plain way.
TEST(MedianRank, IsTheLargestThatTheDefinitionAllows) {
  for (std::size_t n = 6; n <= 300; ++n) {
    double term = std::pow(0.5, static_cast<double>(n)), sum = term;
    std::size_t k = 0;
    while (2 * sum <= 0.05) {
      term *= static_cast<double>(n - k) / static_cast<double>(k + 1);
      sum += term;
      ++k;
    }
    ASSERT_EQ(median_rank(n), k) << "n = " << n;
  }
}

// 2^-2000 is no double. scipy: binom.ppf(0.025, n, 0.5) is this rank, or one above.
TEST(MedianRank, HoldsForManyValues) {
  EXPECT_EQ(median_rank(2000), 956u);
  EXPECT_EQ(median_rank(1'000'000), 499'020u);
}

TEST(MedianInterval, OfSixIsFromLeastToGreatest) {
  const auto interval = median_interval(Values{3, 6, 1, 5, 2, 4});

  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->lo, 1);
  EXPECT_EQ(interval->hi, 6);
}

TEST(MedianInterval, OfTwelveLeavesTwoOutOnEachSide) {
  const auto interval = median_interval(Values{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1});

  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->lo, 3);
  EXPECT_EQ(interval->hi, 10);
}

TEST(MedianInterval, OfFiveOrWithNaNIsNone) {
  EXPECT_FALSE(median_interval(Values{1, 2, 3, 4, 5}));
  EXPECT_FALSE(median_interval(Values{1, 2, 3, 4, 5, nan_value}));
}

TEST(Mad, IgnoresOneWildValue) {
  const Values values = {1, 2, 3, 4, 1000};  // distances from 3: 2 1 0 1 997

  EXPECT_EQ(mad(values), 1);
  EXPECT_DOUBLE_EQ(robust_cv(values), 1.4826 / 3);
}

}  // namespace
}  // namespace cardwise
