// SPDX-License-Identifier: Apache-2.0
// /proc/stat of an odd kernel: a CPU's time is there or unknown.
#include "input.hpp"
#include "run/host_load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  for (const int cpu : {0, 1, 10}) {
    const auto busy = cardwise::busy_seconds(text, cpu, 100);
    cardwise::HostLoad before{.busy_s = 0, .own_s = 0, .cpus = 1}, after = before;
    after.busy_s = busy.value_or(-1);
    after.when += std::chrono::seconds(1);
    const double share = cardwise::others_share(before, after);
    fuzz::promise(share >= 0 && share <= 1, "a share lies between 0 and 1");
  }
  return 0;
}
