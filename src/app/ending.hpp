// SPDX-License-Identifier: Apache-2.0
// What rank 0 makes of a run when it is over: last figures, exit code, the tables of the console.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/record.hpp"
#include "results/console.hpp"

namespace cardwise {

enum class RoundsEnd;
struct Costs;
struct Digest;
struct PlannedCase;

/// All figures once more, with what only the end knows: ceilings, shares of them and of the data
/// sheets. `failed` hears of each case that turns out to have no valid sample.
void settle(std::span<PlannedCase> cases, std::span<const Digest> digests,
            std::span<RankRow> ranks, const std::function<void(const CaseRow&)>& failed);

/// Each kernel of the run once.
std::vector<KernelRow> kernels_of(std::span<const PlannedCase> cases);

/// The process's, as the manual has it (ExitCode).
int exit_code_of(RoundsEnd end, std::span<const PlannedCase> cases,
                 std::span<const RankRow> ranks);

/// The table of cases, the APIs compared, warnings, and where the time went.
void print_cases(Console& console, std::span<const PlannedCase> cases,
                 std::span<const Digest> digests, std::span<const RankRow> ranks,
                 std::span<const EventRow> events, const Costs& costs, double wall_s);

}  // namespace cardwise
