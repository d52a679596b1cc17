// SPDX-License-Identifier: Apache-2.0
// mem/banks: triad by copies of the kernel, each at a memory bank of its own (FPGA images): every
// bank alone, then a ramp to all of them together.
#include <string>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

/// A bank's share of a triad over the whole card; banks are small (512 MiB on a 520N-MX).
std::vector<Params> banks_of(const Sizes& sizes) {
  std::vector<Params> cases;
  if (sizes.replications < 2) return cases;
  const std::uint64_t n = sizes.array_bytes(3) / 4;
  const auto add = [&](const char* name, int value) {
    cases.push_back({{"dtype", "f32"}, {"n", n}, {"data", "grid"}, {name, value}});
  };
  for (int bank = 0; bank < sizes.replications; ++bank) add("bank", bank);
  for (int together = 2; together < sizes.replications; together *= 2)
    add("replications", together);
  add("replications", sizes.replications);
  return cases;
}

struct Share {
  Kernel& kernel;
  Buffer &b, &d, &a;
};

void banks(Case& c) {
  const std::uint64_t n = c.size("n");
  const int first = c.has("bank") ? int(c.size("bank")) : 0;
  const int count = c.has("replications") ? int(c.size("replications")) : 1;
  std::vector<Share> shares;
  for (int k = first; k < first + count; ++k) {
    c.replica(k);
    Kernel& kernel = c.kernel("triad", n);
    Buffer& b = c.input(n);
    Buffer& d = c.input(n);
    Buffer& a = c.output(n);
    shares.push_back({kernel, b, d, a});
    c.expect(a,
             [b0 = c.initial(b), d0 = c.initial(d)](std::uint64_t i) { return b0(i) + 3 * d0(i); });
  }
  c.moves(3.0 * double(n * c.element_bytes()) * count);
  c.computes(2.0 * double(n) * count);
  const auto launch = [&](Queue& q, const Share& s) {
    q.launch(s.kernel, c.cover(n), {n, c.real(3), s.b, s.d, s.a});
  };
  if (count == 1) {
    c.measure([&](Queue& q, std::uint64_t) { launch(q, shares.front()); });
    return;
  }
  // Marks belong to one queue: all copies together are timed by the host.
  c.measure_host([&](std::uint64_t) {
    for (int k = 0; k < count; ++k) {
      launch(c.queue_of_replica(k), shares[std::size_t(k)]);
      c.queue_of_replica(k).flush();
    }
    for (int k = 0; k < count; ++k) c.queue_of_replica(k).wait();
  });
}

const Registrar r{
    {.family = "mem", .name = "banks", .cases = banks_of, .body = banks, .of_images = true}};

}  // namespace
}  // namespace cardwise
