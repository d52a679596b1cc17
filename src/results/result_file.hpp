// SPDX-License-Identifier: Apache-2.0
// The one result file of a run: the schema of results/README.md, whole on disk at every moment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/record.hpp"

namespace cardwise {

/// What all ranks have of one visit: `by_rank[i]` is of world rank `ranks[i]`.
struct VisitRows {
  int case_index = -1, round = -1;
  std::vector<std::int32_t> ranks;
  std::vector<Visit> by_rank;
};

/// `<output>/<system>/<YYYY>/<YYYYMMDDThhmmssZ>-<last 8 of run_id>.h5`, or `output` itself where
/// it ends in .h5. `created_utc` is "2026-05-21T14:03:07Z"; a system's odd characters become "_".
std::filesystem::path result_path(const std::filesystem::path& output, const std::string& system,
                                  const std::string& created_utc, const std::string& run_id);

/// Builds the file in memory; only checkpoints and write_last_image() touch the disk. The setters
/// may be called again at any time: what did not change is not written again.
/// Rank 0 only, from one thread (but write_last_image). Failures of HDF5 are Errors with its text.
class ResultFile {
 public:
  /// Makes the folders and removes a stale temporary file of its own name. Throws UsageError where
  /// the file exists already or the folder cannot be written: it names the path and what to do.
  ResultFile(const std::filesystem::path& file, const RunRecord& run);
  ~ResultFile();
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  void set_nodes(const std::vector<NodeRow>& rows);
  void set_ranks(const std::vector<RankRow>& rows);
  void set_kernels(const std::vector<KernelRow>& rows);

  /// /index and one group a case, its arrays empty; once, before the first append. group_path,
  /// rounds and samples of the rows are the writer's to fill.
  void set_cases(const std::vector<CaseRow>& rows, const std::vector<CaseFacts>& facts);

  /// Adds a whole visit. A rank of the case that is not in `visit` gets invalid samples; the first
  /// visit decides which ranks a case has. After a `wrong` the samples are not kept.
  void append(const VisitRows& visit);

  /// Updates the row of /index and the attributes of the case's group. `wrong`, and the status of
  /// that name, withhold the figures: the case's samples are removed and what derives from them
  /// becomes NaN or -1.
  /// Clock and facts count until the case's first visit.
  void set_case(int index, const CaseRow& row, const CaseFacts& facts,
                const std::optional<Wrong>& wrong = {});

  /// Windows of a case's slowest cards, measured again at the end of the run; once a case.
  void set_recheck(int index, const std::vector<RecheckRow>& rows);

  void add_event(const EventRow& row);

  /// Seconds since the start, and [rank][tick] (short rows are filled with NaN). Left out above
  /// 1024 ranks, and where no card could be read.
  void set_telemetry(const std::vector<float>& seconds,
                     const std::vector<std::vector<float>>& sm_mhz,
                     const std::vector<std::vector<float>>& power_w,
                     const std::vector<std::vector<float>>& temp_c);

  /// Root attributes and /provenance; checkpoint_no is counted by the writer itself.
  void set_run(const RunRecord& run);

  /// Image > temporary file > fsync > rename > fsync of the folder; the disk's part in a thread of
  /// its own. Throws Error where another one is still under way: there is one image at a time.
  void begin_checkpoint();
  /// Waits at most so long for what begin_checkpoint() began; its cost in s, nothing where it is
  /// not over (ask again). Throws Error where writing failed: the file on disk stays as it was,
  /// the next checkpoint tries again.
  std::optional<double> end_checkpoint(double most_s);
  /// Whether end_checkpoint() has something to wait for.
  bool writing() const;
  /// Both, however long it takes.
  double checkpoint();

  /// Writes the last image of checkpoint() where the disk does not have it yet. False where that
  /// failed too. May be called from the watchdog's thread while another call hangs.
  bool write_last_image() noexcept;

  const std::filesystem::path& path() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cardwise
