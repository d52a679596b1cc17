// SPDX-License-Identifier: Apache-2.0
// How much of this process's CPUs other programs take: of interest where they are the card.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace cardwise {

/// CPU seconds up to now; -1 where the kernel does not tell.
struct HostLoad {
  double busy_s = -1;  ///< of the CPUs that this process may use; low-priority work not counted
  double own_s = -1;   ///< of this process, all threads
  int cpus = 0;
  std::chrono::steady_clock::time_point when = {};
};

/// Reads /proc/stat (proc(5)): a tick of the kernel is 1 to 10 ms, so differences over less than
/// some 50 ms say little.
HostLoad read_host_load();

/// Seconds that CPU `cpu` was busy by the text of /proc/stat: user, system, irq, softirq and
/// steal. Not nice, which gives way. None if it is not listed or the line is not as expected.
std::optional<double> busy_seconds(std::string_view stat, int cpu, double ticks_per_s);

/// Share, 0 to 1, of the CPUs that others had between two readings; 0 if nobody knows.
double others_share(const HostLoad& before, const HostLoad& after);

}  // namespace cardwise
