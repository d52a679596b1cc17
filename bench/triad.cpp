// SPDX-License-Identifier: Apache-2.0
// mem/triad: a <- b + s*c, as STREAM and BabelStream have it.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

void triad(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& b = c.input(n);
  Buffer& d = c.input(n);
  Buffer& a = c.output(n);
  Kernel& kernel = c.kernel("triad", n);
  c.moves(3.0 * double(n * c.element_bytes()));
  c.computes(2.0 * double(n));
  c.expect(a,
           [b0 = c.initial(b), d0 = c.initial(d)](std::uint64_t i) { return b0(i) + 3 * d0(i); });
  c.measure([&](Queue& q, std::uint64_t) {
    q.launch(kernel, c.cover(n), {n, c.real(3), b, d, a});
  });
}

const Registrar r{{.family = "mem", .name = "triad", .cases = vectors(3, 0), .body = triad}};

}  // namespace
}  // namespace cardwise
