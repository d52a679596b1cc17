// SPDX-License-Identifier: Apache-2.0
// The slowest cards measured again at the end of a run: alone, then beside a middling one. A card
// that is slow alone has the fault itself; one that is slow only together shares something. The
// report judges (`recheck_` columns of a case).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/record.hpp"
#include "run/recheck_order.hpp"

namespace cardwise {

struct Digest;
struct PlannedCase;
struct RunContext;

/// Rank 0: the order for a case from its rounds' medians, among the cards of the most frequent
/// model. Nothing where fewer than two cards have a time, the case has ended, its ranks talk to
/// each other within the timed work, so that none can run alone, or it times compilers (api).
std::optional<RecheckOrder> recheck_order(std::int32_t case_index, const PlannedCase& planned,
                                          const Digest& digest, std::span<const RankRow> ranks);

/// What a case's cards took this time.
struct Rechecked {
  std::int32_t case_index = -1;
  std::vector<RecheckRow> rows;
};

/// Collective. `orders` counts on rank 0; the case whose slowest card stands out most comes first,
/// and no case begins that would end after `most_s` seconds. What this finds wrong or failed
/// becomes the case's status, as in a round, and `changed` says so on rank 0, which has the rows.
std::vector<Rechecked> recheck(RunContext& run, std::vector<PlannedCase>& cases,
                               std::vector<RecheckOrder> orders, double most_s,
                               const std::function<void(int case_index)>& changed);

}  // namespace cardwise
