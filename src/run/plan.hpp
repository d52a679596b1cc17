// SPDX-License-Identifier: Apache-2.0
// The list of cases of a run, the same on every rank, and what has become of each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/options.hpp"
#include "core/record.hpp"
#include "run/benchmark.hpp"
#include "run/variant.hpp"

namespace cardwise {

/// A case with its key, and its state so far (equal on all ranks but for `kernels`).
struct PlannedCase {
  const Benchmark* benchmark = nullptr;
  Params params;  ///< as in the key
  std::string backend;
  std::shared_ptr<const Variant> variant;  ///< null: the embedded text
  CaseRow row;
  CaseFacts facts;
  std::uint64_t launches = 0;  ///< B; 0: not calibrated yet
  bool active = true;          ///< visited again
  bool deterministic = false;  ///< result_checksum means something
  bool device_clock = true;
  std::vector<std::vector<double>> slowest;  ///< [round][K] the slowest rank's windows, s
  std::optional<Wrong> wrong;
  std::vector<KernelRow> kernels;

  int block() const { return facts.block; }
  /// Ranks talk to each other inside the timed work.
  bool communicates() const;
  /// The ranks meet before every sample.
  bool barrier_each_sample() const;
};

/// All cases of the profile that pass the filter, sorted by key. `backends` are those that at
/// least one rank has opened. Each variant adds cases beside those of the embedded text; an image
/// of a whole card takes their place. Throws UsageError where nothing is left, naming what there is.
std::vector<PlannedCase> plan_cases(const Options& options, const Sizes& sizes,
                                    const std::vector<std::string>& backends,
                                    const Variants& variants = {});

/// What a case costs: for `cardwise list` (time of all visits, memory on the card).
struct Estimate {
  double seconds = 0;
  std::uint64_t bytes = 0;
};
Estimate estimate(const PlannedCase& planned, const Sizes& sizes, int rounds);

}  // namespace cardwise
