// SPDX-License-Identifier: Apache-2.0
// The turns of a visit that measures the slowest cards again.
#include <algorithm>
#include <string_view>

#include "run/case_state.hpp"
#include "run/verify.hpp"

namespace cardwise {
namespace {

constexpr int windows_of_a_turn = 8;
/// The partner outlasts a card that is a quarter slower.
constexpr int windows_of_the_partner = windows_of_a_turn + windows_of_a_turn / 4;

bool contains(const std::vector<std::int32_t>& ranks, std::int32_t rank) {
  return std::find(ranks.begin(), ranks.end(), rank) != ranks.end();
}

/// This rank's part of a turn. The first window is not kept: the card has idled since its last.
void take_turn(CaseState& s, const Sampler& sampler, const char* mode, bool measured) {
  const int windows = measured ? windows_of_a_turn : windows_of_the_partner;
  for (int i = 0; i <= windows; ++i) {
    const Sample sample = sampler(s.planned.launches);
    s.run.watchdog.beat();
    if (measured && i > 0 && sample.ns > 0)
      s.turns->rows.push_back({.rank = s.run.comm.rank(), .mode = mode, .window_ns = sample.ns});
  }
}

}  // namespace

void take_turns(CaseState& s, const Sampler* sampler) {
  s.run.watchdog.step(s.planned.row.case_key, "measure again");
  const RecheckOrder& order = s.turns->order;
  const int me = s.run.comm.rank();
  const bool takes_part =
      sampler != nullptr && (me == order.middling || contains(order.slowest, me));
  Health mine;
  if (takes_part)  // who only waits keeps what the warm-up has written
    mine = attempt([&] {
      poison_outputs(s);
      s.queue().wait();
    });
  const CostTimer timer(s.run.costs.timed_s);
  for (const char* mode : {"alone", "pair"})
    for (const std::int32_t rank : order.slowest) {
      const bool partner = std::string_view(mode) == "pair" && me == order.middling;
      s.run.comm.barrier();
      if (!takes_part || mine.failure || (me != rank && !partner)) continue;
      mine = attempt([&] { take_turn(s, *sampler, mode, me == rank); });
    }
  agree_or_leave(s, mine);
}

}  // namespace cardwise
