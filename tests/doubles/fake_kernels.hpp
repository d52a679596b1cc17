// SPDX-License-Identifier: Apache-2.0
// The harness's kernels and a few benchmarks' as C++ functions for FakeDevice, by their formulas.
#pragma once

#include <cmath>

#include "core/mix.hpp"
#include "doubles/fake_device.hpp"

namespace cardwise::test {

/// Calls body(Real{}) with the type that the define REAL names.
template <class Body>
void with_real(const FakeLaunch& l, Body&& body) {
  if (l.define("REAL") == "double")
    body(double{});
  else
    body(float{});
}

inline FakeKernelBody fake_data(Data data) {
  return [data](const FakeLaunch& l) {
    with_real(l, [&](auto real) {
      using Real = decltype(real);
      const auto n = l.number<std::uint64_t>(0), seed = l.number<std::uint64_t>(1);
      const std::span<Real> out = l.array<Real>(2, n);
      for (std::uint64_t i = 0; i < n; ++i)
        out[i] = Real(data_value(data, seed, i, sizeof(Real) == 4));
    });
  };
}

inline void fake_pattern(const FakeLaunch& l) {
  const auto n = l.number<std::uint64_t>(0), seed = l.number<std::uint64_t>(1);
  const std::span<std::uint64_t> out = l.array<std::uint64_t>(2, n);
  for (std::uint64_t i = 0; i < n; ++i) out[i] = mix(seed, i);
}

inline void fake_checksum(const FakeLaunch& l) {
  const auto n = l.number<std::uint64_t>(0), nonce = l.number<std::uint64_t>(1);
  std::uint64_t sum = 0;
  if (l.define("WORD") == "u64")
    for (std::uint64_t i = 0; const std::uint64_t word : l.array<std::uint64_t>(2, n))
      sum += mix(i++, word);
  else
    for (std::uint64_t i = 0; const std::uint32_t word : l.array<std::uint32_t>(2, n))
      sum += mix(i++, word);
  const std::span<std::uint64_t> partial =
      l.array<std::uint64_t>(3, l.grid.global[0] / l.grid.group[0]);
  for (std::uint64_t g = 0; g < partial.size(); ++g) partial[g] = mix(nonce, g);
  partial[0] += sum;
}

inline void fake_vector_add(const FakeLaunch& l) {
  with_real(l, [&](auto real) {
    using Real = decltype(real);
    const auto n = l.number<std::uint64_t>(0);
    const auto a = l.array<Real>(1, n), b = l.array<Real>(2, n), c = l.array<Real>(3, n);
    for (std::uint64_t i = 0; i < n; ++i) c[i] = a[i] + b[i];
  });
}

inline void fake_saxpy(const FakeLaunch& l) {
  with_real(l, [&](auto real) {
    using Real = decltype(real);
    const auto n = l.number<std::uint64_t>(0);
    const Real a = l.number<Real>(1);
    const auto x = l.array<Real>(2, n), y = l.array<Real>(3, n);
    for (std::uint64_t i = 0; i < n; ++i) y[i] = std::fma(a, x[i], y[i]);
  });
}

inline void fake_counter(const FakeLaunch& l) { ++l.array<std::uint64_t>(0, 1)[0]; }

/// C = A * B; arguments m, n, k, a, b, c.
inline void fake_gemm(const FakeLaunch& l) {
  with_real(l, [&](auto real) {
    using Real = decltype(real);
    const auto m = l.number<std::uint64_t>(0), n = l.number<std::uint64_t>(1),
               k = l.number<std::uint64_t>(2);
    const auto a = l.array<Real>(3, m * k), b = l.array<Real>(4, k * n);
    const auto c = l.array<Real>(5, m * n);
    for (std::uint64_t i = 0; i < m; ++i)
      for (std::uint64_t j = 0; j < n; ++j) {
        Real sum = 0;
        for (std::uint64_t p = 0; p < k; ++p) sum = std::fma(a[i * k + p], b[p * n + j], sum);
        c[i * n + j] = sum;
      }
  });
}

/// A card that knows all of the above.
inline FakeCard fake_card() {
  FakeCard card;
  card.kernels = {{"cw_data_grid", fake_data(Data::grid)},
                  {"cw_data_integer", fake_data(Data::integer)},
                  {"cw_data_uniform", fake_data(Data::uniform)},
                  {"cw_data_pattern", fake_pattern},
                  {"cw_checksum", fake_checksum},
                  {"cw_vector_add", fake_vector_add},
                  {"cw_saxpy", fake_saxpy},
                  {"cw_counter", fake_counter},
                  {"cw_gemm", fake_gemm}};
  return card;
}

}  // namespace cardwise::test
