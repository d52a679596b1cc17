// SPDX-License-Identifier: Apache-2.0
// Rounds of visits in shuffled order, with checkpoints between them and an orderly end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/context.hpp"
#include "run/plan.hpp"

namespace cardwise {

/// All ranks' rows of one visit, on rank 0.
struct GatheredVisit {
  std::int32_t case_index = -1, round = -1;
  std::vector<std::int32_t> ranks;  ///< world ranks that took part
  std::vector<Visit> by_rank;
};

/// What rank 0 shows while the run goes on.
struct RunProgress {
  int round = 0, rounds = 0, number = 0, of = 0;  ///< case `number` (from 1) of `of` in this round
  std::string case_key, status;
  double median_s = 0;  ///< of the slowest rank's launches so far; 0 none yet
  double elapsed_s = 0, left_s = -1;
};

struct RoundsOptions {
  int rounds = 6;
  std::uint64_t seed = 0;
  std::optional<double> time_budget_s;
  bool until_budget = false;  ///< rounds until the time is over: it ends as planned then
};

/// Rank 0's ends of the run: called there alone.
struct RoundsHooks {
  std::function<void(const RunProgress&)> progress;
  /// Stores the visits; the last call of a run is not a checkpoint but the end's.
  std::function<void(std::vector<GatheredVisit>)> store;
  /// A case's status has changed (failed, wrong, skipped).
  std::function<void(int case_index)> changed;
  /// Writes the checkpoint after a store; `round` and `rounds` for its line.
  std::function<void(int round, int rounds)> checkpoint;
};

enum class RoundsEnd { done, time_budget, signal, card_lost };

/// "done", "time_budget", "signal", "card_lost": exit_reason of the file.
const char* name_of(RoundsEnd end);

/// Collective: all rounds.
RoundsEnd run_rounds(RunContext& run, std::vector<PlannedCase>& cases, const RoundsOptions& options,
                     const RoundsHooks& hooks);

}  // namespace cardwise
