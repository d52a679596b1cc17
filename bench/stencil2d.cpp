// SPDX-License-Identifier: Apache-2.0
// mem/stencil2d: v <- (north + south + east + west) / 4 on the interior, one sweep a launch.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

void stencil2d(Case& c) {
  const std::uint64_t nx = c.size("nx"), ny = c.size("ny"), w = c.element_bytes();
  Buffer& u = c.input(nx * ny);
  Buffer& v = c.output(nx * ny);
  const Tiling tiling = c.tile_plane(nx, ny);
  Kernel& kernel = c.kernel_with("stencil2d", tiling.defines);
  const double interior = double((nx - 2) * (ny - 2));
  c.moves((double(nx * ny) + interior) * double(w));
  c.computes(4 * interior);
  c.expect(v, [=, u0 = c.initial(u)](std::uint64_t i) {
    const std::uint64_t x = i % nx, y = i / nx;
    if (x == 0 || y == 0 || x == nx - 1 || y == ny - 1) return untouched;
    return (u0(i - nx) + u0(i + nx) + u0(i - 1) + u0(i + 1)) / 4;
  });
  c.measure([&](Queue& q, std::uint64_t) { q.launch(kernel, tiling.grid, {nx, ny, u, v}); });
}

const Registrar r{{.family = "mem", .name = "stencil2d", .cases = planes(), .body = stencil2d}};

}  // namespace
}  // namespace cardwise
