// SPDX-License-Identifier: Apache-2.0
// Stencils and conv2d against plain loops, whole rows and walks.
#include <array>

#include "kernels_test.hpp"

namespace cardwise::kernel_tests {
namespace {

template <class S>
class Grids : public testing::Test {
 public:
  using Real = typename S::Real;
  static constexpr std::size_t width = S::width;
  static constexpr std::size_t group_x = 8, group_y = 2;

  static Defines defines(std::size_t rows) {
    return {{"REAL", real_name<Real>},
            {"WIDTH", std::to_string(width)},
            {"GROUP_X", std::to_string(group_x)},
            {"GROUP_Y", std::to_string(group_y)},
            {"ROWS", std::to_string(rows)}};
  }

  struct Size {
    std::size_t nx, ny, nz, rows;
  };
  /// nx in packs, so that every width divides it; heights with and without a broken last walk.
  static std::vector<Size> sizes() {
    return {{19 * width, 14, 5, 4}, {8 * width, 10, 6, 1}, {9 * width, 3, 3, 3}, {4, 7, 9, 2}};
  }

  static cl::NDRange range(const Size& size) {
    return {round_up(size.nx / width, group_x),
            round_up((size.ny - 2 + size.rows - 1) / size.rows, group_y)};
  }

  /// The walk along rows: shorter than a row, or longer.
  static constexpr std::array<std::size_t, 2> spans{5, 1024};
  static Defines walk(std::size_t span) {
    return {{"REAL", real_name<Real>}, {"SPAN", std::to_string(span)}, {"GROUP_X", "1"},
            {"GROUP_Y", "2"}};
  }
  static cl::NDRange walk_range(const Size& size, std::size_t span, std::size_t planes = 1) {
    return {(size.nx + span - 1) / span, round_up(size.ny - 2, 2), planes};
  }
};
TYPED_TEST_SUITE(Grids, Sorts);

TYPED_TEST(Grids, Stencil2dAveragesTheFourNeighbours) {
  using T = typename TypeParam::Real;
  for (const auto& [nx, ny, nz, rows] : this->sizes()) {
    const auto u = data<T>(Data::grid, 1, nx * ny);
    const auto expected = plain_stencil2d(u, nx, ny);
    auto v = the_card->array(poisoned<T>(nx * ny));

    the_card->launch("stencil2d", "cw_stencil2d", this->defines(rows),
                     this->range({nx, ny, nz, rows}), {this->group_x, this->group_y},
                     std::uint64_t{nx}, std::uint64_t{ny}, the_card->array(u), v);

    EXPECT_EQ(v.read(), expected) << nx << " x " << ny << ", rows " << rows;

    for (const std::size_t span : this->spans) {
      auto walked = the_card->array(poisoned<T>(nx * ny));
      the_card->launch("stencil2d", "cw_stencil2d", this->walk(span),
                       this->walk_range({nx, ny, nz, rows}, span), {1, 2, 1}, std::uint64_t{nx},
                       std::uint64_t{ny}, the_card->array(u), walked);
      EXPECT_EQ(walked.read(), expected) << nx << " x " << ny << ", span " << span;
    }
  }
}

TYPED_TEST(Grids, Conv2dSubtractsTheEightNeighbours) {
  using T = typename TypeParam::Real;
  for (const auto& [nx, ny, nz, rows] : this->sizes()) {
    const auto in = data<T>(Data::grid, 1, nx * ny);
    const auto expected = plain_conv2d(in, nx, ny);
    auto out = the_card->array(poisoned<T>(nx * ny));

    the_card->launch("conv2d", "cw_conv2d", this->defines(rows), this->range({nx, ny, nz, rows}),
                     {this->group_x, this->group_y}, std::uint64_t{nx}, std::uint64_t{ny},
                     the_card->array(in), out);

    EXPECT_EQ(out.read(), expected) << nx << " x " << ny << ", rows " << rows;

    for (const std::size_t span : this->spans) {
      auto walked = the_card->array(poisoned<T>(nx * ny));
      the_card->launch("conv2d", "cw_conv2d", this->walk(span),
                       this->walk_range({nx, ny, nz, rows}, span), {1, 2, 1}, std::uint64_t{nx},
                       std::uint64_t{ny}, the_card->array(in), walked);
      EXPECT_EQ(walked.read(), expected) << nx << " x " << ny << ", span " << span;
    }
  }
}

TYPED_TEST(Grids, Stencil3dWeighsSixNeighboursAndItself) {
  using T = typename TypeParam::Real;
  for (const auto& [nx, ny, nz, rows] : this->sizes()) {
    const auto u = data<T>(Data::grid, 1, nx * ny * nz);
    const auto expected = plain_stencil3d(u, nx, ny, nz);
    auto v = the_card->array(poisoned<T>(u.size()));
    const cl::NDRange range(round_up(nx / this->width, this->group_x),
                            round_up(ny - 2, this->group_y), (nz - 2 + rows - 1) / rows);

    the_card->launch("stencil3d", "cw_stencil3d", this->defines(rows), range,
                     {this->group_x, this->group_y, 1}, std::uint64_t{nx}, std::uint64_t{ny},
                     std::uint64_t{nz}, the_card->array(u), v);

    EXPECT_EQ(v.read(), expected) << nx << " x " << ny << " x " << nz << ", planes " << rows;

    for (const std::size_t span : this->spans) {
      auto walked = the_card->array(poisoned<T>(u.size()));
      the_card->launch("stencil3d", "cw_stencil3d", this->walk(span),
                       this->walk_range({nx, ny, nz, rows}, span, nz - 2), {1, 2, 1},
                       std::uint64_t{nx}, std::uint64_t{ny}, std::uint64_t{nz},
                       the_card->array(u), walked);
      EXPECT_EQ(walked.read(), expected) << nx << " x " << ny << " x " << nz << ", span " << span;
    }
  }
}

}  // namespace
}  // namespace cardwise::kernel_tests
