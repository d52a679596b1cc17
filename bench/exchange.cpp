// SPDX-License-Identifier: Apache-2.0
// exchange/pingpong and collective/allreduce between cards, staged through pinned host memory.
#include <algorithm>
#include <cstring>
#include <exception>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

constexpr std::uint64_t kib = 1024, mib = 1024 * kib;

std::vector<Params> messages(const Sizes& sizes) {
  std::vector<Params> cases;
  if (sizes.ranks < 2) return cases;
  const auto add = [&](std::uint64_t bytes) {
    cases.push_back({{"bytes", bytes}, {"path", "staged"}});
  };
  const std::uint64_t main = std::min(sizes.copy_bytes(), 16 * mib);
  add(main);
  if (sizes.at_least(1))
    for (const std::uint64_t bytes : {std::uint64_t{8}, 64 * kib})
      if (bytes < main) add(bytes);
  // 256 MiB by way of the host is a tenth of a second a trip: minutes of a standard run.
  if (sizes.at_least(2) && sizes.copy_bytes() > main) add(sizes.copy_bytes());
  return cases;
}

/// The device half of a step: its error is kept, so that the partner is served first.
void guarded(std::exception_ptr& failed, const std::function<void()>& work) {
  try {
    work();
  } catch (...) {
    if (!failed) failed = std::current_exception();
  }
}

/// Card > pinned memory > partner > pinned memory > card, and back: two one-way trips a sample,
/// so a sample over B is half a round trip. Even ranks start; theirs is the clock that counts.
void pingpong(Case& c) {
  const std::uint64_t bytes = c.size("bytes");
  Buffer& host = c.pinned(bytes);
  // The odd rank's card holds nothing before the first trip of a block has brought it.
  Buffer& card = c.rank() % 2 == 1 ? c.raw_output(bytes) : c.pattern(bytes);
  const int partner = c.partner();
  const std::span<std::byte> message(host.host(), bytes);
  std::memset(host.host(), 0xFF, bytes);
  c.moves(double(bytes));
  c.launches_per_sample(2);
  c.counts_only(partner > c.rank());
  // What went round unchanged is what rank 2k had; after the first trip both hold it.
  if (partner >= 0) c.expect_pattern(card, c.pattern_seed_of(card, std::min(partner, c.rank())));
  c.measure_host([&](std::uint64_t i) {
    if (partner < 0) return;
    std::exception_ptr failed;
    if ((c.rank() + int(i % 2)) % 2 == 0) {
      guarded(failed, [&] {
        c.queue().read(message, card);
        c.queue().wait();
      });
      c.send(message);
    } else {
      c.receive(message);
      guarded(failed, [&] {
        c.queue().write(card, message);
        c.queue().wait();
      });
    }
    if (failed) std::rethrow_exception(failed);
  });
}

/// Card > pinned memory > MPI sum > card. The vector holds 1 / ranks' power of two: any order of
/// summing is exact.
void allreduce(Case& c) {
  const std::uint64_t bytes = c.size("bytes"), n = bytes / 4;
  Buffer& host = c.pinned(bytes);
  Buffer& in = c.input(n, Data::integer);
  Buffer& out = c.raw_output(bytes);
  const std::span<std::byte> message(host.host(), bytes);
  c.moves(double(bytes));
  c.launches_per_sample(1);
  c.expect(out, [in0 = c.initial(in), ranks = double(c.ranks())](std::uint64_t i) {
    return in0(i) * ranks;
  });
  c.measure_host([&](std::uint64_t) {
    std::exception_ptr failed;
    guarded(failed, [&] {
      c.queue().read(message, in);
      c.queue().wait();
    });
    c.sum_over_ranks({reinterpret_cast<float*>(host.host()), n});
    guarded(failed, [&] {
      c.queue().write(out, message);
      c.queue().wait();
    });
    if (failed) std::rethrow_exception(failed);
  });
}

const Registrar r1{{.family = "exchange",
                    .name = "pingpong",
                    .version = 2,  // 1 timed the side that answers
                    .cases = messages,
                    .body = pingpong}};
const Registrar r2{
    {.family = "collective", .name = "allreduce", .cases = messages, .body = allreduce}};

}  // namespace
}  // namespace cardwise
