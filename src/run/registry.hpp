// SPDX-License-Identifier: Apache-2.0
// All benchmarks of the program, sorted by family and name: the same order on every rank.
#pragma once

#include <vector>

#include "run/benchmark.hpp"

namespace cardwise {

/// Adds a benchmark (Registrar does).
void register_benchmark(Benchmark benchmark);

/// Sorted by family, then name.
std::vector<const Benchmark*> benchmarks();

}  // namespace cardwise
