// SPDX-License-Identifier: Apache-2.0
// mem/saxpy: y <- a*x + y; a alternates in sign, so that a skipped launch shows.
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
  c.expect_after_odd(
      y, [x0 = c.initial(x), y0 = c.initial(y)](std::uint64_t i) { return 3 * x0(i) + y0(i); });
  c.measure([&](Queue& q, std::uint64_t i) {
    q.launch(kernel, c.cover(n), {n, c.real(i % 2 ? -3 : 3), x, y});
  });
}

const Registrar r{{.family = "mem", .name = "saxpy", .cases = vectors(2), .body = saxpy}};

}  // namespace
}  // namespace cardwise
