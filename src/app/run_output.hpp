// SPDX-License-Identifier: Apache-2.0
// Rank 0's side of a run: the result file, the digests, the console.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "app/main_job.hpp"
#include "app/start.hpp"
#include "core/options.hpp"
#include "core/record.hpp"
#include "device/telemetry/telemetry.hpp"
#include "run/plan.hpp"
#include "run/recheck.hpp"
#include "run/rounds.hpp"

namespace cardwise {

/// Collective: where a member has no card, what needs all ranks is agreed to be skipped.
void skip_what_missing_members_break(const Comm& comm, const RunContext& run,
                                     std::vector<PlannedCase>& cases);

class RunOutput {
 public:
  /// Prints the binding table and makes the file with all tables. Throws UsageError where the
  /// file cannot be made.
  RunOutput(const Options& options, RunRecord record, const Start& start,
            std::vector<PlannedCase>& cases, RunContext& run, std::FILE* out);
  ~RunOutput();
  RunOutput(const RunOutput&) = delete;
  RunOutput& operator=(const RunOutput&) = delete;

  RoundsHooks hooks();
  bool checkpoint_due() const;
  /// What to measure again, after a checkpoint of all that has been measured; says how long.
  std::vector<RecheckOrder> recheck_orders(double most_s);
  void store(const std::vector<Rechecked>& found);
  /// The watchdog's: the last whole image, where the disk does not have it.
  void write_last_image() noexcept;
  /// Figures, last checkpoint, tables; the exit code.
  int finish(RoundsEnd end, const std::vector<RankRow>& ranks,
             std::span<const std::vector<TelemetrySample>> telemetry, double wall_s);

  /// Rows and slowest cards, after finish().
  void tell(JobResult& result) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cardwise
