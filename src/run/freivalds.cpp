// SPDX-License-Identifier: Apache-2.0
// Freivalds' algorithm over the rows, by all threads.
#include "run/freivalds.hpp"

#include <cmath>
#include <mutex>

#include "core/parallel.hpp"

namespace cardwise {
namespace {

double sign(std::uint64_t seed, std::uint64_t j) { return mix(seed, j) & 1 ? 1.0 : -1.0; }

/// out_i = Σ_j in(i, j) v_j and, with `absolute`, abs_i = Σ_j |in(i, j)| w_j.
void multiply(const Initial& in, std::uint64_t rows, std::uint64_t columns,
              std::span<const double> v, std::span<const double> w, std::vector<double>& out,
              std::vector<double>& absolute, int threads) {
  out.assign(rows, 0);
  absolute.assign(rows, 0);
  parallel_for(rows, 16, threads, [&](std::uint64_t begin, std::uint64_t end, int) {
    for (std::uint64_t i = begin; i < end; ++i) {
      double sum = 0, abs_sum = 0;
      for (std::uint64_t j = 0; j < columns; ++j) {
        const double x = in(i * columns + j);
        sum += x * v[j];
        abs_sum += std::abs(x) * w[j];
      }
      out[i] = sum;
      absolute[i] = abs_sum;
    }
  });
}

/// Calls row(i, value) with (C v)_i for every i, from several threads.
template <class Element, class Number, class Weight, class Row>
void rows_times(const ProductShape& shape, const void* c, Weight&& weight, int threads, Row&& row) {
  const auto* elements = static_cast<const Element*>(c);
  std::vector<Number> v(shape.n);
  for (std::uint64_t j = 0; j < shape.n; ++j) v[j] = weight(j);
  parallel_for(shape.m, 16, threads, [&](std::uint64_t begin, std::uint64_t end, int) {
    for (std::uint64_t i = begin; i < end; ++i) {
      Number sum = 0;
      for (std::uint64_t j = 0; j < shape.n; ++j) sum += Number(elements[i * shape.n + j]) * v[j];
      row(i, sum);
    }
  });
}

/// Collects mismatches from several threads; keeps the lowest row.
class Mismatches {
 public:
  void add(std::uint64_t row, double expected, double found) {
    const std::lock_guard lock(mutex_);
    if (!first_ || row < first_->row)
      first_ = ProductMismatch{.row = row, .rows = 0, .expected = expected, .found = found};
    ++count_;
  }
  std::optional<ProductMismatch> take() {
    if (first_) first_->rows = count_;
    return first_;
  }

 private:
  std::mutex mutex_;
  std::optional<ProductMismatch> first_;
  std::uint64_t count_ = 0;
};

/// What a wrong integer product reads as: any value that is no integer of exact range.
std::int64_t as_integer(double value) {
  return std::abs(value) <= 0x1p53 ? std::int64_t(value) : std::int64_t(0x7fffffffffffffff);
}

template <class Element>
struct Whole {  // a C element as a 64-bit integer, fractions made visible
  std::uint64_t value;
  explicit Whole(Element x)
      : value(std::floor(x) == x ? std::uint64_t(as_integer(double(x))) : mix(1, 1)) {}
};

}  // namespace

ProductReference product_reference(const ProductShape& shape, const Initial& a, const Initial& b,
                                   std::uint64_t seed, int threads) {
  std::vector<double> v(shape.n), ones(shape.n, 1.0);
  for (std::uint64_t j = 0; j < shape.n; ++j) v[j] = sign(seed, j);
  std::vector<double> bv, abs_b, bound;
  multiply(b, shape.k, shape.n, v, ones, bv, abs_b, threads);
  ProductReference reference;
  multiply(a, shape.m, shape.k, bv, abs_b, reference.rhs, bound, threads);
  const double u = a.is_f32 ? 0x1p-24 : 0x1p-53;
  const double ku = double(shape.k) * u;
  for (double& value : bound) value *= 4 * ku / (1 - ku);
  reference.bound = std::move(bound);
  return reference;
}

std::optional<ProductMismatch> check_product(const ProductShape& shape, const void* c, bool is_f32,
                                             const ProductReference& reference, std::uint64_t seed,
                                             int threads) {
  Mismatches wrong;
  const auto weight = [&](std::uint64_t j) { return sign(seed, j); };
  const auto row = [&](std::uint64_t i, double found) {
    if (!(std::abs(found - reference.rhs[i]) <= reference.bound[i]))
      wrong.add(i, reference.rhs[i], found);
  };
  if (is_f32)
    rows_times<float, double>(shape, c, weight, threads, row);
  else
    rows_times<double, double>(shape, c, weight, threads, row);
  return wrong.take();
}

std::optional<ProductMismatch> check_integer_product(const ProductShape& shape, const void* c,
                                                     bool is_f32, const Initial& a,
                                                     const Initial& b, std::uint64_t seed,
                                                     int threads) {
  const auto weight = [&](std::uint64_t j) { return mix(seed, j); };
  const auto times = [&](const Initial& in, std::uint64_t rows, std::uint64_t columns,
                         const auto& v) {
    std::vector<std::uint64_t> out(rows);
    parallel_for(rows, 16, threads, [&](std::uint64_t begin, std::uint64_t end, int) {
      for (std::uint64_t i = begin; i < end; ++i) {
        std::uint64_t sum = 0;
        for (std::uint64_t j = 0; j < columns; ++j)
          sum += std::uint64_t(std::int64_t(in(i * columns + j))) * v(j);
        out[i] = sum;
      }
    });
    return out;
  };
  const std::vector<std::uint64_t> bv = times(b, shape.k, shape.n, weight);
  const std::vector<std::uint64_t> rhs =
      times(a, shape.m, shape.k, [&](std::uint64_t j) { return bv[j]; });

  Mismatches wrong;
  const auto check_rows = [&]<class Element>(const Element* elements) {
    parallel_for(shape.m, 16, threads, [&](std::uint64_t begin, std::uint64_t end, int) {
      for (std::uint64_t i = begin; i < end; ++i) {
        std::uint64_t sum = 0;
        for (std::uint64_t j = 0; j < shape.n; ++j)
          sum += Whole<Element>(elements[i * shape.n + j]).value * weight(j);
        if (sum != rhs[i]) wrong.add(i, double(rhs[i]), double(sum));
      }
    });
  };
  if (is_f32)
    check_rows(static_cast<const float*>(c));
  else
    check_rows(static_cast<const double*>(c));
  return wrong.take();
}

}  // namespace cardwise
