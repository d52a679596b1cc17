// SPDX-License-Identifier: Apache-2.0
// The end of a run: a line a case, OpenCL against CUDA, warnings, and what it all cost.
#pragma once

#include <span>
#include <string>

#include "core/record.hpp"

namespace cardwise {

/// The slowest card of a case: its rank (-1: not known, or one card alone) and how much longer than
/// the median card it took (0.05: 5 %).
struct SlowestCard {
  int rank = -1;
  double excess = unknown;
};

/// A line for each case that has numbers, by family: median time of the slowest rank with its 95 %
/// interval, rate of the median card and the sum over cards, per cent of the data sheet's peak and of
/// the ceiling measured in this run, slowest card. Other statuses stand with their text; a case that
/// failed or was wrong shows no number even if its row has one. `slowest` has one entry a case, or
/// none at all. Narrow tables lose, in this order: the sum, the family in names, the slowest card's
/// host, the ceiling's column, the ends of names; `width` 0: no limit. "-": not known. Ends in a
/// line that explains the columns.
std::string result_table(std::span<const CaseRow> cases, std::span<const RankRow> ranks,
                         std::span<const SlowestCard> slowest, int width);

/// Both APIs' medians and the ratio of times OpenCL/CUDA for each operation that is ok in both. Its
/// interval is the widest that the two 95 % intervals allow: conservative. "" where no operation has
/// both. The family `api` stands here too: it answers by phase.
std::string api_comparison(std::span<const CaseRow> cases, int width = 0);

/// What a reader must know before the figures are believed, in plain words: lines that begin
/// "error:" or "warning:", errors first; "" where there is nothing to say. About the cards (CPUs and
/// emulators, missing, shared, far from their CPUs, wrong results, links and memory), the cases
/// (failed, wrong, implausible, flagged, throttled) and the events (each text once, notes left out).
/// Of many ranks, cases or events of one kind three are named.
std::string warnings(std::span<const EventRow> events, std::span<const RankRow> ranks,
                     std::span<const CaseRow> cases);

/// Where the time of a run went, in s; NaN: not known, not shown.
struct TimeSpent {
  double wall_s = unknown, timed_s = unknown, verify_s = unknown, warm_up_s = unknown,
         agree_s = unknown, file_s = unknown, set_up_s = unknown;
};

/// "measured 71 % of 2 min 10 s; set-up and compilers 4 %, verification 12 %, warm-up 9 %, reductions 3 %, gather and file
/// 1 %; 40 ok, 1 skipped". No newline.
std::string summary_line(std::span<const CaseRow> cases, const TimeSpent& spent);

}  // namespace cardwise
