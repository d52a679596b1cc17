// SPDX-License-Identifier: Apache-2.0
// copy/h2d, d2h, both, d2d: the copies of the API itself, carrying the pattern that is checked.
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

/// Pinned at the main size by all ranks at once; `standard` adds pageable and small sizes.
std::vector<Params> host_copies(const Sizes& sizes) {
  const auto of = [](std::uint64_t bytes, const char* mem) {
    return Params{{"bytes", bytes}, {"mem", mem}, {"cards", "all"}};
  };
  const std::uint64_t main = sizes.copy_bytes();
  std::vector<Params> cases{of(main, "pinned")};
  if (sizes.at_least(1)) {
    cases.push_back(of(main, "pageable"));
    for (const std::uint64_t bytes : {4 * kib, mib})
      if (bytes < main) cases.push_back(of(bytes, "pinned"));
  }
  if (sizes.at_least(2))
    for (std::uint64_t bytes = 16 * kib; bytes <= (sizes.is_gpu() ? gib : main); bytes *= 4)
      if (bytes != main && bytes != mib) cases.push_back(of(bytes, "pinned"));
  return cases;
}

std::vector<Params> both_ways(const Sizes& sizes) {
  return {{{"bytes", sizes.copy_bytes()}, {"mem", "pinned"}, {"cards", "all"}}};
}

std::vector<Params> on_card(const Sizes& sizes) {
  return {{{"bytes", sizes.copy_bytes()}, {"cache", sizes.cache(2, sizes.copy_bytes())}}};
}

/// Host memory of a case: pinned, or pageable and touched.
struct HostMemory {
  HostMemory(Case& c, std::uint64_t bytes)
      : pageable(c.text("mem") == "pageable" ? bytes : 0, std::byte{0xFF}),
        pinned(pageable.empty() ? &c.pinned(bytes) : nullptr),
        span(pinned != nullptr ? std::span(pinned->host(), bytes) : std::span(pageable)) {}
  std::vector<std::byte> pageable;
  Buffer* pinned;
  std::span<std::byte> span;
};

/// Pageable and small copies by the host's clock, one at a time (methodology §2.8).
void measure_copy(Case& c, std::uint64_t bytes, const Case::Launch& one) {
  if (bytes >= 64 * kib && c.text("mem") == "pinned") {
    if (bytes < mib) c.launches_per_sample(1);
    c.measure(one);
  } else {
    c.launches_per_sample(1);
    Queue& q = c.untimed_queue();
    c.measure_host([&](std::uint64_t i) {
      one(q, i);
      q.wait();
    });
  }
}

void h2d(Case& c) {
  const std::uint64_t bytes = c.size("bytes"), seed = 17 + std::uint64_t(c.rank());
  HostMemory from(c, bytes);
  Buffer& to = c.raw_output(bytes);
  c.fill_host_pattern(from.span, seed);
  c.moves(double(bytes));
  c.expect_pattern(to, seed);
  measure_copy(c, bytes, [&](Queue& q, std::uint64_t) { q.write(to, from.span); });
}

void d2h(Case& c) {
  const std::uint64_t bytes = c.size("bytes");
  Buffer& from = c.pattern(bytes);
  HostMemory to(c, bytes);
  std::fill(to.span.begin(), to.span.end(), std::byte{0xFF});
  c.moves(double(bytes));
  c.expect_host_pattern(to.span, c.pattern_seed(from));
  measure_copy(c, bytes, [&](Queue& q, std::uint64_t) { q.read(to.span, from); });
}

/// Both directions at once through two queues; the host's clock sees both end.
void both(Case& c) {
  const std::uint64_t bytes = c.size("bytes"), seed = 19 + std::uint64_t(c.rank());
  Buffer& host_from = c.pinned(bytes);
  Buffer& host_to = c.pinned(bytes);
  Buffer& card_from = c.pattern(bytes);
  Buffer& card_to = c.raw_output(bytes);
  c.fill_host_pattern({host_from.host(), bytes}, seed);
  std::memset(host_to.host(), 0xFF, bytes);
  Queue& up = c.queue();
  Queue& down = c.second_queue();
  c.moves(2.0 * double(bytes));
  c.expect_pattern(card_to, seed);
  c.expect_host_pattern({host_to.host(), bytes}, c.pattern_seed(card_from));
  c.launches_per_sample(1);
  c.measure_host([&](std::uint64_t) {
    up.write(card_to, {host_from.host(), bytes});
    down.read({host_to.host(), bytes}, card_from);
    up.flush();
    down.flush();
    up.wait();
    down.wait();
  });
}

void d2d(Case& c) {
  const std::uint64_t bytes = c.size("bytes");
  Buffer& from = c.pattern(bytes);
  Buffer& to = c.raw_output(bytes);
  c.moves(double(bytes), 2.0 * double(bytes));
  c.expect_pattern(to, c.pattern_seed(from));
  c.measure([&](Queue& q, std::uint64_t) { q.copy(to, from, bytes); });
}

const Registrar r1{{.family = "copy", .name = "h2d", .cases = host_copies, .body = h2d}};
const Registrar r2{{.family = "copy", .name = "d2h", .cases = host_copies, .body = d2h}};
const Registrar r3{{.family = "copy", .name = "both", .cases = both_ways, .body = both}};
const Registrar r4{{.family = "copy", .name = "d2d", .cases = on_card, .body = d2d}};

}  // namespace
}  // namespace cardwise
