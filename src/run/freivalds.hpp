// SPDX-License-Identifier: Apache-2.0
// Checks C = A * B in O(n^2) (Freivalds, IFIP'77), on data that the host can make again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "run/benchmark.hpp"

namespace cardwise {

struct ProductShape {
  std::uint64_t m = 0, n = 0, k = 0;
};

/// A(Bv) and the bound 4 γ_K (|A||B||v|)_i for one vector v of ±1; one entry a row of C.
struct ProductReference {
  std::vector<double> rhs, bound;
};

/// v_j = ±1 of stream `seed`. u is the accumulator's unit roundoff: of f32 or f64.
ProductReference product_reference(const ProductShape& shape, const Initial& a, const Initial& b,
                                   std::uint64_t seed, int threads);

/// A row of C that differs, with both values of (Cv)_row.
struct ProductMismatch {
  std::uint64_t row = 0, rows = 0;
  double expected = 0, found = 0;
};

/// `c` holds m x n elements of float or double. NaN counts as a mismatch.
std::optional<ProductMismatch> check_product(const ProductShape& shape, const void* c, bool is_f32,
                                             const ProductReference& reference, std::uint64_t seed,
                                             int threads);

/// Integer data: C v = A(B v) modulo 2^64 with random 64-bit weights; finds any single element.
std::optional<ProductMismatch> check_integer_product(const ProductShape& shape, const void* c,
                                                     bool is_f32, const Initial& a,
                                                     const Initial& b, std::uint64_t seed,
                                                     int threads);

}  // namespace cardwise
