// SPDX-License-Identifier: Apache-2.0
// mem/fill: every element written, none read; a canary, which nothing but the card can change.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

void fill(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& out = c.output(n);
  Kernel& kernel = c.kernel("fill", n);
  c.moves(double(n * c.element_bytes()));
  c.computes(0);
  c.expect(out, [](std::uint64_t) { return 0.7431640625; });  // 761 / 1024: exact, not zero
  c.measure([&](Queue& q, std::uint64_t) {
    q.launch(kernel, c.cover(n), {n, c.real(0.7431640625), out});
  });
}

const Registrar r{{.family = "mem", .name = "fill", .cases = vectors(1), .body = fill}};

}  // namespace
}  // namespace cardwise
