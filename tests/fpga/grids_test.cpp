// SPDX-License-Identifier: Apache-2.0
// FPGA stencils, conv2d and gemm against plain loops: every bit, blocks that fit and that do not.
#include "fpga_test.hpp"

namespace cardwise::fpga_tests {
namespace {

struct Size {
  std::size_t nx, ny, nz;
};

/// No interior, the least one, one block (of 64 columns, 56 of them inner), several, broken ones.
std::vector<Size> planes() {
  if (the_card->slow()) return {{2, 2, 1}, {3, 3, 1}, {8, 4, 1}, {64, 5, 1}, {113, 4, 1}};
  return {{1, 1, 1},  {2, 5, 1},  {5, 2, 1},  {3, 3, 1},   {4, 7, 1},   {9, 6, 1},
          {56, 9, 1}, {57, 5, 1}, {64, 8, 1}, {112, 5, 1}, {113, 4, 1}, {131, 21, 1}};
}
std::vector<Size> boxes() {
  if (the_card->slow()) return {{2, 3, 3}, {3, 3, 3}, {9, 8, 4}, {17, 9, 3}};
  return {{1, 1, 1}, {3, 3, 2},  {3, 3, 3},   {4, 7, 9},   {8, 8, 5},
          {9, 9, 4}, {16, 6, 3}, {17, 13, 6}, {24, 20, 4}, {31, 15, 5}};
}

template <class T>
class Grids : public testing::Test {};
TYPED_TEST_SUITE(Grids, Reals);

TYPED_TEST(Grids, Stencil2dAveragesTheFourNeighbours) {
  using T = TypeParam;
  for (const std::string& entry : entries("stencil2d", dtype<T>))
    for (const auto& [nx, ny, nz] : planes()) {
      const auto u = data<T>(Data::grid, 1, nx * ny);
      const auto expected = plain_stencil2d(u, nx, ny);
      auto v = the_card->array(poisoned<T>(nx * ny));

      the_card->task(entry, std::uint64_t{nx}, std::uint64_t{ny}, the_card->array(u), v);

      EXPECT_EQ(v.read(), expected) << entry << " " << nx << " x " << ny;
    }
}

TYPED_TEST(Grids, Conv2dSubtractsTheEightNeighbours) {
  using T = TypeParam;
  for (const std::string& entry : entries("conv2d", dtype<T>))
    for (const auto& [nx, ny, nz] : planes()) {
      const auto in = data<T>(Data::grid, 1, nx * ny);
      const auto expected = plain_conv2d(in, nx, ny);
      auto out = the_card->array(poisoned<T>(nx * ny));

      the_card->task(entry, std::uint64_t{nx}, std::uint64_t{ny}, the_card->array(in), out);

      EXPECT_EQ(out.read(), expected) << entry << " " << nx << " x " << ny;
    }
}

TYPED_TEST(Grids, Stencil3dWeighsSixNeighboursAndItself) {
  using T = TypeParam;
  for (const std::string& entry : entries("stencil3d", dtype<T>))
    for (const auto& [nx, ny, nz] : boxes()) {
      const auto u = data<T>(Data::grid, 1, nx * ny * nz);
      const auto expected = plain_stencil3d(u, nx, ny, nz);
      auto v = the_card->array(poisoned<T>(u.size()));

      the_card->task(entry, std::uint64_t{nx}, std::uint64_t{ny}, std::uint64_t{nz},
                     the_card->array(u), v);

      EXPECT_EQ(v.read(), expected) << entry << " " << nx << " x " << ny << " x " << nz;
    }
}

TYPED_TEST(Grids, GemmMultiplies) {
  using T = TypeParam;
  std::vector<Size> products = {{1, 1, 1}, {3, 1, 2}, {17, 9, 5}};  // m, n, k
  if (!the_card->slow())
    for (const Size& more : {Size{16, 16, 16}, {32, 48, 16}, {33, 20, 35}, {5, 40, 7}})
      products.push_back(more);
  for (const std::string& entry : entries("gemm", dtype<T>))
    for (const auto& [m, n, k] : products) {
      const auto a = data<T>(Data::integer, 1, m * k);
      const auto b = data<T>(Data::integer, 2, k * n);
      const auto expected = plain_product(a, b, m, n, k);
      auto c = the_card->array(poisoned<T>(m * n));

      the_card->task(entry, std::uint64_t{m}, std::uint64_t{n}, std::uint64_t{k},
                     the_card->array(a), the_card->array(b), c);

      EXPECT_EQ(c.read(), expected) << entry << " " << m << " x " << n << " x " << k;
    }
}

}  // namespace
}  // namespace cardwise::fpga_tests
