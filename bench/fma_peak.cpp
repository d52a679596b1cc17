// SPDX-License-Identifier: Apache-2.0
// compute/fma_peak: independent chains of multiply-adds in registers; the ceiling of arithmetic.
#include <string>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

constexpr std::uint64_t chains = 8, unroll = 64, iterations = 32;
constexpr double step = 0x1p-11;

std::vector<Params> types(const Sizes& sizes) {
  // Work-items: several full loads of any card; on a CPU a fraction of a second a block.
  const std::uint64_t lanes = sizes.is_gpu() ? std::uint64_t{1} << 22 : std::uint64_t{1} << 14;
  return {{{"dtype", "f32"}, {"n", lanes}}, {{"dtype", "f64"}, {"n", lanes}}};
}

void fma_peak(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& out = c.output(n);
  Kernel& kernel = c.kernel("fma_peak", n, {{"CHAINS", std::to_string(chains)},
                                            {"UNROLL", std::to_string(unroll)},
                                            {"WIDTH", "1"}});
  const Grid cover = c.cover(n);
  const std::uint64_t group = cover.group[0];
  const Grid grid{{(n + group - 1) / group * group, 1, 1}, {group, 1, 1}};
  c.moves(0);
  c.computes(2.0 * double(chains * unroll * iterations * n));
  // Chain k starts at (k + 1) steps and gains one step an FMA, since a is 1: exact in f32.
  const double each = step * double(chains * (chains + 1) / 2 + chains * unroll * iterations);
  c.expect(out, [each](std::uint64_t) { return each; });
  c.measure([&](Queue& q, std::uint64_t) {
    q.launch(kernel, grid, {iterations, c.real(1), c.real(step), out});
  });
}

const Registrar r{{.family = "compute", .name = "fma_peak", .cases = types, .body = fma_peak}};

}  // namespace
}  // namespace cardwise
