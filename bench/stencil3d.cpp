// SPDX-License-Identifier: Apache-2.0
// mem/stencil3d: v <- u/2 + (sum of six neighbours)/16 on the interior, one sweep a launch.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

void stencil3d(Case& c) {
  const std::uint64_t nx = c.size("nx"), ny = c.size("ny"), nz = c.size("nz");
  Buffer& u = c.input(nx * ny * nz);
  Buffer& v = c.output(nx * ny * nz);
  const Tiling tiling = c.tile_box(nx, ny, nz);
  Kernel& kernel = c.kernel_with("stencil3d", tiling.defines);
  const double interior = double((nx - 2) * (ny - 2) * (nz - 2));
  c.moves((double(nx * ny * nz) + interior) * double(c.element_bytes()));
  c.computes(8 * interior);
  c.expect(v, [=, u0 = c.initial(u)](std::uint64_t i) {
    const std::uint64_t x = i % nx, y = i / nx % ny, z = i / (nx * ny);
    if (x == 0 || y == 0 || z == 0 || x == nx - 1 || y == ny - 1 || z == nz - 1) return untouched;
    const std::uint64_t plane = nx * ny;
    return u0(i) / 2 +
           (u0(i - 1) + u0(i + 1) + u0(i - nx) + u0(i + nx) + u0(i - plane) + u0(i + plane)) / 16;
  });
  c.measure([&](Queue& q, std::uint64_t) { q.launch(kernel, tiling.grid, {nx, ny, nz, u, v}); });
}

const Registrar r{{.family = "mem", .name = "stencil3d", .cases = boxes(), .body = stencil3d}};

}  // namespace
}  // namespace cardwise
