// SPDX-License-Identifier: Apache-2.0
// Order statistics, exact for any number of values.
#include "core/stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace cardwise {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// The values in order, or nothing where one is NaN: a NaN has no place in an order.
std::vector<double> sorted(std::span<const double> values) {
  const auto is_nan = [](double value) { return std::isnan(value); };
  if (std::any_of(values.begin(), values.end(), is_nan)) return {};
  std::vector<double> copy(values.begin(), values.end());
  std::sort(copy.begin(), copy.end());
  return copy;
}

}  // namespace

double median(std::span<const double> values) { return quantile(values, 0.5); }

double quantile(std::span<const double> values, double p) {
  const std::vector<double> ordered = sorted(values);
  if (ordered.empty() || !(p >= 0 && p <= 1)) return nan_value;
  const double position = static_cast<double>(ordered.size() - 1) * p;
  const auto below = static_cast<std::size_t>(position);
  const double part = position - static_cast<double>(below);
  if (part == 0) return ordered[below];  // keeps infinities out of 0 * inf
  if (part == 0.5) return ordered[below] / 2 + ordered[below + 1] / 2;
  return ordered[below] + part * (ordered[below + 1] - ordered[below]);
}

std::size_t median_rank(std::size_t n) {
  // What lies more than 20 standard deviations (sqrt(n)/2) below the mean adds nothing a double
  // can hold; starting there keeps it O(sqrt(n)), and 2^-n from underflowing.
  const double count = static_cast<double>(n);
  auto j = static_cast<std::size_t>(std::max(0.0, std::floor(count / 2 - 10 * std::sqrt(count))));
  const double at = static_cast<double>(j);
  double probability = std::exp(std::lgamma(count + 1) - std::lgamma(at + 1) -
                                std::lgamma(count - at + 1) - count * std::log(2.0));
  double at_most_j = probability;
  while (2 * at_most_j <= 0.05) {
    probability *= static_cast<double>(n - j) / static_cast<double>(j + 1);
    at_most_j += probability;
    ++j;
  }
  return j;  // the first j that is too probable is k
}

std::optional<Interval> median_interval(std::span<const double> values) {
  const std::size_t k = median_rank(values.size());
  const std::vector<double> ordered = sorted(values);
  if (k == 0 || ordered.empty()) return std::nullopt;
  return Interval{.lo = ordered[k - 1], .hi = ordered[ordered.size() - k]};
}

double mad(std::span<const double> values) {
  const double middle = median(values);
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - middle));
  return median(distances);
}

double robust_cv(std::span<const double> values) { return 1.4826 * mad(values) / median(values); }

}  // namespace cardwise
