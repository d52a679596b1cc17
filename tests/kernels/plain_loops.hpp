// SPDX-License-Identifier: Apache-2.0
// What a kernel has to give, by plain loops on the host, and the data that it is given: for the
// portable kernels' tests and for those of an FPGA's.
#pragma once

#include <cstdint>
#include <vector>

#include "core/mix.hpp"

namespace cardwise::kernel_tests {

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

// Of the three on grids the boundary stays poisoned.

template <class T>
std::vector<T> plain_stencil2d(const std::vector<T>& u, std::size_t nx, std::size_t ny) {
  auto v = poisoned<T>(nx * ny);
  for (std::size_t y = 1; y + 1 < ny; ++y)
    for (std::size_t x = 1; x + 1 < nx; ++x)
      v[y * nx + x] = T{0.25} * (u[(y - 1) * nx + x] + u[(y + 1) * nx + x] + u[y * nx + x - 1] +
                                 u[y * nx + x + 1]);
  return v;
}

template <class T>
std::vector<T> plain_conv2d(const std::vector<T>& in, std::size_t nx, std::size_t ny) {
  auto out = poisoned<T>(nx * ny);
  for (std::size_t y = 1; y + 1 < ny; ++y)
    for (std::size_t x = 1; x + 1 < nx; ++x) {
      T sum = T{9} * in[y * nx + x];
      for (std::size_t dy = 0; dy < 3; ++dy)
        for (std::size_t dx = 0; dx < 3; ++dx) sum -= in[(y + dy - 1) * nx + x + dx - 1];
      out[y * nx + x] = sum;
    }
  return out;
}

template <class T>
std::vector<T> plain_stencil3d(const std::vector<T>& u, std::size_t nx, std::size_t ny,
                               std::size_t nz) {
  const std::size_t plane = nx * ny;
  auto v = poisoned<T>(plane * nz);
  for (std::size_t z = 1; z + 1 < nz; ++z)
    for (std::size_t y = 1; y + 1 < ny; ++y)
      for (std::size_t x = 1; x + 1 < nx; ++x) {
        const std::size_t i = (z * ny + y) * nx + x;
        v[i] = u[i] / 2 +
               (u[i - 1] + u[i + 1] + u[i - nx] + u[i + nx] + u[i - plane] + u[i + plane]) / 16;
      }
  return v;
}

/// a[m][k] times b[k][n].
template <class T>
std::vector<T> plain_product(const std::vector<T>& a, const std::vector<T>& b, std::size_t m,
                             std::size_t n, std::size_t k) {
  std::vector<T> c(m * n, T{0});
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t l = 0; l < k; ++l)
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] += a[i * k + l] * b[l * n + j];
  return c;
}

}  // namespace cardwise::kernel_tests
