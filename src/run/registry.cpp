// SPDX-License-Identifier: Apache-2.0
// The list of benchmarks, one of the three mutable globals of the program.
#include "run/registry.hpp"

#include <algorithm>
#include <deque>
#include <tuple>

namespace cardwise {
namespace {

std::deque<Benchmark>& registered() {
  static std::deque<Benchmark> list;
  return list;
}

}  // namespace

Registrar::Registrar(Benchmark benchmark) { register_benchmark(std::move(benchmark)); }

void register_benchmark(Benchmark benchmark) { registered().push_back(std::move(benchmark)); }

std::vector<const Benchmark*> benchmarks() {
  std::vector<const Benchmark*> list;
  for (const Benchmark& benchmark : registered()) list.push_back(&benchmark);
  std::sort(list.begin(), list.end(), [](const Benchmark* a, const Benchmark* b) {
    return std::tie(a->family, a->name) < std::tie(b->family, b->name);
  });
  return list;
}

}  // namespace cardwise
