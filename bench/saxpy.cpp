// SPDX-License-Identifier: Apache-2.0
// mem/saxpy: y <- a*x + y; a goes 1, 2, -3, so that y comes back and any skipped launch shows.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

void saxpy(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& x = c.input(n);
  Buffer& y = c.input(n);  // read and written
  Kernel& kernel = c.kernel("saxpy", n);
  c.moves(3.0 * double(n * c.element_bytes()));
  c.computes(2.0 * double(n));
  c.expect_after(3, y,
                 [x0 = c.initial(x), y0 = c.initial(y)](std::uint64_t i) { return x0(i) + y0(i); });
  c.measure([&](Queue& q, std::uint64_t i) {
    const double a[] = {1, 2, -3};
    q.launch(kernel, c.cover(n), {n, c.real(a[i % 3]), x, y});
  });
}

const Registrar r{
    {.family = "mem", .name = "saxpy", .version = 2, .cases = vectors(2), .body = saxpy}};

}  // namespace
}  // namespace cardwise
