// SPDX-License-Identifier: Apache-2.0
// Limits of the profiles, and the agreement that carries stop and checkpoint marks.
#include "run/context.hpp"

#include <fmt/format.h>

namespace cardwise {

Limits limits_of(int level) {
  if (level == 0)
    return {.device_window = 1e-3,
            .host_window = 1e-3,
            .warm_up_min = 0.02,
            .warm_up_max = 0.3,
            .warm_up_later = 0.05};
  return {};
}

std::string RunContext::who() const {
  return fmt::format("rank {} on {}{}", comm.rank(), host, card.empty() ? "" : " (" + card + ")");
}

Health RunContext::agree(std::span<double> slowest, Health mine) {
  const CostTimer timer(costs.agree_s);
  mine.stop = stop();
  mine.checkpoint = comm.root() && checkpoint_due();
  const Health all = comm.agree(slowest, mine);
  stop_agreed = stop_agreed || all.stop;
  checkpoint_agreed = checkpoint_agreed || all.checkpoint;
  lost_agreed = lost_agreed || all.device_lost;
  return all;
}

}  // namespace cardwise
