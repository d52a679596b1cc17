// SPDX-License-Identifier: Apache-2.0
// One visit of one case, and what it does to the case's status; the same on every rank.
#pragma once

#include <optional>
#include <vector>

#include "core/record.hpp"
#include "run/context.hpp"
#include "run/plan.hpp"

namespace cardwise {

/// Collective. Returns this rank's samples of the visit where the whole visit was right; otherwise
/// nothing, and `planned` holds status, text and what was wrong.
std::optional<Visit> visit(RunContext& run, PlannedCase& planned, int case_index, int round);

struct RecheckOrder;

/// Collective. A visit after the last round, in which the cards of `order` are timed in turn: each
/// alone, then each beside the middling one, while the others wait. Returns this rank's windows
/// where the whole visit was right; otherwise as visit().
std::optional<std::vector<RecheckRow>> visit_again(RunContext& run, PlannedCase& planned,
                                                   const RecheckOrder& order);

}  // namespace cardwise
