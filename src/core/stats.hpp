// SPDX-License-Identifier: Apache-2.0
// The statistics that the program prints: medians, quantiles, and intervals by order statistics.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace cardwise {

/// A closed interval in the unit of its values.
struct Interval {
  double lo = 0, hi = 0;
};

/// The middle value, or the mean of the middle two; NaN for no values or where one is NaN.
double median(std::span<const double> values);

/// Quantile of type 7 (Hyndman & Fan 1996; the default of R and numpy), 0 <= p <= 1; NaN for no
/// values or where one is NaN.
double quantile(std::span<const double> values, double p);

/// The rank k of a 95 % interval of the median of n independent values: the largest k with
/// 2 P(Bin(n, 1/2) <= k - 1) <= 0.05; 0 where there is none (n < 6). Exact for any n.
std::size_t median_rank(std::size_t n);

/// 95 % confidence interval of the median: the values of rank k and n + 1 - k (median_rank).
/// None for fewer than six values, or where one is NaN.
std::optional<Interval> median_interval(std::span<const double> values);

/// Median absolute deviation from the median, unscaled.
double mad(std::span<const double> values);

/// 1.4826 MAD / median: the relative spread; equals sd / mean for Gaussian values.
double robust_cv(std::span<const double> values);

}  // namespace cardwise
