// SPDX-License-Identifier: Apache-2.0
// mem/dot: one partial sum a group; integers, so that every partial is exact.
#include <algorithm>
#include <string>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

/// How the vectors are shared out (kernels/dot.cl): a work-item takes `run` packs of `width`
/// elements between two jumps, in `sums` independent sums.
struct Shape {
  std::uint64_t group, run, sums, width;
  std::uint64_t step() const { return group * run * width; }
};

Shape shape_of(Case& c, std::uint64_t n) {
  const std::uint64_t group = c.cover(n).group[0], width = std::uint64_t(c.width(n));
  if (c.single_work_item()) return {1, n / width, 1, width};
  if (c.device().info().device_class == DeviceClass::cpu) return {1, 1024, 32, width};
  return {group, 1, 1, width};
}

/// Group g's sum as the kernel's contract has it: of the elements i with (i / step) % groups == g.
double partial_sum(const Initial& x, const Initial& y, std::uint64_t n, std::uint64_t step,
                   std::uint64_t groups, std::uint64_t g) {
  double sum = 0;
  for (std::uint64_t base = g * step; base < n; base += groups * step)
    for (std::uint64_t i = base; i < std::min(n, base + step); ++i) sum += x(i) * y(i);
  return sum;
}

void dot(Case& c) {
  const std::uint64_t n = c.size("n");
  const Shape shape = shape_of(c, n);
  const std::uint64_t step = shape.step(), group = shape.group;
  // Groups enough to fill the card several times over, so few that partial sums stay small.
  const auto units = std::uint64_t(std::max(1, c.device().info().compute_units));
  const std::uint64_t groups = std::min((n + step - 1) / step, units * 8);
  Buffer& x = c.input(n, Data::integer);
  Buffer& y = c.input(n, Data::integer);
  Buffer& partial = c.output(groups);
  Defines defines{{"WIDTH", std::to_string(shape.width)}, {"GROUP", std::to_string(group)}};
  if (shape.run > 1) {
    defines.emplace_back("RUN", std::to_string(shape.run));
    defines.emplace_back("SUMS", std::to_string(shape.sums));
  }
  if (n % step != 0) defines.emplace_back("TAIL", "1");
  Kernel& kernel = c.kernel_with("dot", defines);
  c.moves(2.0 * double(n * c.element_bytes()));
  c.computes(2.0 * double(n));
  c.expect(partial, [=, x0 = c.initial(x), y0 = c.initial(y)](std::uint64_t g) {
    return partial_sum(x0, y0, n, step, groups, g);
  });
  c.measure([&](Queue& q, std::uint64_t) {
    q.launch(kernel, {{groups * group, 1, 1}, {group, 1, 1}}, {n, x, y, partial});
  });
}

const Registrar r{
    {.family = "mem", .name = "dot", .cases = vectors(2, 1, Data::integer), .body = dot}};

}  // namespace
}  // namespace cardwise
