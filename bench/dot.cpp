// SPDX-License-Identifier: Apache-2.0
// mem/dot: one partial sum a group; integers, so that every partial is exact.
#include <algorithm>
#include <memory>
#include <vector>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

/// The partial sums as the kernel's contract has them: group g takes the packs p with
/// (p / group) % groups == g.
std::vector<double> partial_sums(const Initial& x, const Initial& y, std::uint64_t n,
                                 std::uint64_t elements_a_step, std::uint64_t groups) {
  std::vector<double> sums(groups, 0);
  for (std::uint64_t i = 0; i < n; ++i) sums[i / elements_a_step % groups] += x(i) * y(i);
  return sums;
}

void dot(Case& c) {
  const std::uint64_t n = c.size("n");
  const Grid one_pass = c.cover(n);
  const std::uint64_t group = one_pass.group[0];
  // Groups enough to fill the card several times over, so few that partial sums stay small.
  const auto units = std::uint64_t(std::max(1, c.device().info().compute_units));
  const std::uint64_t groups = std::min(one_pass.global[0] / group, units * 8);
  Buffer& x = c.input(n, Data::integer);
  Buffer& y = c.input(n, Data::integer);
  Buffer& partial = c.output(groups);
  Kernel& kernel = c.kernel("dot", n);
  c.moves(2.0 * double(n * c.element_bytes()));
  c.computes(2.0 * double(n));
  const auto sums = std::make_shared<std::vector<double>>();
  c.expect(partial, [=, x0 = c.initial(x), y0 = c.initial(y),
                     step = group * std::uint64_t(c.width(n))](std::uint64_t g) {
    if (sums->empty()) *sums = partial_sums(x0, y0, n, step, groups);
    return (*sums)[g];
  });
  c.measure([&](Queue& q, std::uint64_t) {
    q.launch(kernel, {{groups * group, 1, 1}, {group, 1, 1}}, {n, x, y, partial});
  });
}

const Registrar r{{.family = "mem", .name = "dot", .cases = vectors(2, 1, Data::integer),
                   .body = dot}};

}  // namespace
}  // namespace cardwise
