// SPDX-License-Identifier: Apache-2.0
// The main job, in reading order: start, plan, rounds with checkpoints, figures, exit code.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "core/options.hpp"
#include "core/record.hpp"
#include "ranks/comm.hpp"

namespace cardwise {

/// What a job's caller may want otherwise.
struct JobSetting {
  std::string command_line;
  std::FILE* out = stdout;  ///< rank 0's lines and tables
  /// Called with the watchdog's words instead of MPI_Abort; the call that hangs must then return.
  std::function<void(const std::string& words)> on_hang;
};

/// What has become of it; rows and slowest are rank 0's.
struct JobResult {
  int code = 0;
  std::vector<CaseRow> rows;
  std::vector<int> slowest;            ///< rank of each case's slowest card, -1 none
  std::vector<double> slowest_excess;  ///< how much longer than the median card it took
};

/// Collective: measures every card of the job into one file. Throws StartError, on all ranks
/// alike, where nothing could be measured.
JobResult main_job(Comm& comm, const Options& options, const JobSetting& setting);

}  // namespace cardwise
