// SPDX-License-Identifier: Apache-2.0
// What the host's clock and an empty launch cost, measured at start.
#pragma once

namespace cardwise {

struct HostClock {
  double tick_ns = 1;         ///< smallest difference that steady_clock shows
  double mark_ns = 0;         ///< a pair of marks
  double launch_call_ns = 0;  ///< an empty launch through Queue, without a driver
};

HostClock measure_host_clock();

}  // namespace cardwise
