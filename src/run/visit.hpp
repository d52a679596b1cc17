// SPDX-License-Identifier: Apache-2.0
// One visit of one case, and what it does to the case's status; the same on every rank.
#pragma once

#include <optional>

#include "core/record.hpp"
#include "run/context.hpp"
#include "run/plan.hpp"

namespace cardwise {

/// Collective. Returns this rank's samples of the visit where the whole visit was right; otherwise
/// nothing, and `planned` holds status, text and what was wrong.
std::optional<Visit> visit(RunContext& run, PlannedCase& planned, int case_index, int round);

}  // namespace cardwise
