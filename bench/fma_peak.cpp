// SPDX-License-Identifier: Apache-2.0
// compute/fma_peak: independent chains of multiply-adds in registers; the ceiling of arithmetic.
#include <string>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

constexpr double step = 0x1p-11;

/// The shapes of kernels/fma_peak.cl, and sizes that make a launch milliseconds long: `n` elements
/// are several full loads of any card, `width` of them a work-item.
struct Shape {
  std::uint64_t n, chains, unroll, iterations, width, group;
};

Shape shape_of(DeviceClass device_class, bool f32) {
  switch (device_class) {
    case DeviceClass::gpu:
      return {std::uint64_t{1} << 22, 8, 64, 32, 1, 256};
    // One work-item a group: some hundred cores get one each.
    case DeviceClass::cpu:
      return {4096, 12, 4, 256, f32 ? 4u : 2u, 1};
    case DeviceClass::fpga:
    case DeviceClass::emulated:
      break;
  }
  return {256, 8, 4, 4, 1, 16};
}

std::vector<Params> types(const Sizes& sizes) {
  const std::uint64_t n = shape_of(sizes.device_class, true).n;
  return {{{"dtype", "f32"}, {"n", n}}, {{"dtype", "f64"}, {"n", n}}};
}

void fma_peak(Case& c) {
  const std::uint64_t n = c.size("n");
  const Shape s = shape_of(c.device().info().device_class, c.is_f32());
  if (n % (s.width * s.group) != 0)
    throw Skip("n must be a multiple of " + std::to_string(s.width * s.group));
  Buffer& out = c.output(n);
  Kernel& kernel = c.kernel_with("fma_peak", {{"WIDTH", std::to_string(s.width)},
                                              {"GROUP", std::to_string(s.group)},
                                              {"CHAINS", std::to_string(s.chains)},
                                              {"UNROLL", std::to_string(s.unroll)}});
  const Grid grid{{n / s.width, 1, 1}, {s.group, 1, 1}};
  c.moves(0);
  c.computes(2.0 * double(s.chains * s.unroll * s.iterations * n));
  // Chain k starts at (k + 1) steps and gains one step an FMA, since a is 1: exact in f32.
  const double each =
      step * (double(s.chains * (s.chains + 1)) / 2 + double(s.chains * s.unroll * s.iterations));
  c.expect(out, [each](std::uint64_t) { return each; });
  c.measure([&](Queue& q, std::uint64_t) {
    q.launch(kernel, grid, {s.iterations, c.real(1), c.real(step), out});
  });
}

const Registrar r{{.family = "compute", .name = "fma_peak", .cases = types, .body = fma_peak}};

}  // namespace
}  // namespace cardwise
