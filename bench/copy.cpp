// SPDX-License-Identifier: Apache-2.0
// mem/copy: c <- a by a kernel; a ceiling of memory bandwidth.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

void copy(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& in = c.input(n);
  Buffer& out = c.output(n);
  Kernel& kernel = c.kernel("copy", n);
  c.moves(2.0 * double(n * c.element_bytes()));
  c.computes(0);
  c.expect(out, [in0 = c.initial(in)](std::uint64_t i) { return in0(i); });
  c.measure([&](Queue& q, std::uint64_t) { q.launch(kernel, c.cover(n), {n, in, out}); });
}

const Registrar r{{.family = "mem", .name = "copy", .cases = vectors(2), .body = copy}};

}  // namespace
}  // namespace cardwise
