// SPDX-License-Identifier: Apache-2.0
// The figures of /index from the rounds' medians (methodology §4); rank 0 only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/record.hpp"
#include "run/plan.hpp"
#include "run/rounds.hpp"

namespace cardwise {

/// What rank 0 keeps of a case's samples: enough for every figure, small enough for 10,000 ranks.
struct Digest {
  std::vector<std::vector<double>> median_ns;  ///< [round][rank] of windows; NaN: none valid
  std::vector<std::vector<float>> sm_mhz;      ///< [round][rank]
  std::vector<std::uint64_t> bad_timers;       ///< [rank] samples without a time
  std::uint64_t samples = 0, flagged = 0, throttled = 0;

  void add(const GatheredVisit& visit);
  /// M[r] in ns a window; NaN where the rank has none.
  std::vector<double> card_medians() const;
};

/// Sets the bits that need the peers: clock_low, f < 0.90 x the median f of the same model.
void flag_peers(GatheredVisit& visit, std::span<const RankRow> ranks);

/// Times, rates, losses and shares of the row. A case without a valid sample of a rank whose clock
/// was asked is `failed`; other statuses stay. `ranks` give that rank's host and card.
void summarise(PlannedCase& planned, const Digest& digest, std::span<const RankRow> ranks = {});

/// Ceilings of every rank: best of copy and triad, fma_peak, the large pinned copies.
void set_ceilings(std::span<const PlannedCase> cases, std::span<const Digest> digests,
                  std::span<RankRow> ranks);

/// pct_theoretical and pct_ceiling; a case beyond 102 % of its theoretical peak is `implausible`.
void set_percentages(PlannedCase& planned, const Digest& digest, std::span<const RankRow> ranks);

/// The slowest card of a case: its rank and how much longer than the median card it took.
struct Slowest {
  int rank = -1;
  double excess = 0;
};
Slowest slowest_card(const Digest& digest);

}  // namespace cardwise
