// SPDX-License-Identifier: Apache-2.0
// `cardwise list`: the cases that would run here, with what they cost.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/options.hpp"

namespace cardwise {

/// A case and its estimate.
struct ListedCase {
  std::string case_id, case_key;
  double seconds = 0;       ///< of all its visits
  std::uint64_t bytes = 0;  ///< of the card's memory at once
};

/// A line a case: id, estimates, the whole key (what --filter searches); then the sum, `card` and
/// profile, and how to choose. Keys are never cut. Ends in a newline.
std::string case_listing(std::span<const ListedCase> cases, const std::string& card,
                         Profile profile);

}  // namespace cardwise
