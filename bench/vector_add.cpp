// SPDX-License-Identifier: Apache-2.0
// mem/vector_add: c <- a + b.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

void vector_add(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& a = c.input(n);
  Buffer& b = c.input(n);
  Buffer& sum = c.output(n);
  Kernel& kernel = c.kernel("vector_add", n);
  c.moves(3.0 * double(n * c.element_bytes()));
  c.computes(double(n));
  c.expect(sum, [a0 = c.initial(a), b0 = c.initial(b)](std::uint64_t i) { return a0(i) + b0(i); });
  c.measure([&](Queue& q, std::uint64_t) { q.launch(kernel, c.cover(n), {n, a, b, sum}); });
}

const Registrar r{{.family = "mem", .name = "vector_add", .cases = vectors(3), .body = vector_add}};

}  // namespace
}  // namespace cardwise
