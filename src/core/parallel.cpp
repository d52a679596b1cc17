// SPDX-License-Identifier: Apache-2.0
// Threads for the host's references.
#include "core/parallel.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace cardwise {

int usable_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
  return std::max(1, CPU_COUNT(&mask));
}

void parallel_for(std::uint64_t n, std::uint64_t chunk, int workers,
                  const std::function<void(std::uint64_t, std::uint64_t, int)>& body) {
  std::atomic<std::uint64_t> next{0};
  std::exception_ptr thrown;
  std::mutex mutex;
  const auto work = [&](int worker) {
    try {
      for (;;) {
        const std::uint64_t begin = next.fetch_add(chunk);
        if (begin >= n) return;
        body(begin, std::min(n, begin + chunk), worker);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!thrown) thrown = std::current_exception();
      next = n;
    }
  };
  const auto useful =
      int(std::min<std::uint64_t>(std::uint64_t(std::max(1, workers)), (n + chunk - 1) / chunk));
  std::vector<std::jthread> threads;
  for (int worker = 1; worker < useful; ++worker) threads.emplace_back(work, worker);
  work(0);
  threads.clear();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace cardwise
