// SPDX-License-Identifier: Apache-2.0
// Whom to measure again in a case at the end of a run.
#pragma once

#include <cstdint>
#include <vector>

namespace cardwise {

struct RecheckOrder {
  std::int32_t case_index = -1;
  std::vector<std::int32_t> slowest = {};  ///< at most three ranks, the slowest first
  std::int32_t middling = -1;              ///< a rank near the median
  double excess = 0;  ///< how much longer than the median the slowest took, as part
};

}  // namespace cardwise
