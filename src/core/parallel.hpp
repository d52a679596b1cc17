// SPDX-License-Identifier: Apache-2.0
// A loop over chunks by all the CPUs that this rank may use.
#pragma once

#include <cstdint>
#include <functional>

namespace cardwise {

/// CPUs in this process's affinity mask.
int usable_cpus();

/// Calls body(begin, end, worker) for chunks of [0, n) from `workers` threads; an exception of the
/// body is thrown again here. `body` must not need an order.
void parallel_for(std::uint64_t n, std::uint64_t chunk, int workers,
                  const std::function<void(std::uint64_t, std::uint64_t, int)>& body);

}  // namespace cardwise
