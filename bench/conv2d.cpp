// SPDX-License-Identifier: Apache-2.0
// mem/conv2d: 3 x 3 edge detection, weights -1 around 8, on the interior.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

void conv2d(Case& c) {
  const std::uint64_t nx = c.size("nx"), ny = c.size("ny"), w = c.element_bytes();
  Buffer& in = c.input(nx * ny);
  Buffer& out = c.output(nx * ny);
  const Tiling tiling = c.tile_plane(nx, ny);
  Kernel& kernel = c.kernel_with("conv2d", tiling.defines);
  const double interior = double((nx - 2) * (ny - 2));
  c.moves((double(nx * ny) + interior) * double(w));
  c.computes(17 * interior);
  c.expect(out, [=, in0 = c.initial(in)](std::uint64_t i) {
    const std::uint64_t x = i % nx, y = i / nx;
    if (x == 0 || y == 0 || x == nx - 1 || y == ny - 1) return untouched;
    double around = in0(i - 1) + in0(i + 1);
    for (const std::uint64_t row : {i - nx, i + nx})
      around += in0(row - 1) + in0(row) + in0(row + 1);
    return 8 * in0(i) - around;
  });
  c.measure([&](Queue& q, std::uint64_t) { q.launch(kernel, tiling.grid, {nx, ny, in, out}); });
}

const Registrar r{{.family = "mem", .name = "conv2d", .cases = planes(), .body = conv2d}};

}  // namespace
}  // namespace cardwise
